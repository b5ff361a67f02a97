"""Which handler does which job, and which jobs come round by themselves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from infrastructure.jobs.job import Job, P, Schedule
from infrastructure.jobs.run import Run

Handler: TypeAlias = Callable[[Run, P], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Registered:
    """A job with what does it; `schedule` is None for one that only comes when it is asked for."""

    job: Job[Any]
    handler: Handler[Any]
    schedule: Schedule | None

    def next_time(self) -> datetime | None:
        """Return when a periodic job comes round after now; None for any other."""
        return None if self.schedule is None else self.schedule.after(datetime.now(UTC))


class Jobs:
    """The jobs that the workers of an app know; filled once, by the composition root."""

    def __init__(self) -> None:
        self._registered: dict[str, Registered] = {}

    def add(self, job: Job[P], handler: Handler[P], *, schedule: Schedule | None = None) -> None:
        """Let `handler` do a job.

        Args:
            job: what.
            handler: called with the run and its payload. It must bear to run twice: see
                `Run.finish` for how its effect comes about once.
            schedule: when it comes round by itself, one run over all workers; its payload must
                then be one that can be made of nothing.

        Raises:
            ValueError: there is a handler already.
        """
        if job.name in self._registered:
            msg = f"two handlers for the job {job.name}"
            raise ValueError(msg)
        if schedule is not None:
            job.payload()
        self._registered[job.name] = Registered(job, handler, schedule)

    @property
    def registered(self) -> Mapping[str, Registered]:
        """All of them, by name."""
        return self._registered
