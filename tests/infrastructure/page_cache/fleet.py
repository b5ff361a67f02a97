"""Several workers of the real app over one database, and a witness that never caches.

Each worker has its own page cache and its own ear; what it hears may come late, and what it renders
may take long, as on a busy machine. The witness renders everything anew and so tells the truth.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

from app import create_app
from infrastructure.database import UnitOfWork
from infrastructure.factory import BaseApp
from infrastructure.page_cache.layer import PageCacheLayer
from infrastructure.page_cache.messages import Purge
from infrastructure.page_cache.render import AsgiApp, Receive, Scope, Send
from infrastructure.settings import load_settings
from tests.infrastructure.page_cache.browser import Reply, get

# After this long nobody may see what was true before a commit.
GRACE = 1.0


async def until(is_so: Callable[[], bool], *, seconds: float = 5) -> None:
    """Wait until something is so; fail where that takes too long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        await asyncio.sleep(0.01)


@dataclass
class Worker:
    """One process's worth of the app."""

    app: BaseApp
    longest_render: float = 0
    lag: float = 0

    @property
    def layer(self) -> PageCacheLayer:
        return cast("PageCacheLayer", self.app.asgi_app)

    async def get(self, target: str, *, method: str = "GET", **headers: str) -> Reply:
        return await get(cast("AsgiApp", self.app.asgi_app), target, method=method, **headers)

    async def start(self) -> None:
        self._make_slow()
        cache = self.app.page_cache
        if cache.store.limit:
            cache.start()
            await cache.wait_until_ready(5)

    async def stop(self) -> None:
        await self.app.page_cache.stop()
        await self.app.database.close()

    def _make_slow(self) -> None:
        """Let a render end some time after its queries, and a message come some time late."""
        render, listener = self.layer._app, self.app.page_cache._listener
        hear = listener._on_purge

        async def slow_render(scope: Scope, receive: Receive, send: Send) -> None:
            async def slow_send(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start" and self.longest_render:
                    await asyncio.sleep(random.uniform(0, self.longest_render))
                await send(message)

            await render(scope, receive, slow_send)

        def late(purge: Purge) -> None:
            if self.lag:
                asyncio.get_running_loop().call_later(self.lag, hear, purge)
            else:
                hear(purge)

        self.layer._app = slow_render
        listener._on_purge = late


def worker(database_url: str, redis_url: str | None = None, **settings: object) -> Worker:
    """Make a worker of the real app with these settings."""
    chosen = {
        "environment": "test",
        "database_pool_size": 5,
        "rate_limits": False,
        **settings,
    }
    chosen |= {"database_url": database_url, "redis_url": redis_url}
    return Worker(create_app(load_settings(**chosen)))


@dataclass
class Truth:
    """What the witness saw of an address, from when and until when it may be shown."""

    essence: tuple[int, str, str]
    since: float
    until: float = math.inf


@dataclass
class Answer:
    """What a worker answered, and when."""

    target: str
    reply: Reply
    worker: int
    asked: float
    answered: float


# Without a repr: hypothesis would print every answer of a long story.
@dataclass(repr=False)
class Fleet:
    """Workers, their witness, what was true when, and what they answered."""

    workers: list[Worker]
    witness: Worker
    truths: dict[str, list[Truth]] = field(default_factory=dict)
    commits: list[tuple[float, float]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @classmethod
    def of(cls, count: int, database_url: str, redis_url: str | None = None) -> Self:
        return cls(
            [worker(database_url, redis_url) for _ in range(count)],
            worker(database_url, page_cache_bytes=0),
        )

    async def __aenter__(self) -> Self:
        for it in (*self.workers, self.witness):
            self._stack.push_async_callback(it.stop)
            await it.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def shared_ready(self) -> None:
        """Wait until every worker takes part in the shared level."""
        await until(lambda: all(it.app.page_cache.shared.ready for it in self.workers))

    async def begin(self, targets: Iterable[str]) -> None:
        """Forget all that was seen and write down what is true now."""
        self.truths.clear()
        self.commits.clear()
        self.answers.clear()
        at = time.monotonic()
        for target in targets:
            self.truths[target] = [Truth(_essence(await self.witness.get(target)), at)]

    async def change(self, edit: Callable[[UnitOfWork], Awaitable[None]], by: Worker) -> None:
        """Have a worker make a change, and write down what is true after it."""
        before = time.monotonic()
        async with by.app.database.unit_of_work() as work:
            await edit(work)
        after = time.monotonic()
        self.commits.append((before, after))
        for target, told in self.truths.items():
            essence = _essence(await self.witness.get(target))
            if told[-1].essence != essence:
                told[-1].until = after + GRACE
                told.append(Truth(essence, before))

    async def read(self, target: str, number: int) -> None:
        """Ask one worker."""
        asked = time.monotonic()
        reply = await self.workers[number].get(target)
        self.answers.append(Answer(target, reply, number, asked, time.monotonic()))

    def judge(self) -> None:
        """Fail if any answer shows what had been untrue for too long when it was asked for."""
        for answer in self.answers:
            problem = self._problem(answer)
            assert problem is None, problem

    def _problem(self, answer: Answer) -> str | None:
        told = self.truths[answer.target]
        essence = _essence(answer.reply)
        for truth in told:
            if (
                truth.essence == essence
                and truth.since <= answer.answered
                and answer.asked <= truth.until
            ):
                return None
        versions = [number for number, truth in enumerate(told) if truth.essence == essence]
        if not versions and any(
            answer.asked <= after and before <= answer.answered for before, after in self.commits
        ):
            # Read in two statements with a commit between them; shown once, and not kept.
            return None
        return (
            f"{answer.target} by worker {answer.worker} ({answer.reply.verdict}) shows version "
            f"{versions or '?'} of {len(told)}, asked for {answer.asked - told[-1].since:.2f} s "
            f"after the last change.\nShown: {essence}\nTrue: {told[-1].essence}"
        )


def _essence(reply: Reply) -> tuple[int, str, str]:
    return reply.status, reply.headers.get("location", ""), reply.text
