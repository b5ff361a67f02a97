"""What derives from a post's text: its public teaser, its excerpt, the minutes it takes to read.

Whoever writes a post calls `derive` after the last change of its text; what a reader without the
right to it may see is decided here and nowhere else.
"""

import re

from selectolax.lexbor import LexborHTMLParser

from models.content import Post
from services.posts.gated_blocks import for_everybody
from services.posts.rows import PUBLIC

# What Ghost's paywall card renders to; all above it is public.
PAYWALL = "<!--members-only-->"

EXCERPT_LENGTH = 300

_BLANKS = re.compile(r"\s+")


def text_of_html(html: str) -> str:
    """Return the words of a piece of HTML, single blanks between them; no scripts, no styles."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "template", "iframe", "noscript", "svg"])
    body = tree.body
    return _BLANKS.sub(" ", body.text(separator=" ")).strip() if body else ""


def shortened(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the beginning of a text, cut between two words, with an ellipsis where it was cut."""
    text = _BLANKS.sub(" ", text).strip()
    if len(text) <= length:
        return text
    begin, _, rest = text[:length].rpartition(" ")
    return f"{(begin or rest).rstrip(' ,;:.–—-')}…"


def derive(post: Post) -> None:
    """Set `teaser_html`, `teaser_text` and `excerpt` from the post's text and visibility."""
    html = post.html or ""
    if post.visibility == PUBLIC:
        public_html = for_everybody(html)
        if public_html == html:
            post.teaser_html = post.teaser_text = None
            public_text = post.plaintext if post.plaintext is not None else text_of_html(html)
        else:
            post.teaser_html = public_html
            post.teaser_text = public_text = text_of_html(public_html)
    else:
        above, marker, _ = html.partition(PAYWALL)
        post.teaser_html = for_everybody(above) if marker else ""
        post.teaser_text = public_text = text_of_html(post.teaser_html)
    post.excerpt = shortened(post.custom_excerpt or public_text)
