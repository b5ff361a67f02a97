"""A full pass from Ghost: everything read page by page, written where it differs, recorded.

One unit of work a page, so memory stays bounded and a killed pass leaves whole pages behind; the
next one completes it. What was not seen is removed only after a kind was read to its end, and only
when Ghost says of each such object that it does not have it. Who may run a pass, and when, is left
to `lock.py`; passes that read less are in `reconcile.py`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any, ClassVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from infrastructure.database import Database
from services.ghost import members, mirror
from services.ghost.client import GhostClient
from services.ghost.errors import GhostError, GhostNotFound, GhostObjectFailure
from services.ghost.mapping import (
    LABELS,
    NEWSLETTERS,
    PAGES,
    POSTS,
    TAGS,
    TIERS,
    USERS,
    G,
    Mapping,
)
from services.ghost.mirror import Before, Counts
from services.ghost.paging import GhostBatch, one_batch
from services.ghost.results import GhostMember
from services.ghost.runs import FULL, Progress, Report, end_run, start_run

# An emptied or mistaken Ghost must not empty the mirror: if more objects of a kind than this are
# gone, and these are more than half of it, somebody has to say that it is meant.
_GONE_AT_MOST = 20

Read = Callable[[str], Awaitable[object]]


async def apply_batch(
    database: Database,
    mapping: Mapping[G],
    items: tuple[G, ...],
    report: Report,
    *,
    before: Before | None = None,
) -> None:
    """Write one page of objects; one that the database refuses costs only itself."""
    await _write(
        database,
        mapping.kind,
        items,
        report,
        lambda work, some: mirror.apply(work, mapping, some, before),
    )


async def _write(
    database: Database,
    kind: str,
    items: tuple[Any, ...],
    report: Report,
    apply: Callable[[Any, tuple[Any, ...]], Awaitable[Counts]],
    *,
    is_again: bool = False,
) -> None:
    try:
        async with database.unit_of_work() as work:
            counts = await apply(work, items)
    except (DBAPIError, StaleDataError, ValueError) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        if len(items) > 1:
            for item in items:
                await _write(database, kind, (item,), report, apply)
        elif isinstance(error, (IntegrityError, StaleDataError)) and not is_again:
            # A webhook made somebody else write the same object at this moment.
            await _write(database, kind, items, report, apply, is_again=True)
        else:
            report.fail(GhostObjectFailure(kind, items[0].id, _reason(error)))
        return
    report.counts[kind].add(counts)


def _reason(error: Exception) -> str:
    """Say in one line why an object could not be stored."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"It cannot be stored: {str(cause).splitlines()[0]}"


