"""The commands of `quart …`: what an operator does from a shell.

Each works with the settings of the app, starts or finds the embedded database where none is set,
and exits non-zero with one sentence on standard error when it fails.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click

from infrastructure.database import Database
from infrastructure.factory import BaseApp
from infrastructure.logs import get_logger
from infrastructure.preparation import prepare, with_database
from infrastructure.settings import Settings
from services.accounts.greeting import administrator_link
from services.ghost import status
from services.ghost.client import GhostClient
from services.ghost.compare import compare
from services.ghost.detachment.leaving import leave
from services.ghost.detachment.state import left_at
from services.ghost.events import EVENTS
from services.ghost.exporting import export_site
from services.ghost.importing import import_export
from services.ghost.lock import sync_lock
from services.ghost.reconcile import drift_now, reconcile_ids
from services.ghost.runs import Progress, Report
from services.ghost.startup import ghost_client, ghost_config
from services.ghost.sync import sync
from services.ghost.webhooks import Target, connect, disconnect
from services.media import open_library
from services.media.intake import OF_A_WHOLE_SITE
from services.registry import register_domain_services

log = get_logger(__name__)

# A terminal is not filled with every difference of a mirror that was never synced.
_SHOWN = 50

# How long a status waits for Ghost.
_ASK_SECONDS = 10


def _fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)


def _run(
    settings: Settings, work: Callable[[Database, Settings], Coroutine[Any, Any, None]]
) -> None:
    """Run a command against a migrated database; turn what goes wrong into a sentence."""

    async def with_connection(ready: Settings) -> None:
        await prepare(ready, patience=10)
        direct = ready.database_direct_url
        database = Database(
            str(ready.database_url), direct_url=str(direct) if direct is not None else None
        )
        # What a command changes of posts is told as well.
        register_domain_services(database, ready.public_url)
        try:
            await work(database, ready)
        finally:
            await database.close()

    try:
        with with_database(settings) as ready:
            asyncio.run(with_connection(ready))
    except Exception as error:  # noqa: BLE001 - the shell gets one sentence, whatever went wrong
        _fail(str(error) or type(error).__name__)


class _Bar:
    """A line on a terminal that shows how far a pass is; elsewhere it says nothing."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()

    def __call__(self, progress: Progress) -> None:
        if not self._is_shown:
            return
        whole = progress.done + progress.remaining
        filled = 30 * progress.done // whole if whole else 30
        bar = "█" * filled + "·" * (30 - filled)
        click.echo(f"\r{progress.kind:<12} {bar} {progress.done}/{whole}", nl=False, err=True)
        if progress.remaining == 0:
            click.echo(err=True)


def _tell(report: Report) -> None:
    """Print what a pass did, and fail where it did not do all of it."""
    for kind, counts in report.counts.items():
        click.echo(
            f"{kind:<12} {counts.added} added, {counts.changed} changed, "
            f"{counts.unchanged} unchanged, {counts.removed} removed, {counts.failed} failed"
        )
    for failure in report.failures[:_SHOWN]:
        click.echo(f"  {failure.kind} {failure.ghost_id or '?'}: {failure.reason}")
    if report.error is not None:
        _fail(report.error)
    if report.failures:
        _fail(f"{len(report.failures)} objects could not be taken; see above.")


def add_commands(app: BaseApp, make_app: Callable[[Settings], BaseApp]) -> None:
    """Give the app's command line the project's commands.

    Args:
        app: whose.
        make_app: makes another one, for a command that needs all of it on a database at hand.
    """
    settings = app.settings
    _add_people_commands(app)
    _add_work_command(app, make_app)
    _add_ghost_commands(app)

    @app.cli.command("migrate")
    def migrate() -> None:
        """Bring the database to the version of this code."""

        async def work(_: Database, __: Settings) -> None:
            click.echo("The database is up to date.")

        _run(settings, work)

    @app.cli.command("import-ghost")
    @click.argument("file", type=click.Path(path_type=Path))
    def import_ghost(file: Path) -> None:
        """Import a Ghost export."""

        async def work(database: Database, _: Settings) -> None:
            _tell(await import_export(database, file, on_progress=_Bar()))

        _run(settings, work)

    @app.cli.command("export")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--overwrite", is_flag=True, help="Replace FILE if there is one.")
    def export(file: Path, *, overwrite: bool) -> None:
        """Write the whole site into FILE, in the format of Ghost's exports."""

        async def work(database: Database, _: Settings) -> None:
            done = await export_site(database, file, may_overwrite=overwrite)
            click.echo(done.sentence)
            if done.warning is not None:
                click.echo(done.warning, err=True)

        _run(settings, work)


