"""The page cache on the servers that it is made for: a warm page costs no query and no render."""

import asyncio
import os
import random
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from infrastructure.database import Database
from infrastructure.page_cache.purging import purge_on_commit
from infrastructure.settings import ROOT
from tests.infrastructure.page_cache.edits import sow

TARGET = "tests.infrastructure.page_cache.serving:app"

COMMANDS = {
    "hypercorn": ["hypercorn", "--bind", "127.0.0.1:{port}", TARGET],
    "granian": ["granian", "--interface", "asgi", "--port", "{port}", TARGET],
}


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port: int = it.getsockname()[1]
        return port


@asynccontextmanager
async def served(server: str, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the app by a server's own command and give a client of it, ready."""
    port = free_port()
    command = [part.format(port=port) for part in COMMANDS[server]]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *command,
        cwd=ROOT,
        env={
            **os.environ,
            "ENVIRONMENT": "test",
            "DATABASE_URL": database_url,
            "PYTHONPATH": str(ROOT),
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            async with asyncio.timeout(20):
                while not await _is_ready(client):
                    assert process.returncode is None
                    await asyncio.sleep(0.1)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("server", COMMANDS)
async def test_a_warm_page_costs_no_query_and_no_render(server: str, database_url: str) -> None:
    database = Database(database_url)
    purge_on_commit(database)
    async with database.unit_of_work() as work:
        await sow(work, random.Random(3))
    async with served(server, database_url) as client:
        pages = ["/", "/tag/tag-1/", "/author/author-0/", "/topics/group-0/", "/nowhere/"]
        cold = [await client.get(path) for path in pages]
        assert [it.headers["x-page-cache"] for it in cold] == ["miss"] * len(pages)
        before = (await client.get("/counts/")).json()
        assert before["renders"] == len(pages)
        for path, first in zip(pages, cold, strict=True):
            again = await asyncio.gather(*(client.get(path) for _ in range(20)))
            assert {it.content for it in again} == {first.content}
            assert {it.headers["x-page-cache"] for it in again} == {"hit"}
            known = {"If-None-Match": first.headers["etag"]}
            status = 404 if path == "/nowhere/" else 304
            assert (await client.get(path, headers=known)).status_code == status
            head = await client.head(path)
            assert (head.status_code, head.content) == (first.status_code, b"")
        assert (await client.get("/counts/")).json() == before
        # A change of another process is seen, and costs one render.
        async with database.unit_of_work() as work:
            work.touch({"list:home"})
        await asyncio.sleep(0.2)
        assert (await client.get("/")).headers["x-page-cache"] == "miss"
        assert (await client.get("/counts/")).json()["renders"] == before["renders"] + 1
    await database.close()
