"""The store with a Ghost behind it keeps the same contract, and what only a Ghost asks of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from infrastructure.database import Database
from infrastructure.errors import NotFoundError
from models.content import Author, Newsletter, Post
from services.content_store.native import NativeContentStore
from services.content_store.protocol import (
    GhostUnreachableError,
    InvalidPostError,
    RefusedByGhostError,
    SavedPost,
    Sending,
    StaleSaveError,
)
from services.ghost.client import GhostClient
from services.posts.slugs import RESERVED
from tests.contract.content_stores import EDITOR, Site, text
from tests.contract.ghost_sites import (
    edit_in_ghost,
    in_ghost,
    mirrored_site,
    plant_real,
    plant_replayed,
)
from tests.contract.test_content_store import ContentStoreContract, database
from tests.ghost_replay import Fault, ReplayGhost
from tests.services.ghost.conftest import Connect, connect, find_real_ghost
from tests.services.ghost.mirroring import differences

__all__ = ["connect", "database"]


async def newsletter(site: Site) -> int:
    async with site.database.read() as connection:
        found = await connection.scalar(
            select(Newsletter.id).where(Newsletter.status == "active").order_by(Newsletter.id)
        )
    assert found is not None
    return found


class GhostStoreContract(ContentStoreContract):
    """What a store does that has a Ghost behind it; a subclass gives `client` and `site`."""

    async def test_ghost_has_what_was_saved_to_the_byte(
        self, site: Site, client: GhostClient
    ) -> None:
        words = text("Rye — “and” water. \u00e9\U0001f35e", "</script> & \u2028")
        post = await site.create(lexical=words, tags=("Rolls",), author_ids=site.authors[1:])
        item = await in_ghost(site, client, post)
        assert item.lexical == words
        assert [tag.name for tag in item.tags or ()] == ["Rolls"]
        other = text("Other words — “quoted”.")
        await site.save(post, lexical=other)
        assert (await in_ghost(site, client, post)).lexical == other
        assert (await site.state(post.id)).edit.lexical == other

    async def test_the_mirror_is_right_before_any_webhook(
        self, site: Site, client: GhostClient
    ) -> None:
        post = await site.create(tags=("Rolls", site.bread), visibility="members")
        page = await site.create(title="About", is_page=True)
        await site.publish(await site.save(post, title="Rye, again", slug="again"))
        await site.copy(page)
        await site.delete(page)
        assert await differences(site.database, client) == []

    async def test_whoever_saves_after_somebody_in_ghost_is_told(
        self, site: Site, client: GhostClient
    ) -> None:
        opened = await site.create()
        # Ghost dates to the second.
        await asyncio.sleep(1.1)
        theirs = await edit_in_ghost(site, client, opened, title="Rye, by somebody in Ghost")
        with pytest.raises(StaleSaveError) as caught:
            await site.save(opened, custom_excerpt="Of mine.")
        current = caught.value.current
        assert current is not None
        assert current.edit.title == "Rye, by somebody in Ghost"
        assert (await in_ghost(site, client, opened)).updated_at == theirs.updated_at
        # What they are told is kept, so they can go on from there.
        assert await site.state(opened.id) == current
        merged = await site.save(
            SavedPost(
                id=opened.id,
                version=current.version,
                uuid=opened.uuid,
                slug=opened.slug,
                status="draft",
                is_page=False,
                published_at=None,
                updated_at=None,
            ),
            custom_excerpt="Of mine.",
        )
        item = await in_ghost(site, client, merged)
        assert (item.title, item.custom_excerpt) == ("Rye, by somebody in Ghost", "Of mine.")

    async def test_tags_that_ghost_does_not_date_are_not_overwritten(
        self, site: Site, client: GhostClient
    ) -> None:
        opened = await site.create(tags=(site.bread,))
        await edit_in_ghost(site, client, opened, tags=[{"name": "Theirs"}])
        with pytest.raises(StaleSaveError) as caught:
            await site.save(opened, tags=(site.bread, "Mine"))
        assert caught.value.current is not None
        assert [tag.name for tag in caught.value.current.tags] == ["Theirs"]
        other = await site.create(tags=(site.bread,))
        await edit_in_ghost(site, client, other, tags=[{"name": "Theirs"}])
        # Whoever leaves the tags alone takes nothing away.
        await site.save(other, lexical=text("Mine."))
        assert await site.names_of_tags(other) == ["Theirs"]

    async def test_what_was_deleted_in_ghost_is_gone(self, site: Site, client: GhostClient) -> None:
        for act in (site.publish, lambda post: site.save(post, title="Late")):
            post = await site.create()
            await client.delete_document("posts", (await in_ghost(site, client, post)).id)
            with pytest.raises(StaleSaveError, match="deleted") as caught:
                await act(post)
            assert caught.value.current is None
            with pytest.raises(NotFoundError):
                await site.delete(post)
        post = await site.create()
        await client.delete_document("posts", (await in_ghost(site, client, post)).id)
        await site.delete(post)

    async def test_what_changed_in_ghost_is_not_deleted(
        self, site: Site, client: GhostClient
    ) -> None:
        post = await site.create()
        await edit_in_ghost(site, client, post, tags=[{"name": "Theirs"}])
        with pytest.raises(StaleSaveError):
            await site.delete(post, post.version)
        assert (await in_ghost(site, client, post)).title == "Rye"

    async def test_a_post_goes_out_by_a_newsletter(self, site: Site, client: GhostClient) -> None:
        sending = Sending(await newsletter(site), "status:free")
        post = await site.create(title="The weekly rye")
        sent = await site.publish(post, sending=sending)
        assert sent.status == "published"
        state = await site.state(post.id)
        assert state.newsletter is not None
        assert state.email is not None
        assert state.newsletter.id == sending.newsletter_id
        item = await in_ghost(site, client, post)
        assert item.newsletter is not None
        assert item.email_segment == "status:free"
        with pytest.raises(InvalidPostError, match="no longer"):
            await site.publish(sent, sending=sending)
        with pytest.raises(InvalidPostError, match="already"):
            await site.publish(await site.unpublish(sent), sending=sending)

    async def test_what_is_for_email_alone_is_sent_and_shown_nowhere(self, site: Site) -> None:
        post = await site.create(title="For you alone", email_only=True)
        with pytest.raises(InvalidPostError) as caught:
            await site.publish(post)
        assert "newsletter" in caught.value.errors
        sent = await site.publish(post, sending=Sending(await newsletter(site)))
        assert sent.status == "sent"
        with pytest.raises(InvalidPostError) as caught:
            await site.unpublish(sent)
        assert "status" in caught.value.errors

    async def test_a_sending_that_cannot_be_is_told_before_ghost_is_asked(self, site: Site) -> None:
        page = await site.create(is_page=True)
        post = await site.create()
        for document, sending in (
            (page, Sending(await newsletter(site))),
            (post, Sending(999_999)),
        ):
            with pytest.raises(InvalidPostError) as caught:
                await site.publish(document, sending=sending)
            assert list(caught.value.errors) == ["newsletter"]
            assert (await site.state(document.id)).status == "draft"

    async def test_what_ghost_cannot_keep_is_told_by_its_field(self, site: Site) -> None:
        async with site.database.unit_of_work() as work:
            work.session.add(Author(slug="ours", name="Only Ours", social={}))
            await work.session.flush()
            ours = await work.session.scalar(select(Author.id).where(Author.slug == "ours"))
        assert ours is not None
        with pytest.raises(InvalidPostError, match="Only Ours") as caught:
            await site.create(author_ids=(ours,))
        assert list(caught.value.errors) == ["author_ids"]
        with pytest.raises(InvalidPostError) as caught:
            await site.save(await site.create(), is_page=True)
        assert list(caught.value.errors) == ["is_page"]

    async def test_what_was_made_here_stays_here(self, site: Site) -> None:
        async with site.database.unit_of_work() as work:
            store = NativeContentStore()
            edit = (await site.state((await site.create(title="Ours")).id)).edit
            post = await store.create(work, EDITOR, edit)
        saved = await site.save(post, title="Ours, changed")
        soon = datetime.now(UTC) + timedelta(hours=1)
        scheduled = await site.schedule(saved, soon)
        assert (await site.state(post.id)).ghost_id is None
        mirrored = await site.schedule(await site.create(), soon)
        async with site.database.read() as connection:
            due = await site.store.due(connection, soon + timedelta(minutes=1))
        assert [entry[0] for entry in due] == [post.id]
        assert mirrored.status == "scheduled"
        await site.unpublish(scheduled)
        await site.copy(saved)
        await site.delete(saved)


class TestReplayedGhost(GhostStoreContract):
    """A Ghost that answers as a real one did, and misbehaves when told to."""

    @pytest.fixture
    async def ghost(self) -> AsyncIterator[ReplayGhost]:
        async with ReplayGhost(posts=0, members=2) as ghost:
            plant_replayed(ghost)
            yield ghost

    @pytest.fixture
    def client(self, ghost: ReplayGhost, connect: Connect) -> GhostClient:
        return connect(ghost, attempts=2, request_seconds=20)

    @pytest.fixture
    async def site(self, database: Database, client: GhostClient) -> Site:
        return await mirrored_site(database, client)

    @pytest.mark.parametrize("kind", ["drop", "cut", "status"])
    async def test_a_lost_answer_is_found_out(
        self, site: Site, ghost: ReplayGhost, client: GhostClient, kind: str
    ) -> None:
        def lose(method: str) -> None:
            ghost.inject(Fault(kind, method=method, after_effect=True))  # type: ignore[arg-type]

        other = await site.create(title="Lost on the way", lexical=text("Of somebody else."))
        lose("POST")
        post = await site.create(title="Lost on the way", tags=("New one", site.bread))
        assert post.id != other.id
        assert len([title for title in await site.posts() if title == "Lost on the way"]) == 2
        lose("PUT")
        saved = await site.save(post, title="Lost again", feature_image="/content/images/a.png")
        assert saved.version > post.version
        lose("PUT")
        published = await site.publish(saved)
        assert published.status == "published"
        lose("DELETE")
        await site.delete(published, published.version)
        assert await differences(site.database, client) == []

    async def test_what_was_not_carried_out_is_said_so(
        self, site: Site, ghost: ReplayGhost
    ) -> None:
        post = await site.create()
        before = len(ghost.site.documents)
        ghost.inject(Fault("status", method="PUT"), Fault("status", method="POST"))
        for lost in (site.save(post, title="New"), site.create(title="Other")):
            with pytest.raises(GhostUnreachableError, match="nothing was saved") as caught:
                await lost
            assert not caught.value.is_uncertain
        assert len(ghost.site.documents) == before
        assert (await site.state(post.id)).edit.title == "Rye"
        assert (await site.save(post, title="New")).version > post.version

    async def test_what_cannot_be_found_out_is_uncertain(
        self, site: Site, ghost: ReplayGhost
    ) -> None:
        post = await site.create()
        ghost.inject(Fault("drop", method="PUT"), Fault("status", method="GET", times=None))
        with pytest.raises(GhostUnreachableError) as caught:
            await site.save(post, title="New")
        assert caught.value.is_uncertain
        ghost.recover()
        # What Ghost did is learnt at the next attempt.
        await asyncio.sleep(1.1)
        ghost.site.edit(str((await site.state(post.id)).ghost_id), title="Newer")
        with pytest.raises(StaleSaveError) as stale:
            await site.save(post, title="New")
        assert stale.value.current is not None
        assert stale.value.current.edit.title == "Newer"

    async def test_a_ghost_that_is_away_delays_no_answer_and_takes_nothing(
        self, site: Site, ghost: ReplayGhost
    ) -> None:
        post = await site.create()
        await ghost.stop()
        for act in (site.publish, site.copy, site.delete):
            with pytest.raises(GhostUnreachableError) as caught:
                await act(post)
            assert not caught.value.is_uncertain
            assert caught.value.status == 503
        assert (await site.state(post.id)).version == post.version

    async def test_a_key_that_may_not_is_a_sentence(self, site: Site, ghost: ReplayGhost) -> None:
        post = await site.create()
        ghost.inject(Fault("status", status=403, method="PUT"))
        with pytest.raises(RefusedByGhostError, match="Admin API key"):
            await site.save(post, title="New")

    async def test_a_text_in_the_old_format_is_copied(self, site: Site, ghost: ReplayGhost) -> None:
        post = await site.create()
        record = ghost.site.documents[str((await site.state(post.id)).ghost_id)]
        old = '{"version":"0.3.1","atoms":[],"cards":[],"markups":[],"sections":[]}'
        record |= {"lexical": None, "mobiledoc": old, "html": "<p>Old</p>"}
        async with site.database.unit_of_work() as work:
            row = await work.session.get_one(Post, post.id)
            row.lexical, row.mobiledoc = None, old
        copy = await site.copy(post)
        assert (await site.state(copy.id)).edit.title == "Rye (Copy)"
        made = ghost.site.documents[str((await site.state(copy.id)).ghost_id)]
        assert made["mobiledoc"] == old

    async def test_no_address_of_the_app_itself_is_taken(self, site: Site) -> None:
        assert "admin" in RESERVED
        assert (await site.create(title="Admin")).slug == "admin-2"


@pytest.mark.ghost
class TestRealGhost(GhostStoreContract):
    """A Ghost that runs on this machine."""

    @pytest.fixture
    def client(self, connect: Connect) -> GhostClient:
        return connect(find_real_ghost(), request_seconds=20)

    @pytest.fixture
    async def site(self, database: Database, client: GhostClient) -> Site:
        await plant_real(find_real_ghost(), client)
        return await mirrored_site(database, client)
