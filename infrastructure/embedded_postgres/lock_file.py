"""Who runs on a data folder: PostgreSQL's `postmaster.pid`, and whether what it says is still true.

The file's lines are documented in PostgreSQL's source, `src/include/utils/pidfile.h`. It is read
here, and never removed: a stale one is PostgreSQL's to replace, with a hint from `disown`.
"""

import contextlib
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

PORT = 5432  # only part of the socket's name: the server does not listen on the network
_SOCKET_NAME = f".s.PGSQL.{PORT}"
# The address of a Unix socket holds 104 bytes on macOS and 108 on Linux, with the closing zero.
_LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True, slots=True)
class LockFile:
    """What `postmaster.pid` says: `status` is `starting`, `stopping`, `ready` or `standby`."""

    pid: int
    socket_folder: Path | None
    status: str


def read_lock_file(cluster: Path) -> LockFile | None:
    """Return what the lock file of a data folder says, or None without one.

    A file without sense (a crash of the machine can leave an empty one) names the pid 0, which no
    program has. Raises `OSError` when the file is there but may not be read.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    pid = 0
    with contextlib.suppress(IndexError, ValueError):
        pid = abs(int(lines[0]))  # a stand-alone backend writes its pid as a negative number
    folder = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    status = lines[7].strip() if len(lines) > 7 else "starting"
    return LockFile(pid, folder, status)


def is_server(pid: int, cluster: Path) -> bool:
    """Tell whether the process `pid` is a PostgreSQL server on this very folder.

    A number alone proves nothing: after a crash or a restart of the machine it may belong to any
    other program by now.
    """
    arguments = f"/bin/postgres -D {cluster} -k "  # as `server` starts it
    return os.fsencode(arguments) in _command_of(pid).replace(b"\0", b" ")


def accepts_connections(socket_folder: Path) -> bool:
    """Tell whether a server listens on the socket in that folder."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(socket_folder / _SOCKET_NAME))
        except OSError:
            return False
    return True


def fits_a_socket(folder: Path) -> bool:
    """Tell whether the path of a socket in that folder is short enough for the system."""
    return len(os.fsencode(folder / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH


def disown(cluster: Path) -> None:
    """Mark a lock file, on whose folder no server runs, as one that may be replaced.

    PostgreSQL takes any living program of that pid for a server, and an empty file for one that is
    just starting, and refuses to start. It does replace a file that carries its parent's pid, and
    still looks whether orphans of the old server hold its shared memory, which nobody would do once
    the file was removed.
    """
    path = cluster / "postmaster.pid"
    _, _, rest = path.read_text().partition("\n")
    # Rewritten in place, so that the file keeps its owner.
    path.write_text(f"{os.getpid()}\n{rest}")


def _command_of(pid: int) -> bytes:
    """Return the command line of a process, or nothing when there is no such process."""
    proc = Path("/proc")
    if (proc / "self/cmdline").exists():
        try:
            return (proc / str(pid) / "cmdline").read_bytes()
        except OSError:
            return b""
    listed = subprocess.run(  # noqa: S603 - a fixed command and a number
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return listed.stdout
