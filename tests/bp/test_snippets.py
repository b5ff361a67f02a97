"""The snippet library, and posts that follow what is changed in it."""

import asyncio
import json
import re
import time
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from infrastructure.factory import BaseApp
from lexical import snippets
from models.content import Author, Post
from models.snippets import Snippet, SnippetUse
from services.accounts.viewer import Role
from services.audit.log import Actor
from services.content_store.protocol import PostEdit
from services.snippets.pieces import value_of
from tests.bp.conftest import Visitor, sign_in_as
from tests.lexical.building import document, paragraph
from tests.waiting import CEILING

_ADA = Actor("Ada")


def _value(*words: str) -> str:
    return value_of([paragraph(it) for it in words])


class Desk:
    """Somebody at the desk, as scripts and forms ask for them."""

    def __init__(self, app: BaseApp, visitor: Visitor, token: str) -> None:
        self.app, self.visitor, self._token = app, visitor, token

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        return await self.visitor.client.open(
            f"/admin/snippets/{path}",
            method=method,
            json=body,
            headers={
                "Accept": "application/json",
                "X-CSRF-Token": self._token,
                "Sec-Fetch-Site": "same-origin",
            },
        )

    async def make(self, name: str, *words: str, **fields: Any) -> dict[str, Any]:
        body = {"name": name, "value": _value(*words), **fields}
        answer = await self.send("POST", "", body)
        assert answer.status_code == 201
        return dict(await answer.get_json())

    async def offered(self) -> dict[str, Any]:
        answer = await self.send("GET", "for-editor")
        return {it["name"]: it for it in await answer.get_json()}

    async def inserted(self, name: str) -> list[Any]:
        """The blocks that the editor puts into a document."""
        nodes: list[Any] = json.loads((await self.offered())[name]["value"])["nodes"]
        return nodes

    async def change(self, snippet: dict[str, Any], *words: str) -> Any:
        body = {"version": snippet["version"], "value": _value(*words)}
        return await self.send("PUT", f"{snippet['id']}/content", body)


async def _desk(app: BaseApp, role: Role = Role.EDITOR, **person: Any) -> Desk:
    visitor = await sign_in_as(app, role, **person)
    page = await (await visitor.get("/admin/")).get_data(as_text=True)
    token = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
    return Desk(app, visitor, token)


async def _post(app: BaseApp, title: str, *nodes: Any, is_draft: bool = False) -> int:
    store = app.extensions["services"].content
    edit = PostEdit(title=title, lexical=json.dumps(document(*nodes)))
    async with app.database.unit_of_work() as work:
        saved = await store.create(work, _ADA, edit)
    if not is_draft:
        async with app.database.unit_of_work() as work:
            await store.publish(work, _ADA, saved.id, saved.version)
    return int(saved.id)


async def _text(app: BaseApp, post_id: int) -> str:
    async with app.database.read() as connection:
        found = await connection.scalar(select(Post.plaintext).where(Post.id == post_id))
    return " ".join((found or "").split())


async def _settle(app: BaseApp) -> None:
    """Wait until all posts have followed."""
    waiting = text("SELECT count(*) FROM jobs.pgqueuer WHERE entrypoint = 'snippets.spread'")
    deadline = time.monotonic() + CEILING
    async with app.database.read() as connection:
        while await connection.scalar(waiting):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)


async def _shows(app: BaseApp, post_id: int, words: str) -> None:
    await _settle(app)
    assert await _text(app, post_id) == words


async def _uses(app: BaseApp) -> set[tuple[int, UUID]]:
    async with app.database.read() as connection:
        rows = await connection.execute(select(SnippetUse.post_id, SnippetUse.snippet))
        return {(row.post_id, row.snippet) for row in rows}


async def _uuid(app: BaseApp, snippet: dict[str, Any]) -> UUID:
    async with app.database.read() as connection:
        found = await connection.scalar(select(Snippet.uuid).where(Snippet.id == snippet["id"]))
    assert found is not None
    return found


async def test_a_synced_snippet_comes_between_markers_and_a_detached_one_as_it_is(
    app: BaseApp,
) -> None:
    desk = await _desk(app)
    hours = await desk.make("Hours", "Open from eight.", folder="House")
    await desk.make("Sign-off", "Yours, the bakers.", mode="detached")
    uuid = str(await _uuid(app, hours))
    offered = await desk.offered()
    assert [offered[it]["mode"] for it in ("Hours", "Sign-off")] == ["synced", "detached"]
    assert offered["Hours"]["folder"] == "House"
    assert await desk.inserted("Hours") == snippets.wrapped([paragraph("Open from eight.")], uuid)
    assert await desk.inserted("Sign-off") == [paragraph("Yours, the bakers.")]


