"""Importing a Ghost export: the same way into our rows as a sync, any number of times.

An object that is here already (by Ghost's id, a post also by its uuid) is changed only if the
export has a newer one, so an import never undoes what was written here since.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

import lexical
from infrastructure.database import Database
from infrastructure.errors import InvalidError
from models.content import Post
from services.ghost import mirror
from services.ghost.errors import GhostObjectFailure
from services.ghost.export import Export
from services.ghost.mapping import NEWSLETTERS, PAGES, POSTS, TAGS, TIERS, USERS, G, Mapping
from services.ghost.results import GhostPost, GhostSnippet
from services.ghost.runs import Progress, Report, end_run, start_run
from services.ghost.sync import apply_batch
from services.posts.rendering import html_of
from services.snippets.importing import take_over

_BATCH = 50


async def is_empty(database: Database) -> bool:
    """Whether there is no post or page yet, not even a deleted one."""
    async with database.read() as connection:
        return await connection.scalar(select(Post.id).limit(1)) is None


async def import_export(
    database: Database,
    path: Path,
    *,
    address: str = "",
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Import a file.

    Args:
        database: where to.
        path: a Ghost export.
        address: what takes the place of the exported site's own address in links and pictures.
        on_progress: is told how far the import is.

    Returns:
        What was done, with every object that could not be taken and why.

    Raises:
        ExportError: the file is no Ghost export; nothing was written.
    """
    export = Export.read(path, address=address)
    report = await start_run(database, "import", path.name)
    try:
        async with database.unit_of_work() as work:
            report.counts["settings"].add(await mirror.apply_settings(work, export.settings()))
        kinds: list[tuple[Mapping[Any], Iterable[Any]]] = [
            (TIERS, export.tiers()),
            (NEWSLETTERS, export.newsletters()),
            (USERS, export.users()),
            (TAGS, export.tags()),
            (POSTS, map(_rendered, export.posts())),
            (PAGES, map(_rendered, export.pages())),
        ]
        for mapping, items in kinds:
            await _import_kind(database, mapping, items, report, on_progress)
        await _import_snippets(database, export.snippets(), report)
        for failure in export.failures:
            report.fail(failure)
        report.outcome = "incomplete" if report.failures else "complete"
    except BaseException as error:
        report.outcome = "failed"
        report.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        await end_run(database, report)
    return report


async def _import_kind(
    database: Database,
    mapping: Mapping[G],
    items: Iterable[G],
    report: Report,
    on_progress: Callable[[Progress], None],
) -> None:
    remaining = iter(items)
    done = 0
    while batch := tuple(islice(remaining, _BATCH)):
        await apply_batch(database, mapping, batch, report)
        done += len(batch)
        on_progress(Progress(mapping.kind, done, 0))


async def _import_snippets(
    database: Database, items: Iterable[GhostSnippet], report: Report
) -> None:
    """Take snippets into the library, Ghost's own as copies; never over what is there."""
    counts = report.counts["snippets"]
    for item in items:
        try:
            async with database.unit_of_work() as work:
                is_new = await take_over(
                    work,
                    item.id,
                    item.name or "",
                    lexical=item.lexical,
                    mobiledoc=item.mobiledoc,
                    times=(item.created_at, item.updated_at),
                    ours=item.extra,
                )
        except InvalidError as error:
            report.fail(GhostObjectFailure("snippets", item.id, str(error)))
        else:
            counts.added += is_new
            counts.unchanged += not is_new


def _rendered(post: GhostPost) -> GhostPost:
    """Complete a post with what an export leaves out and derives from the document."""
    if post.lexical is None:
        return post
    try:
        document = msgspec.json.decode(post.lexical)
        derived: dict[str, Any] = {}
        if post.reading_time is None:
            derived["reading_time"] = lexical.reading_minutes(document)
        if post.html is None:
            derived["html"] = html_of(document)
            derived["plaintext"] = lexical.render_plaintext(document)
    except (msgspec.DecodeError, lexical.LexicalError):
        # The document is kept as it is; that it cannot be shown is seen when it is opened.
        return post
    return msgspec.structs.replace(post, **derived)
