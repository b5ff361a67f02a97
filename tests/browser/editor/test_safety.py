"""Nothing that is typed is lost, and nobody is overwritten: tabs, network and server go away."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.editor.conftest import Arrive, Site, Writer

pytestmark = pytest.mark.browser


async def test_what_is_typed_is_saved_and_there_after_a_reload(ada: Writer) -> None:
    await ada.begin("Bread", "The starter comes first.")
    await ada.write(" Then the flour.")
    await ada.is_saved()
    await ada.page.reload()
    await expect(ada.title).to_have_value("Bread")
    await expect(ada.text).to_have_text("The starter comes first. Then the flour.")
    # Opening alone is no change.
    await ada.is_saved()


async def test_what_is_typed_offline_is_kept_and_catches_up(ada: Writer) -> None:
    await ada.begin("Bread", "One.")
    await ada.context.set_offline(offline=True)
    await ada.write(" Two.")
    await expect(ada.sync).to_have_attribute("data-sync", "waiting")
    await expect(ada.sync).to_contain_text("kept in this browser")
    await ada.write(" Three.")
    await ada.context.set_offline(offline=False)
    await ada.is_saved()
    await ada.page.reload()
    await expect(ada.text).to_have_text("One. Two. Three.")


async def test_a_new_text_survives_a_server_that_is_away_and_a_tab_that_dies(
    site: Site, ada: Writer
) -> None:
    await ada.open()
    await site.stop()
    await ada.title.fill("Never sent")
    await ada.page.keyboard.press("Enter")
    await ada.page.keyboard.type("Written into the void.")
    await expect(ada.sync).to_have_attribute("data-sync", "waiting")
    await ada.crash()
    await site.start()
    await ada.open()
    await expect(ada.page.get_by_text("Never sent")).to_be_visible()
    await ada.press("Go on with it")
    await ada.page.wait_for_url("**/admin/posts/*/")
    await expect(ada.text).to_have_text("Written into the void.")
    await ada.is_saved()


async def test_a_crash_is_told_with_what_differs(site: Site, ada: Writer) -> None:
    number = await ada.begin("Bread", "Saved words.")
    await site.stop()
    await ada.write(" Rescued words.")
    await expect(ada.sync).to_have_attribute("data-sync", "waiting")
    await ada.crash()
    await site.start()
    await ada.open(f"/admin/posts/{number}/")
    await expect(ada.text).to_have_text("Saved words. Rescued words.")
    notice = ada.page.locator(".ed-notice")
    await expect(notice).to_contain_text("had not reached the server")
    await ada.press("Show what differs")
    await expect(notice.locator("ins")).to_have_text(re.compile("Rescued words"))
    await ada.is_saved()
    await ada.press("Go back to the saved text")
    await expect(ada.text).to_have_text("Saved words.")
    await ada.is_saved()


async def test_changes_of_two_people_in_different_blocks_are_brought_together(
    ada: Writer, arrive: Arrive
) -> None:
    number = await ada.begin("Bread", "First block.\nSecond block.\nThird block.")
    grace = await arrive("Grace")
    await grace.open(f"/admin/posts/{number}/")
    await expect(grace.page.locator(".ed-people")).to_contain_text("Ada is editing this")
    await ada.text.get_by_text("First block.").click()
    await ada.page.keyboard.press("End")
    await ada.page.keyboard.type(" By Ada.")
    await ada.is_saved()
    await grace.write(" By Grace.")
    await expect(grace.page.locator(".ed-notice")).to_contain_text("Ada")
    await expect(grace.text).to_contain_text("First block. By Ada.")
    await grace.is_saved()
    await ada.page.reload()
    for words in ("First block. By Ada.", "Second block.", "Third block. By Grace."):
        await expect(ada.text).to_contain_text(words)


async def test_the_same_block_changed_by_two_is_decided_with_both_in_view(
    ada: Writer, arrive: Arrive
) -> None:
    number = await ada.begin("Bread", "One block.")
    grace = await arrive("Grace")
    await grace.open(f"/admin/posts/{number}/")
    await ada.write(" Ada was here.")
    await ada.is_saved()
    await grace.write(" Grace was here.")
    dialog = grace.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Ada was here.")
    await expect(dialog).to_contain_text("Grace was here.")
    await dialog.get_by_label("Both, one after the other").check()
    await dialog.get_by_role("button", name="Go on with this").click()
    await grace.is_saved()
    await ada.page.reload()
    await expect(ada.text).to_contain_text("One block. Ada was here.")
    await expect(ada.text).to_contain_text("One block. Grace was here.")


async def test_two_tabs_of_one_person_are_one_text(ada: Writer) -> None:
    number = await ada.begin("Bread", "One.")
    first = ada.page
    ada.page = second = await ada.context.new_page()
    ada.listen(second)
    await ada.open(f"/admin/posts/{number}/")
    await ada.write(" Two.")
    ada.page = first
    await expect(ada.text).to_have_text("One. Two.")
    await ada.write(" Three.")
    ada.page = second
    await expect(ada.text).to_have_text("One. Two. Three.")
    await ada.is_saved()
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)


async def test_a_session_that_ends_loses_nothing(site: Site, ada: Writer) -> None:
    await ada.begin("Bread", "One.")
    cookies = await ada.context.cookies()
    await ada.context.clear_cookies()
    await ada.write(" Two.")
    await expect(ada.sync).to_have_attribute("data-sync", "signed-out")
    await expect(ada.page.get_by_role("link", name="Sign in in another tab")).to_be_visible()
    await ada.write(" Three.")
    await ada.context.add_cookies(cookies)  # type: ignore[arg-type]  # as they came
    await ada.press("go on here")
    await ada.is_saved()
    await ada.page.reload()
    await expect(ada.text).to_have_text("One. Two. Three.")
