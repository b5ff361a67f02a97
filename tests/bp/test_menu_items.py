"""The menus' editor as forms alone: what is done there, what readers get, and who is told what."""

import re
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import select

from app import create_app
from infrastructure.factory import BaseApp
from infrastructure.settings import Settings
from models.content import Post
from models.people import AuditEntry
from models.site import SiteSetting
from services.accounts.viewer import Role
from tests.bp.conftest import Visitor, sign_in_as
from tests.services.navigation.conftest import Desk, content

MAIN = "/admin/menus/main/"


async def _text(visitor: Visitor, path: str, **headers: str) -> str:
    answer = await visitor.get(path, **headers)
    assert answer.status_code == 200, path
    text: str = await answer.get_data(as_text=True)
    return text


def one(node: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    """Return what a selector finds, which is there."""
    found = node.css_first(selector)
    assert found is not None, selector
    return found


class Editor:
    """Somebody at a menu's page; sends its forms as the page has them, without a script."""

    def __init__(self, visitor: Visitor, path: str = MAIN) -> None:
        self.visitor, self.path = visitor, path
        self.page = ""

    async def look(self, query: str = "") -> LexborHTMLParser:
        self.page = await _text(self.visitor, f"{self.path}{query}")
        return LexborHTMLParser(self.page)

    async def do(self, what: str, **fields: Any) -> Any:
        """Press a button of the page as it was last looked at."""
        if not self.page:
            await self.look()
        hidden = {
            name: re.findall(rf'name="{name}" value="([^"]*)"', self.page)[0]
            for name in ("csrf_token", "version")
        }
        answer = await self.visitor.post(
            self.path, {**hidden, "do": what, **fields}, **{"Sec-Fetch-Site": "same-origin"}
        )
        if answer.status_code == 303:
            self.page = ""
        return answer

    async def refused(self, what: str, **fields: Any) -> LexborHTMLParser:
        """Press a button, and give the page that says why not."""
        answer = await self.do(what, **fields)
        assert answer.status_code in {404, 409, 422}
        self.page = await answer.get_data(as_text=True)
        return LexborHTMLParser(self.page)


@pytest.fixture
async def ids(app: BaseApp) -> dict[str, int]:
    async with app.database.unit_of_work() as work:
        return await content(work)


@pytest.fixture
async def editor(app: BaseApp) -> Editor:
    return Editor(await sign_in_as(app, Role.EDITOR))


async def test_entries_of_every_kind_are_made_arranged_and_published(
    app: BaseApp, editor: Editor, ids: dict[str, int]
) -> None:
    found = await editor.look("?q=ab")
    [button] = found.css(".menu-targets button")
    assert button.attributes["value"] == f"add page:{ids['about']}"
    assert (await editor.do(f"add page:{ids['about']}")).status_code == 303
    await editor.do("add heading", label="The yard")
    await editor.do("add url", label="Else", address="https://else.example/")
    await editor.do(f"add tag:{ids['bakery']}", under="2")
    await editor.do("in 2")
    desk = Desk(app.database)
    assert await desk.shape() == ["About", "  The yard", "    Bakery", "Else"]
    await editor.do("save 3", kind="url", label="Else ", address="#here", icon="map", new_tab="1")
    await editor.do("move 3 0 0")
    [first, *_] = (await desk.draft()).entries
    assert (first.label, first.address, first.icon, first.new_tab) == ("Else", "#here", "map", True)
    assert "Bakery" not in await _text(editor.visitor, "/")
    page = await _text(editor.visitor, f"{MAIN}preview/")
    assert "Bakery" in page
    assert (await editor.do("publish")).headers["Location"] == MAIN
    assert "Bakery" in await _text(editor.visitor, "/")
    assert "disabled" in one(await editor.look(), "button#publish").attributes
    async with app.database.read() as connection:
        rows = await connection.execute(
            select(AuditEntry.action).where(AuditEntry.object_kind == "menu")
        )
    assert {"menu.add", "menu.move", "menu.edit", "menu.publish"} <= set(rows.scalars())


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("add url", {"label": "x", "address": "else.example"}, "Give a whole address"),
    ("add url", {"label": "x", "address": "javascript:alert(1)"}, "Give a whole address"),
    ("add url", {"label": "", "address": "/x/"}, "Give it a label"),
    ("add heading", {"label": "x" * 121}, "too long"),
    ("add page:999", {}, "is gone"),
    ("add page:x", {}, "see below"),
    ("add rocket", {"label": "x"}, "see below"),
    ("add heading", {"label": "x", "under": "99"}, "not in the menu any more"),
    ("add heading", {"label": "x", "audience": "cats"}, "see below"),
    ("up 99", {}, "not in the menu any more"),
    ("move 1 x y", {}, "not in the menu any more"),
    ("undo", {}, "nothing to undo"),
    ("discard", {}, "no such version"),
    ("follow", {}, "no Ghost"),
    ("take-over", {}, "no navigation"),
    ("dance", {}, "nothing to do"),
    ("", {}, "nothing to do"),
    ("delete", {}, "Every page"),
]


