"""Posts and pages that hold a word back from most: what they are called, who got to see it."""

import re
from typing import Any

from infrastructure.access import action_of
from infrastructure.factory import BaseApp
from tests.bp.conftest import Visitor

VISIBILITIES = ("members", "paid", "tiers")


def word(visibility: str) -> str:
    """The word below the paywall of the post `/<visibility>-post/` and of its page."""
    return f"zyxwsecret{visibility}"


async def reads(visitor: Visitor) -> set[str]:
    """Return which posts a visitor reads to the end; the page of each must agree."""
    found = set()
    for visibility in VISIBILITIES:
        answers = [await visitor.get(f"/{visibility}-{kind}/") for kind in ("post", "page")]
        texts = [await answer.get_data(as_text=True) for answer in answers]
        whole = [word(visibility) in text for text in texts]
        assert whole[0] == whole[1]
        assert all("Teaser bread." in text for text in texts)
        if whole[0]:
            found.add(visibility)
            for answer in answers:
                assert "no-store" in answer.headers["Cache-Control"]
                assert "ETag" not in answer.headers
    return found


def public_paths(app: BaseApp) -> list[str]:
    """Every public GET route, with each argument that leads to the planted posts."""
    arguments = {
        "slug": [f"{it}-{kind}" for it in VISIBILITIES for kind in ("post", "page")]
        + ["bread", "ada"],
    }
    paths = []
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        if action_of(view) not in {"public", "sign-in"}:
            continue
        names = re.findall(r"<(?:\w+:)?(\w+)>", rule.rule)
        values = arguments.get(names[0], ["bread"]) if names else [""]
        paths += [re.sub(r"<[^>]+>", value, rule.rule) for value in values]
    return paths
