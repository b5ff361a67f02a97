"""A small site for tests of readers' pages, with every case that has broken a layout somewhere."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from infrastructure.settings import Settings
from models.content import (
    Author,
    OldSlug,
    Post,
    PostAuthor,
    PostTag,
    Tag,
    TagGroup,
    TagGroupMember,
)
from models.site import SiteSetting
from services.posts.derive import derive, text_of_html

SITE_URL = "https://coop.example"

# Stands below the paywall, and may be found nowhere.
SECRET = "Quittenmarmelade"

NEWEST = datetime(2026, 11, 8, 9, 0, tzinfo=UTC)
PICTURE = "/content/images/sample/loaves.webp"

LONG_TITLE = (
    "A short account of how eleven people, two borrowed vans, one very patient donkey and a great"
    " deal of strong string moved the whole tool library down Chapel Hill between breakfast and"
    " the evening bells"
)

_SETTINGS = {
    "title": "Rose Ash",
    "description": "Bread, bicycles & tools. The journal of a cooperative.",
    "accent_color": "#f5d90a",
    "icon": "/content/images/sample/icon.png",
    "cover_image": "/content/images/sample/cover.webp",
    "locale": "en-GB",
    "timezone": "Europe/London",
    "twitter": "@roseash",
    "facebook": "roseash",
    "navigation": [
        {"label": "Journal", "url": f"{SITE_URL}/"},
        {"label": "Bakery", "url": "/tag/bakery/"},
        {"label": "About", "url": "/about/"},
        {"label": "Elsewhere", "url": "https://elsewhere.example/"},
    ],
    "secondary_navigation": [{"label": "Privacy", "url": "/privacy/"}],
}

_BODY = (
    '<p>We bake on <a href="/tag/bakery/">Tuesdays</a> and <em>Thursdays</em>, and it is'
    " <strong>good</strong> &amp; plain.</p><h2>Flour</h2><p>Two kinds.</p><ul><li>rye</li>"
    "<li>wheat</li></ul><blockquote>Slowly.</blockquote><pre><code>bake --slowly</code></pre>"
)


def _posts(cards: str) -> list[Post]:
    """Make the posts, the newest first; the title of each says what it is there for."""
    special = [
        Post(slug="plain", title="Bread on Thursdays", html=_BODY, feature_image=PICTURE),
        Post(slug="no-picture", title="A note about the noise", html="<p>We are sorry.</p>"),
        Post(slug="long-title", title=LONG_TITLE, html=_BODY, feature_image=PICTURE),
        Post(
            slug="arabic",
            title="خبز الصاج في يوم ماطر",
            html="<p>كانت خالتي تقول إن العجين يعرف الطقس قبلنا.</p><p>And in English.</p>",
            locale="ar",
        ),
        Post(
            slug="german",
            title="Genossenschaftsmitgliederversammlungsprotokollführerin",
            html="<p>Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen.</p>",
            feature_image=PICTURE,
        ),
        Post(
            slug="gated",
            title="For members",
            visibility="members",
            html=f"<p>Anyone may read this line.</p><!--members-only--><p>The {SECRET} recipe.</p>",
            plaintext=f"Anyone may read this line. The {SECRET} recipe.",
            feature_image=PICTURE,
        ),
        Post(
            slug="gated-whole",
            title="All of it for members",
            visibility="paid",
            html=f"<p>{SECRET}</p>",
            plaintext=SECRET,
            custom_excerpt="What the excerpt says.",
        ),
        Post(
            slug="gated-block",
            title="A block for members",
            html='<p>Open.</p><!--kg-gated-block:begin nonMember:false memberSegment:"" -->'
            f"<p>{SECRET}</p><!--kg-gated-block:end-->"
            '<!--kg-gated-block:begin nonMember:true memberSegment:"" --><p>For guests.</p>'
            "<!--kg-gated-block:end-->",
            plaintext="Open. For guests.",
        ),
        Post(slug="cards", title="Every card", html=cards, feature_image=PICTURE),
        Post(
            slug="told",
            title="What machines are told",
            html='<p>Body <img src="/content/images/a.png" srcset="/content/images/size/w600/a.png'
            ' 600w, /content/images/a.png 1000w" alt=""> <a href="#there">there</a></p>',
            feature_image=PICTURE,
            feature_image_alt='Loaves & "buns"',
            meta_title="Meta T",
            meta_description="Meta D",
            og_title="OG T",
            twitter_title="TW T",
            canonical_url="https://canonical.example/x",
            ghost_id="6b039706c403194fef11d9c5",
            codeinjection_head='<meta name="injected" content="yes">',
        ),
        Post(
            slug="nasty",
            title="Ends ]]> </script><script>alert(1)</script> & so\x0bon",
            html="<p>]]> &amp; &lt;b&gt;</p>",
        ),
    ]
    fillers = [
        Post(slug=f"old-{n}", title=f"Older post {n}", html=f"<p>Number {n}.</p>")
        for n in range(12)
    ]
    return special + fillers


def settings(database_url: str, site_url: str) -> Settings:
    """Return the settings of an app that serves the site."""
    return Settings.model_validate(
        {
            "environment": "test",
            "site_url": site_url,
            "allowed_hosts": "localhost",
            "rate_limits": False,
            "database_url": database_url,
            "secret_key": "a-secret-for-tests-only-long-enough",
        }
    )


async def fill(engine: AsyncEngine) -> None:
    """Put the site into an empty, migrated database."""
    cards = Path(__file__).parent / "browser" / "cards.html"
    async with AsyncSession(engine) as session:
        session.add_all(SiteSetting(key=key, value=value) for key, value in _SETTINGS.items())
        marta = Author(
            slug="marta", name="Marta Okonjo", bio="Bakes.", website="https://marta.example"
        )
        marta.profile_image = "/content/images/sample/author-marta.webp"
        tom = Author(slug="tom", name="Tom & Sons", social={"mastodon": "social.example/@tom"})
        bakery = Tag(
            slug="bakery", name="Bakery & more", description="Bread.", feature_image=PICTURE
        )
        notes = Tag(slug="notes", name="Notes")
        hidden = Tag(slug="hash-backstage", name="#backstage", visibility="internal")
        session.add_all([marta, tom, bakery, notes, hidden])
        posts = _posts(cards.read_text(encoding="utf-8"))
        for age, post in enumerate(posts):
            post.status = "published"
            post.published_at = post.updated_at = NEWEST - timedelta(days=9 * age)
            post.reading_minutes = 3
            post.visibility = post.visibility or "public"
            if post.plaintext is None:
                post.plaintext = text_of_html(post.html or "")
            derive(post)
        about = Post(slug="about", title="About", html=_BODY, is_page=True, status="published")
        about.published_at = NEWEST
        about.visibility = "public"
        derive(about)
        session.add_all([*posts, about])
        await session.flush()
        for post in posts:
            session.add_all(
                [
                    PostAuthor(post_id=post.id, author_id=marta.id, position=0),
                    PostAuthor(post_id=post.id, author_id=tom.id, position=1),
                    PostTag(post_id=post.id, tag_id=hidden.id, position=0),
                    PostTag(post_id=post.id, tag_id=bakery.id, position=1),
                    PostTag(post_id=post.id, tag_id=notes.id, position=2),
                ]
            )
        session.add(OldSlug(kind="tag", slug="bread", object_id=bakery.id))
        group = TagGroup(slug="to-eat", name="To eat", description="From the ovens.")
        session.add(group)
        await session.flush()
        session.add(TagGroupMember(group_id=group.id, tag_id=bakery.id, position=0))
        await session.commit()