async def test_what_cannot_be_done_is_said_in_a_sentence(editor: Editor) -> None:
    for what, fields, sentence in REFUSED:
        page = await editor.refused(what, **fields)
        told = " ".join(it.text() for it in page.css('.error, [role="alert"]'))
        assert sentence in told, what
        # What was typed is still there.
        if "address" in fields:
            assert one(page, "#url-address").attributes["value"] == fields["address"]


async def test_the_second_of_two_editors_is_told_and_loses_nothing(
    app: BaseApp, editor: Editor
) -> None:
    await editor.do("add heading", label="One")
    await editor.do("add heading", label="Two")
    other = Editor(await sign_in_as(app, Role.ADMINISTRATOR))
    await editor.look()
    await other.do("up 2")
    page = await editor.refused("save 1", kind="heading", label="What I typed", audience="member")
    error = one(page, ".error").text()
    assert "Administrator moved “Two” to place 1 of 2 at the top" in error
    assert one(page, "#entry-label").attributes["value"] == "What I typed"
    assert one(page, "#entry-audience option[selected]").attributes["value"] == "member"
    assert await Desk(app.database).shape() == ["Two", "One"]
    assert (await editor.do("save 1", kind="heading", label="What I typed")).status_code == 303
    assert await Desk(app.database).shape() == ["Two", "What I typed"]


async def test_what_was_done_is_undone(app: BaseApp, editor: Editor) -> None:
    await editor.do("add heading", label="One")
    await editor.do("add heading", label="Two", under="1")
    desk = Desk(app.database)
    await editor.do("remove 1")
    assert await desk.shape() == []
    assert "Undo" in one(await editor.look(), "button#undo").text()
    await editor.do("undo")
    assert await desk.shape() == ["One", "  Two"]
    assert "Redo" in one(await editor.look(), "button#undo").text()
    await editor.do("remove-alone 1")
    assert await desk.shape() == ["Two"]
    await editor.do("publish")
    await editor.do("add heading", label="Three")
    changes = one(await editor.look(), ".menu-changes").text()
    assert re.sub(r"\s+", " ", changes).strip() == "added Three at the top"
    await editor.do("discard")
    assert await desk.shape() == ["Two"]


async def test_versions_are_kept_and_come_back(app: BaseApp, editor: Editor) -> None:
    for label in ("One", "Two"):
        await editor.do("add url", label=label, address=f"/{label}/")
        await editor.do("publish")
    past = Editor(editor.visitor, f"{MAIN}history/")
    page = await past.look()
    assert [it.text() for it in page.css("h2")] == ["Version 2 readers see it", "Version 1"]
    await past.do("publish 1")
    assert "Two" not in await _text(editor.visitor, "/")
    assert "Version 1 again" in one(await past.look(), "section").text()
    await past.do("take 1")
    assert await Desk(app.database).shape() == ["One"]
    assert "no such version" in one(await past.refused("publish 77"), ".error").text()
    await editor.do("unpublish")
    assert "One" not in await _text(editor.visitor, "/")


async def test_who_made_it_not_served_is_told_why(
    app: BaseApp, editor: Editor, ids: dict[str, int]
) -> None:
    for what in (f"post:{ids['soon']}", f"post:{ids['members']}", f"page:{ids['about']}"):
        await editor.do(f"add {what}")
    await editor.do("add heading", label="Empty")
    await editor.do("add url", label="Below", address="/x/", under="1")
    async with app.database.unit_of_work() as work:
        post = await work.session.get_one(Post, ids["about"])
        post.status, post.deleted_at = "draft", post.published_at
    page = await editor.look()
    told = {
        one(line, ".menu-name").text(): it.text()
        for line in page.css(".menu-line")
        if (it := line.css_first(".menu-trouble")) is not None
    }
    assert told == {
        "Soon": "It leads to a draft; it shows once that is published.",
        "Below": "It is not shown, because “Soon” above it is not.",
        "About": "What it leads to is gone.",
        "Empty": "A heading shows once something below it does.",
    }
    assert [it.text() for it in page.css(".menu-who")] == ["members read it"]
    # It can be led elsewhere, and then shows.
    page = await editor.look("?entry=3&lead=1&q=bread")
    [button] = page.css(".is-leading button")
    assert button.attributes["value"] == f"save 3 post:{ids['bread']}"
    await editor.do(f"save 3 post:{ids['bread']}", kind="page")
    await editor.do("publish")
    nav = one(LexborHTMLParser(await _text(Visitor(app), "/")), "#menu")
    assert [it.text() for it in nav.css("a")] == ["Bread"]


