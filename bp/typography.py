"""Soft hyphens for very long words, where no browser has a dictionary for the title's language.

A title may carry a German compound in an English journal. Only words longer than a line of a small
phone are touched, and only in titles; everything else is hyphenated by the browser.
"""

import re

from markupsafe import Markup, escape

SOFT_HYPHEN = "\u00ad"

_LONGEST_WHOLE = 17
_LEAST_PART = 4

_LONG_WORD = re.compile(rf"[^\W\d_]{{{_LONGEST_WHOLE + 1},}}")

# Before a consonant (or a pair that is spoken as one) that opens a syllable after another letter.
_OPENS_SYLLABLE = re.compile(
    r"(?<=[a-zäöüßàâéèêëîïôûáíóúñ])(?<![sc](?=[ht]))(?<![bdfgkpt](?=[lr]))(?<![p](?=h))"
    r"(?=(?:sch|ch|ck|ph|qu|sh|th|st|[bdfgkpt][lr]|[bcdfghjklmnpqrstvwxz])"
    r"[aeiouyäöüàâéèêëîïôûáíóú])(?!ch(?<=sch))",
    re.IGNORECASE,
)


def _softened(match: re.Match[str]) -> str:
    word = match[0]
    parts, begin = [], 0
    for place in (found.start() for found in _OPENS_SYLLABLE.finditer(word)):
        if place - begin >= _LEAST_PART and len(word) - place >= _LEAST_PART:
            parts.append(word[begin:place])
            begin = place
    return SOFT_HYPHEN.join([*parts, word[begin:]])


def title(text: str) -> Markup:
    """Return a title for HTML, its very long words made breakable."""
    return escape(_LONG_WORD.sub(_softened, text))
