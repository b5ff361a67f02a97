"""What the client reads and writes, against the replayed Ghost 5 and 6 and against a real one."""

import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from PIL import Image

from services.ghost.errors import GhostConflict, GhostNotFound, GhostRefused, GhostUnauthorized
from services.ghost.paging import GhostBatch
from tests.ghost_replay import ReplayGhost
from tests.services.ghost.conftest import Connect, RealGhost

T = TypeVar("T")
NOBODY = "000000000000000000000000"


async def everything(walk: AsyncIterator[GhostBatch[T]]) -> list[T]:
    """Return all items of a walk that must have no failures."""
    items: list[T] = []
    async for batch in walk:
        assert batch.failures == ()
        items.extend(batch.items)
    return items


def document(*texts: str) -> str:
    """Return a Lexical document with these paragraphs."""

    def element(kind: str, children: list[object]) -> dict[str, object]:
        common = {"direction": "ltr", "format": "", "indent": 0, "version": 1}
        return {"children": children, "type": kind, **common}

    leaf = {"detail": 0, "format": 0, "mode": "normal", "style": "", "type": "extended-text"}
    paragraphs: list[object] = [
        element("paragraph", [{**leaf, "text": text, "version": 1}]) for text in texts
    ]
    return json.dumps({"root": element("root", paragraphs)})


