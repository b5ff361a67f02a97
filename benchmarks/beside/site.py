"""The site that is measured: 500 posts, the same as the Ghost's where there is one."""

import asyncio
from datetime import timedelta
from pathlib import Path

from msgspec import Struct
from sqlalchemy import text

from benchmarks.large_site import fill
from bp.guard import session_cookie
from infrastructure.database import Database, UnitOfWork
from infrastructure.migrate import migrate
from infrastructure.settings import Settings
from models.people import Person
from services.accounts.sessions import Browser, open_session
from services.accounts.viewer import Role
from services.ghost.startup import ghost_client, sync_alone

POSTS = 500

# The post in the middle of the list, the public tag that most posts have, and the number of posts.
_WHAT_IS_THERE = text("""
    WITH listed AS (
        SELECT id, slug, row_number() OVER (ORDER BY published_at, id) AS place
        FROM posts WHERE status = 'published' AND NOT is_page
    )
    SELECT
        (SELECT slug FROM listed ORDER BY abs(place - (SELECT count(*) / 2 FROM listed)) LIMIT 1),
        (
            SELECT t.slug
            FROM tags t JOIN post_tags l ON l.tag_id = t.id JOIN listed ON listed.id = l.post_id
            WHERE t.visibility = 'public'
            GROUP BY t.slug ORDER BY count(*) DESC, t.slug LIMIT 1
        ),
        (SELECT count(*) FROM listed)
""")


class Ghost(Struct, frozen=True):
    """A Ghost to be measured beside: its address without a slash, and its Admin API key."""

    url: str
    admin_key: str


class Site(Struct, frozen=True):
    """A filled database, and what can be asked for in it."""

    database_url: str
    posts: int
    post: str
    tag: str
    session: str


def make_site(database_url: str, var: Path, ghost: Ghost | None) -> Site:
    """Migrate an empty database and fill it: from the Ghost, or with posts of our own."""
    return asyncio.run(_make(database_url, var, ghost))


def settings(database_url: str, var: Path, ghost: Ghost | None) -> Settings:
    """Return what the database is filled with; nothing comes from the environment."""
    given = {
        "environment": "test",
        "log_level": "error",
        "secret_key": "a-key-for-benchmarks-alone",
        "database_url": database_url,
        "var_folder": var,
    }
    if ghost is not None:
        given |= {"ghost_api_url": ghost.url, "ghost_admin_api_key": ghost.admin_key}
    return Settings.model_validate(given)


async def _make(database_url: str, var: Path, ghost: Ghost | None) -> Site:
    given = settings(database_url, var, ghost)
    await migrate(database_url)
    database = Database(database_url)
    try:
        if ghost is None:
            await fill(database.engine, POSTS)
        else:
            async with ghost_client(given) as client:
                await sync_alone(database, client)
        async with database.unit_of_work() as work:
            cookie = f"{session_cookie(given)}={await _sign_in(work)}"
            post, tag, posts = (await work.session.execute(_WHAT_IS_THERE)).one()
    finally:
        await database.close()
    if not posts or tag is None:
        message = "the site has no post with a tag, so there is nothing to measure"
        raise RuntimeError(message)
    return Site(database_url, posts, post, tag, cookie)


async def _sign_in(work: UnitOfWork) -> str:
    editor = Person(email="editor@example.org", name="Editor", role=Role.EDITOR.word)
    work.session.add(editor)
    await work.session.flush()
    return await open_session(work, editor, "link", Browser(), timedelta(days=1))
