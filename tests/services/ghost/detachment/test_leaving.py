"""Leaving a Ghost: afterwards it may be switched off, and nothing on the site has changed."""

import asyncio
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from PIL import Image
from sqlalchemy import func, select

from app import create_app
from infrastructure.database import Database
from infrastructure.settings import ROOT, Settings
from models.content import Post, Tag
from models.detachment import FormerGhostId, GhostDetachment
from models.media import MediaFile
from services.content_store.protocol import PostEdit
from services.ghost.client import GhostClient
from services.ghost.detachment.leaving import LeavingError, Left, leave
from services.ghost.startup import sync_alone
from services.media import open_library
from services.media.intake import OF_A_WHOLE_SITE
from services.registry import register_domain_services
from tests.contract.content_stores import EDITOR
from tests.ghost_replay import Fault, ReplayGhost
from tests.lexical.building import document, link, paragraph, text
from tests.services.ghost.mirroring import client_of
from tests.waiting import CEILING

PUBLIC = "https://coop.example"


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


# Every way in which a document names a file, and the files that are named.
NAMES = ("photo", "gallery", "icon", "thumb", "loaf", "back", "card", "srcset", "style", "markdown")


def with_every_card(base: str) -> str:
    def image(name: str) -> str:
        return f"{base}/content/images/2026/11/{name}.png"

    small = f"{base}/content/images/size/w600/2026/11/srcset.png"
    html = (
        f'<img src="{image("card")}" srcset="{small} 600w, {image("srcset")} 1000w">'
        f'<div style="background: url({image("style")})">A</div><a href="{base}/about/">About</a>'
    )
    about = link(f"{base}/about/", text("about us"))
    bookmark = {"url": "https://elsewhere.example/", "metadata": {}}
    bookmark["metadata"] = {"icon": image("icon"), "thumbnail": image("thumb"), "title": "Else"}
    blocks: list[dict[str, Any]] = [
        paragraph("Read ", about, f" or {base}/about/ itself."),
        {"type": "image", "version": 1, "src": image("photo"), "width": 40, "height": 30},
        {
            "type": "gallery",
            "version": 1,
            "images": [{"src": image("gallery"), "width": 40, "height": 30, "row": 0}],
        },
        {"type": "bookmark", "version": 1, **bookmark},
        {"type": "product", "version": 1, "productImageSrc": image("loaf"), "productTitle": "A"},
        {"type": "header", "version": 2, "backgroundImageSrc": image("back"), "header": "H"},
        {"type": "html", "version": 1, "html": html},
        {"type": "markdown", "version": 1, "markdown": f"![m]({image('markdown')})"},
        {"type": "file", "version": 1, "src": f"{base}/content/files/2026/11/list.pdf"},
        {"type": "audio", "version": 1, "src": f"{base}/content/media/2026/11/song.mp3"},
    ]
    return json.dumps(document(*blocks), separators=(",", ":"))


def plant(ghost: ReplayGhost) -> str:
    """Give a Ghost a post with everything, and the files; return the post's id."""
    base = ghost.url
    images = [f"/content/images/2026/11/{name}.png" for name in (*NAMES, "feature", "tag", "logo")]
    for number, path in enumerate(images):
        ghost.site.uploads[path] = ("image/png", picture(f"#{number:02x}4466"))
    ghost.site.uploads["/content/files/2026/11/list.pdf"] = ("application/pdf", b"%PDF-1.4\n%%EOF")
    ghost.site.uploads["/content/media/2026/11/song.mp3"] = ("audio/mpeg", b"ID3\3\0\0\0\0\0\0")
    for record in ghost.site.documents.values():
        # What the generated posts name does not exist.
        record.update(dict.fromkeys(("feature_image", "og_image", "twitter_image")))
    [tag, *_] = ghost.site.tags.values()
    tag |= {"feature_image": f"{base}/content/images/2026/11/tag.png"}
    for setting in ghost.site.settings:
        if setting["key"] == "logo":
            setting["value"] = f"{base}/content/images/2026/11/logo.png"
    ghost.site.create("pages", title="About", status="published")
    return ghost.site.create(
        title="Everything",
        status="published",
        lexical=with_every_card(base),
        feature_image=f"{base}/content/images/2026/11/feature.png",
        codeinjection_head=f"<style>a {{background: url({base}/content/images/2026/11/style.png)}}"
        "</style>",
        canonical_url=f"{base}/everything/",
        tags=[tag["name"]],
    )


