"""Passes that make the mirror equal to Ghost without reading everything, and when they run.

`ChangesPass` reads what changed since the last pass by Ghost's own `updated_at`. It does not see
what leaves that time as it was (tags, authors or tiers of a post) nor what is gone. `IdsPass` does:
it lists the ids of everything with what shows a change, a hundred to a request, and reads what
differs. Why they take turns as they do: docs/decisions/0032-reconcile.md.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import select

from infrastructure.database import Database
from infrastructure.jobs import Every, Job, Jobs, Later, Nothing, Run
from infrastructure.settings import Settings
from models.content import Post
from services.ghost import mirror
from services.ghost.client import GhostClient
from services.ghost.compare import linked_ids
from services.ghost.lock import sync_lock
from services.ghost.mapping import PAGES, POSTS, TAGS, Mapping
from services.ghost.mirror import Before
from services.ghost.paging import GhostBatch
from services.ghost.results import GhostListing, GhostPost
from services.ghost.runs import (
    CHANGES,
    IDS,
    Progress,
    Report,
    forget_old_runs,
    past_runs,
)
from services.ghost.startup import ghost_client
from services.ghost.sync import Pass, Read, apply_batch, run_pass, sync

# Ghost's transactions end in another order than they begin, and its times are whole seconds.
_OVERLAP = timedelta(seconds=120)

# Passes over all ids take at most one hundredth of the time; and there is one a day at least.
_SHARE = 100
_LONGEST_SECONDS = 24 * 3600.0

# No time that Ghost gives is as late as this.
_NEVER = datetime.max.replace(tzinfo=UTC)

# What a site of a million posts takes; a pass that hangs is ended by the limits of its requests.
_LONGEST_PASS = 6 * 3600.0

# The pass that is due; and, for whoever asks, the ids of everything. What Ghost does wrong stands
# in the row of the pass and never fails the job.
RECONCILE: Final = Job(name="ghost.reconcile", payload=Nothing, time_limit=_LONGEST_PASS)
COMPARE_ALL: Final = Job(name="ghost.compare-all", payload=Nothing, time_limit=_LONGEST_PASS)

ReadSome = Callable[..., AsyncIterator[GhostBatch[Any]]]


class ChangesPass(Pass):
    """What Ghost says that it changed since a moment by its own clock."""

    kind: ClassVar[str] = CHANGES

    def __init__(self, *args: Any, since: datetime, **options: Any) -> None:
        """As `Pass`; `since` is the cursor of the pass before."""
        super().__init__(*args, **options)
        self._since = since - _OVERLAP

    async def run(self) -> None:
        """Read what changed; see `Pass.run`."""
        client, since = self._client, self._since
        await self._site()
        await self._kind(TAGS, client.read_tags(updated_since=since), None)
        await self._kind(POSTS, client.read_posts(updated_since=since), None)
        await self._kind(PAGES, client.read_pages(updated_since=since), None)
        async for batch in client.read_members(updated_since=since):
            self._note(batch, set())
            await self._apply_members(batch.items)


class IdsPass(Pass):
    """The ids of everything, and what shows that it changed; only what differs is read.

    What is as new as the last pass is read in any case: Ghost's times are whole seconds, and who
    saves twice in one leaves no trace in a list.
    """

    kind: ClassVar[str] = IDS

    def __init__(self, *args: Any, since: datetime | None, **options: Any) -> None:
        """As `Pass`; `since` is the cursor of the pass before."""
        super().__init__(*args, **options)
        self._since = None if since is None else since - _OVERLAP

    async def run(self) -> None:
        """Compare everything and repair what differs; see `Pass.run`."""
        client = self._client
        await self._site()
        await self._kind(TAGS, client.read_tags(), client.read_tag)
        await self._documents(POSTS, client.list_posts(), client.read_posts, client.read_post)
        await self._documents(PAGES, client.list_pages(), client.read_pages, client.read_page)
        await self._members()

    async def _documents(
        self,
        mapping: Mapping[Any],
        listing: AsyncIterator[GhostBatch[GhostListing]],
        read_some: ReadSome,
        read: Read,
    ) -> None:
        seen: set[str] = set()
        is_whole = True
        async for batch in listing:
            is_whole &= self._note(batch, seen)
            before = await differing(self._database, mapping, batch.items, self._since)
            self._report.counts[mapping.kind].unchanged += len(batch.items) - len(before)
            if before:
                await self._repair(mapping, before, read_some(only=list(before)))
            self._on_progress(Progress(mapping.kind, len(seen), batch.remaining))
        if is_whole:
            await self._remove_absent(mapping, seen, read)

    async def _repair(
        self,
        mapping: Mapping[Any],
        before: Before,
        batches: AsyncIterator[GhostBatch[GhostPost]],
    ) -> None:
        async for batch in batches:
            self._note(batch, set())
            if batch.items:
                await apply_batch(self._database, mapping, batch.items, self._report, before=before)


async def differing(
    database: Database,
    mapping: Mapping[Any],
    items: tuple[GhostListing, ...],
    since: datetime | None,
) -> Before:
    """Return the ids of those listed objects that are not, or may not be, here as in Ghost.

    Args:
        database: the mirror.
        mapping: of posts or of pages.
        items: what Ghost lists.
        since: what changed at this moment of Ghost's or later may have changed again.

    Returns:
        With each id the digest that our row has; none where there is no row.
    """
    async with database.read() as connection:
        is_alive = Post.deleted_at.is_(None) & (Post.is_page == (mapping is PAGES))
        rows = (
            await connection.execute(
                select(
                    Post.id,
                    Post.ghost_id,
                    Post.ghost_digest,
                    Post.updated_at,
                    Post.status,
                    Post.visibility,
                    is_alive.label("is_alive"),
                ).where(Post.ghost_id.in_([item.id for item in items]))
            )
        ).all()
        linked = await linked_ids(connection, [row.id for row in rows])
    ours = {row.ghost_id: row for row in rows}
    found: Before = {}
    for item in items:
        row = ours.get(item.id)
        if row is None:
            found[item.id] = None
            continue
        said = (item.updated_at, item.status, item.visibility)
        links = (item.author_ids, item.tag_ids, item.tier_ids)
        is_same = row.is_alive and said == (row.updated_at, row.status, row.visibility)
        is_new = since is None or item.updated_at is None or item.updated_at >= since
        if is_new or not is_same or links != linked[row.id]:
            found[item.id] = row.ghost_digest
    return found


async def drift_now(database: Database, client: GhostClient) -> dict[str, int]:
    """Count the posts, pages and tags in which the mirror differs from Ghost; nothing is written.

    Raises:
        GhostError: Ghost cannot be read to the end.
    """
    counts: dict[str, int] = {}
    for mapping, listing in ((POSTS, client.list_posts()), (PAGES, client.list_pages())):
        seen: set[str] = set()
        differ = 0
        async for batch in listing:
            seen.update(item.id for item in batch.items)
            differ += len(await differing(database, mapping, batch.items, _NEVER))
        counts[mapping.kind] = differ + await _gone(database, mapping, seen)
    seen = set()
    differ = 0
    async for tags in client.read_tags():
        seen.update(tag.id for tag in tags.items)
        async with database.unit_of_work() as work:
            changed, _ = await mirror.find_changed(work.session, TAGS, tags.items, {})
        differ += len(changed)
    counts[TAGS.kind] = differ + await _gone(database, TAGS, seen)
    return counts


async def _gone(database: Database, mapping: Mapping[Any], seen: set[str]) -> int:
    async with database.unit_of_work() as work:
        return len(set(await mirror.known(work.session, mapping)) - seen)


async def reconcile_ids(
    database: Database,
    client: GhostClient,
    on_progress: Callable[[Progress], None] = lambda _: None,
    *,
    may_remove_many: bool = False,
) -> Report:
    """Compare all ids with Ghost and repair what differs; see `run_pass`."""
    since = (await past_runs(database, client.config.admin_url)).cursor
    return await run_pass(
        database,
        client.config.admin_url,
        IDS,
        lambda report: IdsPass(
            database, client, report, on_progress, since=since, may_remove_many=may_remove_many
        ),
    )


async def reconcile_changes(database: Database, client: GhostClient, since: datetime) -> Report:
    """Read what changed in Ghost since a moment by its own clock; see `run_pass`."""
    return await run_pass(
        database,
        client.config.admin_url,
        CHANGES,
        lambda report: ChangesPass(database, client, report, since=since),
    )


async def reconcile(database: Database, client: GhostClient) -> Report:
    """Run the pass that is due: the first reads everything, the next ones what they must."""
    past = await past_runs(database, client.config.admin_url)
    if past.since_ids is None or past.cursor is None:
        return await sync(database, client)
    if past.since_ids < min(_LONGEST_SECONDS, _SHARE * (past.took or 0)):
        return await reconcile_changes(database, client, past.cursor)
    await forget_old_runs(database)
    return await reconcile_ids(database, client)


async def reconcile_alone(
    database: Database,
    client: GhostClient,
    *,
    run: Callable[[Database, GhostClient], Awaitable[Report]] = reconcile,
    every: float = 0,
) -> Report | None:
    """Run a pass if nobody else runs one.

    Args:
        database: the mirror.
        client: the Ghost that is read.
        run: the pass; the one that is due unless somebody wants another.
        every: leave it be when a pass began less than about so many seconds ago: of all workers on
            all machines one is enough.

    Returns:
        What the pass did; None when there was none.
    """
    async with sync_lock(database) as is_ours:
        if not is_ours:
            return None
        past = await past_runs(database, client.config.admin_url)
        if past.since_any is not None and past.since_any < 0.9 * every:
            return None
        return await run(database, client)


def add_jobs(jobs: Jobs, database: Database, settings: Settings) -> None:
    """Let workers reconcile with the Ghost that is set, where one is, and do so every so often."""
    if settings.ghost_api_url is None:
        return
    every = timedelta(seconds=settings.ghost_reconcile_seconds)

    async def reconcile_due(_run: Run, _: Nothing) -> None:
        async with ghost_client(settings) as client:
            await reconcile_alone(database, client, every=every.total_seconds())

    async def compare_all(_run: Run, _: Nothing) -> None:
        async with ghost_client(settings) as client:
            report = await reconcile_alone(database, client, run=reconcile_ids)
        if report is None:
            raise Later("Another pass over Ghost is under way.")

    jobs.add(RECONCILE, reconcile_due, schedule=Every(every))
    jobs.add(COMPARE_ALL, compare_all)
