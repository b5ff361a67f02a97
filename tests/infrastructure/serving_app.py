"""A small ASGI app for the tests of the launcher and of the container's entry.

`/pid` names the worker, `/slow?SECONDS` takes its time, `/database` asks the database of the
settings, `/exit` ends the worker.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg

from infrastructure.database import libpq_url
from infrastructure.settings import load_settings

if os.environ.get("BREAK_THE_APP"):
    message = "this app does not start"
    raise RuntimeError(message)


async def _answer(scope: dict[str, Any]) -> str:
    match scope["path"]:
        case "/pid":
            return str(os.getpid())
        case "/slow":
            if note := os.environ.get("NOTE_SLOW"):
                Path(note).touch()
            await asyncio.sleep(float(scope["query_string"]))
            return "finished"
        case "/exit":
            os._exit(3)
        case "/database":
            connection = await asyncpg.connect(libpq_url(str(load_settings().database_url)))
            revision = await connection.fetchval("SELECT version_num FROM alembic_version")
            await connection.close()
            return str(revision)
        case other:
            return str(other)


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Answer as the module says."""
    if scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            if phase == "shutdown" and (note := os.environ.get("NOTE_SHUTDOWN")):
                with open(note, "a") as file:  # noqa: PTH123 - open with "a" is one system call
                    file.write(f"{os.getpid()}\n")
            await send({"type": f"lifespan.{phase}.complete"})
        return
    body = (await _answer(scope)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
