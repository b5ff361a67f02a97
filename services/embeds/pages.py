"""What a page says about itself in its head: title, picture, author, its oEmbed address.

Sources: https://ogp.me, Twitter's card tags, https://oembed.com (discovery).
"""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

_CHARSET: Final = re.compile(rb"<meta[^>]+charset=[\"']?\s*([\w-]+)", re.IGNORECASE)
_BLANKS: Final = re.compile(r"\s+")
_LONGEST: Final = 1000


class PageMetadata(Struct, frozen=True):
    """A page in a few words; None where it does not say."""

    url: str
    title: str | None = None
    description: str | None = None
    author: str | None = None
    publisher: str | None = None
    thumbnail: str | None = None
    icon: str | None = None
    oembed: str | None = None


def decoded(body: bytes, content_type: str) -> str:
    """Return a page's text by the character set that its header or its head names."""
    named = re.search(r"charset=[\"']?([\w-]+)", content_type, re.IGNORECASE)
    found = _CHARSET.search(body[:2048])
    charset = named[1] if named else found[1].decode("ascii") if found else "utf-8"
    try:
        return body.decode(charset, errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def read_page(html: str, url: str) -> PageMetadata:
    """Read a page's head.

    Args:
        html: the page.
        url: where it came from in the end; its relative addresses start there.
    """
    tree = LexborHTMLParser(html)
    metas: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        name = node.attributes.get("property") or node.attributes.get("name") or ""
        content = _words(node.attributes.get("content"))
        if content:
            metas.setdefault(name.lower(), content)

    def first(*names: str) -> str | None:
        return next((metas[name] for name in names if name in metas), None)

    heading = tree.css_first("title")
    title = first("og:title", "twitter:title") or (_words(heading.text()) if heading else None)
    author = first("author", "article:author", "twitter:creator", "dc.creator")
    return PageMetadata(
        url=_address(first("og:url"), url, same_host=True) or url,
        title=title,
        description=first("og:description", "twitter:description", "description"),
        author=None if author is None or "://" in author else author,
        publisher=first("og:site_name", "application-name") or urlsplit(url).hostname,
        thumbnail=_address(
            first("og:image:secure_url", "og:image", "og:image:url", "twitter:image"), url
        ),
        icon=_icon(tree, url),
        oembed=_oembed(tree, url),
    )


def _words(text: str | None) -> str | None:
    return _BLANKS.sub(" ", text or "").strip()[:_LONGEST] or None


def _address(value: str | None, base: str, *, same_host: bool = False) -> str | None:
    """Return an absolute http address; None for any other."""
    if not value:
        return None
    try:
        found = urljoin(base, value)
        parts = urlsplit(found)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return None if same_host and parts.hostname != urlsplit(base).hostname else found


def _icon(tree: LexborHTMLParser, url: str) -> str | None:
    """Return the largest icon that the page names; where it names none, the usual one."""
    found: list[tuple[int, str]] = []
    for node in tree.css("link[rel][href]"):
        names = (node.attributes.get("rel") or "").lower().split()
        if "icon" not in names and "apple-touch-icon" not in names:
            continue
        address = _address(node.attributes.get("href"), url)
        size = re.match(r"\d+", node.attributes.get("sizes") or "")
        usual = 180 if "apple-touch-icon" in names else 16
        if address is not None:
            found.append((int(size[0]) if size else usual, address))
    return max(found)[1] if found else _address("/favicon.ico", url)


def _oembed(tree: LexborHTMLParser, url: str) -> str | None:
    for node in tree.css("link[type][href]"):
        if (node.attributes.get("type") or "").lower() in {
            "application/json+oembed",
            "text/json+oembed",
        }:
            return _address(node.attributes.get("href"), url)
    return None
