"""One piece of work per key, however many wait for it.

The work runs in a task of its own: a reader who goes away takes nothing from those who wait.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Flights(Generic[K, T]):
    """The work under way."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self._by_key: dict[K, asyncio.Task[T]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """How many keys are being worked on."""
        return len(self._by_key)

    def under_way(self, key: K) -> asyncio.Task[T] | None:
        """Return the work on a key, or None."""
        return self._by_key.get(key)

    def join(self, key: K, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """Return the work on a key, started now where there was none."""
        return self._by_key.get(key) or self.start(key, work)

    def start(self, key: K, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """Start work on a key; who comes later joins this one."""
        task = self.aside(work())
        self._by_key[key] = task
        task.add_done_callback(lambda done: self._landed(key, done))
        return task

    def aside(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run work that nobody joins; it is stopped with the rest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Cancel what is under way and wait until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: K, done: asyncio.Task[T]) -> None:
        if self._by_key.get(key) is done:
            del self._by_key[key]
        # Marks an exception as seen: it is also given to everyone who awaits the task.
        if not done.cancelled():
            done.exception()
