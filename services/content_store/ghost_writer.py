"""Writing to a Ghost so that it is known what became of it, even when an answer is lost.

A request that changes something is never sent twice. Where its answer does not arrive, Ghost is
asked what it has; only when it cannot be asked the outcome is uncertain, and said to be so.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from infrastructure.database import UnitOfWork
from services.content_store.ghost_fields import Fields, says, unknown_here
from services.content_store.protocol import GhostUnreachableError
from services.ghost.caller import is_uncertain
from services.ghost.client import DocumentKind, GhostClient
from services.ghost.errors import (
    GhostConflict,
    GhostError,
    GhostNotFound,
    GhostTimeout,
)
from services.ghost.results import GhostPost
from services.ghost.sentences import person_error

T = TypeVar("T")

# A Ghost that took too long may still be at it: it is asked again after these seconds.
_ASKED_AFTER: Final = (0.0, 1.0, 2.0)

_UNCERTAIN: Final = (
    "Ghost did not say whether it saved this, and cannot be asked now. Your text is safe here; "
    "what Ghost has is shown as soon as it answers again."
)


class GhostWriter:
    """Sends changes of posts and pages to the Ghost of a client."""

    def __init__(self, client: GhostClient) -> None:
        """Write with `client`; whoever made it closes its connections."""
        self._client = client
        config = client.config
        self._bases = {config.admin_url, config.content_url or config.admin_url}

    async def read(self, kind: DocumentKind, ghost_id: str) -> GhostPost:
        """Read a post or page; raises `GhostError`."""
        return await self._client.read_document(kind, ghost_id)

    async def create(self, work: UnitOfWork, kind: DocumentKind, fields: Fields) -> GhostPost:
        """Create a post or page.

        Args:
            work: where it is looked up which ones we know already.
            kind: which of the two.
            fields: with a title.

        Raises:
            InvalidPostError, RefusedByGhostError: Ghost does not take it.
            GhostUnreachableError: Ghost gave no usable answer.
        """
        try:
            return await self._client.create_document(kind, fields)
        except GhostError as error:
            if not is_uncertain(error):
                raise person_error(error) from error
            for seconds in _pauses(error):
                await asyncio.sleep(seconds)
                found = await self._asked(self._client.find_documents(kind, fields["title"]))
                for item in await unknown_here(work, found):
                    if says(item, fields, self._bases):
                        return item
            raise person_error(error) from error

    async def change(
        self, kind: DocumentKind, ghost_id: str, fields: Fields, **options: str | None
    ) -> GhostPost:
        """Change a post or page.

        Args:
            kind: which of the two.
            ghost_id: whose.
            fields: what changes, and `updated_at` as we know it.
            options: `newsletter` and `email_segment`, see `GhostClient.edit_document`.

        Raises:
            GhostConflict: somebody changed it in Ghost since.
            GhostNotFound: somebody deleted it there.
            InvalidPostError, RefusedByGhostError: Ghost does not take it.
            GhostUnreachableError: Ghost gave no usable answer.
        """
        try:
            return await self._client.edit_document(
                kind,
                ghost_id,
                fields,
                newsletter=options.get("newsletter"),
                email_segment=options.get("email_segment"),
                save_revision=True,
            )
        except (GhostConflict, GhostNotFound):
            raise
        except GhostError as error:
            if not is_uncertain(error):
                raise person_error(error) from error
            sent = {name: value for name, value in fields.items() if name != "updated_at"}
            for seconds in _pauses(error):
                await asyncio.sleep(seconds)
                item = await self._asked(self._client.read_document(kind, ghost_id))
                if says(item, sent, self._bases):
                    return item
                if item.updated_at != fields["updated_at"]:
                    raise GhostConflict from error
            raise person_error(error) from error

    async def delete(self, kind: DocumentKind, ghost_id: str) -> None:
        """Delete a post or page; that it is gone already is as good.

        Raises:
            RefusedByGhostError: the key may not.
            GhostUnreachableError: Ghost gave no usable answer.
        """
        try:
            await self._client.delete_document(kind, ghost_id)
        except GhostNotFound:
            return
        except GhostError as error:
            if not is_uncertain(error):
                raise person_error(error) from error
            try:
                await self._asked(self._client.read_document(kind, ghost_id))
            except GhostNotFound:
                return
            raise person_error(error) from error

    @staticmethod
    async def _asked(question: Awaitable[T]) -> T:
        """Ask what became of a request whose answer was lost.

        Raises:
            GhostNotFound: Ghost says there is nothing.
            GhostUnreachableError: it does not answer; that the outcome is uncertain is in it.
        """
        try:
            return await question
        except GhostNotFound:
            raise
        except GhostError as error:
            raise GhostUnreachableError(_UNCERTAIN, is_uncertain=True) from error


def _pauses(error: GhostError) -> tuple[float, ...]:
    return _ASKED_AFTER if isinstance(error, GhostTimeout) else _ASKED_AFTER[:1]
