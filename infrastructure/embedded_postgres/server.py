"""Start, share and stop the embedded server of one folder.

The process that starts a server owns it: the server stops when its owner calls `stop`, ends or is
killed. Any other process on the same folder finds that server, uses it, and leaves it running.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from infrastructure.embedded_postgres.accounts import Account, choose_account
from infrastructure.embedded_postgres.cluster import (
    DATABASE,
    PROGRAM_ENVIRONMENT,
    SUPERUSER,
    check_room,
    check_version,
    cluster_folder,
    find_reachable_place,
    initialise,
    is_initialised,
)
from infrastructure.embedded_postgres.errors import (
    EmbeddedPostgresError,
    explain,
    from_os_error,
    no_rights,
)
from infrastructure.embedded_postgres.lock_file import (
    accepts_connections,
    disown,
    fits_a_socket,
    is_server,
    read_lock_file,
)
from infrastructure.embedded_postgres.software import programs_for

# What suits a server of one app on a small machine. Parallel queries and workers for asynchronous
# reads cost processes and shared memory (64 MB in a plain container) that short queries never use.
DEFAULT_SETTINGS: Mapping[str, str] = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# For data that may be lost with the machine: tests. Three times faster where every test commits.
UNSAFE_FAST_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}

_READY_WITHIN = 120.0  # seconds; recovery after a crash under load takes its time
_STOPPED_WITHIN = 30.0  # seconds; a fast stop writes everything down first
_ORPHANS_GONE_WITHIN = 10.0  # seconds, for what a killed server left behind
_LONGEST_LOG = 5_000_000  # bytes; a longer log is begun anew at the next start

# Waits for the end of its standard input, which comes with the end of our process however that
# happens, then stops the server quickly and takes the socket's own folder away.
_WATCHDOG = """
trap '' HUP INT TERM
while read -r _; do :; done
kill -INT "$1"
[ -n "$2" ] || exit 0
left=60
while kill -0 "$1" && [ "$left" -gt 0 ]; do sleep 1; left=$((left - 1)); done
rmdir "$2"
"""


class EmbeddedPostgres:
    """The embedded server of one folder; also a context manager that starts and stops it."""

    def __init__(self, data_folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Prepare a server, without starting it.

        `data_folder` will hold the data and the server's log. `settings` are settings of
        PostgreSQL (`{"max_connections": "200"}`), in addition to `DEFAULT_SETTINGS`; they have no
        effect on a server that runs already.
        """
        self._home = data_folder.resolve()
        self._settings = {**DEFAULT_SETTINGS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None
        self._temporary_folder: Path | None = None

    def start(self) -> str:
        """Start the server, or find the one that runs on this folder, and return its URL.

        The URL has the form `postgresql://postgres@/blog?host=FOLDER`, where `FOLDER` is that of
        the Unix socket; asyncpg takes it as it is, SQLAlchemy with its driver's name put in.
        Raises `EmbeddedPostgresError` with a sentence for a person.
        """
        if self._process is None:
            try:
                self._home.mkdir(parents=True, exist_ok=True)
                with _one_start_at_a_time(self._home):
                    self._share_or_start()
            except OSError as error:
                raise from_os_error(error, self._home) from error
        return self.url()

    def url(self, database: str = DATABASE) -> str:
        """Return the URL of a database on the started server."""
        if self._socket_folder is None:
            message = "The embedded PostgreSQL has not been started."
            raise EmbeddedPostgresError(message)
        return _url(self._socket_folder, database)

    @property
    def owned(self) -> bool:
        """Tell whether this object started the server, and will stop it."""
        return self._process is not None

    def stop(self) -> None:
        """Stop the server, if this object started it; open transactions are rolled back."""
        process, self._process = self._process, None
        watchdog, self._watchdog = self._watchdog, None
        self._socket_folder = None
        if watchdog is not None:
            # Before the server, whose pid might be somebody else's soon after.
            watchdog.kill()
            watchdog.communicate()
        if process is not None:
            _stop(process)
        if self._temporary_folder is not None:
            with contextlib.suppress(OSError):
                self._temporary_folder.rmdir()
            self._temporary_folder = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _share_or_start(self) -> None:
        cluster = cluster_folder(self._home)
        running = _wait_for_running(cluster)
        if running is not None:
            self._socket_folder = running
            return
        account = choose_account(cluster)
        place = find_reachable_place(self._home, account)
        cluster = cluster_folder(self._home)
        check_room(cluster)
        programs = programs_for(account, place)
        if not is_initialised(cluster):
            initialise(cluster, programs, account)
        check_version(cluster, programs)
        lock = read_lock_file(cluster)
        if lock is not None:  # and no server runs, as was just seen
            disown(cluster)
        try:
            socket_folder = self._choose_socket_folder(cluster, account)
            self._launch(cluster, programs, socket_folder, account)
        except BaseException:
            self.stop()
            raise
        self._socket_folder = socket_folder

    def _choose_socket_folder(self, cluster: Path, account: Account) -> Path:
        if fits_a_socket(cluster):
            return cluster
        for base in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108 - made private
            folder = Path(tempfile.mkdtemp(prefix="blog-pg-", dir=base))
            account.own(folder)
            if fits_a_socket(folder) and account.can_enter(folder):
                self._temporary_folder = folder
                return folder
            folder.rmdir()
        message = (
            f"The path {cluster} is too long for a Unix socket, and so is every temporary folder: "
            "move the project to a folder with a shorter path."
        )
        raise EmbeddedPostgresError(message)

    def _launch(self, cluster: Path, programs: Path, socket_folder: Path, account: Account) -> None:
        command: list[Path | str] = [programs / "postgres", "-D", cluster, "-k", socket_folder]
        settings = {**self._settings, "listen_addresses": "", "unix_socket_permissions": "0700"}
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        patience = time.monotonic() + _ORPHANS_GONE_WITHIN
        while True:
            with _open_log(self._home / "server.log") as log:
                begin = log.tell()
                self._process = subprocess.Popen(  # noqa: S603 - a program of the wheel
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=PROGRAM_ENVIRONMENT,
                    umask=0o077,
                    # Ctrl-C in a terminal reaches a whole group: the server stops last, by us.
                    start_new_session=True,
                    **account.identity(),
                )
                self._watch(self._process.pid, account)
                if _became_ready(self._process, cluster):
                    return
                self.stop_failed()
                log.seek(begin)
                output = log.read().decode(errors="replace")
            # Processes of a server that was killed need a moment to notice it.
            if "shared memory block" not in output or time.monotonic() > patience:
                raise explain("start", output, cluster)
            time.sleep(0.1)

    def stop_failed(self) -> None:
        """Clear away a server that did not start, keeping its socket's folder for another try."""
        kept, self._temporary_folder = self._temporary_folder, None
        self.stop()
        self._temporary_folder = kept

    def _watch(self, pid: int, account: Account) -> None:
        folder = str(self._temporary_folder or "")
        self._watchdog = subprocess.Popen(  # noqa: S603 - a fixed script
            ["/bin/sh", "-c", _WATCHDOG, "blog-postgres-watchdog", str(pid), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **account.identity(),
        )


def find_running(data_folder: Path) -> str | None:
    """Return the URL of the server that runs on a folder, or None; nothing is started.

    Raises `EmbeddedPostgresError` when the folder may not be read.
    """
    cluster = cluster_folder(data_folder)
    try:
        lock = read_lock_file(cluster)
    except OSError as error:
        raise no_rights(cluster) from error
    if lock is None or lock.socket_folder is None or lock.status != "ready":
        return None
    if not is_server(lock.pid, cluster) or not accepts_connections(lock.socket_folder):
        return None
    return _url(lock.socket_folder, DATABASE)


def _url(socket_folder: Path, database: str) -> str:
    return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(socket_folder))}"


