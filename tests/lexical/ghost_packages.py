"""Ghost's own npm packages, asked through a pipe: what ours is measured against.

They come with an installed Ghost (`../shared/ghost/ghost install`). `GHOST_ROOT` names the folder
that it was installed in.
"""

import json
import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_SCRIPT = Path(__file__).with_name("ghost_renderer.mjs")
_ROOT = Path(os.environ.get("GHOST_ROOT", "~/.cache/ghost-peer")).expanduser()
MISSING = f"No Ghost is installed under {_ROOT}, so its packages cannot be asked."

Answer = dict[str, Any]


def _newest(pattern: str) -> Path | None:
    return max(_ROOT.glob(pattern), default=None)


def is_installed() -> bool:
    """Whether an installed Ghost and its Node are there."""
    return _newest("ghost-6.*/node_modules") is not None and _node() is not None


def _node() -> Path | None:
    return _newest("tools/node_modules/node-*/bin/node")


class GhostPackages:
    """The running packages; a context manager that ends them."""

    def __init__(self) -> None:
        node, modules = _node(), _newest("ghost-6.*/node_modules")
        assert node is not None, MISSING
        assert modules is not None, MISSING
        self._process = subprocess.Popen(
            [node, _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "GHOST_MODULES": str(modules)},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def ask_all(self, requests: Sequence[dict[str, Any]]) -> list[Answer]:
        """Give the answer to each request; one that failed has ``failed`` in it."""
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None

        def write() -> None:
            for request in requests:
                sink.write(json.dumps(request) + "\n")
            sink.flush()

        writer = threading.Thread(target=write)
        writer.start()
        answers: list[Answer] = [json.loads(source.readline()) for _ in requests]
        writer.join()
        return answers

    def ask(self, **request: Any) -> Answer:
        """Give the answer to one request."""
        return self.ask_all([request])[0]
