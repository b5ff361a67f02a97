"""A media library on a database and in folders of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infrastructure.database import Database
from infrastructure.settings import Settings, load_settings
from services.media import MediaLibrary, open_library


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(environment="test", var_folder=tmp_path / "var")


@pytest.fixture
async def library(settings: Settings, database: Database) -> AsyncIterator[MediaLibrary]:
    library = open_library(settings, database)
    yield library
    await library.close()
