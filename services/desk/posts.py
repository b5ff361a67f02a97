"""The desk's lists of posts and pages: filtered, sorted, in pages both ways, fast at any size.

A list walks along an index by its sort key, once for each status, and takes the first rows that
pass the other filters. Where one of those leaves few posts (a rare tag, a rare word), the walk
would go a long way in vain: these posts are found first, and sorted. Which way is taken depends on
what is there and not on what the server believes of it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.errors import PersonError
from models.content import DESK_KEYS, Author, Post, PostAuthor, PostTag, Tag
from services.accounts.viewer import Role, Viewer
from services.content_store.protocol import Named
from services.content_store.reading import named_decoder, names_of

PAGE_SIZE: Final = 50
# A filter that leaves at most so many posts is followed first.
FEW: Final = 1000

# The statuses of a list, in the words of its address; `deleted` is not one that a post has.
STATUSES: Final = ("draft", "scheduled", "published", "sent")
DELETED: Final = "deleted"

Sort = Literal["newest", "oldest", "changed", "title"]
SORTS: Final[dict[str, tuple[str, bool]]] = {
    "newest": ("time", True),
    "oldest": ("time", False),
    "changed": ("change", True),
    "title": ("title", False),
}

Place = tuple[str, int]
"""Where a page of a list ends: the sort key of a row as text, and the row's id."""

_WILD: Final = re.compile(r"[\\%_]")

_DAMAGED: Final = "That link to more of the list is damaged. Begin again at the top of the list."


class Filters(Struct, frozen=True, kw_only=True):
    """Which posts a list shows.

    Attributes:
        is_page: pages, or posts.
        status: one of `STATUSES`, `DELETED`, or empty: all that are not deleted.
        author_id: one who signs them.
        tag_id: which they have.
        words: in the title (parts of words as well) or the public text.
        visibility: who may read them; empty: any.
        featured: those alone.
    """

    is_page: bool = False
    status: str = ""
    author_id: int | None = None
    tag_id: int | None = None
    words: str = ""
    visibility: str = ""
    featured: bool = False


class PostRow(Struct, frozen=True, kw_only=True):
    """A post, as the list shows it."""

    id: int
    title: str
    slug: str
    is_page: bool
    status: str
    visibility: str
    featured: bool
    published_at: datetime | None
    changed_at: datetime
    deleted_at: datetime | None
    authors: tuple[Named, ...]
    tags: tuple[Named, ...]


class PostList(Struct, frozen=True):
    """One page of a list, and where the ones around it begin; None where there is none."""

    posts: tuple[PostRow, ...]
    before: Place | None
    after: Place | None


def only_own(viewer: Viewer, filters: Filters) -> Filters | None:
    """Narrow a list to what a viewer may see of it; None: nothing.

    Editors see everything, authors what they sign, contributors their drafts.
    """
    if viewer.role >= Role.EDITOR:
        return filters
    if filters.is_page or filters.status == DELETED or viewer.author_id is None:
        return None
    if viewer.role < Role.AUTHOR:
        if filters.status not in {"", "draft"}:
            return None
        filters = msgspec.structs.replace(filters, status="draft")
    return msgspec.structs.replace(filters, author_id=viewer.author_id)


async def posts(
    connection: AsyncConnection,
    filters: Filters,
    *,
    sort: str = "newest",
    after: Place | None = None,
    before: Place | None = None,
    limit: int = PAGE_SIZE,
) -> PostList:
    """Read one page of a list.

    Args:
        connection: where to read.
        filters: which posts.
        sort: a key of `SORTS`; what is deleted is sorted by when it was.
        after: the place that the page begins after; None: at the top.
        before: the place that it ends before, instead.
        limit: how many are on a page.

    Raises:
        PersonError: a place is not one of this list.
    """
    found = await _ids(
        connection, filters, sort, before or after, limit + 1, backwards=before is not None
    )
    if before is not None:
        if len(found) <= limit:
            # The top of the list: shown as whole as it is without any place.
            return await posts(connection, filters, sort=sort, limit=limit)
        found = found[:limit][::-1]
        is_more_before, is_more_after = True, True
    else:
        is_more_before, is_more_after = after is not None, len(found) > limit
        found = found[:limit]
    rows = await _rows(connection, [identifier for _, identifier in found])
    return PostList(
        posts=tuple(rows[identifier] for _, identifier in found if identifier in rows),
        before=found[0] if is_more_before and found else None,
        after=found[-1] if is_more_after else None,
    )


async def matching(connection: AsyncConnection, filters: Filters, limit: int) -> list[int]:
    """Return the ids of the posts of a list, the newest first, at most `limit`."""
    return [identifier for _, identifier in await _ids(connection, filters, "newest", None, limit)]


