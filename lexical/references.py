"""What a document mentions: addresses, images, uploads, other posts, snippets; and their rewriting.

Which properties of a card hold addresses is the card's own knowledge (``mentions``); here they are
found, also within the HTML and the Markdown of a property.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lexical.cards import CARDS
from lexical.cards.base import HTML, IMAGE, MARKDOWN, URL
from lexical.html_tree import Element, parse_fragment
from lexical.markdown import addresses
from lexical.tree import LINK_TYPES, NodeJson, own_children, root_of, type_of
from lexical.validation import validate

GHOST_URL: Final = "__GHOST_URL__"
"""What Ghost stores in place of the site's own address."""
SNIPPET_ID: Final = "snippetId"
"""The property that says of a node, of any type, from which synced snippet it came."""

_UPLOAD = re.compile(r"/content/(?:images|media|files)/")
_SNIPPET_COMMENT = re.compile(r"<!--\s*snippet:\s*([\w-]+)(?::begin|:end)?\s*-->")
_LINKING: Final = ("href", "src", "poster", "data-src", "action", "data", "cite")
_PICTURING_TAGS: Final = frozenset({"img", "image", "source"})
_ATTRIBUTE = re.compile(
    r"""(?P<name>\s(?:href|src|poster|data-src|srcset|action|data|cite|xlink:href)\s*=\s*)"""
    r"""(?P<value>"[^"]*"|'[^']*'|[^\s"'>]+)""",
    re.IGNORECASE,
)
_MARKDOWN_ADDRESS = re.compile(
    r"(?:https?://|__GHOST_URL__|/content/)[^\s<>\"'()\[\]]*|(?<=\]\()[^\s()]+"
)


@dataclass(frozen=True, slots=True)
class References:
    """All that a document mentions, each once, in the order of the document.

    ``urls`` is every address; ``images`` those that are shown as pictures; ``uploads`` those under
    the site's own ``/content/``; ``posts`` the paths (``/slug/``) of the site's own pages that are
    linked to; ``snippets`` the ids of synced snippets.
    """

    urls: tuple[str, ...]
    images: tuple[str, ...]
    uploads: tuple[str, ...]
    posts: tuple[str, ...]
    snippets: tuple[str, ...]


def references(document: Mapping[str, object], *, site_url: str = "") -> References:
    """Find everything that a document mentions.

    ``site_url`` tells which absolute addresses are the site's own; relative ones and those that
    begin with ``__GHOST_URL__`` always are.

    Raises :class:`lexical.errors.LexicalError` for what is no document.
    """
    validate(document)
    found: dict[tuple[str, str], None] = {}
    snippets: dict[str, None] = {}
    for node in _nodes(root_of(document)):
        snippet = node.get(SNIPPET_ID)
        if isinstance(snippet, str) and snippet:
            snippets[snippet] = None
        for kind, address in _mentioned(node):
            if kind == SNIPPET_ID:
                snippets[address] = None
            elif address.strip():
                found[kind, address.strip()] = None
    urls = tuple(dict.fromkeys(address for _, address in found))
    images = tuple(dict.fromkeys(address for kind, address in found if kind == IMAGE))
    own = {address: path for address in urls if (path := _own_path(address, site_url)) is not None}
    uploads = tuple(address for address in own if _UPLOAD.search(address))
    linked = (address for kind, address in found if kind == URL and address in own)
    posts = (own[address] for address in linked if not _UPLOAD.search(address))
    return References(urls, images, uploads, tuple(dict.fromkeys(posts)), tuple(snippets))


def _own_path(address: str, site_url: str) -> str | None:
    """The path of an address on the site itself; None for any other."""
    base = site_url.rstrip("/")
    if address.startswith(GHOST_URL):
        rest = address.removeprefix(GHOST_URL)
    elif base and (address == base or address.startswith((f"{base}/", f"{base}?", f"{base}#"))):
        rest = address.removeprefix(base)
    elif address.startswith("/") and not address.startswith("//"):
        rest = address
    else:
        return None
    return rest.split("#")[0].split("?")[0] or "/"


def _nodes(node: NodeJson) -> Iterator[NodeJson]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(own_children(current)))


def _mentioned(node: NodeJson) -> Iterator[tuple[str, str]]:
    kind = type_of(node)
    if kind in LINK_TYPES:
        url = node.get("url")
        if isinstance(url, str):
            yield URL, url
        return
    card = CARDS.get(kind)
    if card is None:
        return
    for name, what in card.mentions.items():
        for value in _values(node, name):
            if what == HTML:
                yield from _in_html(value)
            elif what == MARKDOWN:
                for is_image, address in addresses(value):
                    yield IMAGE if is_image else URL, address
                yield from _in_html(value)
            else:
                yield what, value


def _values(holder: object, name: str) -> Iterator[str]:
    """The texts under a name, which may reach into objects (``.``) and lists (``[]``)."""
    first, _, rest = name.partition(".")
    if not isinstance(holder, Mapping):
        return
    value = holder.get(first.removesuffix("[]"))
    if first.endswith("[]"):
        for item in value if isinstance(value, list) else ():
            yield from _values(item, rest)
    elif rest:
        yield from _values(value, rest)
    elif isinstance(value, str):
        yield value