async def test_the_preview_is_as_somebody_sees_it(editor: Editor, ids: dict[str, int]) -> None:
    await editor.do(f"add post:{ids['members']}")
    await editor.do("add url", label="Rota", address="/rota/")
    await editor.do("save 2", kind="url", label="Rota", address="/rota/", audience="reader")
    await editor.do("publish")  # so that the editor would see all of it in any other page's head
    for viewed_as, labels in (
        ("everyone", []),
        ("reader", ["Rota"]),
        ("member", ["For members", "Rota"]),
        ("nobody-knows", []),
    ):
        page = LexborHTMLParser(await _text(editor.visitor, f"{MAIN}preview/?as={viewed_as}"))
        assert [it.text() for it in page.css("#menu a")] == labels


async def test_the_navigation_that_ghost_has_is_taken_over(
    app: BaseApp, editor: Editor, ids: dict[str, int]
) -> None:
    site = app.settings.public_url
    links = [
        {"label": "About", "url": "/about/"},
        {"label": "Loaves", "url": f"{site}/bread/"},
        {"label": "Bakery", "url": "/tag/bakery/"},
        {"label": "", "url": "https://else.example/"},
        {"label": "Search", "url": "/search/?q=x"},
        {"label": "Bad", "url": "javascript:alert(1)"},
        {"label": "Worse", "url": "http://["},
    ]
    async with app.database.unit_of_work() as work:
        work.session.add(SiteSetting(key="navigation", value=links))
    assert "Take over 7 entries" in one(await editor.look(), ".menu-tree").text()
    await editor.do("take-over")
    entries = (await Desk(app.database).draft()).entries
    assert [(it.kind, it.target_id, it.label, it.address) for it in entries] == [
        ("page", ids["about"], None, None),
        ("post", ids["bread"], "Loaves", None),
        ("tag", ids["bakery"], None, None),
        ("url", None, "https://else.example/", "https://else.example/"),
        ("url", None, "Search", "/search/?q=x"),
    ]


async def test_other_menus_are_made_and_deleted(editor: Editor) -> None:
    visitor = editor.visitor
    answer = await visitor.submit("/admin/menus/", {"name": "Press ", "title": "The press"})
    assert answer.headers["Location"] == "/admin/menus/press/?done=added"
    assert "The press" in await _text(visitor, "/admin/menus/")
    again = await visitor.submit("/admin/menus/", {"name": "press", "title": "Once more"})
    assert again.status_code == 422
    page = await again.get_data(as_text=True)
    assert "already" in page
    assert "Once more" in page
    press = Editor(visitor, "/admin/menus/press/")
    await press.do("add heading", label="Type")
    await press.do("retitle", title="  The   Ash Press ")
    assert one(await press.look(), "h1").text() == "The Ash Press"
    assert "Give the menu a title" in one(await press.refused("retitle"), ".error").text()
    answer = await press.do("delete")
    assert answer.headers["Location"] == "/admin/menus/?done=removed"
    assert (await visitor.get("/admin/menus/press/")).status_code == 404
    assert (await visitor.get("/admin/menus/press/history/")).status_code == 404
    assert (await visitor.get("/admin/menus/press/preview/")).status_code == 404


async def test_a_script_gets_the_part_that_changes(editor: Editor) -> None:
    await editor.look()
    part = await _text(editor.visitor, f"{MAIN}?q=", **{"HX-Request": "true"})
    assert part.lstrip().startswith("<div id=")


async def test_authors_have_no_menus(app: BaseApp) -> None:
    author = await sign_in_as(app, Role.AUTHOR)
    assert (await author.get(MAIN)).status_code == 403
    assert "/admin/menus/" not in await _text(author, "/admin/")


async def test_a_menu_follows_ghost_until_that_is_ended(settings: Settings) -> None:
    ghost = {
        "ghost_api_url": "http://127.0.0.1:9",
        "ghost_admin_api_key": f"{'a' * 24}:{'b' * 64}",
    }
    app = create_app(settings.model_copy(update=ghost))

    async def links() -> list[str]:
        page = LexborHTMLParser(await _text(Visitor(app), "/"))
        return [it.text() for it in page.css("#menu a")]

    async with app.test_app():
        await app.page_cache.wait_until_ready(60)
        async with app.database.unit_of_work() as work:
            setting = SiteSetting(key="navigation", value=[{"label": "Of Ghost", "url": "/g/"}])
            work.session.add(setting)
        editor = Editor(await sign_in_as(app, Role.OWNER, role_is_pinned=True))
        await editor.do("add url", label="Ours", address="/o/")
        await editor.do("publish")
        assert await links() == ["Ours"]
        await editor.do("follow")
        assert "kept in step" in one(await editor.look(), ".menu-state").text()
        assert await links() == ["Of Ghost"]
        async with app.database.unit_of_work() as work:
            (await work.session.get_one(SiteSetting, "navigation")).value = [
                {"label": "Of Ghost, changed", "url": "/g/"}
            ]
        assert await links() == ["Of Ghost, changed"]
        await editor.do("unfollow")
        assert await links() == ["Ours"]
