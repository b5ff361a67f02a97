"""An app served over a real socket for as long as a browser needs it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hypercorn.asyncio import serve
from hypercorn.config import Config

from infrastructure.factory import BaseApp


def free_address() -> str:
    """Return an address at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@asynccontextmanager
async def serving(
    make_app: Callable[[str], BaseApp], address: str | None = None
) -> AsyncIterator[tuple[BaseApp, str]]:
    """Serve the app that is made for an address; give it and that address once it listens."""
    address = address or free_address()
    port = int(address.rpartition(":")[2])
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = None
    config.graceful_timeout = 0.1
    stop = asyncio.Event()
    app = make_app(address)
    running = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert not running.done(), running
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    yield app, address
    stop.set()
    await running
