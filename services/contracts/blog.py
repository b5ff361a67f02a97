"""The blog as its sibling domains see it: the posts and pages that things hang on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contracts.common import Container

POST: Final = "post"
"""The type of a container that is a post or a page."""

MOST_FOUND: Final = 50
"""How many posts a search answers at most."""


class PostRef(Struct, frozen=True):
    """A post or page that readers can see. `path` begins and ends with a slash."""

    id: int
    title: str
    path: str
    is_page: bool
    published_at: datetime

    @property
    def container(self) -> Container:
        """What hangs on this post hangs on this."""
        return Container(POST, self.id)


class BlogService(Protocol):
    """Posts and pages that are published, members-only ones included, without their text."""

    async def posts(
        self, connection: AsyncConnection, containers: Sequence[Container]
    ) -> Mapping[Container, PostRef]:
        """Read many posts at once; what is no post, or not published, is left out."""
        ...

    async def search(
        self, connection: AsyncConnection, words: str, *, limit: int = 20
    ) -> tuple[PostRef, ...]:
        """Find posts and pages whose title has every one of these words; no words find all.

        Case and accents do not matter.

        Returns:
            at most `limit` (and `MOST_FOUND`), the newest first.
        """
        ...
