"""A full pass from Ghost: everything read page by page, written where it differs, recorded.

One unit of work a page, so memory stays bounded and a killed pass leaves whole pages behind; the
next one completes it. What was not seen is removed only after a kind was read to its end, and never
because a list was empty. Who may run a pass, and when, is left to `lock.py`.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from infrastructure.database import Database
from infrastructure.logs import get_logger
from models.site import SyncRun
from services.ghost import mirror
from services.ghost.client import GhostClient
from services.ghost.errors import GhostError, GhostNotFound, GhostObjectFailure
from services.ghost.mapping import NEWSLETTERS, PAGES, POSTS, TAGS, TIERS, USERS, G, Mapping
from services.ghost.mirror import Counts
from services.ghost.paging import GhostBatch, one_batch

log = get_logger(__name__)

# The kind of a run that reads everything.
FULL = "full"

# An empty list is only believed after asking for each object that it leaves out, and only if these
# are few: an emptied or mistaken Ghost must not empty the mirror.
_CONFIRMED_AT_MOST = 20

# A run's row shows the first failures; their number is in the counts.
_FAILURES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass is: `done` objects of `kind`, `remaining` still to come."""

    kind: str
    done: int
    remaining: int


@dataclass(slots=True)
class Report:
    """What a pass did: see `models.site.SyncRun` for what the fields mean."""

    run_id: int
    outcome: str = "running"
    error: str | None = None
    counts: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    failures: list[GhostObjectFailure] = field(default_factory=list)

    @property
    def has_changes(self) -> bool:
        """Whether any row of content was written."""
        return any(c.added or c.changed or c.removed for c in self.counts.values())

    def fail(self, failure: GhostObjectFailure) -> None:
        """Record an object that could not be taken."""
        self.counts[failure.kind].failed += 1
        self.failures.append(failure)


async def start_run(database: Database, kind: str, source: str) -> Report:
    """Begin the row of a pass; what an earlier, killed one left open is marked `interrupted`.

    Args:
        database: where.
        kind: `full`, `import` …
        source: what is read: Ghost's address or a file's name.
    """
    async with database.unit_of_work() as work:
        await work.session.execute(
            update(SyncRun)
            .where(SyncRun.outcome == "running", SyncRun.source == source)
            .values(outcome="interrupted", ended_at=datetime.now(UTC))
        )
        run = SyncRun(kind=kind, source=source)
        work.session.add(run)
        await work.session.flush()
        return Report(run.id)


async def ran_within(database: Database, source: str, seconds: float) -> bool:
    """Whether a full pass over `source` began within the last `seconds` and came to its end.

    The database compares, by its own clock: those of several machines may differ.
    """
    began = func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    async with database.read() as connection:
        found = await connection.scalar(
            select(SyncRun.id)
            .where(
                SyncRun.source == source,
                SyncRun.kind == FULL,
                SyncRun.outcome.in_(("complete", "incomplete")),
                SyncRun.started_at > began,
            )
            .limit(1)
        )
    return found is not None


async def end_run(database: Database, report: Report) -> None:
    """Complete the row of a pass."""
    async with database.unit_of_work() as work:
        await work.session.execute(
            update(SyncRun)
            .where(SyncRun.id == report.run_id)
            .values(
                outcome=report.outcome,
                error=report.error,
                ended_at=datetime.now(UTC),
                counts={kind: asdict(counts) for kind, counts in report.counts.items()},
                failures=[asdict(failure) for failure in report.failures[:_FAILURES_SHOWN]],
            )
        )
    log.info(
        "sync run ended",
        run=report.run_id,
        outcome=report.outcome,
        error=report.error,
        failures=len(report.failures),
        counts={kind: asdict(counts) for kind, counts in report.counts.items()},
    )


