"""Keeps processes running, replaces those that die, and stops all of them gracefully.

Hypercorn's own process manager is not used: when one worker has finished its requests it ends the
others in the middle of theirs, a worker that crashes takes the site down, and a manager that is
killed leaves its workers behind.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from infrastructure.logs import get_logger

log = get_logger(__name__)

SUPERVISOR_PID = "BLOG_SUPERVISOR_PID"  # tells a process whose it is, even when that one is gone
FORCE_AFTER = 5.0  # seconds for the rest of a stop, after those that running requests have

_LOOK_FOR_PARENT = 0.5  # seconds
_SHORT_LIFE = 10.0  # seconds
_SHORT_LIVES_IN_A_ROW = 5


class WorkersFailedError(Exception):
    """The workers do not run; the message is one sentence for the operator."""


class Supervisor:
    """A number of equal processes, kept until a signal asks to stop them."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        count: int,
        environment: Mapping[str, str],
        inherited: Iterable[int] = (),
        grace: float,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            command: what each process runs.
            count: how many there are.
            environment: what they see as their environment.
            inherited: file descriptors that they get.
            grace: how long one may take from SIGTERM to its end, in seconds.
        """
        self._command = command
        self._count = count
        self._environment = {**environment, SUPERVISOR_PID: str(os.getpid())}
        self._inherited = tuple(inherited)
        self._grace = grace
        self._running: set[asyncio.subprocess.Process] = set()
        self._stopping = asyncio.Event()
        self._served = False

    async def run(self, is_ready: Callable[[], bool], tell: Callable[[], None]) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP; a second signal ends everything at once.

        Args:
            is_ready: asked until it says that the processes serve.
            tell: called once, then.

        Raises:
            WorkersFailedError: they end before they serve, or again and again.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What nohup sets stays; SIGINT is also ignored in what a script starts with `&`, and
            # should stop us there all the same.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._on_signal)
        keepers = [asyncio.create_task(self._keep(is_ready)) for _ in range(self._count)]
        watcher = asyncio.create_task(self._watch(is_ready, tell))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([*keepers, stopping], return_when=asyncio.FIRST_COMPLETED)
            for keeper in keepers:
                if keeper.done():
                    keeper.result()
        finally:
            self._stopping.set()
            watcher.cancel()
            await self._stop(keepers)
            await asyncio.gather(*keepers, watcher, stopping, return_exceptions=True)

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            self._signal_all(signal.SIGKILL)
        self._stopping.set()

    async def _watch(self, is_ready: Callable[[], bool], tell: Callable[[], None]) -> None:
        while not self._served:
            await asyncio.sleep(0.05)
            self._served = is_ready()
        tell()

    async def _keep(self, is_ready: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        short_lives = 0
        while not self._stopping.is_set():
            began = loop.time()
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                env=self._environment,
                pass_fds=self._inherited,
                # Ctrl-C reaches every process of the terminal; these are stopped by us, in order.
                start_new_session=True,
            )
            self._running.add(process)
            if self._stopping.is_set():
                # It was being started when the others were asked to end.
                process.terminate()
            code = await process.wait()
            self._running.discard(process)
            if self._stopping.is_set():
                return
            # Asked once more, since the last look may be a moment older than the first answer.
            if not self._served and not is_ready():
                message = f"The app does not start: a worker ended with code {code}."
                raise WorkersFailedError(message)
            short_lives = short_lives + 1 if loop.time() - began < _SHORT_LIFE else 0
            if short_lives == _SHORT_LIVES_IN_A_ROW:
                message = f"The workers end soon after each start, lately with code {code}."
                raise WorkersFailedError(message)
            log.error("a worker ended; another takes its place", exit_code=code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1 * 2**short_lives)

    async def _stop(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        """Ask every process to end, and end those that do not in time."""
        self._signal_all(signal.SIGTERM)
        deadline = asyncio.get_running_loop().time() + self._grace
        while not all(keeper.done() for keeper in keepers):
            if asyncio.get_running_loop().time() > deadline:
                log.warning("a worker did not stop in time", pids=[p.pid for p in self._running])
                self._signal_all(signal.SIGKILL)
            await asyncio.sleep(0.02)

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)


def leave_quickly() -> None:
    """Make the end of this process short: what is left goes with it.

    The interpreter would look through every object that was ever imported, several times, for the
    sake of nobody: that is most of what a stop takes. Handlers of `atexit` run as always.
    """
    gc.freeze()


def stop_with_parent(patience: float) -> None:
    """Stop this process gracefully when its parent is gone, for whatever reason.

    Nobody would stop or replace it any more, and it would keep the port and the database. The
    parent is the process that `SUPERVISOR_PID` names, which may be gone before this one looks.

    Args:
        patience: seconds that the process has from then on; after them it is ended by force.
    """
    above = multiprocessing.parent_process()
    parent = above.pid if above is not None else int(os.environ.get(SUPERVISOR_PID, os.getppid()))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_FOR_PARENT)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(patience)
        os._exit(1)

    threading.Thread(target=watch, name="stop-with-parent", daemon=True).start()
