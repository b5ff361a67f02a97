"""Starts the whole platform: `python -m siblings.platform`, the blog and its four sibling apps.

One database (the embedded one unless `DATABASE_URL` is set), one launcher for each app. The blog
listens on `PORT`, the others on the ports after it. When one of them ends, all are stopped: what
is left would not be the platform any more.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import path_setup  # noqa: F401 - first, so that what follows is found from any folder
from infrastructure.embedded_postgres import EmbeddedPostgresError
from infrastructure.logs import configure_logs, get_logger
from infrastructure.preparation import PreparationError, prepare, with_database
from infrastructure.settings import APPS, ROOT, Settings, SettingsError, load_settings
from infrastructure.supervisor import FORCE_AFTER, SUPERVISOR_PID

log = get_logger("siblings.platform")


class PlatformError(Exception):
    """An app of the platform ended; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Place:
    """One app: what is run, and where it listens."""

    name: str
    target: str
    host: str
    port: int
    url: str


def places(settings: Settings) -> list[Place]:
    """Return the apps and where each of them listens, the blog first.

    Raises:
        SettingsError: there are not enough ports after the blog's.
    """
    if settings.port + len(APPS) > 65536:
        message = f"PORT cannot be {settings.port}: the sibling apps need the ports after it."
        raise SettingsError(message)
    everywhere = {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on
    host = "127.0.0.1" if settings.host in everywhere else settings.host
    found = []
    for number, name in enumerate(APPS):
        port = settings.port + number
        url = f"http://{host}:{port}"
        if name == "blog":
            found.append(Place(name, "asgi:app", settings.host, port, settings.site_url or url))
        else:
            target = f"siblings.{name}.asgi:app"
            found.append(Place(name, target, settings.host, port, url))
    return found


def environment(place: Place, all_places: list[Place], settings: Settings) -> Mapping[str, str]:
    """Return what one app sees as its environment: where it is, and where the others are."""
    seen = {name: value for name, value in os.environ.items() if not _is_address(name)}
    seen |= {f"{it.name.upper()}_URL": it.url for it in all_places if it.name != place.name}
    seen |= {
        "HOST": place.host,
        "PORT": str(place.port),
        "SITE_URL": place.url,
        "DATABASE_URL": str(settings.database_url),
        "SECRET_KEY": ",".join(settings.secret_key),
        SUPERVISOR_PID: str(os.getpid()),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    if place.name == "account":
        seen["ACCOUNT_CLIENTS"] = f"blog={all_places[0].url}/auth/callback/"
    if place.name != "blog":
        # One worker is enough for development; only the blog mirrors a Ghost.
        seen |= {"WEB_CONCURRENCY": "1", "GHOST_API_URL": ""}
    return seen


def _is_address(name: str) -> bool:
    return any(name in {f"{app.upper()}_URL", f"{app.upper()}_INTERNAL_URL"} for app in APPS)


class Platform:
    """The running apps."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; nothing starts yet."""
        self._settings = settings
        self._places = places(settings)
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP; a second one ends everything at once.

        Raises:
            PlatformError: an app ended by itself.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        try:
            for place in self._places:
                self._running[place.name] = await self._start(place)
            watchers = {
                asyncio.create_task(process.wait()): name for name, process in self._running.items()
            }
            telling = asyncio.create_task(self._tell())
            stopping = asyncio.create_task(self._stopping.wait())
            done, _ = await asyncio.wait([*watchers, stopping], return_when=asyncio.FIRST_COMPLETED)
            telling.cancel()
            stopping.cancel()
            if not self._stopping.is_set():
                name, code = next((watchers[it], it.result()) for it in done if it in watchers)
                message = f"The {name} app ended with code {code}; the platform is stopped."
                raise PlatformError(message)
        finally:
            self._stopping.set()
            await self._stop()

    async def _start(self, place: Place) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "infrastructure.launcher",
            place.target,
            stdin=asyncio.subprocess.DEVNULL,
            env=environment(place, self._places, self._settings),
            # Ctrl-C reaches every process of the terminal; these are stopped by us.
            start_new_session=True,
        )

    async def _tell(self) -> None:
        """Say so when all of them listen."""
        for place in self._places:
            await _until_it_listens(place)
        urls = {place.name: f"{place.url}/" for place in self._places}
        log.info("the platform is ready", **urls)

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            self._signal_all(signal.SIGKILL)
        self._stopping.set()

    async def _stop(self) -> None:
        self._signal_all(signal.SIGTERM)
        grace = self._settings.shutdown_seconds + 3 * FORCE_AFTER
        ending = [asyncio.create_task(it.wait()) for it in self._running.values()]
        if ending:
            _, left = await asyncio.wait(ending, timeout=grace)
            if left:
                self._signal_all(signal.SIGKILL)
                await asyncio.wait(left)

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self._running.values():
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)


async def _until_it_listens(place: Place) -> None:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on
    host = everywhere.get(place.host, place.host)
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, place.port)
            writer.close()
            return
        await asyncio.sleep(0.1)


@contextlib.contextmanager
def _with_database(settings: Settings) -> Iterator[Settings]:
    """Give the settings with a database that has connections enough for all apps."""
    more = settings.model_copy(update={"web_concurrency": settings.web_concurrency + len(APPS) - 1})
    with with_database(more) as complete:
        yield settings.model_copy(update={"database_url": complete.database_url})


async def _serve(settings: Settings) -> None:
    await prepare(settings)
    await Platform(settings).run()


def main() -> int:
    """Run until told to stop; return the exit code. What is wrong goes to standard error."""
    try:
        settings = load_settings()
        configure_logs(settings)
        with _with_database(settings) as complete:
            asyncio.run(_serve(complete))
    except KeyboardInterrupt:
        return 130
    except (SettingsError, EmbeddedPostgresError, PreparationError, PlatformError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
