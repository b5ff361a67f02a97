"""Importing a Ghost export: all of it arrives, once, and nothing of ours is undone."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, func, select

from infrastructure.database import Database
from infrastructure.settings import ROOT
from models.content import Author, Newsletter, Post, PostAuthor, PostTag, Tag, Tier
from models.site import SiteSetting, SyncRun
from models.snippets import Snippet
from services.ghost.export import Export, ExportError
from services.ghost.importing import import_export, is_empty
from services.ghost.runs import Progress
from tests.services.ghost.conftest import captured_folder
from tests.services.ghost.mirroring import row_versions

SAMPLE = ROOT / "samples" / "site.json"
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def sample() -> dict[str, Any]:
    """Return the sample site's export, to be changed at will."""
    content: dict[str, Any] = json.loads(SAMPLE.read_text("utf-8"))
    return content


def _tables(content: dict[str, Any]) -> Tables:
    tables: Tables = content["db"][0]["data"]
    return tables


def _written(content: object, folder: Path) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


async def _scalars(database: Database, statement: Select[Any]) -> list[Any]:
    async with database.unit_of_work() as work:
        return list(await work.session.scalars(statement))


async def _post(database: Database, slug: str) -> Post:
    [post] = await _scalars(database, select(Post).where(Post.slug == slug))
    assert isinstance(post, Post)
    return post


@pytest.fixture(params=["sample", "captured"])
def export_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return each export in turn: the sample site's, and one that a real Ghost 6 made."""
    if request.param == "sample":
        return SAMPLE
    captured = captured_folder() / "api" / "admin" / "db-export.json"
    return _written(json.loads(captured.read_text("utf-8"))["json"], tmp_path)


async def test_every_object_arrives_with_its_links_in_order(
    database: Database, export_path: Path
) -> None:
    assert await is_empty(database)
    report = await import_export(database, export_path)
    assert (report.outcome, report.failures) == ("complete", [])
    tables = _tables(json.loads(export_path.read_text("utf-8")))
    for model, table in (
        (Post, "posts"),
        (Tag, "tags"),
        (Author, "users"),
        (Tier, "products"),
        (Newsletter, "newsletters"),
    ):
        ids = await _scalars(database, select(model.ghost_id))
        assert sorted(ids) == sorted(row["id"] for row in tables[table])
    pages = await _scalars(database, select(Post.ghost_id).where(Post.is_page))
    assert sorted(pages) == sorted(r["id"] for r in tables["posts"] if r["type"] == "page")
    assert report.counts["pages"].added == len(pages) > 0
    for link, target, table, column in (
        (PostTag, Tag, "posts_tags", "tag_id"),
        (PostAuthor, Author, "posts_authors", "author_id"),
    ):
        key = getattr(link, column)
        async with database.read() as connection:
            rows = await connection.execute(
                select(Post.ghost_id, target.ghost_id)
                .join(link, link.post_id == Post.id)
                .join(target, target.id == key)
                .order_by(Post.ghost_id, link.position)
            )
        wanted = sorted(tables[table], key=lambda row: (row["post_id"], row["sort_order"]))
        assert [tuple(row) for row in rows] == [(row["post_id"], row[column]) for row in wanted]
    assert not await is_empty(database)


async def test_the_fields_of_a_post_arrive(database: Database, export_path: Path) -> None:
    await import_export(database, export_path)
    tables = _tables(json.loads(export_path.read_text("utf-8")))
    meta = {row["post_id"]: row for row in tables.get("posts_meta", [])}
    posts = {post.ghost_id: post for post in await _scalars(database, select(Post))}
    same = ("slug", "title", "status", "visibility", "custom_excerpt", "codeinjection_head")
    for row in tables["posts"]:
        post = posts[row["id"]]
        assert {name: getattr(post, name) for name in same} == {n: row.get(n) for n in same}
        assert str(post.uuid) == row["uuid"]
        assert post.featured == bool(row["featured"])
        for name in ("meta_title", "og_description", "twitter_image", "feature_image_alt"):
            value = meta.get(row["id"], {}).get(name)
            assert getattr(post, name) == (value and value.replace("__GHOST_URL__", ""))
        for name in ("html", "lexical", "plaintext", "feature_image"):
            assert "__GHOST_URL__" not in (getattr(post, name) or "")
        if row.get("lexical"):
            assert post.html is not None
        if post.visibility != "public":
            assert post.teaser_html is not None