class TestAnyGhost:
    async def test_it_tells_who_it_is(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        site, installation = await client.read_site(), await client.read_installation()
        assert installation.version is not None
        assert installation.version.startswith(f"{site.version}.")
        settings = await client.read_settings()
        assert settings["title"]
        assert len(settings) > 50
        assert (await client.read_public_settings())["timezone"] == settings["timezone"]

    async def test_every_list_can_be_walked(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost, page_size=7, document_page_size=4)
        posts = await everything(client.read_posts())
        assert [post.id for post in posts] == sorted({post.id for post in posts})
        listed = await everything(client.list_posts())
        assert [
            (
                post.id,
                post.updated_at,
                tuple(tag.id for tag in post.tags or ()),
                tuple(author.id for author in post.authors or ()),
                tuple(tier.id for tier in post.tiers or ()),
            )
            for post in posts
        ] == [
            (entry.id, entry.updated_at, entry.tag_ids, entry.author_ids, entry.tier_ids)
            for entry in listed
        ]
        pages = await everything(client.read_pages())
        assert [page.id for page in pages] == [p.id for p in await everything(client.list_pages())]
        assert not {page.id for page in pages} & {post.id for post in posts}
        tags = await everything(client.read_tags())
        assert {tag.id for post in posts for tag in post.tags or ()} <= {tag.id for tag in tags}
        users = await everything(client.read_users())
        assert all(user.roles for user in users)
        tiers = await client.read_tiers()
        assert {tier.type for tier in tiers} == {"free", "paid"}
        assert all(tier.monthly_price for tier in tiers if tier.type == "paid")
        assert await everything(client.read_newsletters())
        await everything(client.read_labels())
        for member in await everything(client.read_members()):
            assert member.tiers is not None
            assert member.newsletters is not None
        public = await everything(client.read_public_posts())
        assert {post.id for post in public} == {p.id for p in posts if p.status == "published"}

    async def test_a_post_lives_and_dies(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        lexical = document("One.", "Two.")
        tags = [{"name": "#inner"}, {"name": "Loaves"}]
        made = await client.create_document(
            "posts", {"title": "A life", "lexical": lexical, "tags": tags}
        )
        assert made.status == "draft"
        assert made.lexical is not None
        assert json.loads(made.lexical) == json.loads(lexical)
        assert made.html is not None
        assert "<p>One.</p>" in made.html
        assert [tag.name for tag in made.tags or ()] == ["#inner", "Loaves"]
        assert made.primary_tag is None
        moment = datetime(2031, 5, 1, 6, 30, tzinfo=UTC)
        scheduled = await client.edit_document(
            "posts",
            made.id,
            {"status": "scheduled", "published_at": moment, "updated_at": made.updated_at},
        )
        assert (scheduled.status, scheduled.published_at) == ("scheduled", moment)
        read = await client.read_post(made.id)
        assert read == scheduled
        stale = datetime(2020, 1, 1, tzinfo=UTC)
        with pytest.raises(GhostConflict) as collision:
            await client.edit_document("posts", made.id, {"title": "x", "updated_at": stale})
        assert collision.value.details[0].code == "UPDATE_COLLISION"
        with pytest.raises(GhostRefused, match="updated_at"):
            await client.edit_document("posts", made.id, {"title": "x"})
        await client.delete_document("posts", made.id)
        with pytest.raises(GhostNotFound):
            await client.read_post(made.id)
        with pytest.raises(GhostNotFound):
            await client.delete_document("posts", made.id)

    async def test_html_becomes_a_document(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        fields = {"title": "From elsewhere", "html": "<p>Old <b>bread</b></p>"}
        made = await client.create_document("posts", fields, source_html=True)
        await client.delete_document("posts", made.id)
        assert made.lexical is not None
        assert "bread" in made.lexical
        assert made.html is not None
        assert "bread" in made.html

    async def test_a_post_is_published_with_a_newsletter(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        (letter, *_) = await everything(client.read_newsletters())
        assert letter.slug is not None
        made = await client.create_document("posts", {"title": "News", "lexical": document("x")})
        try:
            sent = await client.edit_document(
                "posts",
                made.id,
                {"status": "published", "updated_at": made.updated_at},
                newsletter=letter.slug,
                email_segment="status:free",
            )
            assert sent.newsletter is not None
            assert sent.newsletter.id == letter.id
            assert sent.email_segment == "status:free"
            assert sent.email is not None
            assert sent.email.recipient_filter == "status:free"
        finally:
            await client.delete_document("posts", made.id)

    async def test_authors_are_set_in_order(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        users = await everything(client.read_users())
        wanted = [user.id for user in reversed(users)]
        authors = [{"id": key} for key in wanted]
        made = await client.create_document("posts", {"title": "Many hands", "authors": authors})
        await client.delete_document("posts", made.id)
        assert [author.id for author in made.authors or ()] == wanted
        assert made.primary_author is not None
        assert made.primary_author.id == wanted[0]

    async def test_a_change_of_tags_alone_is_seen_in_the_listing_only(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        made = await client.create_document("pages", {"title": "Quiet"})
        try:
            edited = await client.edit_document(
                "pages", made.id, {"tags": [{"name": "Later"}], "updated_at": made.updated_at}
            )
            assert edited.updated_at == made.updated_at
            listed = {entry.id: entry for entry in await everything(client.list_pages())}
            assert edited.tags is not None
            assert listed[made.id].tag_ids == (edited.tags[0].id,)
        finally:
            await client.delete_document("pages", made.id)

    async def test_only_what_changed_since_is_read(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        made = await client.create_document("posts", {"title": "Fresh"})
        try:
            assert made.updated_at is not None
            since = {post.id for post in await everything(client.read_posts())}
            recent = await everything(client.read_posts(updated_since=made.updated_at))
            assert made.id in {post.id for post in recent}
            assert {post.id for post in recent} <= since
            later = made.updated_at + timedelta(hours=1)
            assert await everything(client.read_posts(updated_since=later)) == []
        finally:
            await client.delete_document("posts", made.id)

    async def test_a_tag_lives_and_dies(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        made = await client.create_tag({"name": "Rye bread", "accent_color": "#aa5500"})
        assert made.slug == "rye-bread"
        edited = await client.edit_tag(made.id, {"description": "Dark."})
        assert (edited.description, edited.accent_color) == ("Dark.", "#aa5500")
        assert (await client.read_tag(made.id)).description == "Dark."
        await client.delete_tag(made.id)
        with pytest.raises(GhostNotFound):
            await client.read_tag(made.id)

    async def test_files_are_stored(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        picture = io.BytesIO()
        Image.new("RGB", (40, 30), "maroon").save(picture, "PNG")
        image = await client.upload_image("loaf.png", picture.getvalue(), "image/png")
        assert image.url.startswith(f"{any_ghost.url}/content/images/")
        assert image.ref == "loaf.png"
        sound = await client.upload_media("song.mp3", b"ID3" + bytes(50), "audio/mpeg")
        assert "/content/media/" in sound.url
        paper = await client.upload_file("plan.pdf", b"%PDF-1.4\n%%EOF", "application/pdf")
        assert "/content/files/" in paper.url
        with pytest.raises(GhostRefused, match="image"):
            await client.upload_image("loaf.txt", b"bread", "text/plain")

    async def test_webhooks_are_made_changed_and_removed(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        target = "http://127.0.0.1:9/webhooks/ghost/post.edited"
        hook = await client.create_webhook("post.edited", target, secret="one")
        try:
            with pytest.raises(GhostRefused, match="already been used"):
                await client.create_webhook("post.edited", target)
            edited = await client.edit_webhook(hook.id, {"secret": "two"})
            assert (edited.secret, edited.target_url) == ("two", target)
            assert hook.id in await client.read_webhook_ids()
        finally:
            await client.delete_webhook(hook.id)
        assert hook.id not in await client.read_webhook_ids()
        with pytest.raises(GhostNotFound):
            await client.edit_webhook(hook.id, {"secret": "three"})

    async def test_refusals_say_why(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        client = connect(any_ghost)
        with pytest.raises(GhostRefused, match="title") as refused:
            await client.create_document("posts", {"lexical": document("x")})
        assert refused.value.status == 422
        with pytest.raises(GhostRefused) as refused:
            await client.create_document("posts", {"title": "x", "lexical": "{"})
        assert refused.value.messages
        with pytest.raises(GhostNotFound):
            await client.read_user(NOBODY)

    async def test_a_link_is_looked_up(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        found = await connect(any_ghost).read_oembed(f"{any_ghost.url}/", "bookmark")
        assert found["type"] == "bookmark"
        assert found["metadata"]["title"]

    async def test_a_wrong_key_is_told_apart(
        self, any_ghost: ReplayGhost | RealGhost, connect: Connect
    ) -> None:
        ghost = RealGhost(any_ghost.url, f"{NOBODY}:{'0' * 64}", "0" * 26)
        client = connect(ghost)
        assert (await client.read_site()).title
        with pytest.raises(GhostUnauthorized):
            await client.read_post(NOBODY)
        with pytest.raises(GhostUnauthorized):
            await client.read_public_settings()
        secretless = RealGhost(any_ghost.url, any_ghost.admin_key[:25] + "0" * 64, None)
        with pytest.raises(GhostUnauthorized):
            await connect(secretless).read_settings()
        with pytest.raises(GhostUnauthorized):
            await connect(secretless).read_public_settings()
