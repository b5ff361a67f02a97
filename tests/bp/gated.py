"""Posts and pages that hold a word back from most: what they are called, who got to see it."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from infrastructure.factory import BaseApp
from models.content import Author, Post, PostAuthor, PostTag, PostTier, Tag, Tier
from tests.bp import objects
from tests.bp.conftest import Visitor

VISIBILITIES = ("members", "paid", "tiers")


def word(visibility: str) -> str:
    """The word below the paywall of the post `/<visibility>-post/` and of its page."""
    return f"zyxwsecret{visibility}"


async def plant(app: BaseApp) -> dict[str, int]:
    """Plant a gated post and page of each visibility; return the tiers by name."""
    async with app.database.unit_of_work() as work:
        gold = Tier(slug="gold", name="Gold", type="paid")
        free = Tier(slug="friends", name="Friends", type="free")
        tag = Tag(slug="bread", name="Bread")
        author = Author(slug="ada", name="Ada")
        work.session.add_all([gold, free, tag, author])
        await work.session.flush()
        for place, visibility in enumerate(VISIBILITIES):
            for is_page in (False, True):
                slug = f"{visibility}-{'page' if is_page else 'post'}"
                post = Post(
                    uuid=uuid(slug),
                    slug=slug,
                    title=f"For {visibility}",
                    is_page=is_page,
                    status="published",
                    visibility=visibility,
                    published_at=datetime.now(UTC) - timedelta(days=place + 1),
                    html=f"<p>Teaser bread.</p><!--members-only--><p>{word(visibility)}</p>",
                    plaintext=f"Teaser bread. {word(visibility)}",
                    lexical=f'{{"root":{{"children":["{word(visibility)}"]}}}}',
                    teaser_html="<p>Teaser bread.</p>",
                    teaser_text="Teaser bread.",
                    excerpt="Teaser bread.",
                )
                work.session.add(post)
                await work.session.flush()
                work.session.add_all(
                    [
                        PostAuthor(post_id=post.id, author_id=author.id, position=0),
                        PostTag(post_id=post.id, tag_id=tag.id, position=0),
                        PostTier(post_id=post.id, tier_id=free.id, position=0),
                    ]
                )
    return {"gold": gold.id, "friends": free.id}


async def reads(visitor: Visitor) -> set[str]:
    """Return which posts a visitor reads to the end; the page of each must agree."""
    found = set()
    for visibility in VISIBILITIES:
        answers = [await visitor.get(f"/{visibility}-{kind}/") for kind in ("post", "page")]
        texts = [await answer.get_data(as_text=True) for answer in answers]
        whole = [word(visibility) in text for text in texts]
        assert whole[0] == whole[1]
        assert all("Teaser bread." in text for text in texts)
        if whole[0]:
            found.add(visibility)
            for answer in answers:
                assert "no-store" in answer.headers["Cache-Control"]
                assert "ETag" not in answer.headers
    return found


def uuid(slug: str) -> UUID:
    """The uuid of a planted post, by which previews find it."""
    return uuid5(NAMESPACE_URL, slug)


def public_paths(app: BaseApp) -> list[str]:
    """Every public GET route, with each argument that leads to the planted posts.

    What other arguments lead to is told in `tests.bp.objects`; without that, the build breaks.
    """
    slugs = [f"{it}-{kind}" for it in VISIBILITIES for kind in ("post", "page")]
    leads = {"slug": [*slugs, "bread", "ada"], "uuid": [str(uuid(it)) for it in slugs]}
    paths = []
    for route in objects.routes(app):
        if route.changes or route.action not in {"public", "sign-in"}:
            continue
        assert not objects.undeclared([route]), route
        known = {name: objects.PLAIN.get(name, "1") for name in route.arguments}
        first = next((it for it in route.arguments if it in leads), None)
        values = [known | {first: it} for it in leads[first]] if first else [known]
        paths += [route.path(it) for it in values]
    return paths
