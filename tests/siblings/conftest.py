"""The sibling apps of one platform, in this process, on one database with a few posts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from infrastructure.database import Database
from infrastructure.settings import Settings
from models.content import Post
from services.registry import Services, register_domain_services

BLOG = "http://blog.example"


def settings_of(name: str, database_url: str, **more: object) -> Settings:
    fields: dict[str, object] = {
        "environment": "test",
        "database_url": database_url,
        "site_url": f"http://{name}.example",
        "secret_key": ("k" * 32,),
        "sample_content": False,
        "allowed_hosts": "localhost",
    }
    return Settings.model_validate(fields | more)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    async with database.unit_of_work() as work:
        work.session.add_all(
            Post(
                slug=f"rye-{number}",
                title=f"Rye {number}",
                status="published",
                published_at=datetime.now(UTC) - timedelta(days=number),
            )
            for number in range(1, 4)
        )
    yield database
    await database.close()


@pytest.fixture
def services(database: Database) -> Services:
    return register_domain_services(database, BLOG, ["blog", "calendar", "market", "cart"])