async def test_a_second_import_writes_nothing_but_its_row(
    database: Database, database_url: str, export_path: Path
) -> None:
    first = await import_export(database, export_path)
    before = await row_versions(database_url)
    again = await import_export(database, export_path)
    assert await row_versions(database_url) == before
    assert not again.has_changes
    for kind, counts in first.counts.items():
        assert again.counts[kind].unchanged == counts.added + counts.unchanged
    runs = await _scalars(database, select(SyncRun).order_by(SyncRun.id))
    assert [(run.kind, run.outcome, run.source) for run in runs] == [
        ("import", "complete", export_path.name)
    ] * 2
    assert all(run.ended_at is not None for run in runs)


async def test_html_is_rendered_where_the_export_has_none(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    rows = [row for row in _tables(sample)["posts"] if row.get("lexical")]
    for row in rows:
        row["html"] = row["plaintext"] = None
    await import_export(database, _written(sample, tmp_path))
    for row in rows:
        post = await _post(database, row["slug"])
        assert post.html
        assert "<p>" in post.html
        assert post.plaintext
        if post.visibility == "public":
            assert post.excerpt
    minutes = await _scalars(database, select(Post.reading_minutes))
    assert max(minutes) >= 2


async def test_html_that_the_export_has_is_kept(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    row = _tables(sample)["posts"][0]
    row["html"], row["plaintext"] = "<p>Theirs: __GHOST_URL__/x/</p>", "Theirs"
    await import_export(database, _written(sample, tmp_path), address="https://old.example")
    post = await _post(database, row["slug"])
    assert (post.html, post.plaintext) == ("<p>Theirs: https://old.example/x/</p>", "Theirs")


async def test_what_cannot_be_taken_is_told_and_costs_only_itself(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    posts = _tables(sample)["posts"]
    whole = len(posts)
    no_id, wrong_type, unknown_status, nul, no_document, wrong_uuid = posts[:6]
    no_id["id"] = None
    wrong_type["title"] = {"not": "a title"}
    unknown_status["status"] = "imagined"
    nul["title"] = "a\0b"
    no_document["lexical"], no_document["html"] = "{not a document", None
    wrong_uuid["uuid"] = "not-a-uuid"
    report = await import_export(database, _written(sample, tmp_path))
    assert report.outcome == "incomplete"
    told = {failure.ghost_id: failure for failure in report.failures}
    assert set(told) == {
        None,
        *(row["id"] for row in (wrong_type, unknown_status, nul, wrong_uuid)),
    }
    assert all(failure.kind in {"posts", "pages"} for failure in told.values())
    assert all(failure.reason for failure in told.values())
    assert "title" in told[wrong_type["id"]].reason
    assert await _scalars(database, select(func.count()).select_from(Post)) == [whole - 5]
    # Kept as it is: what cannot be shown today may be repaired tomorrow.
    assert (await _post(database, no_document["slug"])).lexical == "{not a document"
    [run] = await _scalars(database, select(SyncRun))
    assert run.outcome == "incomplete"
    assert len(run.failures) == 5


async def test_what_was_written_here_since_is_not_undone(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    await import_export(database, SAMPLE)
    rows = _tables(sample)["posts"]
    ours, theirs = rows[0], rows[1]
    async with database.unit_of_work() as work:
        found = await work.session.scalars(select(Post).where(Post.slug == ours["slug"]))
        post = found.one()
        post.title = "Written here"
        post.updated_at = datetime(2099, 1, 1, tzinfo=UTC)
    changed = copy.deepcopy(sample)
    for row in _tables(changed)["posts"][:2]:
        row["title"] = "Of the export"
        row["updated_at"] = "2098-01-01T00:00:00.000Z"
    report = await import_export(database, _written(changed, tmp_path))
    assert report.counts["posts"].changed + report.counts["pages"].changed == 1
    assert (await _post(database, ours["slug"])).title == "Written here"
    assert (await _post(database, theirs["slug"])).title == "Of the export"


async def test_a_post_that_got_a_new_id_is_known_by_its_uuid(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    await import_export(database, SAMPLE)
    row = _tables(sample)["posts"][0]
    before = await _post(database, row["slug"])
    for table in ("posts_meta", "posts_tags", "posts_authors", "posts_products"):
        for link in _tables(sample)[table]:
            if link["post_id"] == row["id"]:
                link["post_id"] = "f" * 24
    row["id"], row["slug"] = "f" * 24, "renamed"
    await import_export(database, _written(sample, tmp_path))
    after = await _post(database, "renamed")
    assert (after.id, after.ghost_id) == (before.id, "f" * 24)


async def test_secrets_stay_where_they_are(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    secrets = (
        "stripe_connect_secret_key",
        "stripe_secret_key",
        "stripe_publishable_key",
        "mailgun_api_key",
        "members_private_key",
        "members_public_key",
        "members_email_auth_secret",
        "ghost_private_key",
        "password",
    )
    tables = _tables(sample)
    tables["settings"] += [{"key": key, "value": "Geheimnis"} for key in secrets]
    tables["users"][0]["password"] = "$2a$10$Geheimnis"
    await import_export(database, _written(sample, tmp_path))
    settings = {row.key: row.value for row in await _scalars(database, select(SiteSetting))}
    assert settings["title"]
    assert "Geheimnis" not in json.dumps(settings)
    for author in await _scalars(database, select(Author)):
        assert "Geheimnis" not in json.dumps(author.extra)


async def test_settings_come_as_the_admin_api_gives_them(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    """A database has text for every type: "false" would be true to whoever asks."""
    _tables(sample)["settings"] += [
        {"key": "is_private", "type": "boolean", "value": "false"},
        {"key": "social_web", "type": "boolean", "value": "true"},
        {"key": "portal_name", "type": "string", "value": "true"},
        {"key": "unset", "type": "boolean", "value": None},
    ]
    await import_export(database, _written(sample, tmp_path))
    settings = {row.key: row.value for row in await _scalars(database, select(SiteSetting))}
    found = [settings[key] for key in ("is_private", "social_web", "portal_name", "unset")]
    assert found == [False, True, "true", None]


async def test_snippets_come_as_copies_and_never_over_what_is_there(
    database: Database, sample: dict[str, Any], tmp_path: Path
) -> None:
    text = {"type": "extended-text", "text": "Open from eight.", "format": 0, "mode": "normal"}
    nodes = [{"type": "paragraph", "version": 1, "children": [text]}]
    old = {
        "version": "0.3.1",
        "atoms": [],
        "cards": [],
        "markups": [],
        "sections": [[1, "p", [[0, [], 0, "Old words."]]]],
    }
    _tables(sample)["snippets"] = [
        {"id": "s1", "name": "Hours", "lexical": json.dumps({"nodes": nodes}), "mobiledoc": "{}"},
        {"id": "s2", "name": "Old", "lexical": None, "mobiledoc": json.dumps(old)},
        {"id": "s3", "name": "Broken", "lexical": None, "mobiledoc": "{"},
    ]
    path = _written(sample, tmp_path)
    report = await import_export(database, path)
    assert [(it.kind, it.ghost_id) for it in report.failures] == [("snippets", "s3")]
    found = await _scalars(database, select(Snippet).order_by(Snippet.ghost_id))
    assert [(it.name, it.mode, it.visibility) for it in found] == [
        ("Hours", "detached", "everyone"),
        ("Old", "detached", "everyone"),
    ]
    assert "Old words." in found[1].value
    async with database.unit_of_work() as work:
        snippet = await work.session.get_one(Snippet, found[0].id)
        snippet.name = "Opening hours"
    again = await import_export(database, path)
    assert again.counts["snippets"].added == 0
    names = await _scalars(database, select(Snippet.name).order_by(Snippet.ghost_id))
    assert names == ["Opening hours", "Old"]


async def test_progress_is_told(database: Database) -> None:
    told: list[Progress] = []
    await import_export(database, SAMPLE, on_progress=told.append)
    assert {"users", "tags", "posts", "pages"} <= {progress.kind for progress in told}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b"[]", "has no posts"),
        (b"null", "has no posts"),
        (b"7", "has no posts"),
        (b"{}", "has no posts"),
        (b'{"db": []}', "has no posts"),
        (b'{"db": {}}', "has no posts"),
        (b'{"db": [{"data": {}}]}', "has no posts"),
        (b'{"db": [{"data": {"posts": "none"}}]}', "has no posts"),
        (b'{"db": [{"data": {"posts": [7]}}]}', "has no posts"),
        (b'{"db": [{"data": {"posts": [], "tags": 7}}]}', "has no posts"),
    ],
)
async def test_what_is_no_export_is_told_in_a_sentence_and_writes_nothing(
    database: Database, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=sentence) as raised:
        await import_export(database, path)
    assert "\n" not in str(raised.value)
    assert await _scalars(database, select(SyncRun)) == []


async def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="cannot be read"):
        Export.read(tmp_path / "missing.json")
    with pytest.raises(ExportError, match="cannot be read"):
        Export.read(tmp_path)
