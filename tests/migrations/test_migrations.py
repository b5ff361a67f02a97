"""The migrations: up, down, up again; equal to the models; safe to race, never long in the way."""

import asyncio
import time

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import models
from infrastructure import migrate as migrations
from infrastructure.database import asyncpg_url
from infrastructure.migrate import head, migrate

# What makes up a schema, as the server itself writes it down.
_CATALOG = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default,"
    " is_identity, generation_expression FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, 2",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0"
    " AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " AND tablename <> 'alembic_version' ORDER BY 1",
}
_OWN_CODE = {
    "functions": "SELECT proname, prosrc FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    " ORDER BY 1",
    "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal ORDER BY 1, 2",
}


async def _read(url: str, queries: dict[str, str]) -> dict[str, list[tuple[object, ...]]]:
    connection = await asyncpg.connect(url)
    try:
        return {
            name: [tuple(row) for row in await connection.fetch(query)]
            for name, query in queries.items()
        }
    finally:
        await connection.close()


async def _revision(url: str) -> str | None:
    engine = create_async_engine(asyncpg_url(url), poolclass=NullPool)
    async with engine.connect() as connection:
        revision = await connection.run_sync(migrations.current)
    await engine.dispose()
    return revision


async def test_up_down_and_up_again(empty_database_url: str) -> None:
    everything = _CATALOG | _OWN_CODE
    await migrate(empty_database_url)
    first = await _read(empty_database_url, everything)
    assert await _revision(empty_database_url) == head()
    assert first["columns"]
    assert first["triggers"]

    await migrate(empty_database_url, "base", down=True)
    assert await _read(empty_database_url, everything) == {name: [] for name in everything}
    assert await _revision(empty_database_url) is None

    await migrate(empty_database_url)
    assert await _read(empty_database_url, everything) == first


# It compares generated columns as text, which the server rewrites; the next test compares those.
@pytest.mark.filterwarnings("ignore:Computed default on:UserWarning")
async def test_alembic_finds_nothing_to_do(database_url: str) -> None:
    def compared(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, models.Base.metadata))

    engine = create_async_engine(asyncpg_url(database_url), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(compared) == []
    await engine.dispose()


async def test_the_models_make_the_same_schema_as_the_migrations(
    database_url: str, empty_database_url: str
) -> None:
    """Alembic does not compare checks, exclusions and generated columns; the catalogues do."""
    migrated = await asyncpg.connect(database_url)
    extensions = await migrated.fetch(
        "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
    )
    searchable = await migrated.fetchval("SELECT pg_get_functiondef('searchable'::regproc)")
    await migrated.close()
    fresh = await asyncpg.connect(empty_database_url)
    for row in extensions:
        await fresh.execute(f"CREATE EXTENSION {row['extname']} SCHEMA public")
    await fresh.execute(searchable)
    await fresh.close()
    engine = create_async_engine(asyncpg_url(empty_database_url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    await engine.dispose()
    by_models = await _read(empty_database_url, _CATALOG)
    by_migrations = await _read(database_url, _CATALOG)
    for name in _CATALOG:
        assert by_models[name] == by_migrations[name]


async def test_any_number_may_migrate_at_once(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    assert await _revision(empty_database_url) == head()


async def test_a_migration_waits_for_the_one_under_way(empty_database_url: str) -> None:
    await migrate(empty_database_url)
    holder = await asyncpg.connect(empty_database_url)
    await holder.execute("SELECT pg_advisory_lock($1)", migrations._LOCK)
    waiting = asyncio.create_task(migrate(empty_database_url, "base", down=True))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    assert await _revision(empty_database_url) == head()
    await holder.close()
    await waiting
    assert await _revision(empty_database_url) is None


async def test_a_busy_table_makes_a_migration_fail_and_not_hang(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert migrations._LOCK_TIMEOUT == "5s"
    monkeypatch.setattr(migrations, "_LOCK_TIMEOUT", "300ms")
    reader = await asyncpg.connect(database_url)
    reading = reader.transaction()
    await reading.start()
    await reader.execute("LOCK TABLE page_cache_purges IN ACCESS SHARE MODE")
    began = time.monotonic()
    with pytest.raises(DBAPIError, match="lock timeout"):
        await asyncio.wait_for(migrate(database_url, "0001", down=True), 10)
    assert time.monotonic() - began < 5
    # What came before stands, what failed left nothing behind.
    assert await _revision(database_url) == "0002"
    await reading.rollback()
    await reader.close()
    await migrate(database_url)
    assert await _revision(database_url) == head()
