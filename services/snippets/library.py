"""Reading the library: lists, folders, one snippet, the posts that use it, all for the editor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.errors import NotFoundError
from lexical import snippets
from models.content import Post, PostAuthor
from models.people import Person
from models.snippets import Snippet, SnippetUse
from services.accounts.policy import Target
from services.accounts.viewer import Viewer
from services.snippets.pieces import nodes_of, value_of

PAGE_SIZE: Final = 50
# So many snippets an editor offers at once.
_OFFERED: Final = 1000
# A use that is counted only so far: beyond it, "more than".
MOST_COUNTED: Final = 1000


class SnippetRow(Struct, frozen=True, kw_only=True):
    """A snippet, as the list shows it; `uses` is how many posts use it."""

    id: int
    uuid: UUID
    name: str
    folder: str
    mode: str
    visibility: str
    owner: str | None
    is_own: bool
    uses: int
    updated_at: datetime


class SnippetState(Struct, frozen=True, kw_only=True):
    """A snippet as it is now. `behind` is how many posts still show what it was before."""

    id: int
    uuid: UUID
    person_id: int | None
    name: str
    folder: str
    mode: str
    visibility: str
    value: str
    version: int
    uses: int
    behind: int
    updated_at: datetime
    deleted_at: datetime | None


class Use(Struct, frozen=True):
    """A post that uses a snippet."""

    id: int
    title: str
    status: str
    is_page: bool
    is_behind: bool


def _may_use(viewer: Viewer) -> ColumnElement[bool]:
    return or_(Snippet.visibility == "everyone", Snippet.person_id == (viewer.person_id or 0))


def _uses(*conditions: ColumnElement[bool]) -> Any:
    """How many posts use the snippet of the outer statement, counted up to a limit."""
    found = (
        select(SnippetUse.post_id)
        .join(Post, Post.id == SnippetUse.post_id)
        .where(SnippetUse.snippet == Snippet.uuid, Post.deleted_at.is_(None), *conditions)
        .limit(MOST_COUNTED + 1)
        .correlate(Snippet)
        .subquery()
    )
    return select(func.count()).select_from(found).correlate(Snippet).scalar_subquery()


async def library(
    connection: AsyncConnection,
    viewer: Viewer,
    *,
    words: str = "",
    folder: str | None = None,
    mode: str = "",
    only_own: bool = False,
    after: tuple[str, int] | None = None,
) -> tuple[list[SnippetRow], tuple[str, int] | None]:
    """Read the snippets that somebody may use, by name.

    Args:
        connection: where to read.
        viewer: who; others' own snippets are not shown.
        words: part of the name.
        folder: only what lies in it; empty: what lies in none; None: all.
        mode: `synced` or `detached` ones alone.
        only_own: only those of this person.
        after: where the stretch before ended.

    Returns:
        At most `PAGE_SIZE` snippets, and where the next stretch begins; None after the last.
    """
    name = func.lower(Snippet.name)
    statement = (
        select(
            Snippet.id,
            Snippet.uuid,
            Snippet.name,
            Snippet.folder,
            Snippet.mode,
            Snippet.visibility,
            Person.name.label("owner"),
            (func.coalesce(Snippet.person_id, 0) == (viewer.person_id or -1)).label("is_own"),
            _uses().label("uses"),
            Snippet.updated_at,
        )
        .outerjoin(Person, Person.id == Snippet.person_id)
        .where(Snippet.deleted_at.is_(None), _may_use(viewer))
    )
    if words:
        statement = statement.where(Snippet.name.icontains(words, autoescape=True))
    if folder is not None:
        statement = statement.where(Snippet.folder == folder)
    if mode:
        statement = statement.where(Snippet.mode == mode)
    if only_own:
        statement = statement.where(Snippet.person_id == (viewer.person_id or 0))
    if after is not None:
        statement = statement.where(tuple_(name, Snippet.id) > tuple_(*after))
    rows = await connection.execute(statement.order_by(name, Snippet.id).limit(PAGE_SIZE + 1))
    found = [SnippetRow(**row._mapping) for row in rows]
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return found[:PAGE_SIZE], (last.name.lower(), last.id) if last else None


async def folders(connection: AsyncConnection, viewer: Viewer) -> list[tuple[str, int]]:
    """Read the folders with how many snippets lie in each; what lies in none is not among them."""
    rows = await connection.execute(
        select(Snippet.folder, func.count().label("number"))
        .where(Snippet.deleted_at.is_(None), Snippet.folder != "", _may_use(viewer))
        .group_by(Snippet.folder)
        .order_by(func.lower(Snippet.folder))
    )
    return [(row.folder, row.number) for row in rows]


class Offered(Struct, frozen=True):
    """A snippet as the editor offers it; `value` goes into the document as it is."""

    id: int
    name: str
    folder: str
    mode: str
    value: str


async def for_editor(connection: AsyncConnection, viewer: Viewer) -> list[Offered]:
    """Read what an editor offers; what is synced comes between its markers."""
    rows = await connection.execute(
        select(Snippet.id, Snippet.uuid, Snippet.name, Snippet.folder, Snippet.mode, Snippet.value)
        .where(Snippet.deleted_at.is_(None), _may_use(viewer))
        .order_by(func.lower(Snippet.folder), func.lower(Snippet.name), Snippet.id)
        .limit(_OFFERED)
    )
    return [Offered(row.id, row.name, row.folder, row.mode, _inserted(row)) for row in rows]


def _inserted(row: Any) -> str:
    if row.mode != "synced":
        return str(row.value)
    return value_of(snippets.wrapped(nodes_of(row.value), str(row.uuid)))


async def snippet(
    connection: AsyncConnection, snippet_id: int, *, is_deleted: bool = False
) -> SnippetState:
    """Read a snippet.

    Raises:
        NotFoundError: there is none with this id.
    """
    row = (
        await connection.execute(
            select(
                *(
                    getattr(Snippet, name)
                    for name in SnippetState.__struct_fields__
                    if name not in {"version", "uses", "behind"}
                ),
                Snippet.row_version.label("version"),
                _uses().label("uses"),
                _uses(SnippetUse.digest != Snippet.digest).label("behind"),
            ).where(
                Snippet.id == snippet_id,
                Snippet.deleted_at.is_not(None) if is_deleted else Snippet.deleted_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return SnippetState(**row._mapping)


async def target_of(connection: AsyncConnection, viewer: Viewer, found: SnippetState) -> Target:
    """Return what the policy asks about a snippet.

    One that stands in a published post of somebody else's is nobody's own any more: to change it is
    to change what readers see there.
    """
    is_own = viewer.person_id is not None and found.person_id == viewer.person_id
    signed = (
        select(PostAuthor.post_id)
        .where(PostAuthor.post_id == Post.id, PostAuthor.author_id == (viewer.author_id or 0))
        .correlate(Post)
        .exists()
    )
    others = await connection.scalar(
        select(SnippetUse.post_id)
        .join(Post, Post.id == SnippetUse.post_id)
        .where(
            SnippetUse.snippet == found.uuid,
            Post.deleted_at.is_(None),
            Post.status != "draft",
            ~signed,
        )
        .limit(1)
    )
    return Target(is_own=is_own and others is None, is_published=others is not None)


async def posts_with(
    connection: AsyncConnection, found: SnippetState, after: int = 0
) -> tuple[Sequence[Use], int | None]:
    """Read the posts that use a snippet: at most `PAGE_SIZE`, and the id to go on from."""
    rows = await connection.execute(
        select(
            Post.id,
            Post.title,
            Post.status,
            Post.is_page,
            (SnippetUse.digest != Snippet.digest).label("is_behind"),
        )
        .join(SnippetUse, SnippetUse.post_id == Post.id)
        .join(Snippet, Snippet.uuid == SnippetUse.snippet)
        .where(Snippet.id == found.id, Post.deleted_at.is_(None), Post.id > after)
        .order_by(Post.id)
        .limit(PAGE_SIZE + 1)
    )
    uses = [Use(*row) for row in rows]
    return uses[:PAGE_SIZE], uses[PAGE_SIZE - 1].id if len(uses) > PAGE_SIZE else None
