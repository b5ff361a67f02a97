"""Starts all of it and stops all of it: `python -m infrastructure.launcher [MODULE:APP]`.

Settings, the port, the database (the embedded one unless `DATABASE_URL` is set), migrations, then
`WEB_CONCURRENCY` workers until Ctrl-C or SIGTERM. This is what `make run` and the container run;
what one worker does is in `infrastructure.worker`.
"""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping

from sqlalchemy.exc import DBAPIError

from infrastructure.embedded_postgres import EmbeddedPostgresError
from infrastructure.logs import configure_logs, get_logger
from infrastructure.preparation import PreparationError, prepare, with_database
from infrastructure.settings import ROOT, Settings, SettingsError, load_settings
from infrastructure.supervisor import (
    FORCE_AFTER,
    SUPERVISOR_PID,
    Supervisor,
    WorkersFailedError,
    leave_quickly,
    stop_with_parent,
)

APP = "asgi:app"

log = get_logger("infrastructure.launcher")


class PortError(Exception):
    """The app cannot listen where it should; the message is one sentence for the operator."""


@contextlib.contextmanager
def reserved_port(host: str, port: int) -> Iterator[socket.socket]:
    """Give a socket that is bound, but does not listen yet: the workers do, once they can serve.

    Raises:
        PortError: the port is taken, or may not be used.
    """
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        message = f"HOST cannot be {host!r}: this machine knows no such address."
        raise PortError(message) from error
    family, kind, protocol, _, name = address[0]
    with socket.socket(family, kind, protocol) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(name)
        except OSError as error:
            raise PortError(_why_not(host, port, error)) from error
        yield bound


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use by another program: stop that, or choose another "
            f"port, for example PORT={port + 1 if port < 65535 else 8000}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user: choose one above 1023, as PORT=8000."
    return f"The app cannot listen on port {port} of {host}: {error.strerror}."


def _reachable(name: tuple[object, ...]) -> tuple[object, ...]:
    """Return the address under which a program on this machine reaches a listening socket."""
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on
    return (loopback.get(str(name[0]), name[0]), *name[1:])


async def _serve(app: str, settings: Settings, bound: socket.socket) -> None:
    await prepare(settings)
    command = [sys.executable, "-m", "infrastructure.worker", app]
    family, name = bound.family, _reachable(bound.getsockname())
    if settings.server == "granian":
        bound.close()  # granian opens one of its own for each worker
        count, inherited = 1, []
    else:
        command.append(str(bound.fileno()))
        count, inherited = settings.web_concurrency, [bound.fileno()]
    supervisor = Supervisor(
        command,
        count=count,
        environment=_environment(settings),
        inherited=inherited,
        grace=_grace(settings),
    )

    def is_ready() -> bool:
        with socket.socket(family) as probe:
            probe.settimeout(1)
            return probe.connect_ex(name) == 0

    def tell() -> None:
        log.info("ready", url=f"{settings.public_url}/", workers=settings.web_concurrency)

    await supervisor.run(is_ready, tell)


def _grace(settings: Settings) -> float:
    """Return how long a worker may take to stop; granian's main process waits for its own first."""
    return settings.shutdown_seconds + FORCE_AFTER * 2


def _environment(settings: Settings) -> Mapping[str, str]:
    found = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "DATABASE_URL": str(settings.database_url),
        "PYTHONPATH": os.pathsep.join(filter(None, found)),
    }


def _end(*_: object) -> None:
    sys.exit(0)


def main(app: str = APP) -> int:
    """Run until told to stop; return the exit code. What is wrong goes to standard error.

    Args:
        app: `MODULE:ATTRIBUTE` of the ASGI app.
    """
    signal.signal(signal.SIGTERM, _end)
    try:
        settings = load_settings()
        configure_logs(settings)
        if SUPERVISOR_PID in os.environ:
            stop_with_parent(_grace(settings) + FORCE_AFTER)
        with (
            reserved_port(settings.host, settings.port) as bound,
            with_database(settings) as complete,
        ):
            asyncio.run(_serve(app, complete, bound))
    except KeyboardInterrupt:
        return 130
    except (
        SettingsError,
        PortError,
        EmbeddedPostgresError,
        PreparationError,
        WorkersFailedError,
    ) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except DBAPIError as error:
        sys.stderr.write(f"The database could not be migrated, and is as it was: {error.orig}.\n")
        return 1
    finally:
        leave_quickly()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
