"""Walking through long lists of a Ghost: nothing is skipped, a bad object costs only itself.

The walk goes by id (``order=id asc`` and ``filter=id:>'…'``), never by page number: an object that
is added, deleted or edited meanwhile cannot push a neighbour over the edge of a page. When a page
cannot be read because of what is on it, the walk narrows down to the object, reports it and goes
on.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
import structlog

from services.ghost.caller import Api, GhostCaller
from services.ghost.decoding import ghost_id_of
from services.ghost.errors import (
    GhostAnswerBroken,
    GhostAnswerInvalid,
    GhostError,
    GhostObjectFailure,
    GhostServerFault,
    GhostTimeout,
)

T = TypeVar("T")
log = structlog.get_logger(__name__)

# What a single object can do to a whole page: crash Ghost, take too long, break the answer.
_PAGE_FAILURES = (GhostServerFault, GhostAnswerBroken, GhostTimeout)


@dataclass(frozen=True, slots=True)
class GhostBatch(Generic[T]):
    """One page of a walk: what was read, what could not be, how many objects are still to come."""

    items: tuple[T, ...]
    failures: tuple[GhostObjectFailure, ...]
    remaining: int


async def one_batch(items: tuple[T, ...]) -> AsyncIterator[GhostBatch[T]]:
    """Yield what Ghost gives in a single answer as a walk of one page."""
    yield GhostBatch(items, (), 0)


@dataclass(frozen=True, slots=True)
class _Page:
    objects: list[Any]
    remaining: int


class Walk(Generic[T]):
    """A walk through one resource.

    :param resource: Ghost's plural name (``posts``).
    :param params: further query parameters (formats, include, fields).
    :param where: a filter in Ghost's NQL that every object must meet, or None.
    :param decode: turns one JSON object into its type; raises ``msgspec.ValidationError``.
    """

    def __init__(
        self,
        caller: GhostCaller,
        resource: str,
        decode: Callable[[Any], T],
        *,
        params: dict[str, str | int] | None = None,
        where: str | None = None,
        page_size: int | None = None,
        api: Api = "admin",
    ) -> None:
        self._caller = caller
        self._resource = resource
        self._decode = decode
        self._params = params or {}
        self._where = where
        self._page_size = min(100, page_size or caller.config.page_size)
        self._api = api

    async def batches(self) -> AsyncIterator[GhostBatch[T]]:
        """Yield all objects, page by page, in the order of their ids.

        :raises GhostError: when Ghost as a whole cannot be read. What was yielded before is good;
            the
            rest is unknown, so a pass that ended so must not be taken for a complete one.
        """
        after: str | None = None
        limit = self._page_size
        narrowing = False
        while True:
            # While narrowing down, a failing page is only a step; the last single object gets
            # every attempt again before it is given up.
            attempts = 1 if narrowing and limit > 1 else None
            try:
                page = await self._fetch(after, limit, attempts=attempts)
            except _PAGE_FAILURES as error:
                if not narrowing:
                    # If not even the next id can be read, Ghost as a whole is in trouble, and
                    # narrowing down would only make that last longer.
                    await self._identify(after, error)
                if limit > 1:
                    limit = limit // 2
                    narrowing = True
                    continue
                bad_id, remaining = await self._identify(after, error)
                failure = GhostObjectFailure(self._resource, bad_id, str(error))
                log.warning("ghost_object_unreadable", kind=failure.kind, ghost_id=bad_id)
                yield GhostBatch((), (failure,), remaining)
                after = bad_id
                continue
            if page.objects:
                after = self._last_id(page.objects, after)
                yield self._batch(page)
            if page.remaining == 0 or not page.objects:
                return
            limit = min(self._page_size, limit * 2)
            narrowing = limit < self._page_size

    def _batch(self, page: _Page) -> GhostBatch[T]:
        items: list[T] = []
        failures: list[GhostObjectFailure] = []
        for raw in page.objects:
            try:
                items.append(self._decode(raw))
            except msgspec.ValidationError as error:
                failures.append(GhostObjectFailure(self._resource, ghost_id_of(raw), str(error)))
        return GhostBatch(tuple(items), tuple(failures), page.remaining)

    def _last_id(self, objects: list[Any], after: str | None) -> str:
        ids = [found for raw in objects if (found := ghost_id_of(raw)) is not None]
        # An answer that ignores the filter or the order would make the walk skip or run in circles.
        if not ids or ids != sorted(ids) or (after is not None and ids[0] <= after):
            raise GhostAnswerInvalid(f"Ghost did not list {self._resource} in the order of ids.")
        return ids[-1]

    async def _identify(self, after: str | None, error: GhostError) -> tuple[str, int]:
        """Find out the id of the one object after ``after`` that cannot be read.

        Asking for the id alone leaves out everything that could make it unreadable. If not even
        that works, it is not the object's fault and the walk ends with the first error.
        """
        try:
            attempts = 1 if isinstance(error, GhostTimeout) else None
            page = await self._fetch(after, 1, fields="id", attempts=attempts)
        except GhostError:
            raise error from None
        if not page.objects:
            # It was deleted in the meantime, or Ghost contradicts itself: both end the walk.
            raise error
        return self._last_id(page.objects, after), page.remaining

    async def _fetch(
        self,
        after: str | None,
        limit: int,
        *,
        fields: str | None = None,
        attempts: int | None = None,
    ) -> _Page:
        conditions = [f"id:>'{after}'"] if after is not None else []
        if self._where is not None:
            conditions.append(self._where)
        params: dict[str, str | int] = {"limit": limit, "order": "id asc"}
        params.update({"fields": fields} if fields else self._params)
        if conditions:
            params["filter"] = "+".join(conditions)
        answer = await self._caller.call(
            "GET", f"/{self._resource}/", api=self._api, params=params, attempts=attempts
        )
        objects = objects_of(answer, self._resource)
        return _Page(objects, _remaining(answer, len(objects)))


def objects_of(answer: Any, resource: str) -> list[Any]:
    """Return the list of objects in an answer of Ghost.

    :raises GhostAnswerInvalid: when the answer has another shape.
    """
    found = answer.get(resource) if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise GhostAnswerInvalid
    return found


def _remaining(answer: dict[str, Any], seen: int) -> int:
    """Return how many objects come after this page, by Ghost's own count of those that match."""
    return max(0, _pagination(answer, "total") - seen)


def pages_of(answer: dict[str, Any]) -> int:
    """Return how many pages a list has that is read by page numbers.

    :raises GhostAnswerInvalid: when the answer does not tell.
    """
    return _pagination(answer, "pages")


def _pagination(answer: dict[str, Any], name: str) -> int:
    try:
        return int(answer["meta"]["pagination"][name])
    except (KeyError, TypeError, ValueError):
        raise GhostAnswerInvalid from None
