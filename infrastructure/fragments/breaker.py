"""A breaker: after some failures in a row, a sibling app is left alone for a while.

A page then shows the last known good at once instead of waiting for what will not come, and an app
that struggles is not asked by everybody at the moment it comes back: one asks, the others follow.
"""

from collections.abc import Callable
from typing import Final

_FAILURES: Final = 5
_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 30.0


class Breaker:
    """The breaker of one origin. Times are seconds of `clock`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin closed: requests pass."""
        self._clock = clock
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._open_until: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether no request would pass now."""
        if self._open_until is None:
            return False
        return self._trying or self._clock() < self._open_until

    def admit(self) -> bool:
        """Whether a request may be sent; the first one after a pause is a trial."""
        if self._open_until is None:
            return True
        if self.is_open:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        """Note an answer that could be used: all may ask again."""
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._open_until = None
        self._trying = False

    def failed(self) -> bool:
        """Note a failure; return whether this one opened the breaker."""
        self._failures += 1
        if self._trying:
            self._trying = False
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        elif self._open_until is not None or self._failures < _FAILURES:
            return False
        self._open_until = self._clock() + self._pause
        return True

    def abandoned(self) -> None:
        """Note that a request was given up for a reason that says nothing about the app."""
        self._trying = False
