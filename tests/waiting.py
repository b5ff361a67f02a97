"""Waiting for what must become true, however slow the machine is.

A test that needs something to have happened waits for that, not for a time; how long it may take is
no claim of the test, so the ceiling is far away. A test whose claim is that somebody does not wait
lets them wait for `LONG`, and sees that it took no more than `CEILING`.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

CEILING: Final = 120.0  # seconds that no machine of ours needs
LONG: Final = 1200.0  # seconds that no test would ever wait


async def eventually(is_so: Callable[[], object], seconds: float = CEILING) -> None:
    """Return once something is true.

    Raises:
        AssertionError: it did not become true.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so within {seconds:.0f} s"
        await asyncio.sleep(0.01)
