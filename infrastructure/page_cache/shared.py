"""The level of the page cache that several workers share: what the layer asks of it.

Without Redis there is none: `NoSharedLevel` has nothing, and everybody's turn comes at once.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple, Protocol

from infrastructure.page_cache.declare import Policy
from infrastructure.page_cache.epochs import Epochs
from infrastructure.page_cache.messages import Purge
from infrastructure.page_cache.page import Answer, Page
from infrastructure.page_cache.store import Key


class Stamp(NamedTuple):
    """Up to where a worker knew of changes: a number, counted from some beginning."""

    generation: str
    number: int


class Turn:
    """One worker's turn to render a page.

    `page` is what another worker made while this one waited, read when the clock of purges stood
    at `since`.
    """

    def __init__(self, page: Page | None = None, since: int = 0) -> None:
        """Begin with what others made."""
        self.page = page
        self.since = since
        self.offered: tuple[Page, Answer, Stamp] | None = None

    def offer(self, page: Page, answer: Answer, stamp: Stamp | None) -> None:
        """Give what was rendered to the others, who judge by `stamp` whether it is true."""
        if stamp is not None:
            self.offered = (page, answer, stamp)


class SharedLevel(Protocol):
    """Pages that several workers share; every failure looks like an empty level."""

    @property
    def ready(self) -> bool:
        """Whether it is in use."""

    @property
    def stamp(self) -> Stamp | None:
        """The last purge that this worker heard, as all who share count them; None: unknown."""

    def bind(self, epochs: Epochs, forget: Callable[[], None], cdn_seconds: int) -> None:
        """Take what belongs to this process: its clock, and how it forgets what it computed."""

    async def fetch(self, key: Key, policy: Policy) -> Page | None:
        """Return a page that is true and fresh by all that is known to anyone who shares."""

    def turn(self, key: Key, policy: Policy) -> AbstractAsyncContextManager[Turn]:
        """Wait, not for long, while another worker renders a page; then have one's turn."""

    async def attach(self) -> None:
        """Begin: from now on every purge is heard."""

    def detach(self) -> None:
        """Stop using the level: purges may go unheard."""

    def purge(self, purge: Purge) -> None:
        """Take note of a purge, in the order in which they are heard."""

    async def close(self) -> None:
        """Let go of what it holds."""


class NoSharedLevel:
    """Nothing is shared."""

    ready = False
    stamp = None

    def bind(self, epochs: Epochs, forget: Callable[[], None], cdn_seconds: int) -> None:
        """Do nothing."""

    async def fetch(self, key: Key, policy: Policy) -> Page | None:
        """Return None."""
        del key, policy
        return None

    @asynccontextmanager
    async def turn(self, key: Key, policy: Policy) -> AsyncIterator[Turn]:
        """Have one's turn at once."""
        del key, policy
        yield Turn()

    async def attach(self) -> None:
        """Do nothing."""

    def detach(self) -> None:
        """Do nothing."""

    def purge(self, purge: Purge) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
