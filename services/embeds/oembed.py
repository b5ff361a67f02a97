"""oEmbed answers: which sites are asked directly, and what of an answer is fit to be shown.

An answer is another site's HTML that would run in ours, so of it only a frame is kept, made anew
with known attributes, or plain text marked up. Source: https://oembed.com.
"""

import html as html_text
import re
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec
import nh3
from selectolax.lexbor import LexborHTMLParser

from infrastructure.http import GuardedResponse

# Sites whose pages hide their oEmbed address or are slow to give it.
_PROVIDERS: Final = (
    (
        re.compile(r"https?://(?:(?:www|m|music)\.)?(?:youtube\.com/|youtu\.be/)"),
        "https://www.youtube.com/oembed",
    ),
    (re.compile(r"https?://(?:www\.|player\.)?vimeo\.com/"), "https://vimeo.com/api/oembed.json"),
    (re.compile(r"https?://open\.spotify\.com/"), "https://open.spotify.com/oembed"),
    (re.compile(r"https?://(?:www\.|m\.)?soundcloud\.com/"), "https://soundcloud.com/oembed"),
    (re.compile(r"https?://(?:www\.)?tiktok\.com/"), "https://www.tiktok.com/oembed"),
    (re.compile(r"https?://(?:www\.)?(?:twitter|x)\.com/"), "https://publish.twitter.com/oembed"),
    (re.compile(r"https?://bsky\.app/"), "https://embed.bsky.app/oembed"),
    (re.compile(r"https?://codepen\.io/"), "https://codepen.io/api/oembed"),
    (re.compile(r"https?://(?:www\.)?flickr\.com/"), "https://www.flickr.com/services/oembed/"),
)

_TEXTS: Final = ("title", "author_name", "author_url", "provider_name", "provider_url")
_ALLOW: Final = "autoplay; clipboard-write; encrypted-media; fullscreen; picture-in-picture"
_PLAIN_TAGS: Final = {"blockquote", "p", "a", "br", "em", "strong", "b", "i", "cite", "section"}


def endpoint_of(url: str) -> str | None:
    """Return where a known site answers for a link; None for other sites."""
    for pattern, endpoint in _PROVIDERS:
        if pattern.match(url):
            return f"{endpoint}?{urlencode({'url': url, 'format': 'json'})}"
    return None


def read_oembed(answer: GuardedResponse, url: str) -> dict[str, Any] | None:
    """Return of an oEmbed answer what may be shown; None when there is nothing.

    Args:
        answer: of an oEmbed endpoint.
        url: the link that it was asked for.
    """
    if answer.status != 200:
        return None
    try:
        found = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None
    if not isinstance(found, dict) or found.get("type") not in {"video", "rich", "photo"}:
        return None
    html = _photo(found) if found["type"] == "photo" else _shown(found.get("html"))
    if html is None:
        return None
    kept: dict[str, Any] = {"type": found["type"], "version": "1.0", "url": url, "html": html}
    for name in _TEXTS:
        if isinstance(found.get(name), str):
            kept[name] = found[name][:500]
    if _is_web(found.get("thumbnail_url")):
        kept["thumbnail_url"] = found["thumbnail_url"]
    for name in ("width", "height"):
        number = _number(found.get(name))
        if number is not None:
            kept[name] = number
    return kept


def _photo(found: dict[str, Any]) -> str | None:
    if not _is_web(found.get("url")):
        return None
    source = html_text.escape(found["url"], quote=True)
    title = html_text.escape(str(found.get("title") or "")[:500], quote=True)
    return f'<img src="{source}" alt="{title}" loading="lazy">'


def _shown(html: object) -> str | None:
    if not isinstance(html, str):
        return None
    tree = LexborHTMLParser(html)
    frame = tree.css_first("iframe[src]")
    if frame is not None:
        return _frame(frame.attributes)
    # A site that draws by a script of its own leaves a quotation for those who run none.
    if tree.css_first("blockquote") is None:
        return None
    kept = nh3.clean(
        html, tags=_PLAIN_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"}
    ).strip()
    return kept if re.sub(r"<[^>]*>|\s", "", kept) else None


def _frame(attributes: dict[str, str | None]) -> str | None:
    """Make a frame anew, with nothing in it but what is known."""
    source = attributes.get("src") or ""
    source = f"https:{source}" if source.startswith("//") else source
    if not source.startswith("https://") or not _is_web(source):
        return None
    made = {"src": source, "title": attributes.get("title") or "Embedded content"}
    for name in ("width", "height"):
        number = _number(attributes.get(name))
        if number is not None:
            made[name] = str(number)
    made |= {
        "allow": _ALLOW,
        "loading": "lazy",
        "referrerpolicy": "strict-origin-when-cross-origin",
        "frameborder": "0",
    }
    written = " ".join(f'{name}="{html_text.escape(it, quote=True)}"' for name, it in made.items())
    return f"<iframe {written} allowfullscreen></iframe>"


def _is_web(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and 0 < value < 10_000:
        return int(value)
    if isinstance(value, str) and value.isdecimal() and 0 < int(value[:5]) < 10_000:
        return int(value[:5])
    return None
