"""Ghost's flat navigation taken over into a menu: its links become entries of our own."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError
from services.audit.log import Actor
from services.navigation.editing import Changed, NodeValues, Seen, add_all
from services.navigation.form import link_address
from services.navigation.targets import named
from services.site.reader import Link


async def take_over(
    work: UnitOfWork, actor: Actor, seen: Seen, links: Sequence[Link], site_url: str
) -> Changed:
    """Put Ghost's links into a menu, after what it has.

    Args:
        work: the transaction.
        actor: who.
        seen: the menu as they saw it.
        links: Ghost's navigation.
        site_url: the address of this site, without a closing slash.

    Raises:
        StaleMenuError: somebody else was first.
        NotFoundError: the menu is gone.
        InvalidError: there is nothing to take over, or too much.
    """
    if not links:
        message = "There is no navigation to take over."
        raise InvalidError(message)
    entries = await recognised(await work.session.connection(), links, site_url)
    many = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    said = f"took over {many} from Ghost’s navigation"
    return await add_all(work, actor, seen, [(it, None) for it in entries], said)


async def recognised(
    connection: AsyncConnection, links: Sequence[Link], site_url: str
) -> list[NodeValues]:
    """Return links as entries: what is of this site leads to the page, post or tag itself.

    What is no address that a menu may lead to is left out. A label that says what the target is
    called anyway is left out too, so that it follows the target.
    """
    links = [link for link in links if _is_address(link.url)]
    places = [_place(link.url, site_url) for link in links]
    known = await named(
        connection,
        [slug for is_tag, slug in filter(None, places) if not is_tag],
        [slug for is_tag, slug in filter(None, places) if is_tag],
    )
    entries = []
    for link, place in zip(links, places, strict=True):
        target = known.get(place) if place else None
        label = " ".join(link.label.split())
        if target is None:
            entries.append(NodeValues("url", address=link.url, label=label or link.url))
        else:
            own = label if label != target.title else ""
            entries.append(NodeValues(target.kind, target_id=target.id, label=own or None))
    return entries


def _is_address(url: str) -> bool:
    try:
        return bool(link_address(url))
    except ValueError:
        return False


def _place(url: str, site_url: str) -> tuple[bool, str] | None:
    """Return whether an address of this site is a tag's, and its slug; None: it is neither's."""
    if url.startswith(f"{site_url}/"):
        url = url.removeprefix(site_url)
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or parts.query or parts.fragment:
        return None
    match [unquote(name) for name in parts.path.split("/") if name]:
        case [slug]:
            return False, slug
        case ["tag", slug]:
            return True, slug
    return None
