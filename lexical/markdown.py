"""Markdown as Ghost renders it: markdown-it with six extensions.

Follows ``@tryghost/kg-markdown-html-renderer``: raw HTML, line breaks kept, bare addresses linked
(those with a scheme, and e-mail addresses), footnotes, headings without a space after the sign,
``==marked==``, ``~sub~``, ``^sup^``, images loaded lazily, headings with ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, lheading, paragraph
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin

from lexical import javascript as js
from lexical.slugs import slugify

_UNESCAPE = re.compile(r"\\([ \\!\"#$%&'()*+,./:;<=>?@\[\]^_`{|}~-])")
_UNESCAPED_SPACE = re.compile(rf"(^|[^\\])(\\\\)*{js.SPACE}")
BlockRule = Callable[[StateBlock, int, int, bool], bool]

_MARKERS: Final = {"~": "sub", "^": "sup"}


def _lazy_heading(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """``#Heading``, with or without the space that Markdown asks for."""
    position = state.bMarks[start] + state.tShift[start]
    maximum = state.eMarks[start]
    if position >= maximum or state.src[position] != "#":
        return False
    level = 0
    while position < maximum and state.src[position] == "#" and level <= 6:
        level += 1
        position += 1
    if level > 6:
        return False
    if silent:
        return True
    maximum = _skip_back(state.src, maximum, " ", position)
    tail = _skip_back(state.src, maximum, "#", position)
    if tail > position and state.src[tail - 1] == " ":
        maximum = tail
    state.line = start + 1
    token = state.push("heading_open", f"h{level}", 1)
    token.markup = "#" * level
    token.map = [start, state.line]
    inline = state.push("inline", "", 0)
    inline.content = js.trim(state.src[position:maximum])
    inline.map = [start, state.line]
    inline.children = []
    state.push("heading_close", f"h{level}", -1).markup = "#" * level
    return True


def _skip_back(text: str, position: int, character: str, minimum: int) -> int:
    while position > minimum and text[position - 1] == character:
        position -= 1
    return position


def _keep_unicode_space(rule: BlockRule) -> BlockRule:
    """Let a paragraph keep no-break spaces and the like at its edges, as markdown-it 14.3 does."""

    def keep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, end, silent):
            return False
        inline = state.tokens[-2]
        first, last = inline.map or (start, end)
        inline.content = state.getLines(first, last, state.blkIndent, False).strip(" \t\n\r")
        return True

    return keep


def _backslash_before_space(state: StateInline, silent: bool) -> bool:
    """A backslash before a space is itself, and the space can still be part of a line break."""
    if not state.src.startswith("\\ ", state.pos) or state.pos + 1 >= state.posMax:
        return False
    if not silent:
        token = state.push("text_special", "", 0)
        token.content = token.markup = "\\"
        token.info = "escape"
    state.pos += 1
    return True


def _mark(state: StateInline, silent: bool) -> bool:
    """Take the signs of ``==marked==`` down as delimiters, two by two."""
    if silent or state.src[state.pos] != "=":
        return False
    scanned = state.scanDelims(state.pos, True)
    length = scanned.length
    if length < 2:
        return False
    if length % 2:
        state.push("text", "", 0).content = "="
        length -= 1
    for _ in range(0, length, 2):
        state.push("text", "", 0).content = "=="
        if scanned.can_open or scanned.can_close:
            state.delimiters.append(
                Delimiter(
                    marker=ord("="),
                    length=0,
                    token=len(state.tokens) - 1,
                    end=-1,
                    open=scanned.can_open,
                    close=scanned.can_close,
                )
            )
    state.pos += scanned.length
    return True


def _resolve_marks(state: StateInline) -> None:
    """Turn the delimiters that found each other into tags, in this text and in links within it."""
    _resolve(state, state.delimiters)
    for meta in state.tokens_meta:
        if meta and "delimiters" in meta:
            _resolve(state, meta["delimiters"])


