"""Load from wrk, a program that asks faster than any of the servers here answers.

Source: wrk 4 (Debian package `wrk`); its summary and latencies are handed out by a Lua script.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

_REPORT = Path(__file__).with_name("report.lua")


class Load(Struct, frozen=True):
    """What wrk measured.

    Attributes:
        requests: answers.
        seconds: of the whole measurement.
        p50_ms: half of the answers came within so many milliseconds.
        p99_ms: so did 99 of 100.
        failures: answers with a status of 400 or more, and broken connections.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failures: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def load(
    url: str,
    *,
    seconds: float,
    connections: int = 32,
    headers: Mapping[str, str] | None = None,
    paths: Path | None = None,
    many_readers: bool = False,
) -> Load:
    """Ask for an address with so many keep-alive connections, as fast as it is answered.

    Args:
        url: the address, on this machine.
        seconds: for how long; wrk takes whole seconds.
        connections: how many ask at the same time.
        headers: sent with each request.
        paths: a file of paths, one a line, that are asked for in turn instead of the address's own.
        many_readers: each request comes from another reader, for a server that trusts one proxy;
            what is limited by reader is not limited then.

    Raises:
        FileNotFoundError: wrk is not installed; the message says how to install it.
        subprocess.CalledProcessError: the server cannot be reached.
    """
    program = shutil.which("wrk")
    if program is None:
        message = "This benchmark needs wrk: install the package wrk."
        raise FileNotFoundError(message)
    command = [program, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
    command += ["--timeout", "30s", "-s", str(_REPORT)]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    command.append(url)
    if paths is not None or many_readers:
        command += ["--", "--many" if paths is None else str(paths)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return _read(run.stdout.rpartition("REPORT ")[2])


def _read(text: str) -> Load:
    found = json.loads(text)
    return Load(
        requests=found["requests"],
        seconds=found["microseconds"] / 1e6,
        p50_ms=found["p50"] / 1e3,
        p99_ms=found["p99"] / 1e3,
        failures=found["failures"],
    )
