"""The pages of revisions: what is listed, what two say differently, what restoring does."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from infrastructure.factory import BaseApp
from models.editing import Revision
from services.accounts.viewer import Role
from services.content_store.protocol import PostEdit
from services.editor import differences, history
from tests.bp.conftest import Visitor, sign_in_as
from tests.bp.writing.window import Window, draft, opened, text
from tests.lexical.building import Node, document, element, paragraph
from tests.lexical.building import text as word


async def body(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200, path
    return str(await answer.get_data(as_text=True))


async def later(app: BaseApp, window: Window) -> None:
    """Let all revisions be so old that their writers have paused since."""
    async with app.database.unit_of_work() as work:
        await work.session.execute(
            update(Revision)
            .where(Revision.post_id == window.post_id)
            .values(at=Revision.at - timedelta(minutes=5))
        )


async def kinds(app: BaseApp, window: Window) -> list[tuple[str, bool]]:
    async with app.database.read() as connection:
        rows = await connection.execute(
            select(Revision.kind, Revision.is_passing)
            .where(Revision.post_id == window.post_id)
            .order_by(Revision.version)
        )
        return [(row.kind, row.is_passing) for row in rows]


async def test_pauses_and_publications_are_revisions(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada, title="Rye")
    await window.save(title="Rye br")
    await window.save(title="Rye bread")
    await later(app, window)
    await window.save(title="Rye bread, twice")
    await window.act("publish")
    assert await kinds(app, window) == [
        ("opened", False),
        ("typing", True),
        ("typing", True),
        ("typing", False),
        ("typing", False),
        ("publish", False),
    ]
    page = await body(ada, f"/admin/posts/{window.post_id}/revisions/")
    assert page.count("/revisions/") == page.count("/revisions/4/") * 4
    assert "Published" in page
    assert "what the editor has now" in page


async def test_a_long_stretch_of_typing_keeps_a_state_every_ten_minutes(
    app: BaseApp, ada: Visitor
) -> None:
    window = await draft(ada, title="0")
    for number in range(1, 8):
        async with app.database.unit_of_work() as work:
            await work.session.execute(
                update(Revision)
                .where(Revision.post_id == window.post_id)
                .values(at=Revision.at - timedelta(seconds=50 if number != 5 else 0))
            )
            if number == 5:
                await work.session.execute(
                    update(Revision)
                    .where(Revision.post_id == window.post_id, Revision.version < window.version)
                    .values(at=Revision.at - timedelta(minutes=10))
                )
        await window.save(title=str(number))
    assert [it for it in await kinds(app, window) if not it[1]] == [
        ("opened", False),
        ("typing", False),
        ("typing", False),
    ]


async def test_what_was_passing_is_removed_and_all_else_reads_as_it_was(
    app: BaseApp, ada: Visitor
) -> None:
    window = await draft(ada, title="Rye")
    for number in range(5):
        await window.save(lexical=text(*("A long paragraph of words." for _ in range(number + 1))))
    async with app.database.unit_of_work() as work:
        now = datetime.now(UTC)
        assert await history.thin_out(work, now) == 0
        assert await history.thin_out(work, now + history.KEPT_PASSING + timedelta(hours=1)) > 0
    async with app.database.read() as connection:
        for version in (1, window.version):
            assert await history.read(connection, window.post_id, version) is not None
        rows = await connection.execute(
            select(Revision.basis, Revision.data).where(Revision.post_id == window.post_id)
        )
        assert any(row.basis is not None for row in rows)


async def test_two_revisions_are_compared_in_words_and_settings(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada, title="Rye", lexical=text("Bake it slowly & well.", "Rest it."))
    await later(app, window)
    await window.save(
        title="Oat",
        featured=True,
        tags=[{"id": None, "name": "Crust"}],
        lexical=text("Bake it quickly & well.", "Rest it.", "<b>Eat</b> it."),
    )
    page = await body(ada, f"/admin/posts/{window.post_id}/revisions/{window.version}/")
    for part in (
        "Bake it <del>slowly</del><ins>quickly</ins> &amp; well.",
        "<ins>&lt;b&gt;Eat&lt;/b&gt; it.</ins>",
        "<del>Rye</del><ins>Oat</ins>",
        "<del>no</del><ins>yes</ins>",
        "<ins>Crust</ins>",
        "Paragraph edited",
        "Paragraph added",
    ):
        assert part in page, part
    back = await body(ada, f"/admin/posts/{window.post_id}/revisions/2/?against={window.version}")
    assert "<del>quickly</del><ins>slowly</ins>" in back
    for wrong in ("999/", "2/?against=999"):
        answer = await ada.get(f"/admin/posts/{window.post_id}/revisions/{wrong}")
        assert answer.status_code == 404


async def test_restoring_is_a_revision_and_readers_see_nothing_of_it(
    app: BaseApp, ada: Visitor
) -> None:
    window = await draft(ada, title="Rye", lexical=text("First."))
    first = window.version
    await later(app, window)
    await window.save(lexical=text("Second."))
    await window.act("publish")
    path = f"/admin/posts/{window.post_id}/revisions/{first}"
    answer = await ada.submit(f"{path}/restore", {}, at=f"{path}/")
    assert answer.headers["Location"] == f"/admin/posts/{window.post_id}/"
    found = await window.copy()
    assert "First." in found["fields"]["lexical"]
    assert found["is_dirty"] is True
    assert "Second." in await body(ada, "/rye/")
    assert (await kinds(app, window))[-1] == ("restore", False)
    # A program restores as well, and what was there before is to be had again.
    again = await ada.send(
        "POST", f"/admin/posts/{window.post_id}/revisions/{window.version}/restore"
    )
    assert "Second." in (await again.get_json())["fields"]["lexical"]
    assert (await again.get_json())["is_dirty"] is False


async def test_who_restores_changes_nothing_that_they_may_not_change(app: BaseApp) -> None:
    author = await sign_in_as(app, Role.AUTHOR)
    window = await draft(author, title="Rye")
    owner = await opened(await sign_in_as(app, Role.OWNER), window.post_id)
    await owner.save(codeinjection_head="<!-- theirs -->")
    injected = owner.version
    await owner.save(codeinjection_head=None)
    path = f"/admin/posts/{window.post_id}/revisions/{injected}/restore"
    found = await (await author.send("POST", path)).get_json()
    assert found["fields"]["codeinjection_head"] is None
    found = await (await owner.visitor.send("POST", path)).get_json()
    assert found["fields"]["codeinjection_head"] == "<!-- theirs -->"


_ROUTES = (
    ("GET", "copy", "post.edit"),
    ("PUT", "copy", "post.edit"),
    ("GET", "checks", "post.edit"),
    ("POST", "presence", "post.edit"),
    ("POST", "update", "post.edit"),
    ("POST", "discard", "post.edit"),
    ("GET", "revisions/", "post.see"),
    ("GET", "revisions/1/", "post.see"),
    ("POST", "revisions/1/restore", "post.edit"),
    ("POST", "preview-link", "post.see"),
    ("POST", "publish", "post.publish"),
    ("POST", "unpublish", "post.publish"),
    ("DELETE", "", "post.delete"),
)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.CONTRIBUTOR, "draft"),
        (Role.CONTRIBUTOR, "scheduled"),
        (Role.CONTRIBUTOR, "published"),
        (Role.AUTHOR, "draft"),
        (Role.AUTHOR, "published"),
        (Role.EDITOR, "published"),
    ],
)
async def test_every_route_asks_whose_the_post_is_and_how_it_stands(
    app: BaseApp, ada: Visitor, role: Role, status: str
) -> None:
    """The rules of the policy, written out a second time."""
    writer = await sign_in_as(app, role, email="writer@example.org")
    mine = await draft(writer, title="Mine")
    at = None
    if status != "draft":
        at = (datetime.now(UTC) + timedelta(days=1)).isoformat() if status == "scheduled" else None
        mine_for_ada = await opened(ada, mine.post_id)
        assert (await mine_for_ada.act("publish", at=at))[0] == 200
    theirs = await draft(ada, title="Theirs")
    if status != "draft":
        assert (await theirs.act("publish", at=at))[0] == 200
    is_public = status != "draft"
    least = {
        "post.see": (Role.CONTRIBUTOR, Role.EDITOR),
        "post.edit": (Role.AUTHOR if is_public else Role.CONTRIBUTOR, Role.EDITOR),
        "post.publish": (Role.AUTHOR, Role.EDITOR),
        "post.delete": (Role.AUTHOR if is_public else Role.CONTRIBUTOR, Role.EDITOR),
    }
    wrong = []
    for window, whose in ((mine, 0), (theirs, 1)):
        for method, what, action in _ROUTES:
            path = f"/admin/posts/{window.post_id}/{what}"
            # Most of it comes to nothing, but who may is told.
            answer = (
                await writer.get(path)
                if method == "GET"
                else await writer.send(method, path, _harmless(window, what))
            )
            is_refused = answer.status_code == 403
            if is_refused != (role < least[action][whose]) or answer.status_code >= 500:
                wrong.append((method, what, whose, answer.status_code))
            if status != "draft" and what in {"publish", "unpublish"} and not is_refused:
                break
    assert wrong == []


def _harmless(window: Window, what: str) -> dict[str, Any]:
    save = {"base": 1, "client": window.client, "seq": 99, "fields": {}}
    known: dict[str, dict[str, Any]] = {
        "copy": save,
        "presence": {"client": window.client},
        "preview-link": {"days": 1},
    }
    return known.get(what, {"copy_version": -1})


def _edit(*blocks: Node, **fields: Any) -> PostEdit:
    return replace(PostEdit(lexical=json.dumps(document(*blocks))), **fields)


def test_what_did_not_change_is_left_out_but_a_little() -> None:
    same = [paragraph(f"Paragraph number {number}.") for number in range(9)]
    changes = differences.text(_edit(*same), _edit(*same[:4], paragraph("New."), *same[4:]))
    assert [(it.what, it.skipped) for it in changes] == [
        ("same", 3),
        ("same", 0),
        ("added", 0),
        ("same", 0),
        ("same", 4),
    ]


def test_cards_are_compared_by_their_properties() -> None:
    card: Node = {"type": "image", "version": 1, "src": "/a.jpg", "alt": "Rye", "width": 3}
    (change,) = differences.text(_edit(card), _edit({**card, "alt": "Oat", "width": 4}))
    assert (change.what, change.kind) == ("edited", "Picture")
    assert [it.label for it in change.properties] == ["alt", "width"]


def test_what_is_only_set_otherwise_says_so() -> None:
    (change,) = differences.text(_edit(paragraph("Rye.")), _edit(paragraph(word("Rye.", 1))))
    assert change.is_style
    heading = element("heading", word("Rye is a grass."), tag="h2")
    (change,) = differences.text(_edit(paragraph("Rye is a grass.")), _edit(heading))
    assert (change.kind, change.is_style) == ("Heading", True)


def test_settings_are_told_in_words() -> None:
    before = PostEdit(tags=(1, 2), published_at=None)
    after = PostEdit(tags=(2, 3), published_at=datetime(2026, 1, 2, tzinfo=UTC))
    found = differences.settings(before, after, {"tags": {1: "Rye", 2: "Oat"}})
    assert [it.label for it in found] == ["Time that it shows", "Tags"]
    for side, said in (("removed", "Oat, (deleted)"), ("added", "Rye, Oat")):
        assert "".join(it.text for it in found[1].pieces if it.what != side) == said


def test_very_long_texts_are_not_compared_word_by_word() -> None:
    long = "word " * 4000
    pieces = differences.words(long, f"{long}more")
    assert [it.what for it in pieces] == ["removed", "added"]
    assert differences.words(long, long)[0].what == "same"
