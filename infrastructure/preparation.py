"""What has to be true before any worker serves: a database that answers, migrated to head.

It is the same for `make run`, a container and a command: with an embedded server or with a
database of the operator's own. Redis is optional, so nothing here waits for it.
"""

import asyncio
import contextlib
from collections.abc import Iterator

import asyncpg
import redis.asyncio
import redis.exceptions

from infrastructure.database import libpq_url
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.logs import get_logger
from infrastructure.migrate import migrate
from infrastructure.settings import Settings

log = get_logger(__name__)

PAGE_CACHE_PREFIX = "page-cache:"

# These will not go away by waiting.
_HOPELESS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ClientConfigurationError,
)


class PreparationError(Exception):
    """The app cannot serve; the message is one sentence for the operator."""


@contextlib.contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Give the settings with a `database_url`, for as long as the block runs.

    Without one of the operator's own that is the embedded server's: started here, and stopped at
    the end, unless another process runs it already.

    Raises:
        EmbeddedPostgresError: it cannot run here.
    """
    if settings.database_url is not None:
        yield settings
        return
    # Every worker may open as many connections again for a peak, and some beside its pool.
    connections = settings.web_concurrency * (2 * settings.database_pool_size + 5) + 20
    server = EmbeddedPostgres(
        settings.var_folder / "postgres", {"max_connections": str(max(100, connections))}
    )
    with server:
        yield settings.model_copy(update={"database_url": server.url()})


async def prepare(settings: Settings, *, patience: float = 60) -> None:
    """Wait for the database, migrate it, and forget the pages that an older version rendered.

    Args:
        settings: with a `database_url`.
        patience: how long a database may take to answer, in seconds.

    Raises:
        PreparationError: the database does not answer, or refuses us.
        sqlalchemy.exc.DBAPIError: a migration failed.
    """
    url = settings.database_direct_url or settings.database_url
    if url is None:
        message = "There is no database to prepare: DATABASE_URL is not set."
        raise PreparationError(message)
    await wait_for_database(url, patience)
    await migrate(url)
    if settings.redis_url is not None:
        try:
            await flush_page_cache(str(settings.redis_url))
        except (redis.exceptions.RedisError, OSError) as error:
            log.warning("Redis does not answer; pages are not shared for now", error=str(error))


async def wait_for_database(url: str, patience: float) -> None:
    """Return once the database answers.

    Args:
        url: `postgresql://…`.
        patience: in seconds.

    Raises:
        PreparationError: it did not answer in time, or refuses us for good.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    told_at = loop.time()
    while True:
        try:
            connection = await asyncpg.connect(libpq_url(url), timeout=5)
        except _HOPELESS as error:
            message = f"The database of DATABASE_URL refuses this app: {error}."
            raise PreparationError(message) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if loop.time() > deadline:
                message = (
                    f"The database of DATABASE_URL did not answer within {patience:.0f} seconds "
                    f"({str(error) or type(error).__name__})."
                )
                raise PreparationError(message) from error
            if loop.time() > told_at:
                log.info("waiting for the database", error=str(error))
                told_at = loop.time() + 5
            await asyncio.sleep(0.2)
        else:
            await connection.close()
            return


async def flush_page_cache(redis_url: str) -> int:
    """Remove the page cache's keys from Redis, and no other, and return how many there were.

    Other apps may live in the same Redis, so FLUSHDB is out of the question; UNLINK frees the
    memory without holding them up.
    """
    client = redis.asyncio.from_url(redis_url, socket_connect_timeout=2, socket_timeout=10)
    removed = 0
    async with client:
        batch: list[bytes] = []
        async for key in client.scan_iter(match=f"{PAGE_CACHE_PREFIX}*", count=1000):
            batch.append(key)
            if len(batch) == 1000:
                removed += await client.unlink(*batch)
                batch.clear()
        if batch:
            removed += await client.unlink(*batch)
    return removed
