"""Taking snippets over from an export: as detached ones, which is all that Ghost itself knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError
from lexical import LexicalError, from_mobiledoc
from models.snippets import Snippet
from services.accounts.viewer import ANONYMOUS
from services.audit.log import Actor
from services.snippets.editing import LONGEST_NAME, create
from services.snippets.pieces import value_of

_IMPORT: Final = Actor("import-ghost")


async def take_over(
    work: UnitOfWork,
    ghost_id: str,
    name: str,
    *,
    lexical: str | None,
    mobiledoc: str | None,
    times: tuple[datetime | None, datetime | None] = (None, None),
    ours: Mapping[str, Any] | None = None,
) -> bool:
    """Keep a copy of a snippet of Ghost's, for everyone who writes here.

    Args:
        work: the transaction.
        ghost_id: Ghost's id of it.
        name: that it has there.
        lexical: what it is, as Koenig writes it.
        mobiledoc: what it is in Ghost's old format, where it has not been changed since.
        times: when it was made and when it was changed.
        ours: what an export of this app says besides: `uuid`, `folder`, `mode`.

    Returns:
        Whether it is new; one that is here already, changed or deleted since, is left alone.

    Raises:
        InvalidError: it cannot be kept.
    """
    ours = ours or {}
    uuid = _uuid_of(ours.get("uuid"))
    known = await work.session.scalar(
        select(Snippet.id).where((Snippet.ghost_id == ghost_id) | (Snippet.uuid == uuid)).limit(1)
    )
    if known is not None:
        return False
    value = lexical or _converted(mobiledoc)
    given = {
        "name": name.strip()[:LONGEST_NAME] or "Untitled",
        "folder": str(ours.get("folder") or ""),
        # Posts name a synced one by its uuid.
        "mode": "synced" if uuid and ours.get("mode") == "synced" else "detached",
    }
    made = await create(work, ANONYMOUS, _IMPORT, value, ghost_id=ghost_id, **given)
    if uuid is not None:
        made.uuid = uuid
    for column, moment in zip(("created_at", "updated_at"), times, strict=True):
        if moment is not None:
            setattr(made, column, moment)
    return True


def _uuid_of(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _converted(mobiledoc: str | None) -> str:
    try:
        root: Any = from_mobiledoc(msgspec.json.decode(mobiledoc or ""))["root"]
    except (msgspec.DecodeError, LexicalError) as error:
        message = "This is in no format that can be read."
        raise InvalidError(message) from error
    return value_of(root["children"])
