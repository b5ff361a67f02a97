"""The nginx configuration of `deploy/`, in a real nginx before the real app, over TLS."""

import asyncio
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import update

from infrastructure.database import Database
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.page_cache.purging import purge_on_commit
from infrastructure.settings import ROOT
from models.content import Post
from tests.deploy.nginx import HOST, NGINX, configure

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (nginx-light)")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Site:
    """The app behind nginx, and what is needed to stop the one or the other."""

    client: httpx.AsyncClient
    app: asyncio.subprocess.Process
    database: Database
    http_port: int
    app_port: int

    async def get(self, path: str, **headers: str) -> httpx.Response:
        self.client.cookies.clear()
        return await self.client.get(path, headers={"host": HOST, **headers})


@asynccontextmanager
async def running(*command: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def until_ready(client: httpx.AsyncClient, path: str, status: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await client.get(path, headers={"host": HOST})).status_code == status:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def site(
    postgres_server: EmbeddedPostgres,
    _administrator: asyncpg.Connection,
    open_folder: Path,
) -> AsyncIterator[Site]:
    """Serve one post through nginx, for all tests here; the last of them ends the app."""
    await _administrator.execute("CREATE DATABASE behind_nginx TEMPLATE template_of_tests")
    database_url = postgres_server.url("behind_nginx")
    database = Database(database_url)
    purge_on_commit(database)
    async with database.unit_of_work() as work:
        post = Post(
            slug="bread",
            title="Bread",
            status="published",
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
            html="<p>Rye</p>" * 200,
        )
        work.session.add(post)
    folder = open_folder / "nginx"
    folder.mkdir()
    app_port, http, https = free_port(), free_port(), free_port()
    configuration = configure(folder, app_port, http, https)
    assert NGINX is not None
    subprocess.run([NGINX, "-t", "-q", "-c", configuration], check=True)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(
            running(
                *(sys.executable, "-m", "infrastructure.launcher"),
                PORT=str(app_port),
                WEB_CONCURRENCY="1",
                ENVIRONMENT="production",
                SECRET_KEY="a-key-for-this-test-alone",
                DATABASE_URL=database_url,
                SITE_URL=f"https://{HOST}",
                TRUSTED_PROXIES="1",
                VAR_FOLDER=str(folder / "var"),
            )
        )
        await stack.enter_async_context(running(NGINX, "-c", str(configuration)))
        direct = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{app_port}", timeout=30)
        )
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"https://127.0.0.1:{https}",
                verify=ssl.create_default_context(cafile=folder / "site.pem"),
                timeout=30,
            )
        )
        await until_ready(direct, "/readyz", 200)
        await until_ready(client, "/livez", 200)
        yield Site(client, app, database, http, app_port)
    await database.close()
    shutil.rmtree(folder)
    await _administrator.execute("DROP DATABASE behind_nginx WITH (FORCE)")


async def test_pages_are_kept_for_everybody_and_for_nobody_who_is_known(site: Site) -> None:
    first = await site.get("/bread/")
    assert (first.status_code, first.headers["x-cache"]) == (200, "MISS")
    async with asyncio.timeout(30):  # kept for one second, so the next answer may be just too late
        while (await site.get("/bread/")).headers["x-cache"] != "HIT":
            pass
    assert (await site.get("/bread/", cookie="__Host-blog_session=x")).headers[
        "x-cache"
    ] == "BYPASS"
    assert (await site.get("/bread/", cookie="a=1; cart_session=7")).headers["x-cache"] == "BYPASS"
    again = await site.get("/bread/", **{"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


async def test_what_is_not_called_public_is_not_kept(site: Site) -> None:
    for path in ("/auth/login/", "/admin/", "/livez", "/internal/fragments/nav-tree"):
        answers = [await site.get(path) for _ in range(3)]
        assert all(it.headers.get("x-cache") != "HIT" for it in answers), path
    first, second = [(await site.get("/auth/login/")).headers["set-cookie"] for _ in range(2)]
    assert first != second  # a form's token is each visitor's own


async def test_an_edit_is_seen_within_seconds(site: Site) -> None:
    assert "Rye" in (await site.get("/bread/")).text
    async with site.database.unit_of_work() as work:
        await work.session.execute(update(Post).values(html="<p>Spelt</p>"))
        work.touch({"everything"})
    async with asyncio.timeout(30):
        while "Spelt" not in (await site.get("/bread/")).text:
            pass
    assert "Rye" not in (await site.get("/bread/")).text


async def test_static_files_are_kept_compressed(site: Site) -> None:
    page = (await site.get("/")).text
    addresses = [it.replace("&amp;", "&") for it in re.findall(r'"(/static/[^"]+)"', page)]
    assert len(addresses) > 3
    for address in addresses:
        await site.get(address)
        answer = await site.get(address)
        assert (answer.status_code, answer.headers["x-cache"]) == (200, "HIT"), address
        assert "immutable" in answer.headers["cache-control"]
    sheet = next(it for it in addresses if "site.css" in it)
    zipped = await site.get(sheet, **{"accept-encoding": "gzip"})
    best = await site.get(sheet, **{"accept-encoding": "gzip, deflate, br"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert best.headers["content-encoding"] == "br"
    assert best.text == zipped.text


async def test_the_public_sees_no_metrics_and_plain_http_goes_to_tls(site: Site) -> None:
    assert (await site.get("/metrics")).status_code == 404
    assert (await site.get("/readyz")).status_code == 404
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{site.http_port}") as plain:
        answer = await plain.get("/bread/?a=1", headers={"host": HOST})
    assert answer.status_code == 308
    assert answer.headers["location"] == f"https://{HOST}/bread/?a=1"
    assert "strict-transport-security" in (await site.get("/bread/")).headers


async def test_ghost_is_told_when_a_body_is_too_large(site: Site) -> None:
    answer = await site.client.post(
        "/webhooks/ghost/post.published",
        content=b"x" * (11 * 1024 * 1024),
        headers={"host": HOST, "content-type": "application/json"},
    )
    assert answer.status_code == 413


async def test_the_site_stands_while_the_app_is_down(site: Site) -> None:
    page = await site.get("/bread/")
    style = re.search(r'"(/static/site\.css[^"]*)"', page.text)
    assert style is not None
    address = style[1].replace("&amp;", "&")
    await site.get(address)
    site.app.terminate()
    await site.app.wait()
    async with asyncio.timeout(30):  # within its second it is a plain HIT
        while (await site.get("/bread/")).headers["x-cache"] == "HIT":
            pass
    stale = await site.get("/bread/")
    assert (stale.status_code, stale.text) == (200, page.text)
    assert stale.headers["x-cache"] == "STALE"
    assert (await site.get(address)).status_code == 200
    assert (await site.get("/never-asked/")).status_code == 502