@pytest.fixture
async def ghost() -> AsyncIterator[ReplayGhost]:
    async with ReplayGhost(seed=5, posts=60, members=5) as ghost:
        plant(ghost)
        yield ghost


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


def settings_for(ghost: ReplayGhost, url: str, folder: Path) -> Settings:
    return Settings(
        environment="test",
        database_url=url,
        var_folder=folder,
        site_url=PUBLIC,
        secret_key=("s" * 32,),
        ghost_api_url=ghost.url,
        ghost_admin_api_key=ghost.admin_key,
        ghost_content_api_key=ghost.content_key,
    )


async def left(database: Database, settings: Settings, client: GhostClient, **how: Any) -> Left:
    library = open_library(settings, database, caps=OF_A_WHOLE_SITE)
    try:
        return await leave(database, client, library, settings, **how)
    finally:
        await library.close()


async def pages(settings: Settings, paths: list[str]) -> dict[str, bytes]:
    """Read pages of the app as it serves them."""
    app = create_app(settings)
    client = app.test_client()
    found: dict[str, bytes] = {}
    async with app.test_app():
        for path in paths:
            answer = await client.get(path, headers={"Host": PUBLIC.partition("//")[2]})
            found[path] = f"{answer.status_code} ".encode() + await answer.get_data(as_text=False)
    return found


async def published(database: Database) -> list[str]:
    async with database.read() as connection:
        slugs = await connection.scalars(
            select(Post.slug).where(Post.status == "published").order_by(Post.id).limit(12)
        )
        return [f"/{slug}/" for slug in slugs]


