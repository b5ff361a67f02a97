"""The blog's posts for other domains, on its own tables; see `services.contracts.blog`."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.content import Post
from services.contracts.blog import MOST_FOUND, POST, PostRef
from services.contracts.common import Container
from services.posts.columns import is_shown


class SqlBlogService:
    """`BlogService` on the platform's database."""

    async def posts(
        self, connection: AsyncConnection, containers: Sequence[Container]
    ) -> Mapping[Container, PostRef]:
        """Read many posts at once; see the contract."""
        ids = [it.id for it in containers if it.type == POST]
        if not ids:
            return {}
        rows = await connection.execute(_select_posts().where(Post.id.in_(ids)))
        return {ref.container: ref for ref in map(_to_ref, rows)}

    async def search(
        self, connection: AsyncConnection, words: str, *, limit: int = 20
    ) -> tuple[PostRef, ...]:
        """Find posts and pages by their title; see the contract."""
        title = func.searchable(Post.title)
        rows = await connection.execute(
            _select_posts()
            .where(
                *(
                    func.strpos(title, func.searchable(literal(word))) > 0
                    for word in words.replace("\0", "").split()[:10]
                )
            )
            .order_by(Post.published_at.desc(), Post.id.desc())
            .limit(max(0, min(limit, MOST_FOUND)))
        )
        return tuple(map(_to_ref, rows))


def _select_posts() -> Select[Any]:
    columns: tuple[Any, ...] = (Post.id, Post.slug, Post.title, Post.is_page, Post.published_at)
    return select(*columns).where(is_shown())


def _to_ref(row: Row[Any]) -> PostRef:
    return PostRef(row.id, row.title, f"/{row.slug}/", row.is_page, row.published_at)
