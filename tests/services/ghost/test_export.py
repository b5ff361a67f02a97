"""Writing an export: it holds the whole site, and comes back as it was."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update

from infrastructure.database import Database
from infrastructure.settings import ROOT
from models.content import Author, Newsletter, Post, PostAuthor, PostTag, PostTier, Tag, Tier
from models.detachment import FormerGhostId
from models.editing import WorkingCopy
from models.site import SiteSetting
from models.snippets import Snippet
from services.accounts.viewer import ANONYMOUS
from services.audit.log import Actor
from services.ghost.export import Export, ExportError
from services.ghost.exporting import export_site
from services.ghost.importing import import_export
from services.posts.derive import derive
from services.snippets.editing import create
from tests import readers_site
from tests.services.ghost.conftest import captured_folder

SAMPLE = ROOT / "samples" / "site.json"
MADE = datetime(2026, 3, 1, 7, 30, 12, 345000, tzinfo=UTC)
DOCUMENT = json.dumps(
    {
        "root": {
            "children": [
                {
                    "children": [{"type": "extended-text", "version": 1, "text": "Salt, not yet."}],
                    "type": "paragraph",
                    "version": 1,
                }
            ],
            "type": "root",
            "version": 1,
        }
    }
)
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def other(other_database_url: str) -> AsyncIterator[Database]:
    """Return another empty database, to import into."""
    database = Database(other_database_url)
    yield database
    await database.close()


async def _fill(database: Database) -> None:
    """Make a site that never had a Ghost, with one of everything."""
    await readers_site.fill(database.engine)
    async with database.unit_of_work() as work:
        session = work.session
        letter = Newsletter(slug="letter", name="The letter", sort_order=2)
        tiers = [
            Tier(slug="crust", name="Crust", currency="gbp", monthly_price=300, benefits=["Rye"]),
            Tier(slug="crumb", name="Crumb", active=False, benefits=["Rye", "A seat", "Rye"]),
        ]
        gone = Tag(slug="gone", name="Gone", deleted_at=MADE)
        session.add_all([letter, *tiers, gone])
        await session.flush()
        marta = (await session.scalars(select(Author).where(Author.slug == "marta"))).one()
        marta.email, marta.roles = (
            "marta@rose-ash.example",
            [{"id": "5" * 24, "name": "Owner"}, {"id": "6" * 24, "name": "Editor"}],
        )
        kinds: list[dict[str, Any]] = [
            {"slug": "a-draft", "status": "draft", "updated_at": None},
            {
                "slug": "soon",
                "status": "scheduled",
                "published_at": datetime(2031, 1, 1, tzinfo=UTC),
            },
            {"slug": "sent", "status": "sent", "email_only": True, "email_segment": "status:free"},
            {"slug": "for-tiers", "visibility": "tiers"},
            {"slug": "bare", "is_page": True, "show_title_and_feature_image": False},
        ]
        posts = [
            Post(
                title=f"It is {fields['slug']}",
                lexical=DOCUMENT,
                html="<p>Salt, not yet.</p>",
                plaintext="Salt, not yet.",
                created_at=MADE,
                featured=True,
                og_title="Shared",
                frontmatter="a: 1",
                newsletter_id=letter.id,
                **fields,
            )
            for fields in kinds
        ]
        for post in posts:
            post.visibility = post.visibility or "public"
            derive(post)
        dead = Post(slug="dead", title="Dead", deleted_at=MADE)
        session.add_all([*posts, dead])
        await session.flush()
        for place, tier in enumerate(reversed(tiers)):
            session.add(PostTier(post_id=posts[3].id, tier_id=tier.id, position=place))
        bakery = (await session.scalars(select(Tag).where(Tag.slug == "bakery"))).one()
        session.add(PostTag(post_id=posts[0].id, tag_id=gone.id, position=0))
        session.add(PostTag(post_id=posts[0].id, tag_id=bakery.id, position=1))
        session.add(PostAuthor(post_id=posts[0].id, author_id=marta.id, position=0))
        session.add_all(
            [
                SiteSetting(key="comments_open", value=True),
                SiteSetting(key="amount", value=500),
                SiteSetting(key="mailgun_api_key", value="key-of-mailgun"),
                SiteSetting(key="slack_url", value="https://hooks.example/key-of-slack"),
                SiteSetting(key="portal_plans", value='["free"]'),
                SiteSetting(key="logo", value=None),
            ]
        )
        value = json.dumps({"namespace": "K", "nodes": json.loads(DOCUMENT)["root"]["children"]})
        by = Actor("somebody")
        await create(work, ANONYMOUS, by, value, name="Salt", folder="Kitchen")
        await create(work, ANONYMOUS, by, value, name="Copied", mode="detached")
        await create(work, ANONYMOUS, by, value, name="Of one alone", visibility="mine")


def _tables(path: Path) -> Tables:
    [whole] = json.loads(path.read_text("utf-8"))["db"]
    tables: Tables = whole["data"]
    return tables


def _saying(path: Path) -> str:
    """Return all that an export says but when it was made."""
    said, count = re.subn(r'"exported_on":\d{13}', "", path.read_text("utf-8"))
    assert count == 1
    return said


# What an import gives a row anew.
_ANEW = {"id", "ghost_id", "ghost_digest", "extra", "row_version", "newsletter_id", "search"}


async def _rows(database: Database, model: Any) -> dict[str, dict[str, Any]]:
    columns = [column for column in model.__table__.columns if column.name not in _ANEW]
    async with database.read() as connection:
        rows = await connection.execute(select(*columns).where(model.deleted_at.is_(None)))
        return {row["slug"]: dict(row) for row in rows.mappings()}


async def _orders(database: Database) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for link, target, key in (
        (PostTag, Tag, "tag_id"),
        (PostAuthor, Author, "author_id"),
        (PostTier, Tier, "tier_id"),
    ):
        async with database.read() as connection:
            rows = await connection.execute(
                select(Post.slug, target.slug)
                .join(link, link.post_id == Post.id)
                .join(target, target.id == getattr(link, key))
                .where(target.deleted_at.is_(None), Post.deleted_at.is_(None))
                .order_by(Post.slug, link.position)
            )
            found += [tuple(row) for row in rows]
    return found


def _as_kept(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        # Ghost's times are no finer than this.
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return {network: it for network, it in value.items() if it} if name == "social" else value


async def test_a_site_comes_back_as_it_was(
    database: Database, other: Database, tmp_path: Path
) -> None:
    await _fill(database)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    await export_site(database, first)
    report = await import_export(other, first)
    assert (report.outcome, report.failures) == ("complete", [])
    await export_site(other, second)
    assert _saying(second) == _saying(first)
    for model in (Post, Tag, Author, Tier, Newsletter):
        ours, theirs = await _rows(database, model), await _rows(other, model)
        assert sorted(theirs) == sorted(ours)
        for slug, row in ours.items():
            for name, value in row.items():
                assert theirs[slug][name] == _as_kept(name, value), (slug, name)
    assert await _orders(other) == await _orders(database)


async def test_the_export_of_a_ghost_comes_back_as_it_was(
    database: Database, other: Database, tmp_path: Path, export_source: Path
) -> None:
    await import_export(database, export_source)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    await export_site(database, first)
    assert (await import_export(other, first)).outcome == "complete"
    await export_site(other, second)
    assert _saying(second) == _saying(first)
    before, after = _tables(export_source), _tables(first)
    for table in ("posts", "tags", "users", "products", "newsletters"):
        assert {row["id"] for row in after[table]} == {row["id"] for row in before[table]}
        # Every column of Ghost's is one of ours as well, or is derived, secret or never used.
        lost = set(before[table][0]) - set().union(*after[table])
        assert lost <= {
            *("parent_id", "password", "auto_excerpt"),
            *({"visibility", "locale"} if table == "users" else ()),
            *({"email_recipient_filter"} if table == "posts" else ()),
        }
    for table, key in (("posts_tags", "tag_id"), ("posts_authors", "author_id")):
        kept, wanted = (
            sorted((row["post_id"], row["sort_order"], row[key]) for row in tables[table])
            for tables in (after, before)
        )
        assert kept == wanted


@pytest.fixture(params=["sample", "captured"])
def export_source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "sample":
        return SAMPLE
    captured = captured_folder() / "api" / "admin" / "db-export.json"
    path = tmp_path / "captured.json"
    path.write_text(json.dumps(json.loads(captured.read_text("utf-8"))["json"]))
    return path


async def test_it_is_what_a_ghost_takes(database: Database, tmp_path: Path) -> None:
    await _fill(database)
    path = tmp_path / "export.json"
    done = await export_site(database, path)
    [whole] = json.loads(path.read_text("utf-8"))["db"]
    assert set(whole) == {"meta", "data"}
    assert whole["meta"]["version"].startswith("6.")
    tables: Tables = whole["data"]
    for table, rows in tables.items():
        ids = [row["id"] for row in rows]
        assert len(set(ids)) == len(ids), table
        assert all(re.fullmatch("[0-9a-f]{24}", key) for key in ids), table
    known = {row["id"] for rows in tables.values() for row in rows}
    for table, rows in tables.items():
        for row in rows:
            names = {name for name in row if name.endswith("_id") and name != "comment_id"}
            assert {row[name] for name in names} <= known | {None}, table
    posts = {row["slug"]: row for row in tables["posts"]}
    assert "dead" not in posts
    assert posts["a-draft"]["status"] == "draft"
    assert posts["a-draft"]["featured"] == 1
    assert posts["soon"]["published_at"] == "2031-01-01T00:00:00.000Z"
    assert posts["sent"]["email_recipient_filter"] == "status:free"
    assert "email_recipient_filter" not in posts["a-draft"]
    assert posts["arabic"]["locale"] == "ar"
    assert (posts["bare"]["type"], posts["bare"]["show_title_and_feature_image"]) == ("page", 0)
    assert "og_title" not in posts["a-draft"]
    meta = {row["post_id"]: row for row in tables["posts_meta"]}
    assert meta[posts["a-draft"]["id"]]["og_title"] == "Shared"
    assert posts["plain"]["id"] not in meta
    tags = {row["slug"]: row for row in tables["tags"]}
    assert tags["hash-backstage"]["visibility"] == "internal"
    linked = [
        (row["tag_id"], row["sort_order"])
        for row in tables["posts_tags"]
        if row["post_id"] == posts["a-draft"]["id"]
    ]
    assert linked == [(tags["bakery"]["id"], 0)]
    assert all(row["email"] for row in tables["users"])
    assert done.sentence.startswith("Exported: posts 27, pages 2, tags 3, authors 2, tiers 2,")
    assert done.warning is None


async def test_work_that_waits_to_be_published_is_told_of(
    database: Database, tmp_path: Path
) -> None:
    await _fill(database)
    async with database.unit_of_work() as work:
        [post, dead] = await work.session.scalars(
            select(Post).where(Post.slug.in_(("plain", "dead"))).order_by(Post.id)
        )
        for it in (post, dead):
            work.session.add(
                WorkingCopy(
                    post_id=it.id,
                    version=1,
                    last_version=1,
                    post_version=1,
                    synced_version=1,
                    fields="{}",
                    is_dirty=True,
                )
            )
    done = await export_site(database, tmp_path / "export.json")
    assert done.warning == (
        "What was written in the editor and not published or saved as a draft yet, "
        "in 1 posts and pages, is not in it."
    )


async def test_secrets_and_what_is_somebodys_own_stay_here(
    database: Database, tmp_path: Path
) -> None:
    await _fill(database)
    async with database.unit_of_work() as work:
        await work.session.execute(
            update(Author).values(extra={"password": "$2b$10$hash-of-a-password"})
        )
    path = tmp_path / "export.json"
    await export_site(database, path)
    said = path.read_text("utf-8")
    for secret in ("key-of-mailgun", "key-of-slack", "hash-of-a-password", "Of one alone"):
        assert secret not in said
    assert path.stat().st_mode & 0o077 == 0


async def test_a_synced_snippet_keeps_its_name_towards_posts(
    database: Database, other: Database, tmp_path: Path
) -> None:
    await _fill(database)
    path = tmp_path / "export.json"
    await export_site(database, path)
    await import_export(other, path)
    columns = (Snippet.uuid, Snippet.name, Snippet.folder, Snippet.mode, Snippet.value)
    async with database.read() as ours, other.read() as theirs:
        wanted = await ours.execute(select(*columns).where(Snippet.visibility == "everyone"))
        assert (await theirs.execute(select(*columns))).all() == wanted.all()
    # Once more into the site that it came from: nothing is there twice.
    report = await import_export(database, path)
    assert (report.counts["snippets"].added, report.counts["snippets"].unchanged) == (0, 2)


async def test_a_site_that_left_its_ghost_keeps_ghosts_ids(
    database: Database, tmp_path: Path
) -> None:
    await import_export(database, SAMPLE)
    async with database.unit_of_work() as work:
        for model in (Post, Tag):
            rows = await work.session.execute(select(model.id, model.ghost_id))
            work.session.add_all(
                FormerGhostId(kind=model.__tablename__, object_id=row.id, ghost_id=row.ghost_id)
                for row in rows
            )
            await work.session.execute(update(model).values(ghost_id=None))
        # Somebody else has one of them now.
        taken = await work.session.scalar(select(func.min(FormerGhostId.ghost_id)))
        work.session.add(Post(slug="usurper", title="Usurper", ghost_id=taken))
        work.session.add(Tag(slug="usurper", name="Usurper", ghost_id=taken))
    path = tmp_path / "export.json"
    await export_site(database, path)
    before, after = _tables(SAMPLE), _tables(path)
    for table in ("posts", "tags"):
        ids = [row["id"] for row in after[table]]
        assert len(set(ids)) == len(ids) == len(before[table]) + 1
        assert {row["id"] for row in before[table]} <= {*ids, taken}


async def test_many_posts_are_read_in_batches(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(database)
    whole, pieces = tmp_path / "whole.json", tmp_path / "pieces.json"
    await export_site(database, whole)
    monkeypatch.setattr("services.ghost.exporting._AT_ONCE", 2)
    await export_site(database, pieces)
    assert _saying(pieces) == _saying(whole)


async def test_all_of_it_is_of_one_moment(database: Database) -> None:
    await _fill(database)
    count = select(func.count()).select_from(Post)
    async with database.snapshot() as connection:
        before = await connection.scalar(count)
        async with database.unit_of_work() as work:
            await work.session.execute(delete(Post).where(Post.slug == "plain"))
        assert await connection.scalar(count) == before
        with pytest.raises(Exception, match="read-only"):
            await connection.execute(text("DELETE FROM posts"))
    async with database.read() as connection:
        assert await connection.scalar(count) == (before or 0) - 1


async def test_a_file_is_never_overwritten_unasked(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text("precious")
    with pytest.raises(ExportError, match="is there already; with --overwrite"):
        await export_site(database, path)
    assert path.read_text() == "precious"
    await export_site(database, path, may_overwrite=True)
    assert Export.read(path).settings() == {}
    with pytest.raises(ExportError, match="is a folder"):
        await export_site(database, tmp_path, may_overwrite=True)
    with pytest.raises(ExportError, match="cannot be written \\(No such file or directory\\)"):
        await export_site(database, tmp_path / "nowhere" / "export.json")
    assert [it.name for it in tmp_path.iterdir()] == ["export.json"]


async def test_an_export_that_fails_leaves_nothing_behind(
    database: Database, tmp_path: Path
) -> None:
    async with database.unit_of_work() as work:
        await work.session.execute(text("ALTER TABLE post_tiers RENAME TO post_tiers_gone"))
    path = tmp_path / "export.json"
    path.write_text("precious")
    with pytest.raises(Exception, match="post_tiers"):
        # The links are read after the posts are written.
        await _with_a_post(database, path)
    assert [it.name for it in tmp_path.iterdir()] == ["export.json"]
    assert path.read_text() == "precious"


async def _with_a_post(database: Database, path: Path) -> None:
    async with database.unit_of_work() as work:
        await work.session.execute(text("INSERT INTO posts (slug, title) VALUES ('a', 'A')"))
    await export_site(database, path, may_overwrite=True)
