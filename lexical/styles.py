"""Inline CSS, as far as the reading of HTML needs it: single declarations and colours."""

from __future__ import annotations

import re
from typing import Final

_DECLARATION = re.compile(r"\s*([a-zA-Z-]+)\s*:\s*((?:[^;\"'(]|\"[^\"]*\"|'[^']*'|\([^)]*\))*)")
_HEX = re.compile(r"#(?:([0-9a-fA-F]{3,4})|([0-9a-fA-F]{6}|[0-9a-fA-F]{8}))\Z")
_NUMBERS = re.compile(r"\d+")
_RGB: Final = re.compile(r"rgba?\(", re.IGNORECASE)


def declarations(style: str) -> dict[str, str]:
    """The declarations of a ``style`` attribute, property to value, as CSS would report them."""
    found: dict[str, str] = {}
    for match in _DECLARATION.finditer(style):
        value = re.sub(r"\s*!\s*important\s*\Z", "", match[2].strip(), flags=re.IGNORECASE)
        if value:
            found[match[1].lower()] = value
    return found


def keyword(style: str, name: str) -> str:
    """The value of a property that takes keywords, in small letters; nothing if it is not set."""
    return declarations(style).get(name, "").lower() if name in style.lower() else ""


def to_hex(colour: str) -> str | None:
    """A colour as ``#rrggbb``; ``transparent`` stays, names and the like give None.

    As Ghost's parsers do it: the numbers in the colour are taken for red, green and blue.
    """
    if colour == "transparent":
        return colour
    match = _HEX.match(colour)
    if match:
        short, full = match.groups()
        digits = "".join(digit * 2 for digit in short[:3]) if short else full[:6]
        return f"#{digits.lower()}"
    if not _RGB.match(colour):
        return None
    numbers = [int(number) for number in _NUMBERS.findall(colour)]
    return "#" + "".join(f"{number:02x}" for number in numbers[:3]) if len(numbers) > 2 else None