async def test_ghost_is_switched_off_and_nothing_changes(
    ghost: ReplayGhost, database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = settings_for(ghost, database_url, tmp_path)
    register_domain_services(database, PUBLIC)
    async with client_of(ghost) as client:
        await sync_alone(database, client)
        paths = ["/", "/everything/", "/about/", "/rss/", "/sitemap.xml"]
        paths += await published(database)
        before = await pages(settings, paths)
        dry = await left(database, settings, client, is_dry=True)
        assert dry.files > 0
        async with database.read() as connection:
            assert await connection.scalar(select(GhostDetachment.id)) is None
        done = await left(database, settings, client)
    assert done.missing == {}
    await ghost.stop()

    alone = Settings(
        environment="test",
        database_url=database_url,
        var_folder=tmp_path,
        site_url=PUBLIC,
        secret_key=("s" * 32,),
    )
    after = await pages(alone, paths)
    for path in paths:
        assert after[path].startswith(b"200 ")
        # What a reader reads stays, even if it looks like an address.
        assert ghost.url.encode() not in after[path].replace(f"{ghost.url}/about/ i".encode(), b"")
        assert _plain(after[path], ghost) == _plain(before[path], ghost), path
    # With its settings still there it goes on without as well, and says so.
    assert await pages(settings, ["/everything/"]) == {"/everything/": after["/everything/"]}

    media = [f"/content/images/2026/11/{name}.png" for name in (*NAMES, "feature", "tag", "logo")]
    media += ["/content/images/size/w600/2026/11/srcset.png"]
    media += ["/content/files/2026/11/list.pdf", "/content/media/2026/11/song.mp3"]
    for path, answer in (await pages(alone, media)).items():
        assert answer.startswith(b"200 "), path
    async with database.read() as connection:
        ours = await connection.scalar(
            select(func.count()).select_from(Post).where(Post.ghost_id.is_not(None))
        )
        kept = await connection.scalar(
            select(func.count()).select_from(FormerGhostId).where(FormerGhostId.kind == "posts")
        )
        assert ours == 0
        assert kept == len(ghost.site.documents)
        assert set(await connection.scalars(select(MediaFile.origin))) == {"uploaded"}
        tag = await connection.scalar(
            select(Tag.feature_image).where(Tag.feature_image.is_not(None))
        )
        assert tag == "/content/images/2026/11/tag.png"


def _plain(page: bytes, ghost: ReplayGhost) -> bytes:
    """Return a page without what is declared to change: addresses, and copies of pictures.

    A picture of ours is offered in more sizes and formats than one of Ghost's.
    """
    for base in (f"{PUBLIC}/", f"{ghost.url}/"):
        page = page.replace(base.encode(), b"/")
    page = re.sub(rb"</?picture>|<source [^>]*>", b"", page)
    return re.sub(rb' srcset="/content/images/size/w[^"]*2026/11/feature[^"]*"', b"", page)


async def test_who_left_finds_nothing_to_do_and_is_never_synced_again(
    ghost: ReplayGhost, database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = settings_for(ghost, database_url, tmp_path)
    services = register_domain_services(database, PUBLIC)
    async with client_of(ghost) as client:
        await left(database, settings, client)
        asked = ghost.count()
        assert (await left(database, settings, client)).was_done
        assert await sync_alone(database, client) is None
        assert ghost.count() == asked
    async with database.unit_of_work() as work:
        post = await services.content.create(work, EDITOR, PostEdit(title="Ours from now on"))
    assert post.slug == "ours-from-now-on"


async def test_what_ghost_does_not_have_is_told_and_holds_nothing_up(
    ghost: ReplayGhost, database: Database, database_url: str, tmp_path: Path
) -> None:
    del ghost.site.uploads["/content/images/2026/11/photo.png"]
    async with client_of(ghost) as client:
        done = await left(database, settings_for(ghost, database_url, tmp_path), client)
    assert list(done.missing) == ["/content/images/2026/11/photo.png"]


async def test_while_ghost_does_not_give_its_files_nothing_changes(
    ghost: ReplayGhost, database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = settings_for(ghost, database_url, tmp_path)
    async with client_of(ghost) as client:
        ghost.inject(Fault("status", path="/content/files/", times=None))
        with pytest.raises(LeavingError, match=r"list\.pdf"):
            await left(database, settings, client)
        async with database.read() as connection:
            assert await connection.scalar(select(GhostDetachment.id)) is None
        ghost.recover()
        done = await left(database, settings, client)
    assert done.missing == {}
    assert done.files == 1


async def test_a_run_that_is_killed_is_continued(
    ghost: ReplayGhost, database: Database, database_url: str, open_folder: Path
) -> None:
    folder = open_folder / f"leaving-{database_url.rpartition('/')[2].partition('?')[0]}"
    environment = {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "VAR_FOLDER": str(folder),
        "SITE_URL": PUBLIC,
        "SECRET_KEY": "s" * 32,
        "GHOST_API_URL": ghost.url,
        "GHOST_ADMIN_API_KEY": ghost.admin_key,
    }
    command = [str(Path(sys.executable).parent / "quart"), "ghost-detach"]
    async with client_of(ghost) as client:
        await sync_alone(database, client)
    # A post that somebody holds stops the run at its batch, in the middle of the posts.
    holder = await asyncpg.connect(database_url)
    held = await holder.fetchval("SELECT id FROM posts ORDER BY id OFFSET 30 LIMIT 1")
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("SELECT id FROM posts WHERE id = $1 FOR UPDATE", held)
    run = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        await _until_progress(database)
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    await transaction.rollback()
    await holder.close()
    halves = await _posts(database, ghost.url)
    assert 0 < sum(is_ours for is_ours, _ in halves) < len(halves)
    assert not any(is_ours and names_ghost for is_ours, names_ghost in halves)

    again = await _finished(command, environment)
    assert again == 0
    assert all(is_ours and not names for is_ours, names in await _posts(database, ghost.url))


async def _until_progress(database: Database) -> None:
    deadline = time.monotonic() + CEILING
    while time.monotonic() < deadline:
        async with database.read() as connection:
            progress = await connection.scalar(select(GhostDetachment.progress))
        if progress and "posts" in progress:
            return
        await asyncio.sleep(0.05)
    pytest.fail("no post was made ours")


async def _finished(command: list[str], environment: dict[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
    return await process.wait()


async def _posts(database: Database, base: str) -> list[tuple[bool, bool]]:
    """Return of every post whether it is ours, and whether an address of its names Ghost."""
    async with database.read() as connection:
        rows = await connection.execute(select(Post.ghost_id, Post.feature_image, Post.lexical))
        return [
            (row.ghost_id is None, base + "/content" in f"{row.feature_image} {row.lexical}")
            for row in rows
        ]