async def test_a_changed_snippet_reaches_every_post_and_its_readers(app: BaseApp) -> None:
    desk, reader = await _desk(app), Visitor(app)
    hours = await desk.make("Hours", "Open from eight.")
    one = await _post(app, "One", paragraph("Bread."), *await desk.inserted("Hours"))
    two = await _post(app, "Two", *await desk.inserted("Hours"), is_draft=True)
    three = await _post(app, "Three", paragraph("Nothing of it."))
    page = await (await reader.get("/one/")).get_data(as_text=True)
    assert "Open from eight." in page
    assert "snippet:" not in page
    feed = await (await reader.get("/rss/")).get_data(as_text=True)
    assert "Open from eight." in feed
    assert "snippet:" not in feed
    uuid = await _uuid(app, hours)
    assert await _uses(app) == {(one, uuid), (two, uuid)}
    answer = await desk.change(hours, "Open from nine.", "Closed on Mondays.")
    assert answer.status_code == 200
    assert (await answer.get_json())["version"] > hours["version"]
    await _shows(app, one, "Bread. Open from nine. Closed on Mondays.")
    await _shows(app, two, "Open from nine. Closed on Mondays.")
    assert await _text(app, three) == "Nothing of it."
    assert "Open from nine." in await (await reader.get("/one/")).get_data(as_text=True)
    shown = await (await desk.visitor.get(f"/admin/snippets/{hours['id']}/")).get_data(as_text=True)
    assert "Used in 2 posts" in shown
    assert "/admin/posts/" + str(one) in shown


async def test_somebody_elses_change_is_not_overwritten(app: BaseApp) -> None:
    desk = await _desk(app)
    hours = await desk.make("Hours", "Open from eight.")
    assert (await desk.change(hours, "Mine.")).status_code == 200
    answer = await desk.change(hours, "Theirs.")
    told = await answer.get_json()
    assert answer.status_code == 412
    assert told["value"] == _value("Mine.")
    assert told["version"] > hours["version"]
    # What is there already is no change.
    same = await desk.change({**hours, "version": told["version"]}, "Mine.")
    assert (await same.get_json())["version"] == told["version"]


async def test_a_snippet_within_another_follows_into_posts_with_the_outer_one(
    app: BaseApp,
) -> None:
    desk = await _desk(app)
    phone = await desk.make("Phone", "Ring 12.")
    card = {"name": "Card", "value": value_of([paragraph("Us."), *await desk.inserted("Phone")])}
    assert (await desk.send("POST", "", card)).status_code == 201
    post = await _post(app, "One", *await desk.inserted("Card"))
    assert await _text(app, post) == "Us. Ring 12."
    await desk.change(phone, "Ring 34.")
    await _shows(app, post, "Us. Ring 34.")
    assert "Ring 34." in json.dumps(await desk.inserted("Card"))


async def test_a_snippet_within_itself_is_refused(app: BaseApp) -> None:
    desk = await _desk(app)
    inner = await desk.make("Inner", "In.")
    value = value_of([paragraph("Out."), *await desk.inserted("Inner")])
    outer = await (await desk.send("POST", "", {"name": "Outer", "value": value})).get_json()
    for snippet, within in ((inner, "Outer"), (inner, "Inner"), (outer, "Outer")):
        nodes = [paragraph("More."), *await desk.inserted(within)]
        body = {"version": snippet["version"], "value": value_of(nodes)}
        answer = await desk.send("PUT", f"{snippet['id']}/content", body)
        assert answer.status_code == 422
        assert "cannot stand within itself" in (await answer.get_json())["error"]
    # Its own markers around the whole are how the editor was given it.
    body = {"version": inner["version"], "value": value_of(await desk.inserted("Inner"))}
    answer = await desk.send("PUT", f"{inner['id']}/content", body)
    assert (answer.status_code, (await answer.get_json())["version"]) == (200, inner["version"])


async def test_deleting_one_that_is_used_asks_what_becomes_of_it(app: BaseApp) -> None:
    desk = await _desk(app)
    kept, gone, free = [await desk.make(it, f"{it} text.") for it in ("Kept", "Gone", "Free")]
    nodes = [*await desk.inserted("Kept"), *await desk.inserted("Gone")]
    post = await _post(app, "One", *nodes)
    alone = await _post(app, "Two", *await desk.inserted("Gone"))
    refused = await desk.send("DELETE", f"{kept['id']}/")
    assert refused.status_code == 409
    assert "say whether" in (await refused.get_json())["error"]
    assert (await desk.send("DELETE", f"{free['id']}/")).status_code == 204
    assert (await desk.send("DELETE", f"{gone['id']}/?uses=remove")).status_code == 204
    await _shows(app, post, "Kept text.")
    await _shows(app, alone, "")
    assert (await desk.send("DELETE", f"{kept['id']}/?uses=keep")).status_code == 204
    await _settle(app)
    assert await _uses(app) == set()
    assert await _text(app, post) == "Kept text."
    assert await desk.offered() == {}
    form = await desk.visitor.form(f"/admin/snippets/{free['id']}/restore/", "/auth/account/")
    assert (await form({})).status_code == 303
    assert set(await desk.offered()) == {"Free"}