def _add_work_command(app: BaseApp, make_app: Callable[[Settings], BaseApp]) -> None:
    settings = app.settings

    @app.cli.command("work")
    def work() -> None:
        """Run jobs until SIGINT or SIGTERM, without serving anybody; see RUN_JOBS_IN."""

        async def run(_: Database, ready: Settings) -> None:
            await _work(make_app(ready.model_copy(update={"run_jobs_in": "web"})))

        _run(settings, run)


async def _work(app: BaseApp) -> None:
    """Live as a web worker does, but for the requests."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await app.startup()
    log.info("jobs are run")
    await stop.wait()
    await app.shutdown()


def _add_ghost_commands(app: BaseApp) -> None:
    settings = app.settings

    @app.cli.command("sync-ghost")
    @click.option("--full", is_flag=True, help="Read everything, not only what differs.")
    @click.option(
        "--remove-many", is_flag=True, help="It is meant that most of something is gone in Ghost."
    )
    def sync_ghost(*, full: bool, remove_many: bool) -> None:
        """Make the mirror equal to Ghost."""
        _run(settings, partial(_sync, full=full, remove_many=remove_many))

    @app.cli.command("ghost-status")
    @click.option("--compare", "is_comparing", is_flag=True, help="Compare every field.")
    def ghost_status(*, is_comparing: bool) -> None:
        """Show whether Ghost answers, and whether the mirror equals it."""
        _run(settings, partial(_show_status, is_comparing=is_comparing))

    @app.cli.command("ghost-connect")
    @click.option("--remove", is_flag=True, help="Have Ghost call this site no more.")
    def ghost_connect(*, remove: bool) -> None:
        """Have Ghost call this site for every event; any number of times."""
        _run(settings, _disconnect if remove else _connect)

    @app.cli.command("ghost-detach")
    @click.option("--dry-run", is_flag=True, help="Only say how much there is to do.")
    def ghost_detach(*, dry_run: bool) -> None:
        """Leave Ghost for good: copy its files, and make everything this site's own."""
        _run(settings, partial(_detach, is_dry=dry_run))


async def _detach(database: Database, settings: Settings, *, is_dry: bool) -> None:
    library = open_library(settings, database, caps=OF_A_WHOLE_SITE)
    try:
        async with ghost_client(settings) as client:
            left = await leave(
                database, client, library, settings, is_dry=is_dry, on_progress=_Bar()
            )
    finally:
        await library.close()
    if left.was_done:
        click.echo("This site has left its Ghost before; there is nothing to do.")
        return
    if left.is_only_looked_at:
        click.echo(f"{left.files} files are to be copied, {left.present} are here already.")
        return
    for name, count in left.rows.items():
        click.echo(f"{name:<15} {count} looked through")
    click.echo(f"{left.files} files were copied, {left.present} were here already.")
    for path, why in sorted(left.missing.items()):
        click.echo(f"  {path}: {why}")
    click.echo(
        "This site is its own place of record now. Remove GHOST_API_URL and the other settings of "
        "Ghost, restart the app, and Ghost may be switched off."
    )
    if left.missing:
        click.echo(f"{len(left.missing)} files could not be had; see above.", err=True)
        sys.exit(2)


async def _sync(database: Database, settings: Settings, *, full: bool, remove_many: bool) -> None:
    async with database.read() as connection:
        if await left_at(connection) is not None:
            _fail("This site has left its Ghost; it is no longer synced.")
    async with ghost_client(settings) as client, sync_lock(database) as is_ours:
        if not is_ours:
            _fail("Another process syncs at this moment; try again when it is done.")
        run = sync if full else reconcile_ids
        report = await run(database, client, _Bar(), may_remove_many=remove_many)
    _tell(report)


