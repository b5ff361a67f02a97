"""Editing sessions with kills of the tab, the server and the network at random places.

Each session types numbered words; whatever dies, what was typed more than two seconds before is
there again. When is told by the page's own clock.
"""

import os
import random

import pytest
from playwright.async_api import expect

from tests.browser.editor.conftest import Arrive, Site, Writer

pytestmark = pytest.mark.browser

_AFTER_MS = 2000
_NOW = "performance.timeOrigin + performance.now()"


async def _session(site: Site, ada: Writer, chance: random.Random) -> None:
    number = await ada.begin("Chaos", "Begin;")
    moments = [0.0]  # when each word was typed, the first one long ago
    for _ in range(chance.randint(1, 3)):
        is_away = False
        for word in range(chance.randint(3, 10)):
            if word == 1 and chance.random() < 0.5:
                is_away = True
                if chance.random() < 0.5:
                    await site.stop()
                else:
                    await ada.context.set_offline(offline=True)
            await ada.write(f" w{len(moments)};")
            moments.append(float(await ada.page.evaluate(_NOW)))
            await ada.page.wait_for_timeout(chance.choice([0, 20, 120, 400]))
        died = float(await ada.page.evaluate(_NOW))
        await ada.crash()
        if is_away:
            await ada.context.set_offline(offline=False)
            if not site.is_serving:
                await site.start()
        await ada.open(f"/admin/posts/{number}/")
        await ada.is_saved()
        words, _, half = (await ada.text.inner_text()).strip().rpartition(";")
        kept = words.split(";")
        assert kept == ["Begin", *(f" w{it}" for it in range(1, len(kept)))]
        safe = sum(1 for moment in moments if moment < died - _AFTER_MS)
        assert len(kept) >= safe, f"{len(kept)} of {safe} words are there"
        moments = moments[: len(kept)]
        if half:
            # A word that was half typed is finished, so that the next ones can be told.
            await ada.write(f" w{len(moments)};"[len(half) + 1 :])
            moments.append(0.0)
    await ada.is_saved()
    await ada.page.reload()
    await expect(ada.text).to_contain_text(f"w{len(moments) - 1};" if len(moments) > 1 else "Begin;")


@pytest.mark.parametrize("seed", range(3))
async def test_no_more_than_two_seconds_are_lost(site: Site, ada: Writer, seed: int) -> None:
    await _session(site, ada, random.Random(seed))


@pytest.mark.slow
async def test_many_sessions(site: Site, arrive: Arrive) -> None:
    for seed in range(int(os.environ.get("SESSIONS", "200"))):
        ada = await arrive(f"Ada{seed}")
        await _session(site, ada, random.Random(1000 + seed))
        await ada.context.close()
