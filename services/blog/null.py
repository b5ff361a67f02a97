"""A platform without the blog: no posts to hang anything on."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.contracts.blog import PostRef
from services.contracts.common import Container


class NullBlogService:
    """`BlogService` where there is no blog: reads are empty."""

    async def posts(
        self, connection: AsyncConnection, containers: Sequence[Container]
    ) -> Mapping[Container, PostRef]:
        """Find none."""
        return {}

    async def search(
        self, connection: AsyncConnection, words: str, *, limit: int = 20
    ) -> tuple[PostRef, ...]:
        """Find none."""
        return ()
