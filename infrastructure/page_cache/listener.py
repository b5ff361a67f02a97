"""The ear for purges: a connection of its own that LISTENs, and knows when it hears nothing.

It must lead to PostgreSQL directly: a pooler in transaction mode would lose the LISTEN. While it is
not there, nobody can know what changed, so nothing may be kept or served.
"""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from infrastructure.page_cache.messages import CHANNEL, Purge, parse

_log = structlog.get_logger(__name__)

_CONNECT_SECONDS = 5.0
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class PurgeListener:
    """Listens, reconnects, and says when it is deaf."""

    def __init__(
        self,
        url: str,
        *,
        on_ready: Callable[[], Awaitable[None]],
        on_purge: Callable[[Purge], None],
        on_lost: Callable[[], None],
        ping_seconds: float = 1.0,
        ping_timeout: float = 3.0,
    ) -> None:
        """Prepare; `start` connects.

        Args:
            url: `postgresql://…`, direct.
            on_ready: called when every later commit will be heard.
            on_purge: called for each purge, in the order of the commits.
            on_lost: called when commits may have gone unheard.
            ping_seconds: how often the connection is tried.
            ping_timeout: seconds without an answer after which it counts as lost.
        """
        self._url = url
        self._on_ready = on_ready
        self._on_purge = on_purge
        self._on_lost = on_lost
        self._ping_seconds = ping_seconds
        self._ping_timeout = ping_timeout
        self._task: asyncio.Task[None] | None = None
        self._heard = False
        self.losses = 0

    def start(self) -> None:
        """Connect in the background, and go on trying until `stop`."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            try:
                await self._listen()
                _log.warning("page cache listener was disconnected")
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning(
                    "page cache listener is not connected", error=str(error) or repr(error)
                )
            pause = _SHORTEST_PAUSE if self._heard else min(pause * 2, _LONGEST_PAUSE)
            self._heard = False
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        """Listen on one connection until it is lost."""
        connection = await asyncpg.connect(
            self._url,
            timeout=_CONNECT_SECONDS,
            server_settings={"application_name": "blog page cache"},
        )
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._hear)
            self._heard = True
            await self._on_ready()
            await self._keep_alive(connection, lost)
        finally:
            if self._heard:
                self.losses += 1
                self._on_lost()
            # Not `close`: a server that does not answer would be waited for.
            connection.terminate()

    async def _keep_alive(self, connection: asyncpg.Connection, lost: asyncio.Event) -> None:
        """Return when the connection has ended; raise when it does not answer."""
        while not lost.is_set():
            try:
                async with asyncio.timeout(self._ping_seconds):
                    await lost.wait()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=self._ping_timeout)

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        try:
            self._on_purge(parse(str(payload)))
        except ValueError as error:
            _log.warning("page cache listener heard nonsense", error=str(error))
