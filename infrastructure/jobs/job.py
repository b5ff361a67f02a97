"""What a job is: its name, what it is told, how often and how patiently it is tried.

A job is declared once, where its handler lives; whoever needs it done calls `enqueue`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeAlias, TypeVar

import msgspec
from croniter import croniter

P = TypeVar("P", bound=msgspec.Struct)


class Nothing(msgspec.Struct, frozen=True):
    """What a job is told that needs to be told nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job(Generic[P]):
    """A kind of work that is done later, by any worker, at least once.

    Attributes:
        name: for good: rows of it may wait in the database while the app is upgraded.
        payload: what a run is told. Keep it small (ids, not documents), and give new fields a
            default, since older rows do not have them.
        attempts: how often it is tried before it is put aside for a person.
        first_pause: seconds before the second try; each later pause is twice as long.
        longest_pause: seconds that no pause exceeds.
        time_limit: seconds after which a run is ended and counts as failed.
        at_once: how many may run at the same time over all workers; 0 sets no limit.
    """

    name: str
    payload: type[P]
    attempts: int = 10
    first_pause: float = 2.0
    longest_pause: float = 1800.0
    time_limit: float = 300.0
    at_once: int = 0

    def pause(self, failures: int, chance: float) -> timedelta:
        """Return how long to wait after so many failures in a row.

        Args:
            failures: at least 1.
            chance: from 0 to 1, at random: what failed together is not tried again together.
        """
        # Beyond this power every pause is the longest one, and a float has an end.
        longest = min(self.longest_pause, self.first_pause * 2 ** min(failures - 1, 40))
        return timedelta(seconds=longest * (0.5 + chance / 2))


@dataclass(frozen=True, slots=True)
class Every:
    """A schedule: so long after the last run."""

    interval: timedelta

    def after(self, moment: datetime) -> datetime:
        """Return when to run next."""
        return moment + self.interval


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule in the words of cron, in UTC: `Cron("30 3 * * *")` is half past three."""

    expression: str

    def __post_init__(self) -> None:
        """Check the expression.

        Raises:
            ValueError: cron would not understand it.
        """
        if not croniter.is_valid(self.expression):
            msg = f"not a cron expression: {self.expression!r}"
            raise ValueError(msg)

    def after(self, moment: datetime) -> datetime:
        """Return when to run next."""
        following: datetime = croniter(self.expression, moment).get_next(datetime)
        return following


Schedule: TypeAlias = Every | Cron


class GiveUp(Exception):
    """A handler says that trying again would not help: the job is put aside for a person."""


class Later(Exception):
    """A handler says that now is not the time (somebody else is down): no failure, no end to it.

    The pauses grow as after failures; `seconds` is the shortest one, where somebody asked for it.
    """

    def __init__(self, reason: str, seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.seconds = seconds


class JobLost(Exception):
    """This run is no longer the one: another worker took the job over, or somebody deleted it."""
