"""Durable jobs: work that is done after a commit, by any worker, however often it is tried.

docs/jobs.md says how one is written. `job.py` says what a job is, `queue.py` is what services call,
`runner.py` runs it, `picker.py` is where pgqueuer comes in, `overview.py` is for administrators.
"""

from infrastructure.jobs.job import Cron, Every, GiveUp, Job, JobLost, Later, Nothing
from infrastructure.jobs.queue import enqueue, enqueue_many, withdraw
from infrastructure.jobs.registry import Jobs
from infrastructure.jobs.run import Run
from infrastructure.jobs.runner import JobRunner

__all__ = [
    "Cron",
    "Every",
    "GiveUp",
    "Job",
    "JobLost",
    "JobRunner",
    "Jobs",
    "Later",
    "Nothing",
    "Run",
    "enqueue",
    "enqueue_many",
    "withdraw",
]
