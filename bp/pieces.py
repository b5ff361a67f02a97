"""Pieces of our pages that sibling apps give: the side of a post, the dates under its card.

They are the same for everybody, so they are part of the page that is kept, and the page is kept no
longer than they are fresh. What is personal fills holes instead (`infrastructure.fragments.holes`).
"""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from infrastructure.factory import base_app
from infrastructure.fragments import FragmentRequest, fragment
from infrastructure.fragments.client import Fragment
from infrastructure.fragments.kinds import MOST_CONTAINERS
from infrastructure.fragments.sanitise import by_container
from infrastructure.page_cache import fresh_for
from services.contracts.blog import POST
from services.contracts.common import Container

_BESIDE = ("events", "market")
_UNDER_CARDS = "events"


async def beside(post_id: int, slug: str) -> Markup:
    """Return what stands beside a post or page; empty where nothing hangs on it.

    Args:
        post_id: whose.
        slug: of its address.
    """
    given: dict[str, str | int] = {"container_type": POST, "container_id": post_id, "slug": slug}
    wanted = [
        fragment(app, "container-nav", given) for app in _BESIDE if base_app().fragments.has(app)
    ]
    found = await _fetch(wanted)
    return _whole("".join(found[request].html for request in wanted))


async def under_cards(post_ids: Iterable[int]) -> Mapping[int, Markup]:
    """Return what stands under the cards of posts, by their ids; only those that have anything."""
    if not base_app().fragments.has(_UNDER_CARDS):
        return {}
    ids = sorted(set(post_ids))
    wanted = [
        fragment(
            _UNDER_CARDS,
            "container-cards",
            {
                "container_type": POST,
                "container_ids": ",".join(map(str, ids[begin : begin + MOST_CONTAINERS])),
            },
        )
        for begin in range(0, len(ids), MOST_CONTAINERS)
    ]
    found = await _fetch(wanted)
    sections: dict[str, str] = {}
    for request in wanted:
        sections |= by_container(found[request].html)
    names = {str(Container(POST, post_id)): post_id for post_id in ids}
    return {names[it]: _whole(html) for it, html in sections.items() if it in names}


async def _fetch(wanted: list[FragmentRequest]) -> Mapping[FragmentRequest, Fragment]:
    """Fetch fragments, and let the page that shows them be kept no longer than they are fresh."""
    if not wanted:
        return {}
    found = await base_app().fragments.fetch(wanted)
    fresh_for(min(it.fresh for it in found.values()))
    return found


def _whole(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - the client of fragments has cleaned it
