"""What feeds and the sitemap read: the newest posts with their public text, and every address."""

from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, Text, bindparam, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Author, Post, PostAuthor, PostTag, Tag
from models.detachment import FormerGhostId
from services.posts.columns import card_columns, is_public_tag, is_shown, public_html, to_card
from services.posts.rows import Address, FeedEntry

FEED_SIZE = 15

# What the sitemap protocol allows in one file (https://www.sitemaps.org/protocol.html).
SITEMAP_SIZE = 50_000

# What feed readers know a post by stays when its site leaves Ghost.
_FORMER_ID = (
    select(FormerGhostId.ghost_id)
    .where(FormerGhostId.kind == "posts", FormerGhostId.object_id == Post.id)
    .correlate(Post)
    .scalar_subquery()
)


@cache
def _newest(link: type[PostTag | PostAuthor] | None) -> Select[*tuple[Any, ...]]:
    """The newest posts; of a link, those of the tag or author that the parameter `wanted` names."""
    statement = select(
        *card_columns(),
        func.coalesce(Post.ghost_id, _FORMER_ID, cast(Post.uuid, Text)).label("guid"),
        public_html().label("html"),
    )
    listed_at: Any = Post.listed_at
    if link is not None:
        listed_at = link.listed_at
        wanted = PostTag.tag_id if link is PostTag else PostAuthor.author_id
        statement = statement.join(link, link.post_id == Post.id).where(
            wanted == bindparam("wanted")
        )
    return (
        statement.where(listed_at.is_not(None))
        .order_by(listed_at.desc(), Post.id.desc())
        .limit(FEED_SIZE)
    )


async def newest(
    connection: AsyncConnection, *, tag_id: int | None = None, author_id: int | None = None
) -> tuple[FeedEntry, ...]:
    """Read the newest posts of the site, of a tag or of an author, with what anyone may read."""
    if tag_id is not None:
        rows = await connection.execute(_newest(PostTag), {"wanted": tag_id})
    elif author_id is not None:
        rows = await connection.execute(_newest(PostAuthor), {"wanted": author_id})
    else:
        rows = await connection.execute(_newest(None))
    return tuple(FeedEntry(card=to_card(row), guid=row.guid, html=row.html) for row in rows)


class SitemapPart(Struct, frozen=True):
    """One file of a sitemap: the objects of a kind whose ids lie in one range."""

    kind: str
    number: int


def _posts() -> Select[*tuple[Any, ...]]:
    return select(
        Post.id,
        literal("/").concat(Post.slug).concat("/").label("path"),
        func.coalesce(Post.updated_at, Post.published_at).label("changed_at"),
        Post.feature_image.label("image"),
    ).where(is_shown(), Post.canonical_url.is_(None))


def _tags() -> Select[*tuple[Any, ...]]:
    listed = select(PostTag).where(PostTag.tag_id == Tag.id, PostTag.listed_at.is_not(None))
    return select(
        Tag.id,
        literal("/tag/").concat(Tag.slug).concat("/").label("path"),
        Tag.updated_at.label("changed_at"),
        Tag.feature_image.label("image"),
    ).where(is_public_tag, listed.exists())


def _authors() -> Select[*tuple[Any, ...]]:
    listed = select(PostAuthor).where(
        PostAuthor.author_id == Author.id, PostAuthor.listed_at.is_not(None)
    )
    return select(
        Author.id,
        literal("/author/").concat(Author.slug).concat("/").label("path"),
        Author.updated_at.label("changed_at"),
        Author.cover_image.label("image"),
    ).where(Author.deleted_at.is_(None), listed.exists())


_KINDS: dict[str, tuple[Callable[[], Select[*tuple[Any, ...]]], type[Post | Tag | Author]]] = {
    "posts": (_posts, Post),
    "tags": (_tags, Tag),
    "authors": (_authors, Author),
}


async def sitemap_parts(connection: AsyncConnection) -> tuple[SitemapPart, ...]:
    """Read into how many files the sitemap is divided; each has at most `SITEMAP_SIZE` entries."""
    parts: list[SitemapPart] = []
    for kind, (_, table) in _KINDS.items():
        last = await connection.scalar(select(func.max(table.id))) or 0
        parts += (SitemapPart(kind, n) for n in range(-(-last // SITEMAP_SIZE)))
    return tuple(parts)


async def addresses(connection: AsyncConnection, part: SitemapPart) -> tuple[Address, ...]:
    """Read the addresses of one file of the sitemap."""
    statement, table = _KINDS[part.kind]
    first = part.number * SITEMAP_SIZE
    rows = await connection.execute(
        statement().where(table.id > first, table.id <= first + SITEMAP_SIZE).order_by(table.id)
    )
    return tuple(Address(row.path, row.changed_at, row.image) for row in rows)
