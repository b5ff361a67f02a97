"""Menus as templates and sibling apps show them: served entries, the reader's place marked.

A menu is drawn once, with a gap where each entry's mark would be, and marked for one page after
the other: a menu of 500 entries costs a page next to nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from services.navigation.serving import Item
from services.site.reader import Link

_SCHEMES: Final = {"http": 80, "https": 443}

# Which page an address leads to, however it is written: scheme, host, port, path.
Page = tuple[str, str, int | None, str]

# No label or address has this character: the database takes none.
_GAP: Final = re.compile(' aria-current="\0([0-9]+)\0"')


class Node(Struct, frozen=True):
    """One entry of a menu on one page.

    `current` has the words of `aria-current`: `page` where the reader is, `true` for what lies
    above it. Without a `url` it is a heading that only opens what is under it.
    """

    label: str
    url: str | None
    current: str = ""
    icon: str | None = None
    new_tab: bool = False
    children: "tuple[Node, ...]" = ()


class Outline(Struct, frozen=True):
    """A menu's entries, and the way down to each page that one of them leads to.

    Entries are numbered from top to bottom; a way is the numbers of those above, then its own.
    """

    items: tuple[Item, ...]
    ways: dict[Page, tuple[int, ...]]

    def way(self, place: str) -> tuple[int, ...]:
        """Return the way to a page by its whole address; empty where no entry leads there."""
        page = _page(place)
        return () if page is None else self.ways.get(page, ())


class Drawing(Struct, frozen=True):
    """A menu as HTML with gaps for marks: `texts[0]`, the gap of `numbers[0]`, `texts[1]`, …"""

    outline: Outline
    texts: tuple[str, ...]
    numbers: tuple[int, ...]

    def marked(self, place: str) -> str:
        """Return the HTML for a page, by its whole address."""
        marks = _marks(self.outline.way(place))
        parts = [self.texts[0]]
        for number, text in zip(self.numbers, self.texts[1:], strict=True):
            if number in marks:
                parts.append(f' aria-current="{marks[number]}"')
            parts.append(text)
        return "".join(parts)


def flat(links: Iterable[Link]) -> tuple[Item, ...]:
    """Take Ghost's navigation as a menu of one level."""
    return tuple(Item(link.label, link.url) for link in links)


def outline(items: tuple[Item, ...], site_url: str) -> Outline:
    """Find out which pages a menu leads to.

    Of several entries that lead to one page, the first that leads to nothing narrower (no query)
    counts: a page is in one place.

    Args:
        items: what is served.
        site_url: the address of this site, without a closing slash.
    """
    ways: dict[Page, tuple[int, ...]] = {}
    narrower: dict[Page, tuple[int, ...]] = {}
    for way, item in _numbered(items):
        url = with_origin(item.url, site_url) if item.url is not None else ""
        page = _page(url) if url and "#" not in url else None
        if page is not None:
            (narrower if "?" in url else ways).setdefault(page, way)
    return Outline(items, {**narrower, **ways})


def draw(
    menu: Outline,
    render: Callable[[tuple[Node, ...]], str],
    address: Callable[[str], str],
) -> Drawing:
    """Draw a menu.

    Args:
        menu: which.
        render: gives the HTML of nodes.
        address: says how an address is written (`as_path`, `with_origin`).
    """
    numbers = (f"\0{number}\0" for number in _counted(menu.items))
    texts = _GAP.split(render(_nodes(menu.items, numbers, address)))
    return Drawing(menu, tuple(texts[::2]), tuple(map(int, texts[1::2])))


def for_app(menu: Outline, place: str, site_url: str) -> tuple[Node, ...]:
    """Return a menu for a page of another app: every link has its origin.

    Args:
        menu: which.
        place: the whole address of the page that shows the menu.
        site_url: the address of this site, without a closing slash.
    """
    marks = _marks(menu.way(place))
    words = (marks.get(number, "") for number in _counted(menu.items))
    return _nodes(menu.items, words, partial(with_origin, site_url=site_url))


def top(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return a menu without what is below its first level, and without what leads nowhere then."""
    return tuple(
        Node(it.label, it.url, it.current, it.icon, it.new_tab)
        for it in nodes
        if it.url is not None
    )


def _marks(way: Sequence[int]) -> dict[int, str]:
    """Return what `aria-current` says of which entries."""
    return {**dict.fromkeys(way[:-1], "true"), **dict.fromkeys(way[-1:], "page")}


def _nodes(
    items: tuple[Item, ...], words: Iterator[str], address: Callable[[str], str]
) -> tuple[Node, ...]:
    """Make nodes of items; `words` says what is current of each, from top to bottom."""
    return tuple(
        Node(
            item.label,
            None if item.url is None else address(item.url),
            next(words),
            item.icon,
            item.new_tab,
            _nodes(item.children, words, address),
        )
        for item in items
    )


def _counted(items: tuple[Item, ...]) -> Iterator[int]:
    return (way[-1] for way, _ in _numbered(items))


def _numbered(items: tuple[Item, ...]) -> Iterator[tuple[tuple[int, ...], Item]]:
    """Give every entry from top to bottom, with the way down to it."""
    waiting: list[tuple[tuple[int, ...], Item]] = [((), item) for item in reversed(items)]
    number = 0
    while waiting:
        above, item = waiting.pop()
        way = (*above, number)
        yield way, item
        number += 1
        waiting.extend((way, child) for child in reversed(item.children))


def _page(url: str) -> Page | None:
    """Return which page an address leads to; None: it leads to none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _SCHEMES.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES:
        return None
    return parts.scheme, parts.hostname or "", port, unquote(parts.path).rstrip("/")


def with_origin(url: str, site_url: str) -> str:
    """Return an address with its origin, where it is one of this site."""
    if not url.startswith(("/", "#")) or url.startswith("//"):
        return url
    return f"{site_url}{'' if url.startswith('/') else '/'}{url}"


def as_path(url: str, site_url: str) -> str:
    """Return an address of this site as a path, and any other as it is."""
    if url == site_url or url.startswith(f"{site_url}/"):
        return url.removeprefix(site_url) or "/"
    return url
