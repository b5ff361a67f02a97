"""The addresses of a Ghost in texts of every kind: found where they are media, and made ours.

`https://ghost.example/content/images/a.png` becomes `/content/images/a.png`, and a link to one of
its pages a link to ours. What a reader reads, and code that is shown as such, stays as it is.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

import lexical
from services.media.paths import path_in

_PLACEHOLDER: Final = "__GHOST_URL__"
_TAG: Final = re.compile(
    r"<(?:style|script)\b.*?</(?:style|script)\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
# What of a node is read by people, and so no address even if it looks like one.
_READ: Final = frozenset({"text", "code", "caption", "alt", "title"})


class Addresses:
    """Knows the addresses of one Ghost."""

    def __init__(self, bases: Iterable[str], public_url: str) -> None:
        """Take a Ghost's addresses, and our own one, which may be one of them and then stays."""
        self._public_url = public_url
        own = urlsplit(public_url).netloc
        hosts = {urlsplit(base).netloc + urlsplit(base).path.rstrip("/") for base in bases if base}
        self._all = (
            *(f"{scheme}://{host}" for host in sorted(hosts) for scheme in ("https", "http")),
            _PLACEHOLDER,
        )
        self._bases = tuple(base for base in self._all if urlsplit(base).netloc != own)
        self._mapping = {base: "/" for base in self._bases if base != _PLACEHOLDER}
        self._mapping |= {f"{base}/": "/" for base in self._bases}
        alternatives = "|".join(map(re.escape, self._bases))
        every = "|".join(map(re.escape, self._all))
        self._media = re.compile(
            rf"(?:{every}|(?<![\w.:/-]))/content/(?:images|media|files)/[^\s\"'<>\\)&?#|]+"
        )
        self._content = re.compile(rf"(?:{alternatives})(?=/content/)")
        # Where an address begins in code and in JSON: a string, a list of pictures, a function.
        self._begun = re.compile(rf"(^|[\"'(=]|,\s*)(?:{alternatives})(?=/)")

    def media_in(self, text: str | None) -> Iterator[str]:
        """Give the public paths of the media that a text of any kind mentions."""
        if not text or "/content/" not in text:
            return
        for match in self._media.finditer(text):
            path = path_in(match[0].rstrip(".,;:!"), self._all)
            if path is not None:
                yield path

    def mentioned(self, text: str | None) -> bool:
        """Whether a text has one of the addresses that are to go."""
        return text is not None and any(base in text for base in self._bases)

    def address(self, url: str) -> str:
        """Rewrite a whole address."""
        if url in self._mapping:
            return self._mapping[url]
        base = next((base for base in self._bases if url.startswith(f"{base}/")), None)
        return url if base is None else url.removeprefix(base)

    def absolute(self, url: str) -> str:
        """Rewrite an address that has to be a whole one, as a canonical address has."""
        ours = self.address(url)
        return f"{self._public_url}{ours}" if ours != url else url

    def html(self, html: str) -> str:
        """Rewrite the addresses in a piece of HTML, its styles and its scripts."""
        html = lexical.rewrite_html(html, self._mapping)
        return _TAG.sub(lambda match: self._content.sub("", match[0]), html)

    def code(self, code: str) -> str:
        """Rewrite the addresses in code of any kind: HTML, CSS, scripts, the text of a JSON."""
        return self._begun.sub(lambda match: match[1], self._content.sub("", code))

    def plaintext(self, text: str) -> str:
        """Rewrite the addresses that stand in brackets behind the words of a link."""
        return re.sub(rf"\[(?:{'|'.join(map(re.escape, self._bases))})/", "[/", text)

    def document(self, text: str) -> str:
        """Rewrite a Lexical document; one that mentions none of the addresses keeps its bytes."""
        if not self.mentioned(text):
            return text
        try:
            document = lexical.rewrite_urls(msgspec.json.decode(text), self._mapping)
        except (msgspec.DecodeError, lexical.LexicalError):
            return self.code(text)
        return json.dumps(self.deep(document), ensure_ascii=False, separators=(",", ":"))

    def deep(self, value: Any, name: str = "") -> Any:
        """Rewrite every address in a JSON value, whatever holds it."""
        if isinstance(value, dict):
            return {key: self.deep(entry, str(key)) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.deep(entry, name) for entry in value]
        if not isinstance(value, str) or name in _READ or not self.mentioned(value):
            return value
        whole = self.address(value)
        return whole if whole != value else self.code(value)
