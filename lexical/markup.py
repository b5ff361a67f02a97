"""HTML that an author wrote into a card's property: made well-formed, and kept from running.

Ghost puts such properties (captions, headings of cards, embeds, Markdown's raw HTML) into the page
as they are. Here they come out byte for byte as Ghost's DOM writes them, but for what a browser
would execute: scripts, event handlers, ``javascript:`` addresses and the like are left out. Only
the HTML card (and code injection, which is no part of a document) is the author's own power.

Ordinary markup takes a short cut: a pattern that recognises what parsing would not change.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from lexical.html_tree import (
    Element,
    Text,
    escape_attribute,
    escape_text,
    names,
    parse_fragment,
    remove,
    replace,
)

_TEXT = re.compile(r"[^<>&\u00a0\r\x00]*\Z")

_INLINE_TAGS: Final = names(
    "a abbr b cite code del em i ins kbd mark q s small span strong sub sup u var"
)
_BLOCK_TAGS: Final = names("p ul ol li")
_ANY_TAG: Final = "|".join(sorted(_INLINE_TAGS | _BLOCK_TAGS))
_TOKEN = re.compile(
    r"(?:[^<>&\u00a0\r\x00]+|&(?:amp|lt|gt|nbsp);|<br>)+"
    rf"|</({_ANY_TAG})>"
    rf"|<({_ANY_TAG})"
    r'((?: (?:class|style|title|rel|target|id|lang|dir|value)="[^"<>&\u00a0\r\x00]*"'
    r'| href="(?:https?://|mailto:|/|\#|__GHOST_URL__)'
    r'[^"<>&\u00a0\r\x00]*(?:&amp;[^"<>&\u00a0\r\x00]*)*"'
    r")*)>"
)
"""One step through markup that a parser would give back unchanged."""
_ATTRIBUTE_NAMES: Final = re.compile(r' ([a-z]+)="')
_MAX_SETTLED_DEPTH: Final = 50

_FORMATTING = re.compile(
    r"<(/?)(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
_MAX_RECONSTRUCTED = 200_000
"""How many elements unclosed formatting may make a parser repeat before it is taken as text."""

_SCHEME_NOISE = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\ufeff]")
_ADDRESS_ATTRIBUTES: Final = names(
    "href src action formaction xlink:href data poster background cite longdesc ping manifest "
    "code codebase archive"
)
_EMBEDDING_TAGS: Final = names("iframe frame object embed portal fencedframe")
_REMOVED_TAGS: Final = names("script base plaintext portal fencedframe")
_DELICATE_TAGS: Final = names(
    "svg math noscript style xmp noembed noframes iframe textarea title template select option "
    "table form"
)
_SCRIPT_SOURCE = re.compile(r"(?:https:)?//[a-z0-9.-]+/", re.IGNORECASE)


def is_executable(url: str, *, embedded: bool = False) -> bool:
    """Whether a browser would run the address itself.

    ``embedded`` is for what loads by itself (frames, objects), where ``data:`` runs as well.
    """
    scheme, colon, _ = _SCHEME_NOISE.sub("", url).partition(":")
    if not colon:
        return False
    scheme = scheme.lower()
    return scheme in {"javascript", "vbscript", "livescript"} or (
        embedded and scheme in {"data", "blob", "filesystem"}
    )


def link(url: str, name: str = "href") -> str:
    """An attribute with an address in it, or nothing where the address would run."""
    return "" if is_executable(url) else f' {name}="{escape_attribute(url)}"'


def is_settled(html: str, *, blocks: bool = False) -> bool:
    """Whether HTML is inline, complete and harmless, so that parsing gives it back as it is.

    With ``blocks``, paragraphs and lists may stand in it too: where it comes to stand in no
    paragraph itself.
    """
    if _TEXT.match(html):
        return True
    position, size = 0, len(html)
    open_tags: list[str] = []
    while position < size:
        match = _TOKEN.match(html, position)
        if match is None:
            return False
        closed, opened, attributes = match.groups()
        if opened is not None:
            if not _may_open(opened, open_tags, blocks=blocks):
                return False
            if attributes:
                names = _ATTRIBUTE_NAMES.findall(attributes)
                if len(names) != len(set(names)):
                    return False
            open_tags.append(opened)
        elif closed is not None and (not open_tags or open_tags.pop() != closed):
            return False
        position = match.end()
    return not open_tags


def _may_open(tag: str, open_tags: list[str], *, blocks: bool) -> bool:
    if tag == "a":
        return "a" not in open_tags
    if tag not in _BLOCK_TAGS:
        return len(open_tags) < _MAX_SETTLED_DEPTH
    if tag == "li":
        return blocks and bool(open_tags) and open_tags[-1] in {"ul", "ol"}
    return blocks and all(name in {"ul", "ol", "li"} for name in open_tags)


def fragment(html: str, *, scripts: bool = False) -> str:
    """HTML as Ghost's DOM gives it back from an element's ``innerHTML``, made harmless.

    With ``scripts``, an empty ``script`` that loads from another host stays: what the providers
    of embeds send along.
    """
    return html if is_settled(html, blocks=True) else settle(html, scripts=scripts)


def settle(html: str, *, scripts: bool = False) -> str:
    """As :func:`fragment`, without the short cut."""
    return finish(parse(html), scripts=scripts)


def parse(html: str) -> Element:
    """Parse HTML into a tree, unless it is made to make the tree explode: then as mere text."""
    opened = closed = 0
    for match in _FORMATTING.finditer(html):
        if match[1]:
            closed += 1
        else:
            opened += 1
    if (opened - closed) > 3 and (opened - closed) * html.count("<") > _MAX_RECONSTRUCTED:
        tree = Element("")
        tree.append(Text(html))
        return tree
    return parse_fragment(html)


def finish(tree: Element, *, scripts: bool = False) -> str:
    """Make a tree harmless and write its children out.

    What browsers are known to read otherwise the second time (foreign content, raw text, tables)
    is read again as a browser with scripts would, until nothing more is found in it.
    """
    found = clean(tree, scripts=scripts)
    html = tree.inner_html()
    if not found.delicate:
        return html
    for _ in range(3):
        again = parse_fragment(html, scripting=True)
        if not clean(again, scripts=scripts).removed:
            return html
        html = again.inner_html()
    return escape_text(tree.text())


class Findings:
    """What cleaning met: things to remove, and things that need a second look."""

    __slots__ = ("delicate", "removed")

    def __init__(self) -> None:
        self.removed = False
        self.delicate = False


def clean(tree: Element, *, scripts: bool = False) -> Findings:
    """Remove from a tree, in place, all that a browser would execute."""
    findings = Findings()
    for element in list(tree.elements(templates=True)):
        tag = element.tag.lower()
        if _is_removed(tag, element, scripts=scripts):
            findings.removed = True
            remove(element)
            continue
        if tag in _DELICATE_TAGS or element.foreign:
            findings.delicate = True
        for name in list(element.attributes):
            if _is_dangerous(tag, name, element.attributes[name]):
                findings.removed = True
                del element.attributes[name]
    return findings


def _is_removed(tag: str, element: Element, *, scripts: bool) -> bool:
    if tag == "script":
        return not (scripts and _is_provider_script(element))
    if tag == "meta":
        return "http-equiv" in element.attributes
    if element.foreign:
        # An animation in SVG can set what the cleaning of attributes would have removed.
        animated = element.attributes.get("attributeName", "").lower()
        if animated.endswith("href") or animated.startswith("on"):
            return True
    return tag in _REMOVED_TAGS


def _is_provider_script(element: Element) -> bool:
    return (
        not element.foreign
        and _SCRIPT_SOURCE.match(element.attributes.get("src", "")) is not None
        and not element.text().strip()
        and not any(name.lower().startswith("on") for name in element.attributes)
    )


def _is_dangerous(tag: str, name: str, value: str) -> bool:
    name = name.lower()
    if name.startswith("on") or name in {"srcdoc", "shadowrootmode", "shadowroot"}:
        return True
    return name in _ADDRESS_ATTRIBUTES and is_executable(value, embedded=tag in _EMBEDDING_TAGS)


class Template:
    """A card's markup that is put together from texts which Ghost does not escape.

    What an author left open in one of them (a tag, a quote) reaches into what follows. So the
    methods give each piece as it may stand in the whole, and note whether parsing would change it;
    :meth:`finish` then parses the whole where it must.
    """

    __slots__ = ("settled",)

    def __init__(self) -> None:
        self.settled = True

    def html(self, html: str, *, blocks: bool = False, linked: bool = False) -> str:
        """HTML, to stand where text can.

        With ``blocks``, paragraphs and lists can stand there too; with ``linked``, no link can, as
        it stands in one.
        """
        if self.settled and not is_settled(html, blocks=blocks):
            self.settled = False
        if linked and "<a" in html:
            self.settled = False
        return html

    def value(self, raw: str) -> str:
        """The value of an attribute, to stand between double quotes."""
        if '"' in raw:
            self.settled = False
            return raw
        return attribute_value(raw)

    def link(self, raw: str, name: str = "href") -> str:
        """An attribute with an address, or nothing where the address would run."""
        return "" if is_executable(unescape(raw)) else f' {name}="{self.value(raw)}"'

    def finish(self, html: str, *, first_only: bool = False, loose_text: bool = False) -> str:
        """The whole: its outermost elements, of which Ghost expects one.

        With ``first_only`` no more than one comes out; with ``loose_text`` the text between them
        stays as well.
        """
        if self.settled:
            return html
        tree = parse(html)
        if not loose_text:
            elements = [node for node in tree.children if isinstance(node, Element)]
            tree.children = list(elements[:1] if first_only else elements)
        return finish(tree)


def unwrap_all_but(tree: Element, allowed: frozenset[str]) -> None:
    """Replace, in place, every element that is not of an allowed tag by its children."""
    for element in reversed(list(tree.elements())):
        if element.foreign or element.tag not in allowed:
            # What a template holds is no child of it, and goes with it.
            replace(element, [] if element.tag == "template" else element.children)


def attribute_value(raw: str) -> str:
    """What a parser reads from ``name="raw"``, escaped again; ``raw`` has no double quote in it."""
    if "&" not in raw and "\r" not in raw:
        return escape_attribute(raw)
    first = parse_fragment(f'<i title="{raw}"></i>').children[0]
    return escape_attribute(first.attributes["title"] if isinstance(first, Element) else "")
