"""Authors, as those who look after them see and change them."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import NotFoundError
from models.content import Author, PostAuthor
from services.audit.log import Actor, changes, record
from services.desk.fields import Field, InvalidFieldsError, Value, address, slug, slug_from
from services.posts.slugs import remember

PAGE_SIZE = 50

FIELDS: Final = (
    Field("name", "Name", needed=True, longest=191),
    Field("slug", "In the address", check=slug, longest=191, help="Empty: made from the name."),
    Field("bio", "About them", kind="area", longest=2000),
    Field("website", "Website", check=address, longest=2000),
    Field("location", "Place", longest=150),
    Field("profile_image", "Picture", check=address, longest=2000),
    Field("cover_image", "Cover picture", check=address, longest=2000),
    Field("meta_title", "Title in search results"),
    Field("meta_description", "Description in search results", kind="area", longest=500),
)


class AuthorRow(Struct, frozen=True):
    """An author, as the list shows them."""

    id: int
    name: str
    slug: str
    posts: int


async def authors(
    connection: AsyncConnection, *, words: str = "", after: tuple[str, int] | None = None
) -> tuple[list[AuthorRow], tuple[str, int] | None]:
    """Read authors by name: at most `PAGE_SIZE`, and where the next stretch begins.

    Args:
        connection: where to read.
        words: part of the name or the slug.
        after: where the stretch before ended.
    """
    posts = (
        select(func.count())
        .where(PostAuthor.author_id == Author.id)
        .correlate(Author)
        .scalar_subquery()
    )
    name = func.lower(Author.name)
    statement: Select[Any] = select(
        Author.id, Author.name, Author.slug, posts.label("posts")
    ).where(Author.deleted_at.is_(None))
    if words:
        statement = statement.where(
            Author.name.icontains(words, autoescape=True)
            | Author.slug.icontains(words, autoescape=True)
        )
    if after is not None:
        statement = statement.where(tuple_(name, Author.id) > tuple_(*after))
    rows = await connection.execute(statement.order_by(name, Author.id).limit(PAGE_SIZE + 1))
    found = [AuthorRow(**row._mapping) for row in rows]
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return found[:PAGE_SIZE], (last.name.lower(), last.id) if last else None


async def author(connection: AsyncConnection, author_id: int) -> dict[str, Any]:
    """Read an author's fields.

    Raises:
        NotFoundError: there is none with this id.
    """
    columns = [Author.id, *(getattr(Author, field.name) for field in FIELDS)]
    row = (
        await connection.execute(
            select(*columns).where(Author.id == author_id, Author.deleted_at.is_(None))
        )
    ).first()
    if row is None:
        raise NotFoundError
    return {name: "" if value is None else value for name, value in row._mapping.items()}


async def save_author(
    work: UnitOfWork, actor: Actor, author_id: int | None, values: dict[str, Value]
) -> int:
    """Change an author, or with no id make one, and return the id.

    Raises:
        InvalidFieldsError: the slug is another author's.
        NotFoundError: there is none with this id.
    """
    wanted = str(values["slug"] or slug_from(str(values["name"])))
    taken = await work.session.scalar(
        select(Author.id).where(
            Author.slug == wanted, Author.deleted_at.is_(None), Author.id != (author_id or 0)
        )
    )
    if taken is not None:
        raise InvalidFieldsError({"slug": "Another author has this address already."})
    if author_id is None:
        found = Author(slug=wanted, name=str(values["name"]))
        work.session.add(found)
        before: dict[str, Any] = {}
    else:
        known = await work.session.get(Author, author_id, with_for_update=True)
        if known is None or known.deleted_at is not None:
            raise NotFoundError
        found = known
        before = {field.name: getattr(found, field.name) for field in FIELDS}
        if found.slug != wanted:
            await remember(work.session, "author", found.id, found.slug, wanted)
    for field in FIELDS:
        setattr(found, field.name, values[field.name])
    found.slug = wanted
    found.updated_at = func.clock_timestamp()
    await work.session.flush()
    was, now = changes(before, values | {"slug": wanted})
    record(
        work,
        actor,
        "author.edit" if author_id else "author.add",
        ("author", found.id, found.name),
        before=was if author_id else None,
        after=now,
    )
    return found.id
