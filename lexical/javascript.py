"""The few rules of JavaScript that Ghost's renderer leans on, for odd values to give what it gives.

A card's property may be missing, null, a number where text is meant, and so on. Ghost's renderer
puts such values through JavaScript's own conversions; these functions are those conversions
(ECMAScript 2025, sections 7.1 and 22.1.3), over what JSON can hold.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final
from urllib.parse import quote

WHITESPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What ``String.prototype.trim`` and ``\\s`` take for white space; Python's own sets differ."""

SPACE: Final = f"[{WHITESPACE}]"
"""``\\s`` of a JavaScript pattern, for use inside a Python one."""

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)\Z")
_FLOAT_PREFIX = re.compile(r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)")
_INTEGER_PREFIX = re.compile(r"[+-]?\d+")


def truthy(value: object) -> bool:
    """Whether JavaScript takes the value for true: every list and dict is, even an empty one."""
    return value is not None and (
        isinstance(value, list | dict) or (bool(value) and not _is_nan(value))
    )


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def trim(text: str) -> str:
    """``text.trim()``."""
    return text.strip(WHITESPACE)


def number_to_string(value: float) -> str:
    """``String(value)`` of a number: ``1`` for 1.0, ``1e+21`` for 1e21, ``NaN``."""
    number = to_number(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if not number:
        return "0"
    # Both languages take the fewest digits that give the number back; they differ in the layout.
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    if not -6 < point <= 21:
        fraction = f".{text[1:]}" if text[1:] else ""
        text = f"{text[0]}{fraction}e{point - 1:+d}"
    elif point <= 0:
        text = f"0.{'0' * -point}{text}"
    elif point < len(text):
        text = f"{text[:point]}.{text[point:]}"
    else:
        text += "0" * (point - len(text))
    return f"-{text}" if sign else text


def to_string(value: object) -> str:
    """``String(value)``: ``null`` for None, a list's items with commas, ``[object Object]``."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 2**53:
        return str(value)
    if isinstance(value, int | float):
        return number_to_string(value)
    if isinstance(value, list):
        return ",".join("" if item is None else to_string(item) for item in value)
    return "[object Object]"


def is_number(value: object) -> bool:
    """``typeof value === 'number'``; a Python bool is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def to_number(value: object) -> float:
    """``Number(value)``; NaN for what is no number."""
    if isinstance(value, bool | int | float):
        if isinstance(value, float) or abs(value) < 10**308:
            return float(value)
        return math.inf if value > 0 else -math.inf
    if value is None:
        return 0.0
    text = trim(to_string(value))
    if not text:
        return 0.0
    if _DECIMAL.match(text):
        return float(text)
    if text.lower().startswith(("0x", "0o", "0b")):
        try:
            return float(int(text, 0))
        except ValueError:
            return math.nan
    return {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}.get(text, math.nan)


def plain(value: object) -> object:
    """The value as JSON shows it, where 3.0 is 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parse_float(text: str) -> float:
    """``parseFloat(text)``: the number at the text's beginning, or NaN."""
    match = _FLOAT_PREFIX.match(text.lstrip(WHITESPACE))
    return float(match.group()) if match else math.nan


def parse_int(text: str) -> int | None:
    """``parseInt(text, 10)``; None stands for NaN."""
    match = _INTEGER_PREFIX.match(text.lstrip(WHITESPACE))
    return int(match.group()) if match else None


def round_half_up(value: float) -> float:
    """``Math.round(value)``; NaN and the infinities stay what they are."""
    return value if math.isnan(value) or math.isinf(value) else math.floor(value + 0.5)


def divide(dividend: float, divisor: float) -> float:
    """``dividend / divisor`` where a zero divisor gives an infinity or NaN and no error."""
    if divisor:
        return dividend / divisor
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def encode_uri_component(text: str) -> str:
    """``encodeURIComponent(text)``."""
    return quote(text, safe="-_.!~*'()")
