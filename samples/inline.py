"""The inline markup of the sample texts: from `**bold**` to Lexical text nodes or to card HTML.

Blocks and cards are the business of `samples.document`; nothing here knows of files or posts.

The marks, which may be nested: `**bold**`, `*italic*`, `~~struck~~`, `++underlined++`,
`` `code` ``, `~sub~`, `^super^`, `==marked==`, `[text](address)`; a backslash makes the next
character plain, a backslash at the end of a line breaks the line. `{TK}` is Koenig's note to
oneself, `{@words}` the search box that an editor left open.
"""

import html
import re
from typing import Any

Node = dict[str, Any]

GHOST_URL = "__GHOST_URL__"
FORMATS = {"**": 1, "*": 2, "~~": 4, "++": 8, "`": 16, "~": 32, "^": 64, "==": 128}
# Lexical's own bits (packages/lexical/src/LexicalConstants.ts), outermost element first, as Koenig
# writes them when it exports the text of a nested editor.
ELEMENTS = {16: "code", 1: "strong", 2: "em", 4: "s", 8: "u", 128: "mark", 32: "sub", 64: "sup"}
SPAN = 'style="white-space: pre-wrap;"'
TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<br>\\\n)|(?P<tk>\{TK\})|\{@(?P<at>[^}]*)\}"
    r"|(?P<link>\[(?P<label>(?:\\.|[^\]\\])+)\]\((?P<url>[^)\s]+)\))"
    r"|(?P<mark>\*\*|~~|\+\+|==|\*|`|~|\^)",
    re.DOTALL,
)
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")


def direction(text: str) -> str:
    """Return `rtl` when the first letter of `text` is Hebrew or Arabic, else `ltr`."""
    right, left = RIGHT_TO_LEFT.search(text), LATIN.search(text)
    return "rtl" if right and (not left or right.start() < left.start()) else "ltr"


def address(url: str) -> str:
    """Return `url`, where `@slug` and `@/path` stand for a place on the site itself."""
    if url.startswith("@/"):
        return GHOST_URL + url[1:]
    return f"{GHOST_URL}/{url[1:]}/" if url.startswith("@") else url


def text_node(text: str, bits: int = 0, kind: str = "extended-text") -> Node:
    """Return a Lexical text node of `kind` with the format `bits`."""
    return {
        "detail": 0,
        "format": bits,
        "mode": "normal",
        "style": "",
        "text": text,
        "type": kind,
        "version": 1,
    }


def element(kind: str, children: list[Node], **extra: object) -> Node:
    """Return a Lexical element node of `kind` around `children`."""
    text = "".join(str(child.get("text", "")) for child in children)
    return {
        "children": children,
        "direction": direction(text),
        "format": "",
        "indent": 0,
        "type": kind,
        "version": 1,
        **extra,
    }


def at_link(search: str) -> Node:
    """Return the node that Koenig keeps while an editor is looking for a post to link to."""
    box = {**text_node(search, kind="at-link-search"), "placeholder": None}
    return element("at-link", [text_node("", kind="zwnj"), box], linkFormat=None)


def parse(source: str, bits: int = 0) -> list[Node]:
    """Return the Lexical nodes of a paragraph's `source`.

    Raises ValueError when a mark is opened and not closed.
    """
    nodes: list[Node] = []
    plain = ""
    open_marks: list[str] = []
    position = 0

    def flush() -> None:
        nonlocal plain
        if plain:
            nodes.append(text_node(plain, bits))
        plain = ""

    while position < len(source):
        found = TOKEN.match(source, position)
        inside_code = bool(open_marks) and open_marks[-1] == "`"
        if not found or (inside_code and found["mark"] != "`"):
            plain += source[position].replace("\n", " ")
            position += 1
            continue
        position = found.end()
        if found["escape"] and found["escape"] != "\\\n":
            plain += found["escape"][1]
            continue
        flush()
        if found["mark"]:
            mark = found["mark"]
            if mark in open_marks:
                open_marks.remove(mark)
            else:
                open_marks.append(mark)
            bits ^= FORMATS[mark]
        elif found["tk"]:
            nodes.append(text_node("TK", bits, kind="tk"))
        elif found["at"] is not None:
            nodes.append(at_link(found["at"]))
        elif found["link"]:
            link = {"rel": None, "target": None, "title": None, "url": address(found["url"])}
            nodes.append(element("link", parse(found["label"], bits), **link))
        else:
            nodes.append({"type": "linebreak", "version": 1})
    flush()
    if open_marks:
        raise ValueError(f"not closed: {open_marks} in {source!r}")
    return nodes


def to_html(nodes: list[Node]) -> str:
    """Return the HTML that Koenig keeps inside a card for inline `nodes`."""
    parts = []
    for node in nodes:
        if node["type"] == "linebreak":
            parts.append("<br>")
        elif node["type"] == "link":
            url = html.escape(node["url"])
            parts.append(f'<a href="{url}">{to_html(node["children"])}</a>')
        else:
            text = html.escape(node["text"], quote=False)
            names = [name for bit, name in ELEMENTS.items() if node["format"] & bit]
            inner = "".join(f"<{name} {SPAN}>" for name in names) or f"<span {SPAN}>"
            closing = "".join(f"</{name}>" for name in reversed(names)) or "</span>"
            parts.append(inner + text + closing)
    return "".join(parts)


def inline_html(source: str) -> str:
    """Return a line of marked-up `source` as card HTML."""
    return to_html(parse(source.strip()))


def plain_html(source: str) -> str:
    """Return a caption: the same marks, without the editor's white-space spans."""
    return inline_html(source).replace(f" {SPAN}", "").replace("<span>", "").replace("</span>", "")


def paragraphs_html(source: str) -> str:
    """Return the card HTML of `source`, whose paragraphs stand apart by an empty line."""
    blocks = [block for block in re.split(r"\n\s*\n", source.strip()) if block]
    parts = []
    for block in blocks:
        if block.startswith("- "):
            items = [line[2:] for line in block.splitlines()]
            listed = (f'<li value="{n}">{inline_html(i)}</li>' for n, i in enumerate(items, 1))
            parts.append(f"<ul>{''.join(listed)}</ul>")
        else:
            parts.append(f'<p dir="{direction(block)}">{inline_html(block)}</p>')
    return "".join(parts)
