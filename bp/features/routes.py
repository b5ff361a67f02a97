"""The page of a post's features. Each button says in `do` what it does: `attach 17`, `market`.

The domains are asked by their contracts, so they may be anybody's; what readers see of them are
the fragments of the apps.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct
from quart import Blueprint, Response, request
from sqlalchemy.ext.asyncio import AsyncConnection
from werkzeug.wrappers import Response as Redirect

from bp.amounts import price
from bp.cursors import number, words
from bp.domains import services
from bp.guard import actor, current_viewer, require
from bp.house import go, render_house
from infrastructure.access import access
from infrastructure.database import UnitOfWork
from infrastructure.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PersonError,
)
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from services.accounts.policy import Target, may
from services.accounts.viewer import Viewer
from services.audit.log import record
from services.content_store.protocol import PostState
from services.content_store.reading import read_state
from services.contracts.blog import POST
from services.contracts.common import Container
from services.desk.fields import InvalidFieldsError
from services.features.form import new_entry, new_product
from services.site.reader import site

blueprint = Blueprint("features", __name__, url_prefix="/admin/posts/<int:post_id>/features")

_FAR: Final = timedelta(days=3 * 366)
_LISTED: Final = 50


class Refused(Struct, frozen=True):
    """Something that was not done: why, and what was sent, so that nothing typed is lost."""

    error: PersonError
    do: str
    given: Mapping[str, str]

    @property
    def errors(self) -> Mapping[str, str]:
        """A sentence for each field that could not be taken."""
        return self.error.errors if isinstance(self.error, InvalidFieldsError) else {}


class Asked(Struct, frozen=True):
    """What a button asks for: about which container, which row, with what fields."""

    work: UnitOfWork
    container: Container
    id: int
    form: Mapping[str, str]


async def _allowed(connection: AsyncConnection, post_id: int) -> tuple[PostState, Viewer]:
    """Return the post, and the viewer who may edit it.

    Raises:
        NotFoundError: there is no such post.
        ForbiddenError: they may not.
    """
    state = await read_state(connection, post_id)
    if state is None:
        raise NotFoundError
    viewer = await current_viewer()
    is_own = viewer.author_id is not None and viewer.author_id in {it.id for it in state.authors}
    await require("post.edit", Target(is_own=is_own, is_published=state.status != "draft"))
    if state.edit.is_page and not may(viewer, "page.edit"):
        raise ForbiddenError
    return state, viewer


@blueprint.get("/")
@private
@access("post.edit")
async def show(post_id: int) -> Response:
    """Show what hangs on a post."""
    return await _page(post_id)


async def _page(post_id: int, refused: Refused | None = None) -> Response:
    container = Container(POST, post_id)
    asked = words(request.args.get("q"))
    now = datetime.now(UTC)
    calendar, market = services().calendar, services().market
    async with base_app().database.read() as connection:
        state, _ = await _allowed(connection, post_id)
        calendars = (await calendar.calendars(connection, [container]))[container]
        entries = await calendar.entries_between(
            connection, container, now, now + _FAR, limit=_LISTED
        )
        attached = await calendar.attached(connection, container)
        found = await calendar.search(connection, asked, now) if "q" in request.args else ()
        detached = request.args.get("detached", 0, type=number)
        taken_off = (await calendar.entries(connection, [detached])).get(detached)
        markets = (await market.marketplaces(connection, [container], deleted_too=True))[container]
        products = {
            it.id: await market.products(connection, it.id, limit=_LISTED)
            for it in markets
            if it.is_open
        }
        about = await services().blog.posts(
            connection, [entry.container for entry in (*attached, *found)]
        )
    here = {entry.id for entry in (*entries, *attached)}
    fragments = base_app().fragments
    return await render_house(
        "admin/features.html",
        status=refused.error.status if refused else 200,
        post=state,
        post_id=post_id,
        is_on=any(it.is_on for it in calendars),
        calendars=calendars,
        entries=entries,
        attached=attached,
        found=[entry for entry in found if entry.id not in here],
        is_search="q" in request.args,
        asked=asked,
        about=about,
        now=now,
        taken_off=taken_off,
        markets=markets,
        products=products,
        price=price,
        shows_dates=fragments.has("events"),
        shows_offers=fragments.has("market"),
        refused=refused,
    )


@blueprint.post("/")
@access("post.edit")
async def change(post_id: int) -> Response | Redirect:
    """Change what hangs on a post."""
    form = dict(await request.form)
    what, *about = form.get("do", "").split() or [""]
    deed = _DEEDS.get(what)
    try:
        row = number(about[0]) if about else 0
        if deed is None:
            raise InvalidError(_NOTHING)
        async with base_app().database.unit_of_work() as work:
            state, viewer = await _allowed(await work.session.connection(), post_id)
            container = Container(POST, post_id)
            said = await deed(Asked(work, container, row, form))
            label = state.edit.title
            record(work, actor(viewer), f"post.{what}", (POST, post_id, label), after={"did": said})
    except ValueError:
        return await _page(post_id, Refused(InvalidError(_NOTHING), what, form))
    except ForbiddenError:
        raise
    except PersonError as error:
        return await _page(post_id, Refused(error, form.get("do", ""), form))
    query = f"?detached={row}" if what == "detach" else ""
    return go(f"/admin/posts/{post_id}/features/{query}#{_PLACES[what]}")


_NOTHING: Final = "There is nothing to do of that kind."


async def _calendar_on(asked: Asked) -> str:
    name = asked.form.get("name", "")
    await services().calendar.switch_on(asked.work, asked.container, name)
    return "switched the calendar on"


async def _calendar_off(asked: Asked) -> str:
    await services().calendar.switch_off(asked.work, asked.container)
    return "switched the calendar off"


async def _add_date(asked: Asked) -> str:
    connection = await asked.work.session.connection()
    entry = new_entry(asked.form, (await site(connection)).zone)
    calendars = await services().calendar.calendars(connection, [asked.container])
    calendar = next((it for it in calendars[asked.container] if it.is_on), None)
    if calendar is None:
        message = "Switch the calendar on first."
        raise ConflictError(message)
    await services().calendar.add_entry(asked.work, calendar.id, entry)
    return f"added the date “{entry.title}”"


async def _attach(asked: Asked) -> str:
    await services().calendar.attach(asked.work, asked.container, asked.id)
    return f"attached entry {asked.id}"


async def _detach(asked: Asked) -> str:
    await services().calendar.detach(asked.work, asked.container, asked.id)
    return f"detached entry {asked.id}"


def _shift(step: int) -> "Deed":
    async def deed(asked: Asked) -> str:
        """Move an entry by one among those that were attached when the page was made."""
        order = [int(it) for it in asked.form.get("order", "").split() if it.isdecimal()]
        if asked.id not in order:
            message = "This is not attached any more."
            raise ConflictError(message)
        at = order.index(asked.id)
        to = max(0, min(len(order) - 1, at + step))
        order.insert(to, order.pop(at))
        await services().calendar.arrange(asked.work, asked.container, order)
        return f"moved entry {asked.id} to place {to + 1}"

    return deed


async def _market(asked: Asked) -> str:
    made = await services().market.create(asked.work, asked.container, asked.form.get("name", ""))
    return f"made the market “{made.name}”"


async def _own_market(asked: Asked) -> int:
    """Return the id of the market in hand, which hangs on this post and on no other.

    Raises:
        ConflictError: it does not.
    """
    connection = await asked.work.session.connection()
    markets = await services().market.marketplaces(connection, [asked.container], deleted_too=True)
    if asked.id not in {it.id for it in markets[asked.container]}:
        message = "There is no such market here any more."
        raise ConflictError(message)
    return asked.id


async def _rename(asked: Asked) -> str:
    name = asked.form.get("name", "")
    made = await services().market.rename(asked.work, await _own_market(asked), name)
    return f"called the market “{made.name}”"


async def _close(asked: Asked) -> str:
    await services().market.delete(asked.work, await _own_market(asked))
    return f"closed market {asked.id}"


async def _reopen(asked: Asked) -> str:
    made = await services().market.revive(asked.work, await _own_market(asked))
    return f"opened the market “{made.name}” again"


async def _add_product(asked: Asked) -> str:
    product = new_product(asked.form)
    await services().market.add_product(asked.work, await _own_market(asked), product)
    return f"offered “{product.title}”"


Deed = Callable[[Asked], Awaitable[str]]

_DEEDS: Final[Mapping[str, Deed]] = {
    "calendar-on": _calendar_on,
    "calendar-off": _calendar_off,
    "add-date": _add_date,
    "attach": _attach,
    "detach": _detach,
    "up": _shift(-1),
    "down": _shift(1),
    "market": _market,
    "rename": _rename,
    "close": _close,
    "reopen": _reopen,
    "add-product": _add_product,
}

# Where on the page each is seen.
_PLACES: Final = {
    **dict.fromkeys(("calendar-on", "calendar-off", "add-date"), "calendar"),
    **dict.fromkeys(("attach", "detach", "up", "down"), "attached"),
    **dict.fromkeys(("market", "rename", "close", "reopen", "add-product"), "market"),
}
