"""Previews: who sees them, what they show to whom, and that nobody keeps them."""

import json
import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from infrastructure.factory import BaseApp
from services.accounts.viewer import Role
from services.editor import preview
from tests.bp.conftest import Visitor, sign_in_as
from tests.bp.writing.window import Window, draft, text
from tests.lexical.building import Node, document, element, link, paragraph

WALL: Node = {"type": "paywall", "version": 1}
GATED = json.dumps(document(paragraph("For all."), WALL, paragraph("Secretword.")))


async def preview_path(window: Window) -> str:
    path: str = (await window.copy())["preview_path"]
    return path


async def body(answer: Any) -> str:
    assert answer.status_code == 200
    return str(await answer.get_data(as_text=True))


async def test_the_working_copy_is_shown_and_not_the_post(ada: Visitor) -> None:
    window = await draft(ada, title="Rye & salt", lexical=text("First words."))
    await window.act("publish")
    await window.save(lexical=text("Second words."), tags=[{"id": None, "name": "Crust"}])
    path = await preview_path(window)
    page = await body(await ada.get(f"{path}?bare=1"))
    assert "Second words." in page
    assert "Crust" in page
    assert "First words." in await body(await ada.get("/rye-salt/"))
    bar = await body(await ada.get(path))
    assert "readers do not see these changes yet" in bar
    assert f"/admin/posts/{window.post_id}/" in bar
    assert "Second words." not in bar


async def test_nobody_keeps_or_indexes_a_preview(ada: Visitor) -> None:
    path = await preview_path(await draft(ada, title="Rye"))
    for address in (path, f"{path}?bare=1"):
        answer = await ada.get(address)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in await body(answer)
        # Asked for again without a session, nothing of it is there.
        assert (await Visitor(ada.app).get(address)).status_code == 302


async def test_the_editors_own_frame_gets_the_page_without_a_bar(ada: Visitor) -> None:
    path = await preview_path(await draft(ada, title="Rye", lexical=text("In a frame.")))
    answer = await ada.get(f"{path}?as=member", **{"Sec-Fetch-Dest": "iframe"})
    assert "In a frame." in await body(answer)
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("visibility", ["members", "paid"])
async def test_each_reader_sees_what_they_will(ada: Visitor, visibility: str) -> None:
    window = await draft(ada, title="Rye", lexical=GATED, visibility=visibility)
    path = await preview_path(window)
    sees = {
        reader: "Secretword" in await body(await ada.get(f"{path}?bare=1&as={reader}"))
        for reader in preview.READERS
    }
    assert sees == {"anonymous": False, "member": visibility == "members", "paid": True}


async def _shared(window: Window, days: int = 7) -> str:
    status, made = await window.ask("POST", "preview-link", {"days": days})
    assert status == 200
    url: str = made["url"]
    return url[url.index("/p/") :]


async def test_a_signed_link_shows_it_to_somebody_without_an_account(ada: Visitor) -> None:
    window = await draft(ada, title="Rye", lexical=text("For your eyes."))
    path = await _shared(window)
    guest = Visitor(ada.app)
    bar = await body(await guest.get(path))
    assert "this link is good until" in bar
    assert "/admin/" not in bar
    frame = re.search(r'<iframe src="([^"]+)"', bar)
    assert frame is not None
    assert "For your eyes." in await body(await guest.get(unescape(frame[1])))


async def test_a_link_is_good_for_its_post_and_its_time_alone(ada: Visitor) -> None:
    window, other = await draft(ada, title="Rye"), await draft(ada, title="Oat")
    guest = Visitor(ada.app)
    path = await _shared(window)
    elsewhere = path.replace(await preview_path(window), await preview_path(other))
    later = re.sub(r"until=(\d+)", lambda it: f"until={int(it[1]) + 1}", path)
    for wrong in (elsewhere, later, f"{path}x", re.sub("until=[0-9]+", "until=soon", path)):
        assert (await guest.get(wrong)).status_code == 403
    uuid = (await preview_path(window)).split("/")[2]
    key = preview.signature(ada.app.settings.secret_key, uuid, 1_700_000_000)
    over = await guest.get(f"/p/{uuid}/?until=1700000000&key={key}")
    assert over.status_code == 403
    assert "The time of this link is over" in await over.get_data(as_text=True)
    for days in (0, 91):
        assert (await window.ask("POST", "preview-link", {"days": days}))[0] == 422