async def test_one_that_is_made_detached_stays_where_it_is(app: BaseApp) -> None:
    desk = await _desk(app)
    hours = await desk.make("Hours", "Open from eight.")
    post = await _post(app, "One", *await desk.inserted("Hours"))
    path = f"/admin/snippets/{hours['id']}/"
    answer = await desk.visitor.submit(path, {"mode": "detached"})
    assert answer.status_code == 303
    await _settle(app)
    assert await _uses(app) == set()
    assert await _text(app, post) == "Open from eight."


async def test_what_is_mine_is_nobody_elses(app: BaseApp) -> None:
    ada = await _desk(app, Role.AUTHOR, email="ada@example.org")
    bob = await _desk(app, Role.AUTHOR, email="bob@example.org")
    mine = await ada.make("Mine", "For me.", visibility="mine")
    all_of_ours = await ada.make("Ours", "For us.")
    assert set(await ada.offered()) == {"Mine", "Ours"}
    assert set(await bob.offered()) == {"Ours"}
    for snippet in (mine, all_of_ours):
        refused = await bob.change(snippet, "Changed.")
        assert refused.status_code in {403, 404}
        assert (await bob.send("DELETE", f"{snippet['id']}/?uses=keep")).status_code in {403, 404}
    page = await (await bob.visitor.get("/admin/snippets/")).get_data(as_text=True)
    assert "Ours" in page
    assert "Mine</a>" in page
    assert f"/admin/snippets/{mine['id']}/" not in page


async def test_what_readers_see_is_not_changed_by_those_who_may_not_publish(app: BaseApp) -> None:
    """A contributor's snippet that an editor used in a published post is the editors' by then."""
    ada = await _desk(app, Role.CONTRIBUTOR)
    hours = await ada.make("Hours", "Open from eight.")
    assert (await ada.change(hours, "Open from nine.")).status_code == 200
    async with app.database.unit_of_work() as work:
        work.session.add(Author(slug="edith", name="Edith"))
    post = await _post(app, "One", *await ada.inserted("Hours"))
    hours = (await (await ada.send("GET", "for-editor")).get_json())[0] | {"version": 2}
    assert (await ada.change(hours, "Closed for good.")).status_code == 403
    assert await _text(app, post) == "Open from nine."


async def test_what_cannot_be_a_snippet_is_refused_with_a_sentence(app: BaseApp) -> None:
    desk = await _desk(app)
    for body in (
        {"name": "X"},
        {"name": "X", "value": ""},
        {"name": "X", "value": "[]"},
        {"name": "X", "value": "{"},
        {"name": "X", "value": '{"nodes": []}'},
        {"name": "X", "value": '{"nodes": [5]}'},
        {"name": "X", "value": 5},
        {"name": "", "value": _value("a")},
        {"name": "x" * 200, "value": _value("a")},
        {"name": "X", "value": _value("a"), "mode": "sticky"},
        {"name": "X", "value": _value("x" * 600_000)},
        ["nonsense"],
    ):
        answer = await desk.send("POST", "", body)
        assert answer.status_code == 422, body
        assert (await answer.get_json())["error"]
    assert (await desk.send("PUT", "1/content", {"value": _value("a")})).status_code == 404


async def test_the_library_is_searched_by_folder_and_name(app: BaseApp) -> None:
    desk = await _desk(app)
    for number in range(60):
        await desk.make(f"Number {number:02}", "Text.", folder="Numbers")
    await desk.make("Letter", "Text.")

    async def names(query: str) -> list[str]:
        page = await (await desk.visitor.get(f"/admin/snippets/?{query}")).get_data(as_text=True)
        return re.findall(r'class="what" href="/admin/snippets/\d+/">([^<]+)<', page)

    assert (await names(""))[0] == "Letter"
    assert len(await names("folder=Numbers")) == 50
    page = await (await desk.visitor.get("/admin/snippets/?folder=Numbers")).get_data(as_text=True)
    more = re.findall(r'href="/admin/snippets/\?([^"]+)" rel="next"', page)[0]
    assert len(await names(more.replace("&amp;", "&"))) == 10
    assert await names("words=tter") == ["Letter"]
    assert await names("mode=detached") == []
    send = await desk.visitor.form("/admin/snippets/folders/", "/auth/account/")
    await send({"old": "Numbers", "new": "Figures"})
    assert len(await names("folder=Figures")) == 50
    assert await names("folder=Numbers") == []


async def test_one_is_made_by_a_form_without_any_script(app: BaseApp) -> None:
    desk = await _desk(app)
    form = {"name": "Hours", "mode": "synced", "visibility": "everyone", "folder": "House"}
    path = "/admin/snippets/new/"
    empty = await desk.visitor.submit(path, form | {"text": " "})
    assert empty.status_code == 422
    assert 'id="text-error"' in await empty.get_data(as_text=True)
    answer = await desk.visitor.submit(path, form | {"text": "Open from **eight**.\n\nCome in."})
    assert answer.status_code == 303
    page = await (await desk.visitor.get(answer.headers["Location"])).get_data(as_text=True)
    assert "&lt;strong&gt;eight&lt;/strong&gt;" in page
    assert len(await desk.inserted("Hours")) == 4
