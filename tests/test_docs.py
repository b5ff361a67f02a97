"""The docs lead where they say, and name what there is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [it for it in targets if not (page.parent / it).exists()] == []


def test_every_page_is_reached_from_the_first() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page.suffix == ".md" and page not in reached:
            reached.add(page)
            waiting += [page.parent / it for it in _LINK.findall(page.read_text(encoding="utf-8"))]
    assert [page for page in PAGES if page not in reached] == []


def test_make_has_every_target_that_the_docs_name() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?:`| {4})make ([a-z-]+)", page.read_text(encoding="utf-8"))
    }
    assert {"run", "test"} <= named <= targets


def test_modules_that_the_docs_run_are_there() -> None:
    for page in PAGES:
        for name in re.findall(r"python -m ([a-z_.]+[a-z_])", page.read_text(encoding="utf-8")):
            place = ROOT / name.replace(".", "/")
            assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), name


def test_files_of_ours_that_the_docs_name_are_there() -> None:
    floors = "bp|docs|infrastructure|lexical|models|services|tests|tools"
    named = re.compile(rf"`((?:{floors})/[a-z0-9_/]+\.(?:py|md))`")
    for page in PAGES:
        for name in named.findall(page.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file(), f"{page.name}: {name}"