async def test_others_are_led_to_what_they_may_see(app: BaseApp, ada: Visitor) -> None:
    window = await draft(ada, title="Rye")
    path = await preview_path(window)
    guest = Visitor(app)
    assert (await guest.get(path)).headers["Location"].startswith("/auth/login/?next=/p/")
    for role in (Role.READER, Role.CONTRIBUTOR, Role.AUTHOR):
        assert (await (await sign_in_as(app, role)).get(path)).status_code == 403
    await window.act("publish")
    answer = await guest.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/rye/")
    assert (await guest.get(f"/p/{uuid4()}/")).status_code == 404
    assert (await guest.get("/p/nothing/")).status_code == 404


async def test_a_post_that_nobody_opened_here_can_be_previewed(ada: Visitor) -> None:
    window = await draft(ada, title="Rye", visibility="members", lexical=GATED)
    await window.act("update")
    page = await body(await ada.get(f"{await preview_path(window)}?bare=1"))
    assert "Secretword" in page


async def _checked(window: Window) -> list[tuple[str, str, Any]]:
    status, found = await window.ask("GET", "checks")
    assert status == 200
    return [(it["level"], it["code"], it["where"]) for it in found]


async def test_what_is_seen_to_before_publishing(ada: Visitor) -> None:
    target = await draft(ada, title="Oat")
    await target.act("publish")
    picture: Node = {"type": "image", "version": 1, "src": "/content/images/a.jpg", "alt": ""}
    window = await draft(
        ada,
        title="Rye TK",
        visibility="members",
        feature_image="/content/images/rye.jpg",
        meta_title="x" * 301,
        lexical=json.dumps(
            document(
                paragraph(link("/oat/", {"type": "text", "text": "Oats"}), link("/search/?q=x")),
                paragraph(link("/nowhere/", {"type": "text", "text": "gone"})),
                picture,
                {**picture, "alt": "A loaf"},
                element("heading", {"type": "text", "text": "Deep"}, tag="h4"),
                paragraph("The oven, TK degrees. TKTS is none."),
                {"type": "gallery", "version": 1, "images": [picture, {**picture, "alt": "x"}]},
            )
        ),
    )
    assert await _checked(window) == [
        ("error", "refused", "meta_title"),
        ("warning", "alt", "feature_image_alt"),
        ("warning", "tk", "title"),
        ("warning", "link-text", 0),
        ("warning", "alt", 2),
        ("warning", "tk", 5),
        ("warning", "alt", 6),
        ("warning", "heading-order", 4),
        ("warning", "paywall", "visibility"),
        ("warning", "link-broken", 1),
    ]


async def test_nothing_is_found_where_all_is_well(ada: Visitor) -> None:
    well = document(
        paragraph("For all."),
        element("heading", {"type": "text", "text": "One"}, tag="h2"),
        element("heading", {"type": "text", "text": "Below"}, tag="h3"),
        element("heading", {"type": "text", "text": "Two"}, tag="h2"),
        WALL,
        paragraph(link("https://else.example/x/", {"type": "text", "text": "Elsewhere"})),
    )
    window = await draft(ada, title="Rye", visibility="paid", lexical=json.dumps(well))
    assert await _checked(window) == []
    await window.save(visibility="public")
    assert await _checked(window) == [("warning", "paywall", 4)]
    await window.save(title="", lexical=text("Word."))
    assert await _checked(window) == [("warning", "title", "title")]
