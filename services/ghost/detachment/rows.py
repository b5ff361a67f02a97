"""Making rows ours: their addresses rewritten, their ids of Ghost's laid aside.

A table is walked through in the order of its key, some rows to a transaction, and the transaction
keeps how far it came; so a walk that is killed leaves whole rows behind, and the next one goes on.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

import lexical
from infrastructure.database import Database, UnitOfWork
from models.content import Author, Newsletter, Post, Tag, Tier
from models.detachment import FormerGhostId, GhostDetachment
from models.members import Label
from models.navigation import MenuNode
from models.people import Redirect
from models.site import SiteSetting
from models.snippets import Snippet
from services.ghost.detachment.addresses import Addresses
from services.posts.derive import derive

_AT_ONCE: Final = 25


@dataclass(frozen=True, slots=True)
class Place:
    """A table that may name addresses: which columns hold what."""

    model: type[Any]
    key: str = "id"
    addresses: tuple[str, ...] = ()
    absolute: tuple[str, ...] = ()
    html: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    plaintext: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    is_mirrored: bool = False
    is_versioned: bool = False

    @property
    def name(self) -> str:
        """The table's name."""
        return str(self.model.__tablename__)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are looked at."""
        return (
            *self.addresses,
            *self.absolute,
            *self.html,
            *self.code,
            *self.plaintext,
            *self.documents,
            *self.json,
        )


_IMAGES: Final = ("feature_image", "og_image", "twitter_image")
_INJECTED: Final = ("codeinjection_head", "codeinjection_foot")

PLACES: Final = (
    Place(SiteSetting, key="key", json=("value",)),
    Place(
        Author,
        addresses=("profile_image", "cover_image", "website"),
        html=("bio",),
        is_mirrored=True,
    ),
    Place(
        Tag,
        addresses=_IMAGES,
        absolute=("canonical_url",),
        html=("description",),
        code=_INJECTED,
        is_mirrored=True,
    ),
    Place(Tier, addresses=("welcome_page_url",), is_mirrored=True),
    Place(Newsletter, is_mirrored=True),
    Place(Label, is_mirrored=True),
    Place(MenuNode, addresses=("address",)),
    Place(Redirect, addresses=("target",)),
    Place(Snippet, code=("value",), is_versioned=True),
    Place(
        Post,
        addresses=_IMAGES,
        absolute=("canonical_url",),
        html=("html", "feature_image_caption"),
        code=(*_INJECTED, "mobiledoc"),
        plaintext=("plaintext",),
        documents=("lexical",),
        is_mirrored=True,
        is_versioned=True,
    ),
)


async def media_of(database: Database, addresses: Addresses, place: Place) -> set[str]:
    """Return the public paths of all media that a table mentions."""
    found: set[str] = set()
    key = getattr(place.model, place.key)
    after: Any = None
    while True:
        statement = select(key, *_columns(place)).order_by(key).limit(200)
        if hasattr(place.model, "deleted_at"):
            statement = statement.where(place.model.deleted_at.is_(None))
        if after is not None:
            statement = statement.where(key > after)
        async with database.read() as connection:
            rows = (await connection.execute(statement)).all()
        for row in rows:
            for text in _texts(row[1:]):
                found.update(addresses.media_in(text))
        if not rows:
            return found
        after = rows[-1][0]


def _columns(place: Place) -> list[Any]:
    return [getattr(place.model, name) for name in place.columns]


def _texts(values: Collection[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif value is not None:
            yield msgspec.json.encode(value).decode()


async def make_ours(database: Database, addresses: Addresses, place: Place) -> int:
    """Make all rows of a table ours that are not yet; return how many there were."""
    done = 0
    while True:
        async with database.unit_of_work() as work:
            count = await _make_some_ours(work, addresses, place)
        if not count:
            return done
        done += count


async def _make_some_ours(work: UnitOfWork, addresses: Addresses, place: Place) -> int:
    session, key = work.session, getattr(place.model, place.key)
    state = (await session.scalars(select(GhostDetachment).with_for_update())).one()
    after = state.progress.get(place.name)
    names = [place.key, *place.columns]
    names += ["ghost_id"] if place.is_mirrored else []
    names += ["visibility", "custom_excerpt"] if place.model is Post else []
    statement = (
        select(*(getattr(place.model, name) for name in names))
        .order_by(key)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    if after is not None:
        statement = statement.where(key > after)
    rows = [row._asdict() for row in await session.execute(statement)]
    for row in rows:
        await _make_one_ours(work, addresses, place, row)
    if rows:
        state.progress = {**state.progress, place.name: rows[-1][place.key]}
        # Readers may see the old page until everything is purged at the end: it shows the same.
        work.touch({f"leaving:{place.name}"})
    return len(rows)


async def _make_one_ours(
    work: UnitOfWork, addresses: Addresses, place: Place, row: dict[str, Any]
) -> None:
    model, key = place.model, getattr(place.model, place.key)
    values: dict[str, Any] = rewritten(addresses, place, row)
    if place.model is Post and values:
        values |= _derived({**row, **values})
    if place.is_versioned and values:
        values["row_version"] = model.row_version + 1
    ghost_id = row.get("ghost_id")
    if ghost_id is not None:
        values |= {"ghost_id": None, "ghost_digest": None}
        await work.session.execute(
            insert(FormerGhostId).values(kind=place.name, object_id=row["id"], ghost_id=ghost_id)
        )
    if values:
        await work.session.execute(
            update(model)
            .where(key == row[place.key])
            .values(values)
            .execution_options(synchronize_session=False)
        )


def rewritten(addresses: Addresses, place: Place, row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a row whose addresses change, as they are to be."""
    ways: tuple[tuple[tuple[str, ...], Any], ...] = (
        (place.addresses, addresses.address),
        (place.absolute, addresses.absolute),
        (place.html, addresses.html),
        (place.code, addresses.code),
        (place.plaintext, addresses.plaintext),
        (place.documents, addresses.document),
        (place.json, addresses.deep),
    )
    new = {
        name: rewrite(row[name])
        for names, rewrite in ways
        for name in names
        if row[name] is not None
    }
    return {name: value for name, value in new.items() if value != row[name]}


def _derived(row: dict[str, Any]) -> dict[str, Any]:
    """Return what follows from a post's text: its teaser, and HTML where Ghost had none.

    Ghost's own HTML stays, with its addresses rewritten, so that nothing on a page changes; the
    next save of the post renders it here.
    """
    post = Post(
        **{
            name: row[name]
            for name in ("html", "plaintext", "lexical", "visibility", "custom_excerpt")
        }
    )
    found: dict[str, Any] = {}
    if post.html is None and post.lexical is not None:
        try:
            document = msgspec.json.decode(post.lexical)
            found = {
                "html": lexical.render_html(document),
                "plaintext": lexical.render_plaintext(document),
            }
        except (msgspec.DecodeError, lexical.LexicalError):
            found = {}
        for name, value in found.items():
            setattr(post, name, value)
    derive(post)
    return found | {name: getattr(post, name) for name in ("teaser_html", "teaser_text", "excerpt")}
