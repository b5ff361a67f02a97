"""Where an image comes from and in which sizes it can be had: Ghost's rules for ``srcset``."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus

from lexical import javascript as js
from lexical.options import Options

_LOCAL = re.compile(r"(?:/[^\n\r\u2028\u2029]*|__GHOST_URL__)/?content/images/")
_BASED = re.compile(r"/?content/images/")
_SPLIT = re.compile(r"([^\n\r\u2028\u2029]*/content/images)/([^\n\r\u2028\u2029]*)")
_ABSOLUTE = re.compile(
    r"(https?):[/\\]*([^/\\?#]+)([^?#]*)(?:\?([^#]*))?(#.*)?\Z", re.IGNORECASE | re.DOTALL
)
_PATH_SAFE: Final = "/%:@!$&'()*+,;=-._~|[]^\\"


def is_content_image(url: str, options: Options) -> bool:
    """Whether the site itself serves the image, under ``/content/images/``."""
    base = options.site_url.removesuffix("/")
    if _LOCAL.match(url.replace(base, "", 1) if base else url):
        return True
    base = options.image_base_url.removesuffix("/")
    return bool(options.image_base_url) and bool(
        _BASED.match(url.replace(base, "", 1) if base else url)
    )


def is_unsplash_image(url: str) -> bool:
    """Whether Unsplash serves the image, which makes any width on demand."""
    return "images.unsplash.com" in url


def resized_height(width: object, height: object, desired_width: float) -> str:
    """The height (px) of an image of the given size once it is as wide as desired."""
    ratio = js.divide(js.to_number(width), js.to_number(height))
    return js.number_to_string(js.round_half_up(js.divide(desired_width, ratio)))


def shrunk(src: str, width: object, height: object, options: Options) -> tuple[str, str] | None:
    """Width and height (px) of an image of ours that is wider than the site offers; None if not."""
    limit = options.default_max_width
    if (
        limit
        and js.to_number(width) > limit
        and is_content_image(src, options)
        and options.can_transform_image(src)
    ):
        return js.number_to_string(limit), resized_height(width, height, limit)
    return None


def srcset(src: str, width: object, options: Options, image_format: str = "") -> str:
    """The ``srcset`` of an image of the given own width (px); empty where there is none.

    ``image_format`` asks for the image in that format (``webp``, ``avif``).
    """
    if not options.image_widths or not js.truthy(width):
        return ""
    own = is_content_image(src, options)
    if own and not options.can_transform_image(src):
        return ""
    widths = _available_widths(width, options.image_widths)
    if own:
        match = _SPLIT.search(src)
        if match is None:
            return ""
        return ", ".join(
            _own_source(src, match, candidate=candidate, width=width, image_format=image_format)
            for candidate in widths
        ) or _unsplash_srcset(src, widths, image_format)
    return _unsplash_srcset(src, widths, image_format)


def _available_widths(width: object, offered: tuple[float, ...]) -> list[object]:
    number = js.to_number(width)
    widths: list[object] = [candidate for candidate in offered if candidate <= number]
    if widths and js.to_number(widths[-1]) < number < offered[-1]:
        # The image itself is larger than the largest size that fits, so it is offered as well.
        widths.append(width)
    return widths


def _own_source(
    src: str, split: re.Match[str], *, candidate: object, width: object, image_format: str
) -> str:
    folder, name = split.groups()
    size = js.to_string(candidate)
    if image_format:
        return f"{folder}/size/w{size}/format/{image_format}/{name} {size}w"
    if candidate == width and isinstance(candidate, str) == isinstance(width, str):
        # The image as uploaded has this width: no detour over a resized copy.
        return f"{src} {size}w"
    return f"{folder}/size/w{size}/{name} {size}w"


def _unsplash_srcset(src: str, widths: list[object], image_format: str) -> str:
    if not is_unsplash_image(src):
        return ""
    match = _ABSOLUTE.match(js.trim(src))
    if match is None:
        return ""
    scheme, host, path, query, fragment = match.groups()
    path = quote(path.replace("\\", "/") or "/", safe=_PATH_SAFE)
    base = f"{scheme.lower()}://{host.lower()}{path}"
    pairs = parse_qsl(query or "", keep_blank_values=True)
    if image_format:
        pairs = _with(pairs, "fm", image_format)
    return ", ".join(
        f"{base}?{_encode(_with(pairs, 'w', js.to_string(width)))}{fragment or ''}"
        f" {js.to_string(width)}w"
        for width in widths
    )


def _with(pairs: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    """``URLSearchParams.set``: the first of the name is set, further ones go."""
    out: list[tuple[str, str]] = []
    done = False
    for pair in pairs:
        if pair[0] != name:
            out.append(pair)
        elif not done:
            out.append((name, value))
            done = True
    if not done:
        out.append((name, value))
    return out


def _encode(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{_form(name)}={_form(value)}" for name, value in pairs)


def _form(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")
