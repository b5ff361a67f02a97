"""The HTML that is kept of a post's document, where this app makes it and not a Ghost."""

from collections.abc import Mapping
from typing import Any, Final

import lexical

# Ghost's defaults: the widths (pixels) that its own pages offer, and the widest that is shown.
_OPTIONS: Final[Mapping[str, Any]] = {
    "imageOptimization": {
        "contentImageSizes": {f"w{width}": {"width": width} for width in (600, 1000, 1600, 2400)},
        "defaultMaxWidth": 2000,
    },
}


def html_of(document: Any) -> str:
    """Return a document as a page of the site shows it, its pictures in several sizes.

    Args:
        document: Lexical, as parsed JSON.

    Raises:
        lexical.LexicalError: it is no document.
    """
    return lexical.render_html(document, options=_OPTIONS)
