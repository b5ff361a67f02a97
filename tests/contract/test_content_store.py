"""One contract for every content store: what an editor does comes out the same in each of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from infrastructure.database import Database
from infrastructure.errors import NotFoundError
from infrastructure.page_cache.purging import purge_on_commit
from models.content import Tag
from models.people import AuditEntry
from services.content_store.native import NativeContentStore
from services.content_store.null import NullContentStore
from services.content_store.protocol import (
    ContentStore,
    InvalidPostError,
    PostEdit,
    SavedPost,
    Sending,
    StaleSaveError,
)
from services.contracts.common import DomainAbsentError
from services.posts import reader
from services.posts.rows import PostDocument
from services.registry import Services, register_domain_services
from tests.contract.content_stores import EDITOR, SITE, Site, look_around, plant, text


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def shown(site: Site, slug: str) -> PostDocument | None:
    async with site.database.read() as connection:
        return await reader.post(connection, slug)


class ContentStoreContract:
    """What every store does; a subclass gives a `site` with its own."""

    async def test_a_draft_keeps_every_field_and_the_text_to_the_byte(self, site: Site) -> None:
        moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
        edit = PostEdit(
            title="Rye, twice a week",
            lexical=text("Rye — “and” water.", "Salt \u00e9\U0001f35e"),
            slug="rye-twice",
            published_at=moment,
            visibility="tiers",
            tier_ids=(site.tier,),
            tags=(site.internal, "Sour dough", site.bread),
            author_ids=(site.authors[1], site.authors[0]),
            featured=True,
            feature_image="https://coop.example/content/images/2026/03/rye.jpg",
            feature_image_alt="A loaf",
            feature_image_caption="<em>A loaf</em>",
            custom_excerpt="Of flour.",
            meta_title="Meta",
            meta_description="Meta words",
            og_image="https://coop.example/content/images/2026/03/og.jpg",
            og_title="OG",
            og_description="OG words",
            twitter_image="https://coop.example/content/images/2026/03/tw.jpg",
            twitter_title="TW",
            twitter_description="TW words",
            canonical_url="https://elsewhere.example/rye/",
            codeinjection_head="<style>p {color: red}</style>",
            codeinjection_foot="<!-- foot -->",
            custom_template="custom-wide",
            email_subject="Rye by mail",
        )
        async with site.database.unit_of_work() as work:
            post = await site.store.create(work, EDITOR, edit)
        state = await site.state(post.id)
        assert (state.status, state.version, state.path) == ("draft", post.version, "/rye-twice/")
        assert [tag.name for tag in state.tags] == ["#kept", "Sour dough", "bread"]
        assert state.edit.tags[0] == site.internal
        assert state.edit == replace(edit, tags=state.edit.tags)
        assert state.edit.lexical == edit.lexical
        assert state.html is not None
        assert "“and” water" in state.html
        assert await shown(site, "rye-twice") is None

    async def test_a_page_is_made_and_saved(self, site: Site) -> None:
        page = await site.create(title="About", is_page=True, show_title_and_feature_image=False)
        saved = await site.save(page, title="About us")
        assert saved.is_page
        assert (await site.state(page.id)).edit.show_title_and_feature_image is False
        async with site.database.read() as connection:
            await site.publish(saved)
            listing = await reader.home(connection)
        assert page.id not in [card.id for card in listing.cards]
        found = await shown(site, page.slug)
        assert found is not None
        assert found.is_page

    async def test_a_save_of_an_old_version_is_told_and_overwrites_nothing(
        self, site: Site
    ) -> None:
        opened = await site.create()
        first = await site.save(opened, title="Rye, by the first")
        assert first.version > opened.version
        with pytest.raises(StaleSaveError) as caught:
            await site.save(opened, title="Rye, by the second")
        assert caught.value.status == 409
        assert caught.value.current is not None
        assert caught.value.current.edit.title == "Rye, by the first"
        assert caught.value.current.version == first.version
        assert (await site.state(opened.id)).edit.title == "Rye, by the first"
        for act in (site.publish, site.unpublish):
            with pytest.raises(StaleSaveError):
                await act(opened)
        with pytest.raises(StaleSaveError):
            await site.delete(opened, opened.version)

    async def test_of_two_saves_at_once_one_is_told(self, site: Site) -> None:
        post = await site.create()
        outcomes = await asyncio.gather(
            *(site.save(post, title=f"Rye {number}") for number in range(2)),
            return_exceptions=True,
        )
        assert sorted(type(it).__name__ for it in outcomes) == ["SavedPost", "StaleSaveError"]
        [won] = [number for number, it in enumerate(outcomes) if isinstance(it, SavedPost)]
        assert (await site.state(post.id)).edit.title == f"Rye {won}"

    async def test_saving_what_is_there_changes_nothing(self, site: Site) -> None:
        post = await site.create(tags=("bread",))
        assert (await site.save(post)).version == post.version

    async def test_only_the_tags_or_only_the_text_may_change(self, site: Site) -> None:
        post = await site.create(tags=(site.bread,))
        tagged = await site.save(post, tags=("Rolls", site.bread))
        assert tagged.version > post.version
        assert await site.names_of_tags(post) == ["Rolls", "bread"]
        written = await site.save(tagged, lexical=text("Other words."))
        state = await site.state(post.id)
        assert await site.names_of_tags(post) == ["Rolls", "bread"]
        assert state.version == written.version
        assert "Other words." in (state.html or "")
        bare = await site.save(written, tags=())
        assert await site.names_of_tags(bare) == []

    async def test_a_post_is_published_shown_and_taken_back(self, site: Site) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)
        post = await site.create(author_ids=site.authors)
        published = await site.publish(post)
        assert published.status == "published"
        assert published.published_at is not None
        assert before <= published.published_at <= datetime.now(UTC) + timedelta(seconds=2)
        found = await shown(site, published.slug)
        assert found is not None
        assert [author.id for author in found.authors] == list(site.authors)
        assert "Rye and water." in found.html
        drafted = await site.unpublish(published)
        assert drafted.status == "draft"
        assert await shown(site, published.slug) is None
        again = await site.publish(drafted)
        assert again.published_at == published.published_at

    async def test_an_edit_is_published_at_once(self, site: Site) -> None:
        post = await site.create()
        edit = (await site.state(post.id)).edit
        moment = datetime(2025, 12, 24, 18, tzinfo=UTC)
        new = replace(edit, title="Rye, done", lexical=text("Done."), published_at=moment)
        published = await site.publish(post, edit=new)
        found = await shown(site, published.slug)
        assert found is not None
        assert (found.title, found.published_at) == ("Rye, done", moment)
        assert "Done." in found.html

    async def test_a_post_is_scheduled_moved_and_taken_back(self, site: Site) -> None:
        post = await site.create()
        soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        scheduled = await site.schedule(post, soon)
        assert (scheduled.status, scheduled.published_at) == ("scheduled", soon)
        assert await shown(site, scheduled.slug) is None
        later = soon + timedelta(days=1)
        moved = await site.schedule(scheduled, later)
        assert moved.published_at == later
        with pytest.raises(InvalidPostError) as caught:
            await site.save(moved, published_at=soon)
        assert "published_at" in caught.value.errors
        saved = await site.save(moved, title="Rye, still to come")
        assert (saved.status, saved.published_at) == ("scheduled", later)
        assert (await site.unpublish(saved)).status == "draft"

    async def test_no_time_that_is_past_can_be_scheduled(self, site: Site) -> None:
        post = await site.create()
        with pytest.raises(InvalidPostError) as caught:
            await site.schedule(post, datetime.now(UTC) - timedelta(minutes=1))
        assert "past" in caught.value.errors["published_at"]
        assert (await site.state(post.id)).status == "draft"

    async def test_a_slug_is_made_numbered_and_remembered(self, site: Site) -> None:
        one = await site.create(title="Brötchen & Bürli")
        two = await site.create(title="Brötchen & Bürli")
        assert (one.slug, two.slug) == ("brotchen-burli", "brotchen-burli-2")
        published = await site.publish(one)
        moved = await site.save(published, slug="rolls")
        assert moved.slug == "rolls"
        async with site.database.read() as connection:
            assert await reader.moved_to(connection, "post", "brotchen-burli") == "rolls"
        third = await site.create(title="Other", slug="rolls")
        assert third.slug == "rolls-2"
        assert (await site.create(title="Search", is_page=True)).slug == "search-2"

    async def test_tags_are_found_by_name_or_made(self, site: Site) -> None:
        post = await site.create(tags=("Bread", "Ünïcødé tag", "#secret"))
        state = await site.state(post.id)
        assert state.tags[0].id == site.bread
        assert [tag.slug for tag in state.tags[1:]] == ["unicode-tag", "hash-secret"]
        async with site.database.read() as connection:
            kinds = await connection.execute(
                select(Tag.name, Tag.visibility).where(Tag.id.in_(state.edit.tags))
            )
            assert {row.name: row.visibility for row in kinds}["#secret"] == "internal"

    async def test_what_is_gated_is_shown_to_nobody_by_itself(self, site: Site) -> None:
        post = await site.create(visibility="members", lexical=text("For members."))
        published = await site.publish(post)
        found = await shown(site, published.slug)
        assert found is not None
        assert found.is_gated
        assert "For members." not in found.html + found.excerpt
        opened = await site.save(published, visibility="public")
        found = await shown(site, opened.slug)
        assert found is not None
        assert "For members." in found.html
        closed = await site.save(opened, visibility="paid")
        found = await shown(site, closed.slug)
        assert found is not None
        assert "For members." not in found.html + found.excerpt

    async def test_a_post_is_deleted(self, site: Site) -> None:
        post = await site.publish(await site.create())
        await site.delete(post, post.version)
        assert await shown(site, post.slug) is None
        with pytest.raises(StaleSaveError) as caught:
            async with site.database.unit_of_work() as work:
                await site.store.save(work, EDITOR, post.id, post.version, PostEdit(title="Late"))
        assert caught.value.current is None
        with pytest.raises(NotFoundError):
            await site.delete(post)
        again = await site.create(title="Another", slug=post.slug)
        assert again.slug == post.slug

    async def test_a_copy_is_a_draft_of_its_own(self, site: Site) -> None:
        post = await site.create(
            tags=(site.bread, "#kept"), author_ids=(site.authors[1],), featured=True
        )
        published = await site.publish(post)
        copy = await site.copy(published)
        original, made = await site.state(post.id), await site.state(copy.id)
        assert (made.status, made.edit.title) == ("draft", "Rye (Copy)")
        assert made.edit.slug != original.edit.slug
        assert made.uuid != original.uuid
        assert made.edit.lexical == original.edit.lexical
        assert made.edit.tags == original.edit.tags
        assert made.edit.author_ids == original.edit.author_ids
        assert made.edit.published_at is None

    async def test_what_cannot_be_kept_is_told_by_its_field(self, site: Site) -> None:
        before = await site.posts()
        bad: tuple[tuple[str, dict[str, Any]], ...] = (
            ("title", {"title": "x" * 256}),
            ("custom_excerpt", {"custom_excerpt": "x" * 301}),
            ("lexical", {"lexical": '{"root": {"chil'}),
            ("lexical", {"lexical": '{"root": {"children": [3]}}'}),
            ("visibility", {"visibility": "friends"}),
            ("tier_ids", {"visibility": "tiers"}),
            ("feature_image", {"feature_image": "javascript:alert(1)"}),
            ("published_at", {"published_at": datetime(2026, 1, 1)}),  # noqa: DTZ001
            ("tags", {"tags": (999_999,)}),
            ("author_ids", {"author_ids": (999_999,)}),
            ("tags", {"tags": ("a, b",)}),
        )
        for field, fields in bad:
            with pytest.raises(InvalidPostError) as caught:
                await site.create(**fields)
            assert list(caught.value.errors) == [field]
            assert caught.value.errors[field].endswith(".")
        assert await site.posts() == before

    async def test_all_that_shows_a_post_is_purged_and_the_fediverse_told(self, site: Site) -> None:
        purged: list[frozenset[str]] = []
        purge_on_commit(site.database, lambda _, tags: purged.append(tags))
        post = await site.create(tags=(site.bread,), author_ids=site.authors)
        purged.clear()
        published = await site.publish(post)
        wanted = {
            *(f"post:{post.id}", f"card:{post.id}", "list:home", f"list:tag:{site.bread}"),
            *(f"list:author:{author}" for author in site.authors),
        }
        assert wanted <= frozenset().union(*purged)
        async with site.database.read() as connection:
            told = await site.services.federation.outbox(connection, limit=100)
        mine = [it for it in told.activities if published.slug in str(it)]
        assert [it["type"] for it in mine] == ["Create"]

    async def test_the_audit_log_says_who_did_what(self, site: Site) -> None:
        post = await site.create()
        await site.delete(await site.publish(await site.save(post, title="Rye bread")))
        async with site.database.read() as connection:
            entries = (
                await connection.execute(
                    select(AuditEntry.action, AuditEntry.actor, AuditEntry.after)
                    .where(AuditEntry.object_id == str(post.id))
                    .order_by(AuditEntry.id)
                )
            ).all()
        actions = [entry.action for entry in entries]
        assert actions == ["post.create", "post.save", "post.publish", "post.delete"]
        assert {entry.actor for entry in entries} == {EDITOR.name}
        assert entries[1].after["title"] == "Rye bread"


class TestNativeContentStore(ContentStoreContract):
    """Our own tables as the place of record."""

    @pytest.fixture
    async def site(self, database: Database) -> Site:
        services = register_domain_services(database, SITE)
        assert isinstance(services.content, NativeContentStore)
        async with database.unit_of_work() as work:
            await plant(work)
        return await look_around(database, services)

    async def test_a_text_keeps_even_its_blanks(self, site: Site) -> None:
        spaced = json.dumps(json.loads(text("Rye — “and” water.")), indent=1) + " \n"
        post = await site.create(lexical=spaced)
        assert (await site.state(post.id)).edit.lexical == spaced

    async def test_nothing_is_sent(self, site: Site) -> None:
        post = await site.create()
        assert not site.store.sends_newsletters
        with pytest.raises(InvalidPostError, match="no newsletters"):
            await site.publish(post, sending=Sending(1))
        with pytest.raises(InvalidPostError, match="nobody"):
            await site.publish(await site.save(post, email_only=True))
        assert (await site.state(post.id)).status == "draft"

    async def test_what_is_due_is_ours_to_publish(self, site: Site) -> None:
        soon = datetime.now(UTC) + timedelta(hours=1)
        post = await site.schedule(await site.create(), soon)
        async with site.database.read() as connection:
            assert list(await site.store.due(connection, datetime.now(UTC))) == []
            later = soon + timedelta(seconds=1)
            assert list(await site.store.due(connection, later)) == [(post.id, post.version)]

    async def test_many_of_one_title_at_once_get_slugs_of_their_own(self, site: Site) -> None:
        made = await asyncio.gather(*(site.create(title="The same") for _ in range(6)))
        assert len({post.slug for post in made}) == 6


async def test_a_platform_without_the_blog_says_so(database: Database) -> None:
    store: ContentStore = Services().content
    assert isinstance(store, NullContentStore)
    async with database.unit_of_work() as work:
        with pytest.raises(DomainAbsentError):
            await store.create(work, EDITOR, PostEdit(title="x"))
