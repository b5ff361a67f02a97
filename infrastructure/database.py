"""The database: engines, the two ways of reading and writing, and the unit of work.

Readers get Core statements on a connection that commits by itself (one round trip each); whoever
changes something works inside one `UnitOfWork`, which alone commits. What has to be told to others
when the change is visible (surrogate tags to purge) is collected there and sent by NOTIFY in the
same transaction.
"""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import MetaData
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

# Alembic can only drop or alter a constraint whose name it can know.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table of the platform."""

    metadata = MetaData(naming_convention=_NAMING)


def asyncpg_url(url: str) -> URL:
    """Return a `postgresql://` address as SQLAlchemy's asyncpg dialect wants it."""
    return make_url(url).set(drivername="postgresql+asyncpg")


def libpq_url(url: str) -> str:
    """Return an address as asyncpg itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def create_engine(url: str, *, pool_size: int = 10, behind_pooler: bool = False) -> AsyncEngine:
    """Make an engine on asyncpg.

    Args:
        url: `postgresql://…`.
        pool_size: connections kept; as many again may be opened for a peak.
        behind_pooler: a transaction pooler stands between; a prepared statement must then not be
            expected to live longer than its transaction, and its name must be nobody else's.
    """
    connect_args: dict[str, object] = {"server_settings": {"application_name": "blog"}}
    if behind_pooler:
        connect_args = {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__blog_{uuid.uuid4()}__",
        }
    return create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        pool_recycle=1800,
        connect_args=connect_args,
    )


class UnitOfWork:
    """One transaction: its session, and what must happen when it commits.

    Services add, change and delete ORM objects on `session` and call `touch`; only the context
    manager that made the unit of work commits.
    """

    def __init__(self, session: AsyncSession) -> None:
        """Wrap a session whose transaction the caller ends."""
        self.session = session
        self._before_commit: list[Callable[[UnitOfWork], Awaitable[None]]] = []
        self._touched: set[str] = set()

    @property
    def touched(self) -> frozenset[str]:
        """The surrogate tags that this change makes stale."""
        return frozenset(self._touched)

    def touch(self, tags: Iterable[str]) -> None:
        """Say that pages that carry one of these surrogate tags are stale after the commit."""
        self._touched.update(tags)

    def before_commit(self, action: Callable[["UnitOfWork"], Awaitable[None]]) -> None:
        """Run `action` inside the transaction, after everything else."""
        self._before_commit.append(action)

    async def finish(self) -> None:
        """Flush, run what was asked for before the commit, and commit."""
        await self.session.flush()
        for action in self._before_commit:
            await action(self)
        await self.session.commit()


class Database:
    """The app's database: `read()` for readers, `unit_of_work()` for whoever changes something."""

    def __init__(
        self,
        url: str,
        *,
        direct_url: str | None = None,
        pool_size: int = 10,
    ) -> None:
        """Prepare an engine; nothing connects yet."""
        self.url = url
        self.direct_url = direct_url or url
        behind_pooler = direct_url not in {None, url}
        self.engine = create_engine(url, pool_size=pool_size, behind_pooler=behind_pooler)
        # A transaction pooler may give each statement outside a transaction another connection, and
        # asyncpg prepares a statement in one round trip and runs it in the next.
        self._reading = (
            self.engine
            if behind_pooler
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._hooks: list[Callable[[UnitOfWork], None]] = []

    def on_unit_of_work(self, hook: Callable[[UnitOfWork], None]) -> None:
        """Call `hook` with each new unit of work (the page cache adds its purge so)."""
        self._hooks.append(hook)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for Core statements, each of which sees what is committed."""
        async with self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose statements all see the same moment, and can write nothing."""
        async with self.engine.connect() as connection:
            await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            yield connection

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """Give one transaction; commit when the block ends, roll back when it raises."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            work = UnitOfWork(session)
            for hook in self._hooks:
                hook(work)
            yield work
            await work.finish()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
