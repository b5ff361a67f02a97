"""What links are shown as: frames made anew, cards of what pages say, a sentence for the rest."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from infrastructure.database import Database
from infrastructure.http import GuardedClient, create_client
from services.embeds.ghost import GhostEmbedService
from services.embeds.own import OwnEmbedService
from services.embeds.protocol import NoEmbedError
from services.ghost.caller import GhostConfig
from services.ghost.client import GhostClient
from services.ghost.tokens import AdminKey
from tests.ghost_replay import Fault, ReplayGhost
from tests.services.posts.building import add_author, add_post

SITE = "https://coop.example"
PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Plain
 title</title><meta property="og:title" content="How rye &amp; water meet">
<meta name="description" content="Two of them."><meta property="og:image" content="/rye.jpg">
<meta property="og:site_name" content="The Mill"><meta name="author" content="Ines">
<link rel="icon" href="/small.png" sizes="16x16"><link rel="icon" href="big.png" sizes="192x192">
%s</head><body></body></html>"""


class Web(httpx.AsyncBaseTransport):
    """The sites of strangers, by address."""

    def __init__(self) -> None:
        self.pages: dict[str, httpx.Response] = {}
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url.copy_with(host=request.headers["host"]))
        self.asked.append(url)
        return self.pages.get(url) or httpx.Response(404)


async def resolve(host: str, port: int) -> Sequence[str]:
    del port
    return ["127.0.0.1" if host == "inside.example" else "93.184.215.14"]


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def service(web: Web, database: Database) -> OwnEmbedService:
    return OwnEmbedService(GuardedClient(resolver=resolve, transport=web), database, SITE)


def oembed(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json={"version": "1.0", **fields})


async def test_a_page_is_a_card_of_what_it_says(web: Web, service: OwnEmbedService) -> None:
    url = "https://mill.example/a/rye"
    web.pages[url] = httpx.Response(200, html=PAGE % "")
    found = await service.look_up(url)
    assert found == {
        "version": "1.0",
        "type": "bookmark",
        "url": url,
        "metadata": {
            "url": url,
            "title": "How rye & water meet",
            "description": "Two of them.",
            "author": "Ines",
            "publisher": "The Mill",
            "thumbnail": "https://mill.example/rye.jpg",
            "icon": "https://mill.example/a/big.png",
        },
    }
    latin = PAGE.replace("utf-8", "iso-8859-1").replace("rye &amp; water", "Brötchen") % ""
    web.pages[url] = httpx.Response(
        200, content=latin.encode("iso-8859-1"), headers={"content-type": "text/html"}
    )
    assert (await service.look_up(url, "bookmark"))["metadata"]["title"] == "How Brötchen meet"


async def test_a_frame_is_found_and_made_anew(web: Web, service: OwnEmbedService) -> None:
    url = "https://video.example/watch/7"
    link = '<link rel="alternate" type="application/json+oembed" href="/oembed?u=7">'
    web.pages[url] = httpx.Response(200, html=PAGE % link)
    web.pages["https://video.example/oembed?u=7"] = oembed(
        type="video",
        title="A loaf turns",
        width=640,
        height="360",
        html='<script>alert(1)</script><iframe onload="alert(1)" src="https://video.example/e/7"'
        ' width="640" height="360" srcdoc="<script>alert(1)</script>"></iframe>',
    )
    found = await service.look_up(url)
    assert (found["type"], found["title"], found["height"]) == ("video", "A loaf turns", 360)
    assert found["html"].startswith('<iframe src="https://video.example/e/7"')
    assert not {"script", "onload", "srcdoc"} & set(found["html"].replace("=", " ").split())
    assert "alert" not in found["html"]
    assert (await service.look_up(url, "bookmark"))["type"] == "bookmark"


