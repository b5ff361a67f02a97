"""Lexical documents, the format of Ghost's editor: rendered, read, checked and changed.

A pure package: a document (parsed JSON) goes in; HTML, text, or what the document mentions comes
out. It does no I/O and needs nothing of the application around it.
"""

from __future__ import annotations

from lexical.errors import LexicalError
from lexical.html_import import from_html
from lexical.mobiledoc import from_mobiledoc
from lexical.plaintext import html_to_plaintext
from lexical.references import References, references, rewrite_html, rewrite_urls
from lexical.rendering import Rendering, render, render_html
from lexical.summary import (
    Heading,
    excerpt,
    outline,
    reading_minutes,
    render_plaintext,
    teaser,
    word_count,
)
from lexical.validation import validate

__all__ = [
    "Heading",
    "LexicalError",
    "References",
    "Rendering",
    "excerpt",
    "from_html",
    "from_mobiledoc",
    "html_to_plaintext",
    "outline",
    "reading_minutes",
    "references",
    "render",
    "render_html",
    "render_plaintext",
    "rewrite_html",
    "rewrite_urls",
    "teaser",
    "validate",
    "word_count",
]
