"""The ids of headings, as Ghost makes them from their text."""

from __future__ import annotations

import re

from lexical import javascript as js

_SYMBOLS = re.compile(r"[\]\[!\"#$%&'()*+,./:;<=>?@\\^_{|}~]")
_SPACES = re.compile(rf"{js.SPACE}+")
_DASHES = re.compile(r"^-|-{2,}|-\Z")


def slugify(text: str) -> str:
    """Make an id of a text, as Ghost does since 4.0: letters of any script, percent-encoded."""
    text = js.trim(text)
    if text.isascii() and text.isalpha():
        return text.lower()
    text = _SPACES.sub("-", _SYMBOLS.sub("", text.lower()))
    return js.encode_uri_component(_DASHES.sub("", text))


class HeadingIds:
    """The ids of one document's headings: a text that comes again gets a number."""

    __slots__ = ("_used",)

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def next_for(self, text: str) -> str:
        """The id of the next heading with this text."""
        slug = slugify(text)
        count = self._used.get(slug)
        self._used[slug] = 1 if count is None else count + 1
        return slug if count is None else f"{slug}-{count}"
