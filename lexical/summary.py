"""What a document says, in short: its text, an excerpt, the free part, its length, its headings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from lexical import javascript as js
from lexical.options import WEB
from lexical.plaintext import html_to_plaintext
from lexical.rendering import render_html
from lexical.slugs import HeadingIds
from lexical.snippets import without_comments
from lexical.tree import HEADING_TYPES, NodeJson, children_of, root_of, text_content, type_of
from lexical.validation import validate

PAYWALL: Final = "<!--members-only-->"
EXCERPT_LENGTH: Final = 500
WORDS_PER_MINUTE: Final = 275
_FIRST_IMAGE_SECONDS: Final = 12
_LAST_IMAGE_SECONDS: Final = 3

# Tags as Ghost's helpers see them. The quantifiers are possessive: what they took cannot be needed
# again, and without that a stray sign could make the search quadratic.
_TAG = re.compile(r"""<(?:"[^"]*+"|'[^']*+'|[^'"><]++)++>""")
_IMAGE = re.compile(r"""<img(?:"[^"]*+"|'[^']*+'|[^'"><]++)++>""")
_WORD = re.compile(
    "[a-zA-ZÀ-ÿ0-9_\u0392-\u03c9\u0410-\u04f9]+"
    "|[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u3040-\u309f\uac00-\ud7af]+"
)
_RIGHT_TO_LEFT_WORD = re.compile("[\u0600-\u06ff]+|[\u0591-\u05f4]+")


class Heading(NamedTuple):
    """A heading: its level (1 to 6), its text, and the id under which it can be linked to."""

    level: int
    text: str
    id: str


def render_plaintext(
    document: Mapping[str, object],
    *,
    target: str = WEB,
    options: Mapping[str, object] | None = None,
) -> str:
    """The text of a document, as Ghost's API gives a post's ``plaintext``.

    Raises :class:`lexical.errors.LexicalError` for what is no document.
    """
    return html_to_plaintext(
        without_comments(render_html(document, target=target, options=options))
    )


def excerpt(document: Mapping[str, object], *, length: int = EXCERPT_LENGTH) -> str:
    """The first characters of a document's text, as Ghost's API gives a post's ``excerpt``.

    ``length`` counts UTF-16 units, as Ghost does; a character is never cut in two.
    """
    text = render_plaintext(document)
    if len(text) <= length // 2:
        return text
    return text.encode("utf-16-le")[: length * 2].decode("utf-16-le", errors="ignore")


def teaser(
    document: Mapping[str, object],
    *,
    target: str = WEB,
    options: Mapping[str, object] | None = None,
) -> str:
    """The HTML of what stands before the paywall; nothing where there is no paywall.

    So Ghost shows a post to whom it is not open: without a paywall there is no free part.
    """
    before, paywall, _ = render_html(document, target=target, options=options).partition(PAYWALL)
    return before if paywall else ""


def word_count(document: Mapping[str, object]) -> int:
    """How many words a document has, as Ghost counts them: each Chinese character is one."""
    return _count_words(render_html(document))


def reading_minutes(document: Mapping[str, object], *, additional_images: int = 0) -> int:
    """How many minutes it takes to read a document, as Ghost reckons; 0 for less than half of one.

    ``additional_images`` are those outside of the document: a feature image.
    """
    html = render_html(document)
    images = len(_IMAGE.findall(html)) + additional_images
    seconds = _count_words(html) / (WORDS_PER_MINUTE / 60)
    seconds += sum(
        max(_FIRST_IMAGE_SECONDS - index, _LAST_IMAGE_SECONDS) for index in range(images)
    )
    return math.floor(seconds / 60 + 0.5)


def _count_words(html: str) -> int:
    text = _TAG.sub(" ", html)
    words = _WORD.findall(text) or _RIGHT_TO_LEFT_WORD.findall(text)
    return sum(len(word) if word[0] >= "\u4e00" else 1 for word in words)


def outline(document: Mapping[str, object]) -> list[Heading]:
    """The headings of a document, with the ids that its HTML has.

    Raises :class:`lexical.errors.LexicalError` for what is no document.
    """
    validate(document)
    ids = HeadingIds()
    return [_heading(node, ids) for node in _headings(root_of(document))]


def _headings(node: NodeJson) -> Iterator[NodeJson]:
    for child in children_of(node):
        if type_of(child) in HEADING_TYPES:
            yield child


def _heading(node: NodeJson, ids: HeadingIds) -> Heading:
    text = text_content(node)
    tag = node.get("tag")
    level = int(tag[1]) if isinstance(tag, str) and re.fullmatch("h[1-6]", tag) else 2
    return Heading(level, js.trim(" ".join(text.split())), ids.next_for(text))
