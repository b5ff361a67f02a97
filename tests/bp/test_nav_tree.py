"""The menu that siblings fetch: in HTML and JSON, marked, cached, and never an error."""

from typing import cast

import pytest
from quart.typing import TestClientProtocol as Client
from selectolax.lexbor import LexborHTMLParser

from infrastructure.factory import BaseApp
from tests.log_records import recorded
from tests.readers_site import SITE_URL

PATH = "/internal/fragments/nav-tree"
ASKED = {"X-Fragment-Request": "1"}


async def test_without_its_header_it_does_not_exist(reader: Client) -> None:
    assert (await reader.get(PATH)).status_code == 404


async def test_html_has_every_link_with_its_origin_and_marks_the_place(reader: Client) -> None:
    answer = await reader.get(f"{PATH}?app=blog&path=/tag/bakery/", headers=ASKED)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["ETag"]
    assert answer.headers["X-Fragment-Version"]
    assert "Cache-Control" in answer.headers
    assert "site" in answer.headers["Surrogate-Key"].split()  # a changed menu purges it
    page = LexborHTMLParser(await answer.get_data(as_text=True))
    links = page.css("nav a")
    assert links
    assert all((link.attributes["href"] or "").startswith("http") for link in links)
    [current] = page.css('[aria-current="page"]')
    assert current.attributes["href"] == f"{SITE_URL}/tag/bakery/"


async def test_another_app_is_nowhere_in_the_blogs_part_of_the_menu(reader: Client) -> None:
    answer = await reader.get(f"{PATH}?app=market&path=/tag/bakery/", headers=ASKED)
    assert "aria-current" not in await answer.get_data(as_text=True)


async def test_json_gives_the_same_tree(reader: Client) -> None:
    answer = await reader.get(f"{PATH}?path=/", headers={**ASKED, "Accept": "application/json"})
    tree = await answer.get_json()
    assert set(tree) == {"menu", "version", "nodes"}
    assert tree["menu"] == "main"
    assert tree["version"] == answer.headers["X-Fragment-Version"]
    assert [node["current"] for node in tree["nodes"]].count("page") == 1
    assert set(tree["nodes"][0]) == {"label", "url", "current", "children"}
    elsewhere = await reader.get(PATH, headers=ASKED)
    assert elsewhere.headers["X-Fragment-Version"] == tree["version"]


async def test_who_has_it_gets_304_and_nothing_is_rendered(reader: Client) -> None:
    first = await reader.get(f"{PATH}?path=/about/", headers=ASKED)
    renders = cast("BaseApp", reader.app).page_cache.counts.renders
    again = await reader.get(
        f"{PATH}?path=/about/", headers={**ASKED, "If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    assert cast("BaseApp", reader.app).page_cache.counts.renders == renders


@pytest.mark.parametrize("asked", ["?menu=nothing", "?variant=odd"])
async def test_what_there_is_not_is_empty_and_an_error_in_the_log(
    reader: Client, asked: str
) -> None:
    with recorded() as records:
        answer = await reader.get(PATH + asked, headers=ASKED)
    assert (answer.status_code, await answer.get_data()) == (200, b"")
    assert answer.headers["Cache-Control"].find("no-store") >= 0
    assert any(record.get("level") == "error" for record in records)


async def test_an_unknown_type_is_empty(reader: Client) -> None:
    answer = await reader.get("/internal/fragments/nobody-knows", headers=ASKED)
    assert (answer.status_code, await answer.get_data()) == (200, b"")
