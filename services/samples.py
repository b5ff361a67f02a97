"""The sample site: what an empty database gets where that is set, so that there is much to see.

It comes in by the ways that a coop's own content takes: the importer of Ghost exports and the
store of media.
"""

from pathlib import Path
from typing import Any

import asyncpg
import yaml
from sqlalchemy import select

from infrastructure.database import Database, UnitOfWork, libpq_url
from infrastructure.logs import get_logger
from infrastructure.settings import ROOT
from models.content import Tag, TagGroup, TagGroupMember
from services.ghost.importing import import_export, is_empty
from services.media import MediaLibrary

log = get_logger(__name__)

FOLDER = ROOT / "samples"

# Any number will do as long as every version of the app takes the same.
_LOCK = 7_305_841_962


async def add_sample_site(database: Database, library: MediaLibrary, folder: Path = FOLDER) -> bool:
    """Fill an empty database with the sample site; tell whether it was empty.

    Every worker calls this before it serves: one fills it, the others wait until it is done.

    Raises:
        ExportError: the sample site cannot be read.
    """
    if not await is_empty(database):
        return False
    lock = await asyncpg.connect(libpq_url(database.direct_url))
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", _LOCK)
        if not await is_empty(database):
            return False
        async with database.unit_of_work() as work:
            await library.import_folder(work, folder / "content")
        report = await import_export(database, folder / "site.json")
        async with database.unit_of_work() as work:
            await _add_tag_groups(work, _read_groups(folder / "groups.yaml"))
        log.info("the sample site is in", outcome=report.outcome)
        return True
    finally:
        await lock.close(timeout=5)


def _read_groups(path: Path) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text())
    return groups


async def _add_tag_groups(work: UnitOfWork, groups: list[dict[str, Any]]) -> None:
    ids = {tag.slug: tag.id for tag in await work.session.scalars(select(Tag))}
    for place, group in enumerate(groups):
        members = [
            TagGroupMember(tag_id=ids[slug], position=position)
            for position, slug in enumerate(group["tags"])
        ]
        work.session.add(
            TagGroup(slug=group["slug"], name=group["name"], position=place, members=members)
        )
