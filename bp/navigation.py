"""The menu as the templates show it: a tree of nodes, the current one marked."""

from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from services.site.reader import Link

Current = Literal["", "page", "true"]


class Node(Struct, frozen=True):
    """One entry of a menu.

    `current` has the words of `aria-current`: `page` where the reader is, `true` for what lies
    above it. Without a `url` it is a heading that only opens what is under it.
    """

    label: str
    url: str | None
    current: Current = ""
    children: "tuple[Node, ...]" = ()


def flat(links: Iterable[Link], path: str, site_url: str) -> tuple[Node, ...]:
    """Make a menu of one level from Ghost's navigation; links to this site lose their origin."""
    nodes: list[Node] = []
    for link in links:
        is_ours = link.url == site_url or link.url.startswith(f"{site_url}/")
        url = (link.url.removeprefix(site_url) or "/") if is_ours else link.url
        here = urlsplit(url)
        is_own = url.startswith(("/", "#")) and not url.startswith("//")
        is_current = is_own and not here.fragment and here.path.rstrip("/") == path.rstrip("/")
        nodes.append(Node(link.label, url, "page" if is_current else ""))
    return tuple(nodes)


def for_app(links: Iterable[Link], place: str, site_url: str) -> tuple[Node, ...]:
    """Make the same menu for another app's page: every link has its origin.

    Args:
        links: Ghost's navigation.
        place: the whole address of the page that shows the menu.
        site_url: the address of this site, without a closing slash.
    """
    nodes: list[Node] = []
    for link in links:
        is_path = link.url.startswith(("/", "#")) and not link.url.startswith("//")
        url = (
            f"{site_url}{'' if link.url.startswith('/') else '/'}{link.url}"
            if is_path
            else link.url
        )
        is_current = "#" not in url and url.rstrip("/") == place.partition("?")[0].rstrip("/")
        nodes.append(Node(link.label, url, "page" if is_current else ""))
    return tuple(nodes)
