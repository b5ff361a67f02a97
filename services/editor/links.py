"""Things of this site that a writer may link to, found by the beginnings of words in their names."""

from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, case, func, literal, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Author, Post, PostAuthor, PostTag, Tag
from services.posts.columns import is_public_tag, is_shown

_POSTS: Final = 10
_OTHERS: Final = 5
_LONGEST: Final = 200


class Linkable(Struct, frozen=True):
    """Something to link to.

    `kind` is `post`, `page`, `tag` or `author`; `visibility` a post's; `published_at` is None for
    what has no date.
    """

    kind: str
    title: str
    path: str
    visibility: str = "public"
    published_at: datetime | None = None


async def find(connection: AsyncConnection, words: str) -> list[Linkable]:
    """Find what is public and has words that begin so in its name: posts, pages, tags, authors.

    Args:
        connection: where to read.
        words: what the writer typed so far; nothing gives the newest posts.

    Returns:
        The best first within each kind; one that begins with the words comes before the others.
    """
    asked = " ".join(words[:_LONGEST].split())
    statements = [_posts(asked), _named(asked)] if asked else [_newest()]
    found: list[Linkable] = []
    for statement in statements:
        rows = await connection.execute(statement)
        found += [Linkable(**row._mapping) for row in rows]
    return found


def _columns() -> tuple[Any, ...]:
    return (
        case((Post.is_page, "page"), else_="post").label("kind"),
        Post.title,
        func.concat("/", Post.slug, "/").label("path"),
        Post.visibility,
        case((Post.is_page, null()), else_=Post.published_at).label("published_at"),
    )


def _newest() -> Select[Any]:
    return (
        select(*_columns())
        .where(Post.listed_at.is_not(None))
        .order_by(Post.listed_at.desc(), Post.id.desc())
        .limit(_POSTS)
    )


def title_query(asked: str) -> Any:
    """Return what finds in `Post.search` the titles that have all words, or their beginnings."""
    # Each word in quotes, so that no operator of the query language is one; `:A` is the title.
    lexemes = [f"'{word.translate(_QUOTES)}':*A" for word in asked.split()]
    return func.to_tsquery("simple", func.searchable(" & ".join(lexemes)))


def beginnings_of(asked: str, name: Any) -> ColumnElement[bool]:
    """Return whether a word of a name begins so, whatever its case and accents."""
    escaped = asked.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    spaced = func.concat(" ", func.searchable(name))
    return spaced.like(func.searchable(f"% {escaped}%"))


def _posts(asked: str) -> Select[Any]:
    """Posts and pages whose title has all words; the last may be unfinished."""
    query = title_query(asked)
    begins = func.searchable(Post.title).startswith(func.searchable(asked), autoescape=False)
    return (
        select(*_columns())
        .where(Post.search.op("@@")(query), is_shown())
        .order_by(begins.desc(), Post.published_at.desc(), Post.id.desc())
        .limit(_POSTS)
    )


# What has a meaning within the quotes of a text search query.
_QUOTES: Final = str.maketrans({"'": " ", "\\": " "})


def _named(asked: str) -> Select[Any]:
    """Public tags, and authors who have posts, with a word that begins so."""
    nothing = null().label("published_at")
    public = literal("public").label("visibility")
    tags = (
        select(
            literal("tag").label("kind"),
            Tag.name.label("title"),
            func.concat("/tag/", Tag.slug, "/").label("path"),
            public,
            nothing,
        )
        .where(
            is_public_tag,
            beginnings_of(asked, Tag.name),
            select(PostTag.post_id)
            .where(PostTag.tag_id == Tag.id, PostTag.listed_at.is_not(None))
            .exists(),
        )
        .order_by(func.length(Tag.name), Tag.id)
        .limit(_OTHERS)
    )
    authors = (
        select(
            literal("author").label("kind"),
            Author.name.label("title"),
            func.concat("/author/", Author.slug, "/").label("path"),
            public,
            nothing,
        )
        .where(
            Author.deleted_at.is_(None),
            beginnings_of(asked, Author.name),
            select(PostAuthor.post_id)
            .where(PostAuthor.author_id == Author.id, PostAuthor.listed_at.is_not(None))
            .exists(),
        )
        .order_by(func.length(Author.name), Author.id)
        .limit(_OTHERS)
    )
    both = tags.subquery().select().union_all(authors.subquery().select()).subquery()
    return select(both)
