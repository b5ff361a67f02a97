"""Personal holes: the parts of a public page that differ from reader to reader.

A template writes `<!--hole:NAME-->what everybody sees<!--/hole:NAME-->`, or with an argument
`<!--hole:NAME:ARGUMENT-->…<!--/hole:NAME-->`. A page is kept with its holes marked; for a reader
who brings one of the filler's cookies they are filled after the cache, all within one deadline.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import Any

import structlog

_log = structlog.get_logger(__name__)

_HOLE = re.compile(
    rb"<!--hole:(?P<name>[a-z][a-z0-9-]*)(?::(?P<argument>[^>]*?))?-->"
    rb"(?P<default>.*?)<!--/hole:(?P=name)-->",
    re.DOTALL,
)

_MARK = b"<!--hole:"


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole: which filler fills it, with what argument, and what stands there for everybody."""

    name: str
    argument: str
    default: bytes


@dataclass(frozen=True, slots=True)
class HolePage:
    """A body cut at its holes: `texts[0]`, `holes[0]`, `texts[1]`, … and always one more text."""

    texts: tuple[bytes, ...]
    holes: tuple[Hole, ...]

    def filled(self, contents: Mapping[Hole, bytes]) -> bytes:
        """Return the body with these contents, and the default where there is none."""
        parts = [self.texts[0]]
        for hole, text in zip(self.holes, self.texts[1:], strict=True):
            parts += (contents.get(hole, hole.default), text)
        return b"".join(parts)


def cut(body: bytes) -> HolePage:
    """Cut a body at its holes; the marks are gone from what comes out."""
    if _MARK not in body:
        return HolePage((body,), ())
    texts: list[bytes] = []
    holes: list[Hole] = []
    end = 0
    for found in _HOLE.finditer(body):
        texts.append(body[end : found.start()])
        holes.append(
            Hole(
                found["name"].decode(),
                (found["argument"] or b"").decode("utf-8", "replace"),
                found["default"],
            )
        )
        end = found.end()
    texts.append(body[end:])
    return HolePage(tuple(texts), tuple(holes))


class Reader:
    """The request of one reader, as a filler may see it.

    `begun` holds the holes whose filling began before it was known whether the page has them, and
    `began` is when.
    """

    def __init__(self, scope: Mapping[str, Any]) -> None:
        """Take the request's ASGI scope."""
        self.scope = scope
        self.begun: dict[Hole, asyncio.Task[str | bytes | None]] = {}
        self.began = 0.0

    @property
    def path(self) -> str:
        """The path of the page, percent-decoded."""
        path: str = self.scope["path"]
        return path

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies of the request; none where they cannot be parsed."""
        jar: SimpleCookie = SimpleCookie()
        for name, value in self.scope["headers"]:
            if name == b"cookie":
                try:
                    jar.load(value.decode("latin-1"))
                except CookieError:
                    continue
        return {name: morsel.value for name, morsel in jar.items()}


# Gives the HTML that stands in the hole for this reader, or None for what everybody sees.
Filler = Callable[[Reader, str], Awaitable[str | bytes | None]]


class Holes:
    """The registered fillers, and the filling."""

    def __init__(self, deadline: float) -> None:
        """Start empty; all holes of one page are filled within `deadline` seconds."""
        self._deadline = deadline
        self._fillers: dict[str, tuple[Filler, frozenset[str]]] = {}
        self._early: set[str] = set()
        self._cookies = re.compile(rb"(?!)")

    def register(
        self, name: str, filler: Filler, *, cookies: Iterable[str], early: bool = False
    ) -> None:
        """Fill the holes called `name` for readers who bring one of these cookies.

        Args:
            name: of the holes.
            filler: gives what stands in them.
            cookies: names of cookies.
            early: nearly every page has such a hole, without an argument: where a page must be
                rendered first, it is filled meanwhile, so that the reader does not wait twice.
        """
        self._fillers[name] = (filler, frozenset(cookies))
        if early:
            self._early.add(name)
        names = sorted(set().union(*(known for _, known in self._fillers.values())))
        self._cookies = re.compile(
            rb"(?:^|;\s*)(?:" + b"|".join(re.escape(it.encode()) for it in names) + rb")="
        )

    def is_personal(self, cookie: bytes) -> bool:
        """Whether a `Cookie` header has a cookie that any filler looks at."""
        return self._cookies.search(cookie) is not None

    def begin(self, scope: Mapping[str, Any]) -> Reader:
        """Begin to fill the early holes for whoever sent this request, if they are his to have."""
        reader = Reader(scope)
        reader.began = asyncio.get_running_loop().time()
        for name in self._early:
            hole = Hole(name, "", b"")
            task = self._begin(hole, reader)
            if task is not None:
                reader.begun[hole] = task
        return reader

    def _begin(self, hole: Hole, reader: Reader) -> asyncio.Task[str | bytes | None] | None:
        filler, cookies = self._fillers.get(hole.name, (None, frozenset()))
        if filler is None or cookies.isdisjoint(reader.cookies):
            return None
        return asyncio.create_task(_run(filler, reader, hole))

    async def fill(self, page: HolePage, reader: Reader) -> bytes | None:
        """Return the page for this reader, or None where nothing in it is personal to him.

        A filler that fails or is late leaves what everybody sees; its failure is logged.
        """
        tasks: dict[Hole, asyncio.Task[str | bytes | None]] = {}
        left = 0.0
        for hole in dict.fromkeys(page.holes):
            task = reader.begun.pop(Hole(hole.name, hole.argument, b""), None)
            if task is not None:
                since = asyncio.get_running_loop().time() - reader.began
                left = max(left, self._deadline - since)
            else:
                task = self._begin(hole, reader)
                left = self._deadline
            if task is not None:
                tasks[hole] = task
        if not tasks:
            return None
        # At least once round the loop, for what is done already.
        _, late = await asyncio.wait(tasks.values(), timeout=max(left, 0))
        contents: dict[Hole, bytes] = {}
        for hole, task in tasks.items():
            if task in late:
                task.cancel()
                _log.error("hole is late", hole=hole.name, path=reader.path)
            elif (content := task.result()) is not None:
                contents[hole] = content.encode() if isinstance(content, str) else content
        return page.filled(contents)


async def _run(filler: Filler, reader: Reader, hole: Hole) -> str | bytes | None:
    try:
        return await filler(reader, hole.argument)
    except Exception:  # noqa: BLE001 - a page never fails because one of its holes did
        _log.exception("hole cannot be filled", hole=hole.name, path=reader.path)
        return None
