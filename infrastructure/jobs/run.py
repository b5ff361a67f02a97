"""One try of a job, as its handler sees it."""

from collections.abc import Callable
from datetime import datetime

from infrastructure.database import UnitOfWork
from infrastructure.jobs import queue
from infrastructure.jobs.queue import Claim


class Run:
    """One try of a job, as its handler sees it.

    Attributes:
        id: the job's.
        attempt: which try this is, from 1.
    """

    def __init__(self, claim: Claim, next_time: Callable[[], datetime | None]) -> None:
        self.id = claim.id
        self.attempt = claim.attempt
        self._claim = claim
        self._next_time = next_time
        self._is_finished = False

    @property
    def is_finished(self) -> bool:
        """Whether the handler has finished the job."""
        return self._is_finished

    async def finish(self, work: UnitOfWork) -> None:
        """Note that the job is done, inside the transaction of its effect.

        The effect then comes about together with the end of the job or not at all, however often
        it runs: call it in the last unit of work of a handler. A job whose handler does not call it
        is done when that returns; if the worker is killed just before, it runs again.

        Raises:
            JobLost: another worker has taken over. Let it through: it rolls the effect back.
        """
        await queue.finish(work, self._claim, self._next_time())
        self._is_finished = True
