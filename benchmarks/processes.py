"""The programs that a benchmark starts: the app as it is run in production, and what it costs.

Everything listens on loopback and ends with the block that started it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from infrastructure.settings import ROOT

Server = Literal["hypercorn", "granian"]
SERVERS: tuple[Server, ...] = ("hypercorn", "granian")

_SECONDS_TO_START = 60


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], **environment: str) -> Iterator[int]:
    """Run a program and give its process id; it is asked to end, and waited for."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextmanager
def app_server(
    database_url: str,
    var: Path,
    *,
    server: Server,
    workers: int = 1,
    app: str = "asgi:app",
    **environment: str,
) -> Iterator[tuple[str, int]]:
    """Run the app as in production; give its address, without a slash, and the launcher's pid."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {
        "ENVIRONMENT": "production",
        "LOG_LEVEL": "error",
        "SECRET_KEY": "a-key-for-benchmarks-alone",
        "SITE_URL": address,
        "DATABASE_URL": database_url,
        "VAR_FOLDER": str(var),
        "SERVER": server,
        "WEB_CONCURRENCY": str(workers),
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "infrastructure.launcher", app]
    with running(command, **{**settings, **environment}) as pid:
        wait_for(port)
        yield address, pid


def wait_for(port: int) -> None:
    """Wait until somebody listens on a port of this machine.

    Raises:
        TimeoutError: nobody ever did.
    """
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    message = f"nobody listened on port {port} within {_SECONDS_TO_START} s"
    raise TimeoutError(message)


def tree(root: int) -> list[int]:
    """Return a process and all that it started, by their ids (Linux)."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def resident_bytes(root: int) -> int:
    """Return the memory of a process and all that it started; what they share counts once."""
    total = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def listening_process(port: int) -> int | None:
    """Return who listens on a port of this machine, where that can be told (Linux)."""
    sockets = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
            sockets.add(f"socket:[{fields[9]}]")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in sockets:
                return int(link.parts[2])
        except OSError:
            continue
    return None
