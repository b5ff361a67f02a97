"""Looking at the processes of this machine, for tests of what starts and stops."""

import subprocess
import time
from collections.abc import Callable

from tests.waiting import CEILING


def processes_that_mention(text: str) -> dict[int, str]:
    """Return the processes with `text` in their command line: pid to command line."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True
    )
    found: dict[int, str] = {}
    for line in listed.stdout.splitlines():
        pid, state, arguments = line.split(maxsplit=2)
        if text in arguments and not state.startswith("Z"):
            found[int(pid)] = arguments
    return found


def wait_until(is_so: Callable[[], bool], seconds: float = CEILING) -> bool:
    """Wait until something becomes true; tell whether it did in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return is_so()


def children_of(parent: int) -> dict[int, str]:
    """Return the processes that another started: pid to command line."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    lines = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
    return {int(pid): arguments for pid, ppid, arguments in lines if int(ppid) == parent}