class Pass:
    """One full pass from a Ghost."""

    kind: ClassVar[str] = FULL

    def __init__(
        self,
        database: Database,
        client: GhostClient,
        report: Report,
        on_progress: Callable[[Progress], None] = lambda _: None,
        *,
        may_remove_many: bool = False,
    ) -> None:
        """Read from `client`, write to `database`, record in `report`.

        `may_remove_many`: somebody said that it is meant if most of a kind is gone.
        """
        self._database = database
        self._client = client
        self._report = report
        self._on_progress = on_progress
        self._may_remove_many = may_remove_many

    async def run(self) -> None:
        """Read everything.

        Raises:
            GhostError: Ghost as a whole cannot be read; what was written until then stands.
        """
        client = self._client
        await self._site()
        await self._kind(TAGS, client.read_tags(), client.read_tag)
        await self._kind(POSTS, client.read_posts(), client.read_post)
        await self._kind(PAGES, client.read_pages(), client.read_page)
        await self._members()

    async def _site(self) -> None:
        """Read what is small: the settings, tiers, newsletters, labels and staff users."""
        client = self._client
        settings = await client.read_settings()
        self._report.begin(client.ghosts_time)
        async with self._database.unit_of_work() as work:
            counts = await mirror.apply_settings(work, settings)
        self._report.counts["settings"].add(counts)
        await self._kind(TIERS, one_batch(await client.read_tiers()), client.read_tier)
        await self._kind(NEWSLETTERS, client.read_newsletters(), client.read_newsletter)
        await self._kind(LABELS, client.read_labels(), client.read_label)
        await self._kind(USERS, client.read_users(), client.read_user)

    async def _kind(
        self, mapping: Mapping[G], batches: AsyncIterator[GhostBatch[G]], read: Read | None
    ) -> None:
        """Take over all objects of a kind; without `read` they are not all, and none is removed."""
        seen: set[str] = set()
        is_whole = True
        async for batch in batches:
            is_whole &= self._note(batch, seen)
            if batch.items:
                await apply_batch(self._database, mapping, batch.items, self._report)
            self._on_progress(Progress(mapping.kind, len(seen), batch.remaining))
        if is_whole and read is not None:
            await self._remove_absent(mapping, seen, read)

    def _note(self, batch: GhostBatch[Any], seen: set[str]) -> bool:
        """Record a page's ids and failures; tell whether the ids of all on it are known."""
        is_whole = True
        for failure in batch.failures:
            self._report.fail(failure)
            if failure.ghost_id is None:
                is_whole = False
            else:
                seen.add(failure.ghost_id)
        seen.update(item.id for item in batch.items)
        return is_whole

    async def _remove_absent(self, mapping: Mapping[Any], seen: set[str], read: Read) -> None:
        async with self._database.unit_of_work() as work:
            known = await mirror.known(work.session, mapping)
        gone = await self._confirmed(mapping.kind, known, seen, read)
        if gone:
            async with self._database.unit_of_work() as work:
                counts = await mirror.remove(work, mapping, gone)
            self._report.counts[mapping.kind].add(counts)

    async def _confirmed(
        self, kind: str, known: Collection[str], seen: set[str], read: Read
    ) -> list[str] | None:
        """Return what Ghost says, one by one, that it does not have; None if that is too much."""
        absent = [ghost_id for ghost_id in known if ghost_id not in seen]
        many = len(absent) > max(_GONE_AT_MOST, len(known) // 2)
        if many and not self._may_remove_many:
            reason = (
                f"Ghost no longer lists {len(absent)} of {len(known)} {kind}; none was removed. "
                "If that is meant: quart sync-ghost --remove-many"
            )
            self._report.fail(GhostObjectFailure(kind, None, reason))
            return None
        gone: list[str] = []
        for ghost_id in absent:
            try:
                await read(ghost_id)
            except GhostNotFound:
                gone.append(ghost_id)
        return gone

    async def _members(self) -> None:
        """Take over all members.

        Of one that cannot be read nothing may be said, so nothing is believed of them either.
        """
        database, report = self._database, self._report
        seen: set[str] = set()
        unread: set[str] = set()
        is_whole = True
        async for batch in self._client.read_members():
            is_whole &= self._note(batch, seen)
            unread.update(it.ghost_id for it in batch.failures if it.ghost_id is not None)
            await self._apply_members(batch.items)
            self._on_progress(Progress("members", len(seen), batch.remaining))
        if not is_whole:
            return
        async with database.unit_of_work() as work:
            known = await members.known(work)
        gone = await self._confirmed("members", known, seen, self._client.read_member)
        if gone is None:
            return
        async with database.unit_of_work() as work:
            counts = await members.remove(work, gone)
            await members.remove(work, unread)
        report.counts["members"].add(counts)
        report.has_seen_members = True

    async def _apply_members(self, items: tuple[GhostMember, ...]) -> None:
        if items:
            await _write(self._database, "members", items, self._report, members.apply)


async def run_pass(
    database: Database, source: str, kind: str, make: Callable[[Report], Pass]
) -> Report:
    """Run a pass, whatever state the mirror or Ghost is in.

    Never raises for what Ghost does: the run's row says what happened, the next run repairs it.
    """
    report = await start_run(database, kind, source)
    try:
        await make(report).run()
        report.outcome = "incomplete" if report.failures else "complete"
    except GhostError as error:
        report.outcome = "failed"
        report.error = str(error)
    except BaseException as error:
        report.outcome = "failed"
        report.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        await end_run(database, report)
    return report


async def sync(
    database: Database,
    client: GhostClient,
    on_progress: Callable[[Progress], None] = lambda _: None,
    *,
    may_remove_many: bool = False,
) -> Report:
    """Make the mirror equal to Ghost by reading everything; see `run_pass`."""
    return await run_pass(
        database,
        client.config.admin_url,
        FULL,
        lambda report: Pass(database, client, report, on_progress, may_remove_many=may_remove_many),
    )
