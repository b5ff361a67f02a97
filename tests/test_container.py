"""The container without a container: its entry runs as it is, on a real PostgreSQL and Redis."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from infrastructure.migrate import head
from infrastructure.settings import ROOT
from tests.processes import children_of, wait_until
from tests.waiting import CEILING


def _instructions(name: str) -> list[str]:
    """Return what follows an instruction of the Dockerfile, each time it is there."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^{name}\s+(.+)$", text, flags=re.MULTILINE)


@dataclass
class Container:
    """The entry as Docker would start it: from `/`, with nothing but its own environment."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    def is_healthy(self) -> bool:
        """Run the health check of the Dockerfile."""
        command = json.loads(_instructions("HEALTHCHECK")[0].partition("CMD ")[2])
        checked = subprocess.run(
            command, cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL, check=False
        )
        return checked.returncode == 0

    def get(self, path: str) -> bytes:
        """Return the body of a page."""
        address = f"http://127.0.0.1:{self.environment['PORT']}{path}"
        with urllib.request.urlopen(address, timeout=CEILING) as answer:
            body: bytes = answer.read()
        return body


@pytest.fixture
async def container(
    empty_database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Container]:
    """Run the entry, with keys of ours and of others in Redis."""
    async with redis.asyncio.from_url(redis_url) as client:
        await client.mset({"page-cache:1": "old", "page-cache:2": "old", "session:1": "kept"})
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    declared = (pair.partition("=") for line in _instructions("ENV") for pair in shlex.split(line))
    environment = {
        **{name: value for name, _, value in declared},
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PORT": str(port),
        "VAR_FOLDER": str(tmp_path),
        "SECRET_KEY": "a-key-for-this-test-alone",
        "DATABASE_URL": empty_database_url,
        "REDIS_URL": redis_url,
        "WEB_CONCURRENCY": "3",
    }
    command = json.loads(_instructions("ENTRYPOINT")[0])
    command[0] = command[0].replace("/app", str(ROOT), 1)
    process = subprocess.Popen(command, cwd="/", env=environment)
    yield Container(process, environment)
    process.kill()
    process.wait()


async def test_the_entry_prepares_serves_and_stops(
    container: Container, empty_database_url: str, redis_url: str
) -> None:
    assert not container.is_healthy()
    assert wait_until(container.is_healthy)
    assert json.loads(container.get("/readyz"))["status"] == "ok"

    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == head()
    await connection.close()
    async with redis.asyncio.from_url(redis_url) as client:
        assert await client.exists("page-cache:1", "page-cache:2") == 0
        assert await client.get("session:1") == b"kept"
    started = children_of(container.process.pid).values()
    assert sum("infrastructure.worker asgi:app" in command for command in started) == 3

    container.process.send_signal(signal.SIGTERM)  # what `docker stop` sends
    assert container.process.wait(CEILING) == 0
    assert not container.is_healthy()


def test_the_image_is_made_of_what_is_there() -> None:
    for line in _instructions("COPY"):
        *sources, _ = [word for word in line.split() if not word.startswith("--")]
        if "--from=" not in line:
            assert all((ROOT / source).exists() for source in sources), line
    assert (ROOT / "entrypoint.sh").stat().st_mode & 0o111
    assert _instructions("USER") == ["blog"]


def test_what_is_private_does_not_get_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "var", ".venv"} <= set(ignored)