def _resolve(state: StateInline, delimiters: list[Delimiter]) -> None:
    alone: list[int] = []
    for opening in delimiters:
        if opening.marker != ord("=") or opening.end == -1:
            continue
        closing = delimiters[opening.end]
        _tag(state.tokens[opening.token], "mark_open", 1)
        _tag(state.tokens[closing.token], "mark_close", -1)
        before = state.tokens[closing.token - 1]
        if before.type == "text" and before.content == "=":
            alone.append(closing.token - 1)
    # A single sign that an odd number of them left over belongs behind the tags that close there.
    for index in reversed(alone):
        target = index + 1
        while target < len(state.tokens) and state.tokens[target].type == "mark_close":
            target += 1
        target -= 1
        tokens = state.tokens
        tokens[target], tokens[index] = tokens[index], tokens[target]


def _tag(token: Token, kind: str, nesting: int) -> None:
    token.type = kind
    token.tag = "mark"
    token.nesting = nesting  # type: ignore[assignment]
    token.markup = "=="
    token.content = ""


def _raise_or_lower(state: StateInline, silent: bool) -> bool:
    """``~sub~`` and ``^sup^``, without white space in them."""
    marker = state.src[state.pos]
    name = _MARKERS.get(marker)
    start, maximum = state.pos, state.posMax
    if name is None or silent or start + 2 >= maximum:
        return False
    state.pos = start + 1
    found = False
    while state.pos < maximum:
        if state.src[state.pos] == marker:
            found = True
            break
        state.md.inline.skipToken(state)
    content = state.src[start + 1 : state.pos]
    if not found or not content or _UNESCAPED_SPACE.search(content):
        state.pos = start
        return False
    end = state.pos
    state.push(f"{name}_open", name, 1).markup = marker
    state.push("text", "", 0).content = _UNESCAPE.sub(r"\1", content)
    state.push(f"{name}_close", name, -1).markup = marker
    state.pos = end + 1
    state.posMax = maximum
    return True


def _heading_open(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    title = "".join(child.content for child in tokens[index + 1].children or ())
    tokens[index].attrSet("id", slugify(title))
    return renderer.renderToken(tokens, index, options, env)


def _image(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    tokens[index].attrSet("loading", "lazy")
    return renderer.image(tokens, index, options, env)


def _footnote_block_open(*_: object) -> str:
    return '<hr class="footnotes-sep">\n<section class="footnotes">\n<ol class="footnotes-list">\n'


def _build() -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": True, "breaks": True, "linkify": True})
    parser.use(footnote_plugin)
    parser.block.ruler.at(
        "heading", _lazy_heading, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    parser.block.ruler.at("lheading", _keep_unicode_space(lheading))
    parser.block.ruler.at("paragraph", _keep_unicode_space(paragraph))
    parser.inline.ruler.before("escape", "backslash", _backslash_before_space)
    parser.inline.ruler.before("emphasis", "mark", _mark)
    parser.inline.ruler2.before("emphasis", "mark", _resolve_marks)
    parser.inline.ruler.after("emphasis", "sub", _raise_or_lower)
    parser.add_render_rule("heading_open", _heading_open)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("footnote_block_open", _footnote_block_open)
    parser.linkify = LinkifyIt(options={"fuzzy_link": False})
    return parser


_PARSER: Final = _build()


def to_html(markdown: str) -> str:
    """Render Markdown; raw HTML in it comes out as it is."""
    html: str = _PARSER.render(markdown)
    return html


def addresses(markdown: str) -> list[tuple[bool, str]]:
    """The addresses of links and images in Markdown; true marks those of images."""
    found: list[tuple[bool, str]] = []
    for block in _PARSER.parse(markdown):
        for token in block.children or ():
            name = {"link_open": "href", "image": "src"}.get(token.type)
            address = token.attrGet(name) if name is not None else None
            if isinstance(address, str):
                found.append((token.type == "image", address))
    return found
