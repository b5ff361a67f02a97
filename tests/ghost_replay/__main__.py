"""``python -m tests.ghost_replay --port 0 --posts 500``: the replayed Ghost as a process of its
own.

It prints one line of JSON (url, admin_key, content_key) once it serves, and stops at SIGINT or
SIGTERM.
"""

import argparse
import asyncio
import json
import signal

from tests.ghost_replay.server import ReplayGhost


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with ReplayGhost(
        seed=arguments.seed,
        posts=arguments.posts,
        members=arguments.members,
        version=arguments.version,
        port=arguments.port,
    ) as ghost:
        ghost.trouble.latency = arguments.latency
        keys = {"admin_key": ghost.admin_key, "content_key": ghost.content_key}
        print(json.dumps({"url": ghost.url, **keys}), flush=True)
        await stop.wait()


def main() -> None:
    """Read the command line and serve until a signal."""
    parser = argparse.ArgumentParser(prog="python -m tests.ghost_replay")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--posts", type=int, default=15)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--version", type=int, choices=(5, 6), default=6)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