async def test_a_known_site_is_asked_directly(web: Web, service: OwnEmbedService) -> None:
    asked = "https://www.youtube.com/oembed?url=https%3A%2F%2Fyoutu.be%2Fabc&format=json"
    web.pages[asked] = oembed(
        type="video", html='<iframe src="https://www.youtube.com/embed/abc"></iframe>'
    )
    found = await service.look_up("https://youtu.be/abc")
    assert "https://www.youtube.com/embed/abc" in found["html"]
    assert web.asked == [asked]


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<blockquote><p onclick="x()">Words</p></blockquote><script src="//x"></script>', True),
        ("<script>document.write(1)</script>", False),
        ('<iframe src="javascript:alert(1)"></iframe>', False),
        ('<iframe src="http://plain.example/"></iframe>', False),
        (None, False),
    ],
)
async def test_only_what_cannot_harm_is_embedded(
    web: Web, service: OwnEmbedService, html: str | None, kept: bool
) -> None:
    url = "https://rich.example/1"
    link = '<link type="application/json+oembed" href="/o">'
    web.pages[url] = httpx.Response(200, html=PAGE % link)
    web.pages["https://rich.example/o"] = oembed(type="rich", html=html)
    if kept:
        assert (await service.look_up(url, "embed"))["html"] == (
            "<blockquote><p>Words</p></blockquote>"
        )
        return
    assert (await service.look_up(url))["type"] == "bookmark"
    with pytest.raises(NoEmbedError, match="bookmark can be made"):
        await service.look_up(url, "embed")


async def test_a_photo_and_a_file_are_shown(web: Web, service: OwnEmbedService) -> None:
    url = "https://photo.example/1"
    link = '<link type="application/json+oembed" href="/o">'
    web.pages[url] = httpx.Response(200, html=PAGE % link)
    web.pages["https://photo.example/o"] = oembed(
        type="photo", url="https://photo.example/1.jpg", title='A "loaf"'
    )
    html = (await service.look_up(url))["html"]
    assert html == '<img src="https://photo.example/1.jpg" alt="A &quot;loaf&quot;" loading="lazy">'
    sheet = "https://mill.example/planting%20sheet.pdf"
    web.pages[sheet] = httpx.Response(200, headers={"content-type": "application/pdf"})
    assert (await service.look_up(sheet))["metadata"]["title"] == "planting sheet.pdf"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://mill.example/gone", "404"),
        ("https://inside.example/", "machine|network"),
        ("http://169.254.169.254/latest", "link-local|network"),
        ("file:///etc/passwd", "http|web"),
        ("not an address", "http|web"),
    ],
)
async def test_what_cannot_be_had_is_told(
    web: Web, service: OwnEmbedService, url: str, sentence: str
) -> None:
    with pytest.raises(NoEmbedError, match=sentence):
        await service.look_up(url)
    assert web.asked in ([], [url])


async def test_our_own_posts_are_known_without_asking(
    web: Web, service: OwnEmbedService, database: Database
) -> None:
    async with database.unit_of_work() as work:
        ines = await add_author(work.session, "ines")
        await add_post(work.session, "rye", title="Rye", authors=(ines,), html="<p>Two.</p>")
        await add_post(work.session, "draft", status="draft")
    found = await service.look_up(f"{SITE}/rye/")
    assert found["metadata"]["title"] == "Rye"
    assert found["metadata"]["author"] == "Ines"
    assert web.asked == []
    with pytest.raises(NoEmbedError):
        await service.look_up(f"{SITE}/draft/")


async def test_ghost_is_asked_first_and_stood_in_for(web: Web, service: OwnEmbedService) -> None:
    url = "https://mill.example/rye"
    web.pages[url] = httpx.Response(200, html=PAGE % "")
    async with ReplayGhost(seed=1, posts=1) as ghost, create_client() as http:
        config = GhostConfig(
            admin_url=ghost.url, admin_key=AdminKey(ghost.admin_key), attempts=1, wait_initial=0.01
        )
        both = GhostEmbedService(GhostClient(http, config), service)
        assert (await both.look_up(url))["metadata"]["title"] == "A linked page"
        assert web.asked == []
        ghost.inject(Fault("status", status=500, path="/oembed/"))
        assert (await both.look_up(url))["metadata"]["title"] == "How rye & water meet"
