"""The record of a pass: its row, its counts, its metrics, and what the rows say about the next one.

What a pass does is in `sync.py` and `reconcile.py`.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import ColumnElement, delete, func, select, update

from infrastructure.database import Database
from infrastructure.logs import get_logger
from models.site import SyncRun
from services.ghost.errors import GhostObjectFailure
from services.ghost.mirror import Counts

log = get_logger(__name__)

# The kinds of a run: everything is read; the ids of everything, and what differs; what changed.
FULL: Final = "full"
IDS: Final = "ids"
CHANGES: Final = "changes"

# The outcomes of a run that came to its end.
ENDED: Final = ("complete", "incomplete")

# The kinds of objects whose changes Ghost announces by webhooks: if one of these differs when it is
# compared, the announcement was lost or is still under way.
ANNOUNCED: Final = ("posts", "pages", "tags", "members")

# A run's row shows the first failures; their number is in the counts.
_FAILURES_SHOWN = 500

_KEPT_DAYS = 60

# For a Ghost whose answers have no date: its clock may differ from ours by so much.
_CLOCKS_DIFFER = timedelta(minutes=10)

_RUNS = Counter("ghost_sync_runs", "Passes over Ghost, by kind and outcome.", ["kind", "outcome"])
_DRIFT = Counter(
    "ghost_drift_objects",
    "Objects in which the mirror differed from Ghost when they were compared, by kind.",
    ["kind"],
)
_SECONDS = Histogram(
    "ghost_sync_seconds",
    "How long passes over Ghost took.",
    ["kind"],
    buckets=(0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0),
)
_LAST = Gauge(
    "ghost_last_complete_run_timestamp_seconds",
    "When the last complete pass of this process ended, by kind.",
    ["kind"],
)


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
    kind: str
    started_at: datetime
    outcome: str = "running"
    error: str | None = None
    counts: defaultdict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    failures: list[GhostObjectFailure] = field(default_factory=list)
    cursor: datetime | None = None
    has_seen_members: bool = False

    @property
    def has_changes(self) -> bool:
        """Whether any row of content was written."""
        return any(c.added or c.changed or c.removed for c in self.counts.values())

    @property
    def drift(self) -> int | None:
        """How many announced objects differed; None where the pass does not compare."""
        if self.kind not in {IDS, CHANGES}:
            return None
        return sum(self.counts[kind].differing for kind in ANNOUNCED if kind in self.counts)

    def fail(self, failure: GhostObjectFailure) -> None:
        """Record an object that could not be taken."""
        self.counts[failure.kind].failed += 1
        self.failures.append(failure)

    def begin(self, ghosts_time: datetime | None) -> None:
        """Note when the pass began to read, by Ghost's own clock if that is known."""
        self.cursor = ghosts_time or self.started_at - _CLOCKS_DIFFER


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
        return Report(run.id, kind, run.started_at)


async def end_run(database: Database, report: Report) -> None:
    """Complete the row of a pass, and count it."""
    has_ended = report.outcome in ENDED
    async with database.unit_of_work() as work:
        ended_at = await work.session.scalar(
            update(SyncRun)
            .where(SyncRun.id == report.run_id)
            .values(
                outcome=report.outcome,
                error=report.error,
                ended_at=func.clock_timestamp(),
                counts={kind: asdict(counts) for kind, counts in report.counts.items()},
                failures=[asdict(failure) for failure in report.failures[:_FAILURES_SHOWN]],
                drift=report.drift,
                cursor=report.cursor if has_ended else None,
                members_at=report.started_at if report.has_seen_members else None,
            )
            .returning(SyncRun.ended_at)
        )
    _RUNS.labels(report.kind, report.outcome).inc()
    if ended_at is not None:
        _SECONDS.labels(report.kind).observe((ended_at - report.started_at).total_seconds())
    if report.drift is not None:
        for kind in ANNOUNCED:
            _DRIFT.labels(kind).inc(report.counts[kind].differing if kind in report.counts else 0)
    if report.outcome == "complete":
        _LAST.labels(report.kind).set_to_current_time()
    log.info(
        "sync run ended",
        run=report.run_id,
        kind=report.kind,
        outcome=report.outcome,
        error=report.error,
        drift=report.drift,
        failures=len(report.failures),
        counts={kind: asdict(counts) for kind, counts in report.counts.items()},
    )


def _is_over(source: str) -> ColumnElement[bool]:
    is_over: ColumnElement[bool] = (SyncRun.source == source) & SyncRun.outcome.in_(ENDED)
    return is_over


async def ran_within(database: Database, source: str, seconds: float) -> bool:
    """Whether a full pass over `source` began within the last `seconds` and came to its end.

    The database compares, by its own clock: those of several machines may differ.
    """
    began = func.clock_timestamp() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    async with database.read() as connection:
        found = await connection.scalar(
            select(SyncRun.id)
            .where(_is_over(source), SyncRun.kind == FULL, SyncRun.started_at > began)
            .limit(1)
        )
    return found is not None


class Run(Struct, frozen=True):
    """One pass, as the desk shows it; see `models.site.SyncRun` for what the fields mean."""

    id: int
    kind: str
    source: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    error: str | None
    counts: dict[str, Any]
    failures: list[Any]
    drift: int | None

    @property
    def changes(self) -> int:
        """How many objects were written."""
        names = ("added", "changed", "removed")
        return sum(it.get(name, 0) for it in self.counts.values() for name in names)

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is under way."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


class Past(Struct, frozen=True):
    """What earlier passes over a Ghost say about the next one, in seconds.

    `since_any`: since the last one began, whatever became of it. `since_ids`: since the last one
    began that saw every id, and `took`: how long that was. `cursor`: Ghost's time until when all
    changes are known. None where there was none.
    """

    since_any: float | None
    since_ids: float | None
    took: float | None
    cursor: datetime | None


async def past_runs(database: Database, source: str) -> Past:
    """Look at the passes over a Ghost."""
    now = func.clock_timestamp()
    async with database.read() as connection:
        since_any = await connection.scalar(
            select(func.extract("epoch", now - SyncRun.started_at))
            .where(SyncRun.source == source)
            .order_by(SyncRun.id.desc())
            .limit(1)
        )
        ids = (
            await connection.execute(
                select(
                    func.extract("epoch", now - SyncRun.started_at).label("since"),
                    func.extract("epoch", SyncRun.ended_at - SyncRun.started_at).label("took"),
                )
                .where(_is_over(source), SyncRun.kind.in_((FULL, IDS)))
                .order_by(SyncRun.id.desc())
                .limit(1)
            )
        ).first()
        cursor = await connection.scalar(
            select(SyncRun.cursor)
            .where(SyncRun.source == source, SyncRun.cursor.is_not(None))
            .order_by(SyncRun.id.desc())
            .limit(1)
        )
    return Past(
        since_any=None if since_any is None else float(since_any),
        since_ids=None if ids is None else float(ids.since),
        took=None if ids is None else float(ids.took or 0),
        cursor=cursor,
    )


async def forget_old_runs(database: Database) -> None:
    """Remove the rows of passes that nobody asks for any more."""
    async with database.unit_of_work() as work:
        await work.session.execute(
            delete(SyncRun).where(
                SyncRun.started_at < func.clock_timestamp() - timedelta(days=_KEPT_DAYS),
                SyncRun.kind.in_((IDS, CHANGES)),
            )
        )