def _in_html(html: str) -> Iterator[tuple[str, str]]:
    if "<" not in html:
        return
    for match in _SNIPPET_COMMENT.finditer(html):
        yield SNIPPET_ID, match[1]
    for element in parse_fragment(html).elements():
        yield from _in_element(element)


def _in_element(element: Element) -> Iterator[tuple[str, str]]:
    picture = element.tag in _PICTURING_TAGS
    for name in _LINKING:
        value = element.attributes.get(name)
        if value:
            yield IMAGE if picture or name == "poster" else URL, value
    for candidate in element.attributes.get("srcset", "").split(","):
        parts = candidate.split()
        if parts:
            yield IMAGE, parts[0]


def rewrite_urls(document: Mapping[str, object], mapping: Mapping[str, str]) -> dict[str, object]:
    """Give a copy of a document in which addresses are replaced.

    A key of ``mapping`` is a whole address, or, when it ends in ``/`` or is ``__GHOST_URL__``, the
    beginning of addresses; the longest that fits wins. Addresses within the HTML and the Markdown
    of cards are replaced as well, all else stays to the byte.

    Raises :class:`lexical.errors.LexicalError` for what is no document.
    """
    validate(document)
    return {**document, "root": _rewrite_node(root_of(document), _replacer(mapping))}


def rewrite_html(html: str, mapping: Mapping[str, str]) -> str:
    """Give a piece of HTML in which the addresses of its attributes are replaced.

    ``mapping`` is as for :func:`rewrite_urls`; all else stays to the byte.
    """
    return _rewrite_text(html, HTML, _replacer(mapping))


Replace = Callable[[str], str]


def _replacer(mapping: Mapping[str, str]) -> Replace:
    prefixes = sorted(
        (key for key in mapping if key.endswith("/") or key == GHOST_URL), key=len, reverse=True
    )

    def replace(address: str) -> str:
        whole = mapping.get(address)
        if whole is not None:
            return whole
        for prefix in prefixes:
            if address.startswith(prefix):
                return mapping[prefix] + address[len(prefix) :]
        return address

    return replace


def _rewrite_node(node: NodeJson, replace: Replace) -> dict[str, object]:
    out = dict(node)
    children = own_children(node)
    if children:
        out["children"] = [_rewrite_node(child, replace) for child in children]
    kind = type_of(node)
    url = node.get("url")
    if kind in LINK_TYPES and isinstance(url, str):
        out["url"] = replace(url)
    card = CARDS.get(kind)
    if card is not None:
        for name, what in card.mentions.items():
            _rewrite_value(out, name, what, replace)
    return out


def _rewrite_value(holder: dict[str, object], name: str, what: str, replace: Replace) -> None:
    """Replace what stands under a name, copying the objects and lists that it reaches into."""
    first, _, rest = name.partition(".")
    key = first.removesuffix("[]")
    value = holder.get(key)
    if first.endswith("[]"):
        if isinstance(value, list):
            items = [dict(item) if isinstance(item, Mapping) else item for item in value]
            for item in items:
                if isinstance(item, dict):
                    _rewrite_value(item, rest, what, replace)
            holder[key] = items
    elif rest:
        if isinstance(value, Mapping):
            inner = dict(value)
            _rewrite_value(inner, rest, what, replace)
            holder[key] = inner
    elif isinstance(value, str):
        holder[key] = _rewrite_text(value, what, replace)


def _rewrite_text(text: str, what: str, replace: Replace) -> str:
    if what in {URL, IMAGE}:
        return replace(text)
    text = _ATTRIBUTE.sub(lambda match: _rewrite_attribute(match, replace), text)
    if what == MARKDOWN:
        text = _MARKDOWN_ADDRESS.sub(lambda match: replace(match[0]), text)
    return text


def _rewrite_attribute(match: re.Match[str], replace: Replace) -> str:
    name, raw = match["name"], match["value"]
    quote = raw[0] if raw[0] in "\"'" else ""
    value = raw.strip(quote) if quote else raw
    if "srcset" in name.lower():
        value = ",".join(_rewrite_candidate(part, replace) for part in value.split(","))
    else:
        value = _rewrite_escaped(value, replace)
    return f"{name}{quote}{value}{quote}"


def _rewrite_candidate(candidate: str, replace: Replace) -> str:
    address = "".join(candidate.split(maxsplit=1)[:1])
    return (
        candidate.replace(address, _rewrite_escaped(address, replace), 1) if address else candidate
    )


def _rewrite_escaped(value: str, replace: Replace) -> str:
    """Replace an address that stands in HTML, where ``&`` is written ``&amp;``."""
    plain = value.replace("&amp;", "&")
    rewritten = replace(plain)
    if rewritten == plain:
        return value
    return rewritten.replace("&", "&amp;").replace('"', "&quot;")
