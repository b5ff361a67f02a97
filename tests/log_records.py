"""Reading what was logged, whichever test configured the logs first."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infrastructure.logs import configure_logs
from infrastructure.settings import Settings


class _Keep(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            self.events.append(record.msg)


@contextmanager
def recorded() -> Iterator[list[dict[str, Any]]]:
    """Give the events that are logged while the block runs, as they come."""
    configure_logs(Settings(environment="test", secret_key=("k" * 32,)))
    keep = _Keep()
    root = logging.getLogger()
    root.addHandler(keep)
    try:
        yield keep.events
    finally:
        root.removeHandler(keep)