async def _connect(database: Database, settings: Settings) -> None:
    target = Target.of(settings)
    async with ghost_client(settings) as client:
        done = await connect(database, client, target)
    click.echo(done.sentence)
    for stranger in sorted(done.strangers):
        click.echo(f"With the same key, Ghost calls {stranger} as well: another site of this app.")
    for event, why in done.refused.items():
        click.echo(f"  {event}: {why}")
    if done.warning is not None:
        _fail(done.warning)
    if done.refused:
        _fail(f"{len(done.refused)} webhooks could not be registered; see above.")


async def _disconnect(database: Database, settings: Settings) -> None:
    async with ghost_client(settings) as client:
        click.echo(f"{await disconnect(database, client)} webhooks were removed.")


async def _show_status(database: Database, settings: Settings, *, is_comparing: bool) -> None:
    source = ghost_config(settings).admin_url
    answer = await status.ask(settings, _ASK_SECONDS)
    async with database.read() as connection:
        for line in _lines_of(await status.state(connection, source)):
            click.echo(line)
    if not answer.is_well:
        _fail(answer.sentence)
    click.echo(answer.sentence)
    async with ghost_client(settings) as client:
        await (_compare if is_comparing else _tell_drift)(database, client)
    if answer.warning is not None:
        _fail(answer.warning)


def _lines_of(state: status.State) -> Iterator[str]:
    """Say what our tables say of a Ghost."""
    yield _line("Webhooks", f"{len(state.registered)} of {len(EVENTS)} registered")
    if state.registered and state.missing:
        yield _line("", f"missing: {', '.join(state.missing)}")
    if state.inbox.last:
        heard = state.inbox.last[0]
        yield _line("Last heard", f"{heard.received_at:%Y-%m-%d %H:%M:%S} UTC, {heard.event}")
    waiting = state.inbox.waiting
    since = f", the first since {state.inbox.oldest:%Y-%m-%d %H:%M:%S} UTC" if waiting else ""
    yield _line("Inbox", f"{waiting} wait{since}; {state.dead} given up")
    for what, run in (
        ("Running", state.running),
        ("Compared", state.compared),
        ("All ids", state.whole),
        ("Everything", state.full),
    ):
        if run is not None:
            took = "" if run.seconds is None else f", {run.seconds:.1f} s"
            drift = f", {run.drift} had changed unheard" if run.drift else ""
            failed = f", {len(run.failures)} failed" if run.failures else ""
            moment = f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"
            yield _line(what, f"{moment}{took}: {run.outcome}{drift}{failed}")
        elif what != "Running":
            yield _line(what, "never")
    seen = "never"
    if state.members_at is not None:
        seen = f"all {state.members} seen {state.members_at:%Y-%m-%d %H:%M:%S} UTC"
    stale = "" if state.are_members_fresh else "; nobody reads a gated text because of Ghost"
    yield _line("Members", seen + stale)


def _line(what: str, said: str) -> str:
    return f"{what:<12} {said}"


async def _tell_drift(database: Database, client: GhostClient) -> None:
    """Count what differs at this moment, without repairing it."""
    drift = await drift_now(database, client)
    if not any(drift.values()):
        click.echo("Nothing differs.")
        return
    told = ", ".join(f"{kind} {count}" for kind, count in drift.items() if count)
    click.echo(f"Differing now: {told}. The next pass repairs that; quart sync-ghost does so now.")


async def _compare(database: Database, client: GhostClient) -> None:
    found = 0
    async for difference in compare(database, client):
        found += 1
        if found <= _SHOWN:
            place = f"{difference.kind} {difference.ghost_id}"
            what = f".{difference.field}" if difference.field else ""
            click.echo(f"{place}{what}: Ghost {difference.ghosts!r}, here {difference.ours!r}")
    if found:
        _fail(f"{found} differences.")
    click.echo("The mirror equals Ghost.")


def _add_people_commands(app: BaseApp) -> None:
    settings = app.settings

    @app.cli.command("create-admin")
    @click.argument("email")
    def create_admin(email: str) -> None:
        """Give somebody the run of the site, and print a one-time sign-in link for them."""

        async def work(database: Database, ready: Settings) -> None:
            click.echo(await administrator_link(database, ready, email))

        _run(settings, work)
