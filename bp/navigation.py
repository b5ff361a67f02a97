"""Menus as templates and sibling apps show them: served entries, the reader's place marked."""

from collections.abc import Callable, Iterable
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from services.navigation.serving import Item
from services.site.reader import Link

Current = Literal["", "page", "true"]

_SCHEMES: Final = {"http": 80, "https": 443}


class Node(Struct, frozen=True):
    """One entry of a menu on one page.

    `current` has the words of `aria-current`: `page` where the reader is, `true` for what lies
    above it. Without a `url` it is a heading that only opens what is under it.
    """

    label: str
    url: str | None
    current: Current = ""
    icon: str | None = None
    new_tab: bool = False
    children: "tuple[Node, ...]" = ()


def flat(links: Iterable[Link]) -> tuple[Item, ...]:
    """Take Ghost's navigation as a menu of one level."""
    return tuple(Item(link.label, link.url) for link in links)


def on_page(items: tuple[Item, ...], path: str, site_url: str) -> tuple[Node, ...]:
    """Make a menu for a page of this site: links to the site are paths.

    Args:
        items: what is served.
        path: the page's.
        site_url: the address of this site, without a closing slash.
    """
    here = _trail(items, f"{site_url}{path}", site_url)
    return _nodes(items, here, lambda url: _without_origin(url, site_url))


def on_app(items: tuple[Item, ...], place: str, site_url: str) -> tuple[Node, ...]:
    """Make the same menu for a page of another app: every link has its origin.

    Args:
        items: what is served.
        place: the whole address of the page that shows the menu.
        site_url: the address of this site, without a closing slash.
    """
    return _nodes(items, _trail(items, place, site_url), lambda url: _with_origin(url, site_url))


def top(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return a menu without what is below its first level."""
    return tuple(
        Node(it.label, it.url, it.current, it.icon, it.new_tab)
        for it in nodes
        if it.url is not None
    )


def _nodes(
    items: tuple[Item, ...], trail: tuple[int, ...], address: Callable[[str], str]
) -> tuple[Node, ...]:
    """Make nodes of items; `trail` leads to the current one, level by level."""
    found = []
    for at, item in enumerate(items):
        is_above = bool(trail) and at == trail[0]
        current: Current = "" if not is_above else "true" if trail[1:] else "page"
        found.append(
            Node(
                item.label,
                None if item.url is None else address(item.url),
                current,
                item.icon,
                item.new_tab,
                _nodes(item.children, trail[1:] if is_above else (), address),
            )
        )
    return tuple(found)


def _trail(items: tuple[Item, ...], place: str, site_url: str) -> tuple[int, ...]:
    """Return the way down to the entry that leads to a page; empty where none does.

    Of several, the first that leads to nothing narrower (no query) counts: a page is in one place.
    """
    wanted = _page(place)
    best: tuple[int, ...] = ()
    waiting: list[tuple[tuple[int, ...], Item]] = [
        ((at,), item) for at, item in reversed(list(enumerate(items)))
    ]
    while waiting:
        trail, item = waiting.pop()
        url = _with_origin(item.url, site_url) if item.url is not None else ""
        if url and "#" not in url and _page(url) == wanted:
            if "?" not in url:
                return trail
            best = best or trail
        waiting.extend(
            ((*trail, at), child) for at, child in reversed(list(enumerate(item.children)))
        )
    return best


def _page(url: str) -> tuple[str, str, int | None, str] | None:
    """Return which page an address leads to, however it is written; None: it leads to none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _SCHEMES.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES:
        return None
    return parts.scheme, parts.hostname or "", port, unquote(parts.path).rstrip("/")


def _is_path(url: str) -> bool:
    return url.startswith(("/", "#")) and not url.startswith("//")


def _without_origin(url: str, site_url: str) -> str:
    if url == site_url or url.startswith(f"{site_url}/"):
        return url.removeprefix(site_url) or "/"
    return url


def _with_origin(url: str, site_url: str) -> str:
    if not _is_path(url):
        return url
    return f"{site_url}{'' if url.startswith('/') else '/'}{url}"
