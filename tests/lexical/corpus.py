"""The documents of ../shared/lexical with Ghost's rendering of them, and the pairs beside this."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).resolve().parents[2]
# A mutation run works on a copy of the project, in a folder within it.
_PROJECT = _ROOT.parent if _ROOT.name == "mutants" else _ROOT
SHARED = _PROJECT.parent / "shared" / "lexical"
PAIRS = Path(__file__).with_name("pairs")
MISSING = f"The corpus is not there ({SHARED}), so nothing is compared with Ghost's own output."

IMAGE_OPTIMIZATION = {
    "srcsets": True,
    "defaultMaxWidth": 2000,
    "contentImageSizes": {f"w{width}": {"width": width} for width in (600, 1000, 1600, 2400)},
}
SITE_OPTIONS: dict[str, object] = {
    "siteUuid": "11111111-2222-4333-8444-555555555555",
    "siteUrl": "http://127.0.0.1:2368/",
    "imageBaseUrl": "",
    "imageOptimization": IMAGE_OPTIMIZATION,
    "feature": {},
}
"""The options of the site for which the corpus was rendered."""


class Case(NamedTuple):
    """A document of the corpus, and a path to which the suffixes of its companions are added."""

    name: str
    document: dict[str, Any]
    stem: str

    def companion(self, suffix: str) -> str | None:
        path = Path(self.stem + suffix)
        return path.read_text(encoding="utf-8") if path.exists() else None


@cache
def cases() -> tuple[Case, ...]:
    """Every document of the corpus; none where the corpus is missing."""
    found = []
    for path in sorted(SHARED.glob("*.lexical.json")):
        name = path.name.removesuffix(".lexical.json")
        document = json.loads(path.read_text(encoding="utf-8"))
        found.append(Case(name, document, str(path).removesuffix(".lexical.json")))
    return tuple(found)


def pairs(name: str) -> Iterator[dict[str, Any]]:
    """The pairs of a kind that ghost_pairs.py made with Ghost's packages."""
    with (PAIRS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
