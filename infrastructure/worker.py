"""A serving process: `python -m infrastructure.worker MODULE:APP [FD]`, started by the launcher.

With Hypercorn it serves alone, on the socket FD that it inherits. With granian it is granian's main
process, which opens its own sockets and keeps all the workers. How many there are, and what becomes
of one that ends, is the launcher's business.
"""

import asyncio
import gc
import importlib
import logging
import sys
from typing import Any

import uvloop
from granian.constants import Interfaces, Loops
from granian.server import Server
from hypercorn.asyncio import serve
from hypercorn.config import Config

from infrastructure.logs import configure_logs
from infrastructure.settings import Settings, load_settings
from infrastructure.supervisor import FORCE_AFTER, leave_quickly, stop_with_parent


def load(target: str) -> Any:
    """Return the ASGI app that `MODULE:ATTRIBUTE` names; granian's workers begin here."""
    settings = load_settings()
    configure_logs(settings)
    stop_with_parent(settings.shutdown_seconds + FORCE_AFTER)
    module, _, attribute = target.partition(":")
    app = getattr(importlib.import_module(module), attribute)
    # What the app is made of lives as long as the process: no collection need look at it again.
    gc.collect()
    gc.freeze()
    return app


def _serve_with_hypercorn(target: str, fd: int, settings: Settings) -> None:
    config = Config()
    config.bind = [f"fd://{fd}"]
    # Our log, instead of a handler of its own; that it runs is said once, by the launcher.
    config.errorlog = logging.getLogger("hypercorn.error")
    config.errorlog.setLevel(logging.WARNING)
    config.graceful_timeout = settings.shutdown_seconds
    config.include_server_header = False
    app = load(target)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(app, config, mode="asgi"))


def _serve_with_granian(target: str, settings: Settings) -> None:
    configure_logs(settings)
    stop_with_parent(settings.shutdown_seconds + FORCE_AFTER * 2)
    Server(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_concurrency,
        loop=Loops.uvloop,
        respawn_failed_workers=True,
        workers_kill_timeout=max(1, round(settings.shutdown_seconds + FORCE_AFTER)),
        # Its lines go to our log, instead of to handlers of its own.
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
    ).serve(target_loader=load)


def main(target: str, fd: int | None) -> None:
    """Serve until told to stop.

    Args:
        target: `MODULE:ATTRIBUTE` of an ASGI app.
        fd: the number of an inherited, bound socket (Hypercorn only).
    """
    settings = load_settings()
    try:
        if fd is None:
            _serve_with_granian(target, settings)
        else:
            _serve_with_hypercorn(target, fd, settings)
    finally:
        leave_quickly()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
