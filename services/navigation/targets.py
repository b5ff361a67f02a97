"""What of this site an entry can lead to: found for the picker, or by slug."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import case, func, literal, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Post, Tag
from services.editor.links import beginnings_of, title_query

_PAGES: Final = 12
_TAGS: Final = 6


class Target(Struct, frozen=True):
    """A page, post or tag that an entry could lead to.

    `state` is a post's status, empty for what is published; `visibility` a post's or a tag's.
    """

    kind: str
    id: int
    title: str
    slug: str
    state: str = ""
    visibility: str = "public"
    published_at: datetime | None = None

    @property
    def value(self) -> str:
        """How a form names it."""
        return f"{self.kind}:{self.id}"

    @property
    def path(self) -> str:
        """Its address on this site."""
        return f"/tag/{self.slug}/" if self.kind == "tag" else f"/{self.slug}/"


def _posts() -> Any:
    return select(
        case((Post.is_page, "page"), else_="post").label("kind"),
        Post.id,
        Post.title,
        Post.slug,
        case((Post.status == "published", ""), else_=Post.status).label("state"),
        Post.visibility,
        case((Post.is_page, null()), else_=Post.published_at).label("published_at"),
    ).where(Post.deleted_at.is_(None), Post.status != "sent")


def _tags() -> Any:
    return select(literal("tag").label("kind"), Tag.id, Tag.name.label("title"), Tag.slug).where(
        Tag.deleted_at.is_(None), Tag.visibility == "public"
    )


async def find(connection: AsyncConnection, words: str) -> list[Target]:
    """Find pages, posts and tags for the picker, what is not published yet as well.

    Args:
        connection: where to read.
        words: beginnings of words in the name; nothing gives the pages and the newest posts.
    """
    asked = " ".join(words.split())
    if asked:
        begins = func.searchable(Post.title).startswith(func.searchable(asked), autoescape=False)
        posts = (
            _posts()
            .where(Post.search.op("@@")(title_query(asked)))
            .order_by(
                begins.desc(),
                Post.is_page.desc(),
                (Post.status == "published").desc(),
                Post.published_at.desc().nulls_last(),
                Post.id.desc(),
            )
        )
        tags = _tags().where(beginnings_of(asked, Tag.name)).order_by(func.length(Tag.name), Tag.id)
    else:
        posts = _posts().order_by(Post.is_page.desc(), Post.updated_at.desc(), Post.id.desc())
        tags = _tags().order_by(Tag.name, Tag.id)
    found = []
    for statement in (posts.limit(_PAGES), tags.limit(_TAGS)):
        found += [Target(**row._mapping) for row in await connection.execute(statement)]
    return found


async def named(
    connection: AsyncConnection, slugs: Collection[str], tag_slugs: Collection[str]
) -> dict[tuple[bool, str], Target]:
    """Return posts, pages and public tags by whether it is a tag, and its slug."""
    known: dict[tuple[bool, str], Target] = {}
    for is_tag, wanted, statement, slug in (
        (False, slugs, _posts(), Post.slug),
        (True, tag_slugs, _tags(), Tag.slug),
    ):
        if wanted:
            rows = await connection.execute(statement.where(slug.in_(wanted)))
            known |= {(is_tag, row.slug): Target(**row._mapping) for row in rows}
    return known
