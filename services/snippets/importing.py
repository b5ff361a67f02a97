"""Taking snippets over from Ghost: as detached ones, which is all that Ghost knows."""

from typing import Any, Final

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
    work: UnitOfWork, ghost_id: str, name: str, *, lexical: str | None, mobiledoc: str | None
) -> bool:
    """Keep a copy of a snippet of Ghost's, for everyone who writes here.

    Args:
        work: the transaction.
        ghost_id: Ghost's id of it.
        name: that it has there.
        lexical: what it is, as Koenig writes it.
        mobiledoc: what it is in Ghost's old format, where it has not been changed since.

    Returns:
        Whether it is new; one that is here already, changed or deleted since, is left alone.

    Raises:
        InvalidError: it cannot be kept.
    """
    known = await work.session.scalar(select(Snippet.id).where(Snippet.ghost_id == ghost_id))
    if known is not None:
        return False
    value = lexical or _converted(mobiledoc)
    name = name.strip()[:LONGEST_NAME] or "Untitled"
    await create(work, ANONYMOUS, _IMPORT, value, ghost_id=ghost_id, name=name, mode="detached")
    return True


def _converted(mobiledoc: str | None) -> str:
    try:
        root: Any = from_mobiledoc(msgspec.json.decode(mobiledoc or ""))["root"]
    except (msgspec.DecodeError, LexicalError) as error:
        message = "This is in no format that can be read."
        raise InvalidError(message) from error
    return value_of(root["children"])