@contextlib.contextmanager
def _one_start_at_a_time(home: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system releases when its holder dies."""
    with (home / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait_for_running(cluster: Path) -> Path | None:
    """Return the socket's folder of the server that runs here, or None once none does.

    A server that is starting or stopping is waited for. One that never becomes ready is not ours
    to end: `EmbeddedPostgresError`.
    """
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        lock = read_lock_file(cluster)
        if lock is None or not is_server(lock.pid, cluster):
            return None
        folder = lock.socket_folder
        if lock.status == "ready" and folder is not None and accepts_connections(folder):
            return folder
        time.sleep(0.02)
    message = (
        f"A PostgreSQL server runs on {cluster}, but does not become ready: stop it, then start "
        "again."
    )
    raise EmbeddedPostgresError(message)


def _became_ready(process: subprocess.Popen[bytes], cluster: Path) -> bool:
    """Wait until a started server is ready; False when it ended or took too long."""
    deadline = time.monotonic() + _READY_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        lock = read_lock_file(cluster)
        if lock is not None and lock.pid == process.pid and lock.status == "ready":
            return True
        time.sleep(0.005)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server: fast, else without writing down (it recovers), else by force."""
    for number, patience in (
        (signal.SIGINT, _STOPPED_WITHIN),
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, None),
    ):
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _open_log(path: Path) -> IO[bytes]:
    log = path.open("a+b")
    if log.seek(0, os.SEEK_END) > _LONGEST_LOG:
        log.truncate(0)
    return log