async def _ids(
    connection: AsyncConnection,
    filters: Filters,
    sort: str,
    place: Place | None,
    limit: int,
    *,
    backwards: bool = False,
) -> list[Place]:
    """Return the keys and ids of a list from a place on, in its order or against it."""
    name, is_falling = SORTS.get(sort, SORTS["newest"])
    is_deleted = filters.status == DELETED
    key: ColumnElement[Any] = Post.deleted_at.expression if is_deleted else _KEYS[name]
    is_falling = (is_falling or is_deleted) != backwards
    narrowing = list(_narrowing(filters))
    few = await _few(connection, narrowing)
    conditions = [_plain(filters), *(passes for _, passes in narrowing)]
    if place is not None:
        here = tuple_(_key_of(place[0], name, is_deleted=is_deleted), literal(place[1], BigInteger))
        there = tuple_(key, Post.id)
        conditions.append(there < here if is_falling else there > here)
    if few is not None:
        conditions.append(Post.id == func.any(literal(few, ARRAY(BigInteger))))

    def walk(*standing: ColumnElement[bool]) -> Select[Any]:
        return (
            select(key.label("key"), Post.id)
            .where(Post.is_page == filters.is_page, *standing, *conditions)
            .order_by(*(it.desc() if is_falling else it.asc() for it in (key, Post.id)))
            .limit(limit)
        )

    if is_deleted:
        statement: Any = walk(Post.deleted_at.is_not(None))
    else:
        statuses = (filters.status,) if filters.status else STATUSES
        each = [
            select(walk(Post.status == status, Post.deleted_at.is_(None)).subquery(status))
            for status in statuses
        ]
        all_of_them = union_all(*each).subquery("found")
        columns = (all_of_them.c.key, all_of_them.c.id)
        statement = (
            select(*columns)
            .order_by(*(it.desc() if is_falling else it.asc() for it in columns))
            .limit(limit)
        )
    rows = await connection.execute(statement)
    return [(_text_of(row.key), row.id) for row in rows]


_KEYS: Final[dict[str, ColumnElement[Any]]] = {
    "time": func.coalesce(Post.published_at, Post.created_at),
    "change": func.coalesce(Post.updated_at, Post.created_at),
    # In the very words of the index.
    "title": literal_column(DESK_KEYS["title"].replace("title", "posts.title"), Text),
}


def _text_of(key: datetime | str) -> str:
    return key if isinstance(key, str) else key.astimezone(UTC).isoformat()


def _key_of(given: str, name: str, *, is_deleted: bool) -> ColumnElement[Any]:
    if name == "title" and not is_deleted:
        return literal(given, Text)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise PersonError(_DAMAGED) from error
    if moment.tzinfo is None:
        raise PersonError(_DAMAGED)
    return literal(moment)


def _plain(filters: Filters) -> ColumnElement[bool]:
    """What a row of the table tells by itself."""
    conditions = []
    if filters.visibility:
        conditions.append(Post.visibility == filters.visibility)
    if filters.featured:
        conditions.append(Post.featured.is_(True))
    return and_(True, *conditions)


def _narrowing(filters: Filters) -> Iterator[tuple[Select[Any], ColumnElement[bool]]]:
    """Return for each filter with an index of its own which ids it leaves, and whether one is."""
    if filters.tag_id is not None:
        links = select(PostTag.post_id).where(PostTag.tag_id == filters.tag_id)
        yield links, links.where(PostTag.post_id == Post.id).correlate(Post).exists()
    if filters.author_id is not None:
        links = select(PostAuthor.post_id).where(PostAuthor.author_id == filters.author_id)
        yield links, links.where(PostAuthor.post_id == Post.id).correlate(Post).exists()
    if filters.words:
        said = _says(filters.words)
        yield select(Post.id).where(said), said


def _says(words: str) -> ColumnElement[bool]:
    """Whether a post has the words in its title, parts of words as well, or in its public text."""
    title = func.searchable(Post.title)
    patterns = ("%" + _WILD.sub(r"\\\g<0>", word) + "%" for word in words.split())
    in_title = and_(*(title.like(func.searchable(pattern), escape="\\") for pattern in patterns))
    query = func.websearch_to_tsquery("simple", func.searchable(words))
    return or_(in_title, Post.search.op("@@")(query))


async def _few(
    connection: AsyncConnection, narrowing: Sequence[tuple[Select[Any], ColumnElement[bool]]]
) -> list[int] | None:
    """Return the ids that the first filter leaves that leaves few; None where none does."""
    for links, _ in narrowing:
        found = (await connection.scalars(links.limit(FEW + 1))).all()
        if len(found) <= FEW:
            return list(found)
    return None


async def _rows(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, PostRow]:
    """Read what a list shows of these posts, by their ids."""
    if not ids:
        return {}
    rows = await connection.execute(
        select(
            Post.id,
            Post.title,
            Post.slug,
            Post.is_page,
            Post.status,
            Post.visibility,
            Post.featured,
            Post.published_at,
            _KEYS["change"].label("changed_at"),
            Post.deleted_at,
            names_of(PostAuthor, Author, "author_id").label("authors"),
            names_of(PostTag, Tag, "tag_id").label("tags"),
        ).where(Post.id == func.any(literal(list(ids), ARRAY(BigInteger))))
    )
    return {row.id: _row(row._mapping) for row in rows}


def _row(row: Any) -> PostRow:
    lists = {name: named_decoder.decode(row[name]) for name in ("authors", "tags")}
    return PostRow(**{**row, **lists})
