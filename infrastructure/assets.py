"""Static files: named by their content so that browsers keep them for ever, compressed once.

Style sheets and scripts are written in several files by concern and served as bundles, put together
in memory when they are first asked for; there is no build step and no built file. A bundle's style
sheet can carry the site's accent colour, so that a page needs no second request for it.
"""

import asyncio
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlencode

import brotli
from quart import Response, request

from infrastructure.accent import accent_rules, normal
from infrastructure.access import access
from infrastructure.errors import NotFoundError
from infrastructure.factory import BaseApp
from infrastructure.page_cache import private

Bundles = Mapping[str, tuple[str, ...]]

_FOREVER = "public, max-age=31536000, immutable"
_NOT_LONG = "public, max-age=300"

_TEXT = re.compile(r"text/|application/(?:javascript|json)|image/svg")
_OWN_URL = re.compile(r'url\("/static/([^"?]+)"\)')
_STRING_OR_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|/\*.*?\*/', re.DOTALL)
_SPACE_AROUND = re.compile(r"\s*([{};,])\s*")
_SPACE_AFTER_NAME = re.compile(r"([{;][-\w]+):\s+")

# Python knows neither of these on every system.
_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".webmanifest": "application/json"}


@dataclass(frozen=True)
class File:
    """One static file: its bytes, its type, and the version that names this content."""

    body: bytes
    content_type: str
    version: str
    encoded: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_compressible(self) -> bool:
        """Whether compressing makes it smaller; pictures and fonts are compressed already."""
        return len(self.body) > 256 and _TEXT.match(self.content_type) is not None


def _smaller(style: str) -> str:
    """Return a style sheet without comments and without space that means nothing."""
    strings: list[str] = []

    def keep(match: re.Match[str]) -> str:
        if match[1] is None:
            return " "
        strings.append(match[1])
        return f"\0{len(strings) - 1}\0"

    plain = _STRING_OR_COMMENT.sub(keep, style)
    plain = re.sub(r"\s+", " ", plain)
    plain = _SPACE_AROUND.sub(r"\1", plain).replace(";}", "}")
    plain = _SPACE_AFTER_NAME.sub(r"\1:", plain)
    return re.sub(r"\0(\d+)\0", lambda match: strings[int(match[1])], plain).strip()


_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=9),
    "gzip": partial(gzip.compress, compresslevel=9, mtime=0),
}


class Assets:
    """The static files of one app."""

    def __init__(self, folder: Path, bundles: Bundles, *, reload: bool = False) -> None:
        """Serve what lies in `folder`.

        Args:
            folder: where the files are.
            bundles: names of bundles with the files that each consists of, relative to `folder`.
            reload: read the files again each time (development).
        """
        self._folder = folder.resolve()
        self._bundles = bundles
        self._find = self._read if reload else lru_cache(maxsize=512)(self._read)

    def url(self, name: str, accent: str | None = None) -> str:
        """Return the address of a file or bundle; another content has another address.

        Args:
            name: relative to the folder, e.g. `site.css`.
            accent: for a style sheet, the site's accent colour as `#rrggbb`.

        Raises:
            NotFoundError: there is no such file.
        """
        colour = normal(accent)
        version = self._find(name, colour).version
        return (
            f"/static/{name}?{urlencode({'v': version} | ({'accent': colour} if colour else {}))}"
        )

    def file(self, name: str, accent: str | None = None) -> File:
        """Return a file or bundle.

        Raises:
            NotFoundError: there is no such file.
        """
        return self._find(name, normal(accent))

    def _read(self, name: str, accent: str | None) -> File:
        if name in self._bundles:
            body = self._bundle(name, accent)
        else:
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder) or not path.is_file():
                raise NotFoundError
            body = path.read_bytes()
        suffix = Path(name).suffix
        content_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/plain"
        if content_type.startswith("text/"):
            content_type += "; charset=utf-8"
        return File(body, content_type, hashlib.sha256(body).hexdigest()[:12])

    def _bundle(self, name: str, accent: str | None) -> bytes:
        parts = [(self._folder / part).read_text(encoding="utf-8") for part in self._bundles[name]]
        text = "\n".join(parts)
        if name.endswith(".css"):
            text = _OWN_URL.sub(lambda match: f'url("{self.url(match[1])}")', _smaller(text))
            text += accent_rules(accent) if accent else ""
        return text.encode()

    async def encoded(self, file: File, encoding: str) -> bytes:
        """Return a file's bytes in an encoding (`br`, `gzip`), compressed once."""
        if encoding not in file.encoded:
            file.encoded[encoding] = await asyncio.to_thread(_ENCODERS[encoding], file.body)
        return file.encoded[encoding]


def add_assets(app: BaseApp, folder: Path, bundles: Bundles) -> Assets:
    """Serve a folder under `/static/`; templates get `asset(name)`, which returns addresses."""
    assets = Assets(folder, bundles, reload=app.settings.environment == "development")

    @app.get("/static/<path:name>", endpoint="static")
    @access("public")
    @private
    async def static(name: str) -> Response:
        """Give a static file; one asked for by its version never changes."""
        file = assets.file(name, request.args.get("accent"))
        is_current = request.args.get("v") == file.version
        response = Response(
            file.body,
            content_type=file.content_type,
            headers={
                "Cache-Control": _FOREVER if is_current else _NOT_LONG,
                "X-Content-Type-Options": "nosniff",
            },
        )
        response.set_etag(file.version)
        if file.is_compressible:
            response.vary.add("Accept-Encoding")
            accepts = request.accept_encodings
            encoding = next((name for name in _ENCODERS if accepts.quality(name) > 0), None)
            if encoding:
                response.set_data(await assets.encoded(file, encoding))
                response.headers["Content-Encoding"] = encoding
                response.set_etag(f"{file.version}-{encoding}")
        return await response.make_conditional(request)

    app.templates.add(names={"asset": assets.url})
    return assets