async def apply_batch(
    database: Database, mapping: Mapping[G], items: tuple[G, ...], report: Report
) -> None:
    """Write one page of objects; one that the database refuses costs only itself."""
    try:
        async with database.unit_of_work() as work:
            counts = await mirror.apply(work, mapping, items)
    except (DBAPIError, ValueError) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        if len(items) > 1:
            for item in items:
                await apply_batch(database, mapping, (item,), report)
        else:
            report.fail(GhostObjectFailure(mapping.kind, items[0].id, _reason(error)))
        return
    report.counts[mapping.kind].add(counts)


def _reason(error: Exception) -> str:
    """Say in one line why an object could not be stored."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"It cannot be stored: {str(cause).splitlines()[0]}"


class Pass:
    """One full pass from a Ghost."""

    def __init__(
        self,
        database: Database,
        client: GhostClient,
        report: Report,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        """Read from `client`, write to `database`, record in `report`."""
        self._database = database
        self._client = client
        self._report = report
        self._on_progress = on_progress

    async def run(self) -> None:
        """Read everything.

        Raises:
            GhostError: Ghost as a whole cannot be read; what was written until then stands.
        """
        client = self._client
        await self._settings()
        await self._kind(TIERS, one_batch(await client.read_tiers()), client_read=None)
        await self._kind(NEWSLETTERS, client.read_newsletters(), client_read=None)
        await self._kind(USERS, client.read_users(), client_read=client.read_user)
        await self._kind(TAGS, client.read_tags(), client_read=client.read_tag)
        await self._kind(POSTS, client.read_posts(), client_read=client.read_post)
        await self._kind(PAGES, client.read_pages(), client_read=client.read_page)

    async def _settings(self) -> None:
        settings = await self._client.read_settings()
        async with self._database.unit_of_work() as work:
            counts = await mirror.apply_settings(work, settings)
        self._report.counts["settings"].add(counts)

    async def _kind(
        self,
        mapping: Mapping[G],
        batches: AsyncIterator[GhostBatch[G]],
        *,
        client_read: Callable[[str], Any] | None,
    ) -> None:
        seen: set[str] = set()
        is_whole = True
        async for batch in batches:
            for failure in batch.failures:
                self._report.fail(failure)
                if failure.ghost_id is None:
                    is_whole = False
                else:
                    seen.add(failure.ghost_id)
            seen.update(item.id for item in batch.items)
            if batch.items:
                await apply_batch(self._database, mapping, batch.items, self._report)
            self._on_progress(Progress(mapping.kind, len(seen), batch.remaining))
        if is_whole:
            await self._remove_absent(mapping, seen, client_read)

    async def _remove_absent(
        self, mapping: Mapping[G], seen: set[str], client_read: Callable[[str], Any] | None
    ) -> None:
        async with self._database.unit_of_work() as work:
            gone = await mirror.absent(work.session, mapping, seen)
        if gone and not seen:
            gone = await self._confirmed(mapping.kind, gone, client_read)
        if gone:
            async with self._database.unit_of_work() as work:
                counts = await mirror.remove(work, mapping, gone)
            self._report.counts[mapping.kind].add(counts)

    async def _confirmed(
        self, kind: str, ghost_ids: list[str], client_read: Callable[[str], Any] | None
    ) -> list[str]:
        """Return those of the objects that Ghost says, one by one, it does not have."""
        if client_read is None or len(ghost_ids) > _CONFIRMED_AT_MOST:
            reason = f"Ghost listed no {kind}, where {len(ghost_ids)} were known; none was removed."
            self._report.fail(GhostObjectFailure(kind, None, reason))
            return []
        gone: list[str] = []
        for ghost_id in ghost_ids:
            try:
                await client_read(ghost_id)
            except GhostNotFound:
                gone.append(ghost_id)
        return gone


async def sync(
    database: Database,
    client: GhostClient,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Make the mirror equal to Ghost, whatever state either is in.

    Never raises for what Ghost does: the run's row says what happened, the next run repairs it.
    """
    report = await start_run(database, FULL, client.config.admin_url)
    try:
        await Pass(database, client, report, on_progress).run()
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
