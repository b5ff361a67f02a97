"""Writing a post as a new editor would: cards, pictures, settings, publishing, by keyboard."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import FilePayload, expect

from services.accounts.viewer import Role
from tests.browser.editor.conftest import Arrive, Site, Writer

pytestmark = pytest.mark.browser

_AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"


def _png() -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (1200, 800), "#a3293f").save(out, "PNG")
    return {"name": "Ein Brot.png", "mimeType": "image/png", "buffer": out.getvalue()}


async def _card(ada: Writer, name: str) -> None:
    """Insert a card from the menu, on the empty line below the text."""
    await ada.write("\n/")
    await ada.page.keyboard.type(name.lower()[:6])
    await ada.page.locator("[data-kg-slash-menu]").get_by_text(name, exact=True).first.click()


async def test_a_post_is_written_published_updated_and_taken_back(site: Site, ada: Writer) -> None:
    page = ada.page
    await ada.begin("A loaf", "Flour, water, salt.")
    await expect(page.get_by_role("button", name="Remove Ada")).to_be_visible()
    await page.get_by_role("combobox", name="Tags").fill("Bakery")
    await page.get_by_role("option", name="Bakery").click()
    await expect(page.get_by_role("button", name="Remove Bakery")).to_be_visible()
    await page.get_by_label("Excerpt").fill("How a loaf comes about.")
    await ada.is_saved()
    await ada.press("Publish")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Publish now").click()
    await expect(dialog.get_by_role("heading", name="It is live")).to_be_visible()
    await dialog.get_by_role("button", name="Go on writing").click()
    await expect(page.locator(".ed-standing")).to_contain_text("Published")

    reader = await page.context.new_page()
    answer = await reader.goto(f"{site.url}/a-loaf/")
    assert answer is not None
    assert answer.status == 200
    await expect(reader.locator("article")).to_contain_text("Flour, water, salt.")
    await expect(reader.get_by_role("link", name="Bakery").first).to_be_visible()

    await ada.write(" And time.")
    await expect(ada.sync).to_have_text("Saved · not live yet")
    await reader.reload()
    await expect(reader.locator("article")).not_to_contain_text("And time.")
    await ada.press("Update")
    await expect(page.locator(".ed-toast")).to_contain_text("Readers see it now")
    await reader.reload()
    await expect(reader.locator("article")).to_contain_text("Flour, water, salt. And time.")

    await ada.press("Unpublish this post")
    await page.get_by_role("dialog").get_by_role("button", name="Unpublish").click()
    await expect(page.locator(".ed-standing")).to_contain_text("Draft")
    await expect(ada.text).to_contain_text("And time.")


async def test_pictures_and_cards_are_kept(site: Site, ada: Writer) -> None:
    page = ada.page
    number = await ada.begin("Cards", "Begin.")
    async with page.expect_file_chooser() as chooser:
        await ada.press("Add a feature image")
    await (await chooser.value).set_files([_png()])
    await page.get_by_label("Alternative text").fill("A red loaf")
    await _card(ada, "Callout")
    await page.keyboard.type("Mind the oven.")
    await ada.write("\n---")
    async with page.expect_file_chooser() as chooser:
        await _card(ada, "Image")
    await (await chooser.value).set_files([_png()])
    await expect(page.locator(".ed-surface img[src*='/content/images/']")).to_be_visible()
    await page.get_by_role("button", name="notes").or_(page.get_by_role("button", name="note")).first.click()
    await expect(page.get_by_role("region", name="Notes")).to_contain_text(
        "This picture has no alternative text."
    )
    await ada.is_saved()
    await page.reload()
    await expect(ada.text).to_contain_text("Mind the oven.")
    await expect(page.locator(".ed-surface img[src*='/content/images/']")).to_be_visible()
    await expect(page.get_by_label("Alternative text")).to_have_value("A red loaf")
    assert number


async def test_a_post_is_scheduled_and_unscheduled(ada: Writer) -> None:
    page = ada.page
    await ada.begin("Later", "Not yet.")
    await ada.press("Publish")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("At a time").check()
    await dialog.get_by_label("Date", exact=True).fill("2031-05-01")
    await dialog.get_by_label("Time", exact=True).fill("09:00")
    await dialog.get_by_role("button", name="Schedule", exact=True).click()
    await expect(dialog.get_by_role("heading", name="Scheduled")).to_be_visible()
    await dialog.get_by_role("button", name="Go on writing").click()
    await expect(page.locator(".ed-standing")).to_contain_text("Scheduled for 1 May 2031")
    await ada.press("Unschedule")
    await page.get_by_role("dialog").get_by_role("button", name="Unschedule").click()
    await expect(page.locator(".ed-standing")).to_contain_text("Draft")


async def test_what_cannot_be_kept_is_said_beside_its_field(ada: Writer) -> None:
    page = ada.page
    await ada.begin("Fields", "Text.")
    await page.get_by_text("Search results", exact=True).click()
    canonical = page.get_by_label("Canonical address")
    await canonical.fill("not an address")
    await ada.is_saved()
    await ada.press("Publish")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Must be mended: Give a whole address")
    await expect(dialog.get_by_role("button", name="Publish now")).to_be_disabled()
    await dialog.get_by_role("button", name="Not yet").click()
    await expect(canonical).to_have_attribute("aria-invalid", "true")
    await expect(page.locator(".ed-panel")).to_contain_text("Give a whole address")


async def test_everything_is_done_by_keyboard(ada: Writer) -> None:
    page = ada.page
    await ada.open()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="To the text")).to_be_focused()
    await ada.title.focus()
    await page.keyboard.type("Keys")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Words.")
    await page.keyboard.press("Control+z")
    await expect(ada.text).not_to_contain_text("Words.")
    await page.keyboard.press("Control+Shift+z")
    await expect(ada.text).to_contain_text("Words.")
    await page.keyboard.press("Control+s")
    await ada.is_saved()
    await page.keyboard.press("Control+/")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Control+Shift+Period")
    await expect(page.get_by_role("complementary", name="Settings")).to_be_hidden()
    await page.keyboard.press("Control+Shift+p")
    await expect(page.get_by_role("dialog", name="Publish this post")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_and_it_fits(arrive: Arrive, scheme: Any) -> None:
    ada = await arrive(color_scheme=scheme, bypass_csp=True)
    page = ada.page
    await ada.begin("Donaudampfschifffahrtsgesellschaft", "Words.\n## A heading\nMore words.")
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        overflow = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0
        if width == 390:
            await ada.press("Settings")
        for summary in await page.locator(".ed-panel summary").all():
            await summary.click()
        await page.add_script_tag(content=_AXE.read_text())
        found = await page.evaluate("axe.run().then(it => it.violations)")
        assert [(it["id"], [node["html"][:120] for node in it["nodes"][:3]]) for it in found] == []
        if width == 390:
            await page.keyboard.press("Escape")
    await ada.press("Publish")
    await expect(page.get_by_text("Before you publish")).to_be_visible()
    found = await page.evaluate("axe.run().then(it => it.violations)")
    assert [(it["id"], [node["html"][:120] for node in it["nodes"][:3]]) for it in found] == []


async def test_somebody_else_s_post_is_not_for_contributors(ada: Writer, arrive: Arrive) -> None:
    number = await ada.begin("Hers", "Text.")
    eve = await arrive("Eve", Role.CONTRIBUTOR)
    answer = await eve.page.goto(f"{eve.site.url}/admin/posts/{number}/")
    assert answer is not None
    assert answer.status == 403
    await eve.begin("Mine", "Text.")
    await expect(eve.page.get_by_role("button", name="Publish")).to_have_count(0)
