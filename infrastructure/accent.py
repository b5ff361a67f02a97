"""A site's accent colour, moved in lightness until it can be read on paper by day and by night.

Pure arithmetic on `#rrggbb`; the contrast is that of WCAG 2.2
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

import colorsys
import re

_COLOUR = re.compile(r"[0-9a-f]{6}")

# The papers of `static/css/tokens.css`, and the least contrast of small text on them: more than the
# 4.5 of the standard, because text also stands on cards and washes.
LIGHT_PAPER = "fbf9f6"
DARK_PAPER = "171412"
_LEAST_BY_DAY = 5.0
_LEAST_BY_NIGHT = 7.0

_STEP = 0.01

Rgb = tuple[float, float, float]


def normal(colour: str | None) -> str | None:
    """Return `rrggbb` of a colour as a person may have given it; None where it is none."""
    plain = (colour or "").strip().lstrip("#").lower()
    return plain if _COLOUR.fullmatch(plain) else None


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (`rrggbb`), from 1 to 21."""
    lighter, darker = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, paper: str, *, least: float, darker: bool) -> str:
    """Return `colour` made darker or lighter until its contrast on `paper` is enough."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    found = colour
    while contrast(found, paper) < least and 0 <= lightness <= 1:
        lightness += -_STEP if darker else _STEP
        rgb = colorsys.hls_to_rgb(hue, min(max(lightness, 0), 1), saturation)
        found = "".join(f"{round(part * 255):02x}" for part in rgb)
    return found


def accent_rules(colour: str) -> str:
    """Return the style rules that put a site's accent in the place of rose.

    Ghost's cards that carry a text colour of their own were coloured for the accent as it is, so
    they get it unchanged.

    Args:
        colour: `rrggbb`, see `normal`.
    """
    day = readable(colour, LIGHT_PAPER, least=_LEAST_BY_DAY, darker=True)
    night = readable(colour, DARK_PAPER, least=_LEAST_BY_NIGHT, darker=False)
    return (
        f":root{{--rose:#{day};--rose-solid:#{day};--ghost-accent-color:#{colour}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--rose:#{night}}}}}"
    )
