"""The job that makes posts follow a snippet, as whoever changes something asks for it."""

from typing import Final

from msgspec import Struct

from infrastructure.database import UnitOfWork
from infrastructure.jobs import Job, enqueue


class Spread(Struct, frozen=True):
    """Which snippet posts are to follow."""

    snippet_id: int


SPREAD: Final = Job(name="snippets.spread", payload=Spread)

# On a session: that what it writes comes from a snippet, so that nothing is to be asked for.
SPREADING: Final = "spreading a snippet"


async def ask(work: UnitOfWork, snippet_id: int) -> None:
    """Let posts follow a snippet after the commit; whatever waits for the same is one with it."""
    await enqueue(work, SPREAD, Spread(snippet_id), key=str(snippet_id))
