"""The database of the readers' site, for tests in process and for tests in a browser."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from infrastructure.database import create_engine
from infrastructure.embedded_postgres import EmbeddedPostgres
from tests.readers_site import fill


@pytest.fixture(scope="session")
async def readers_database_url(
    postgres_server: EmbeddedPostgres, _administrator: asyncpg.Connection
) -> AsyncIterator[str]:
    """Give the URL of a database with the readers' site, shared: nobody writes to it."""
    name = "readers_site"
    await _administrator.execute(f"CREATE DATABASE {name} TEMPLATE template_of_tests")
    engine = create_engine(postgres_server.url(name))
    await fill(engine)
    await engine.dispose()
    yield postgres_server.url(name)
    await _administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
