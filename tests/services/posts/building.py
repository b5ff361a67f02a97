"""Posts for tests of what readers see, in few words."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.content import Author, Post, PostAuthor, PostTag, Tag
from services.posts.derive import derive, text_of_html

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def add_tag(session: AsyncSession, slug: str, **fields: Any) -> Tag:
    tag = Tag(slug=slug, **{"name": slug.title()} | fields)
    session.add(tag)
    await session.flush()
    return tag


async def add_author(session: AsyncSession, slug: str, **fields: Any) -> Author:
    author = Author(slug=slug, **{"name": slug.title()} | fields)
    session.add(author)
    await session.flush()
    return author


async def add_post(
    session: AsyncSession,
    slug: str,
    *,
    age: int = 0,
    tags: tuple[Tag, ...] = (),
    authors: tuple[Author, ...] = (),
    **fields: Any,
) -> Post:
    """Add a published, public post, `age` hours old, unless `fields` say something else."""
    published_at = NOW - timedelta(hours=age)
    given = {"title": slug, "status": "published", "published_at": published_at} | fields
    post = Post(slug=slug, **{"visibility": "public", "html": f"<p>{slug}</p>"} | given)
    if "plaintext" not in fields:
        post.plaintext = text_of_html(post.html or "")
    derive(post)
    session.add(post)
    await session.flush()
    session.add_all(
        PostTag(post_id=post.id, tag_id=tag.id, position=place) for place, tag in enumerate(tags)
    )
    session.add_all(
        PostAuthor(post_id=post.id, author_id=author.id, position=place)
        for place, author in enumerate(authors)
    )
    await session.flush()
    return post
