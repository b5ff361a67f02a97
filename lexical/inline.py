"""Text with its formats, links and line breaks, as HTML.

Formats are bits of each text; tags have to nest. A tag stays open over the texts that share its
format, and of several that open together the one that lasts longest opens first. Where Ghost's
renderer closes the wrong tag of two that cross, so does this: it is what the reader of the same
post in Ghost sees.
"""

from __future__ import annotations

from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.cards import CARDS
from lexical.html_tree import escape_attribute, escape_text
from lexical.tree import (
    BOLD,
    CODE,
    HIGHLIGHT,
    ITALIC,
    LINK_TYPES,
    STRIKETHROUGH,
    SUBSCRIPT,
    SUPERSCRIPT,
    TEXT_TYPES,
    UNDERLINE,
    NodeJson,
    children_of,
    format_of,
    text_of,
)

_TAGS: Final = (
    (BOLD, "strong"),
    (ITALIC, "em"),
    (STRIKETHROUGH, "s"),
    (UNDERLINE, "u"),
    (CODE, "code"),
    (SUBSCRIPT, "sub"),
    (SUPERSCRIPT, "sup"),
    (HIGHLIGHT, "mark"),
)
_ALL_FORMATS: Final = 255
_NEVER: Final = 1 << 30


def is_inline(node: NodeJson) -> bool:
    """Whether a node stands within a line: a text, a link or a line break."""
    kind = node.get("type")
    return kind in TEXT_TYPES or kind in LINK_TYPES or kind == "linebreak"


def render_children(node: NodeJson) -> str:
    """The content of a block or a link; blocks within it give their content alone."""
    children = children_of(node)
    if len(children) == 1:
        child = children[0]
        if child.get("type") in TEXT_TYPES and not format_of(child):
            return escape_text(characters(child))
    out: list[str] = []
    run: list[NodeJson] = []
    for child in children:
        if is_inline(child):
            run.append(child)
            continue
        if run:
            out.append(render_run(run))
            run = []
        if child.get("type") not in CARDS:
            out.append(render_children(child) or escape_text(text_of(child)))
    if run:
        out.append(render_run(run))
    return "".join(out)


def characters(node: NodeJson) -> str:
    """The characters that a text node shows."""
    return "\t" if node.get("type") == "tab" else text_of(node)


def formats(node: NodeJson) -> int:
    """The formats that a text node shows."""
    return 0 if node.get("type") == "at-link-search" else format_of(node) & _ALL_FORMATS


def render_run(nodes: list[NodeJson]) -> str:
    """Neighbouring texts, links and line breaks."""
    out: list[str] = []
    open_formats: list[tuple[int, str]] = []
    for index, node in enumerate(nodes):
        kind = node.get("type")
        if kind == "linebreak":
            out.append("<br>")
        elif kind in LINK_TYPES:
            out.append(_link(node))
        else:
            own = formats(node)
            if own:
                _open(own, nodes, index, open_formats, out)
            out.append(escape_text(characters(node)))
            if open_formats:
                _close(nodes, index, open_formats, out)
    out.extend(f"</{tag}>" for _, tag in reversed(open_formats))
    return "".join(out)


def _open(
    own: int,
    nodes: list[NodeJson],
    index: int,
    open_formats: list[tuple[int, str]],
    out: list[str],
) -> None:
    already = {flag for flag, _ in open_formats}
    opening = [pair for pair in _TAGS if own & pair[0] and pair[0] not in already]
    if len(opening) > 1:
        ahead = _next_uses(nodes, index, sum(flag for flag, _ in opening))
        opening.sort(key=lambda pair: ahead.get(pair[0], _NEVER))
    for flag, tag in opening:
        out.append(f"<{tag}>")
        open_formats.append((flag, tag))


def _next_uses(nodes: list[NodeJson], index: int, wanted: int) -> dict[int, int]:
    """For each wanted format, where it is next used, links not crossed."""
    found: dict[int, int] = {}
    for position in range(index + 1, len(nodes)):
        if nodes[position].get("type") in LINK_TYPES or not wanted:
            break
        used = wanted & formats(nodes[position])
        found.update({flag: position for flag, _ in _TAGS if used & flag})
        wanted &= ~used
    return found


def _close(
    nodes: list[NodeJson], index: int, open_formats: list[tuple[int, str]], out: list[str]
) -> None:
    following = 0
    for position in range(index + 1, len(nodes)):
        kind = nodes[position].get("type")
        if kind != "linebreak":
            following = 0 if kind in LINK_TYPES else formats(nodes[position])
            break
    for flag, _ in tuple(open_formats):
        if not following & flag:
            # The innermost tag closes, whichever format ended: Ghost's own slip.
            out.append(f"</{open_formats.pop()[1]}>")


def _link(node: NodeJson) -> str:
    url, rel = node.get("url"), node.get("rel")
    attributes = markup.link(js.to_string(url)) if js.truthy(url) else ""
    if js.truthy(rel):
        attributes += f' rel="{escape_attribute(js.to_string(rel))}"'
    content = render_children(node)
    if "<a" in content or "\r" in content:
        # A link within a link's link does not survive the DOM in which Ghost builds it.
        content = markup.settle(content)
    return f"<a{attributes}>{content}</a>"
