"""From a sample text to a Lexical document: blocks of Markdown and cards of YAML.

A text is made of blocks with empty lines between them: paragraphs, `#` headings, lists (`-`, `1.`,
`- [x]`, nested by two or three spaces), `>` quotes, `>>` asides, `---`, fenced code (its caption
after the language), and cards: `:::callout`, YAML, `:::`. Inside a line, see `samples.inline`. What
the properties of a card are called is Koenig's choice: `@tryghost/kg-default-nodes`.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from samples.inline import (
    GHOST_URL,
    Node,
    address,
    element,
    inline_html,
    paragraphs_html,
    parse,
    plain_html,
)

CONTENT = Path(__file__).resolve().parent / "content"
ITEM = re.compile(r"^(?P<indent> *)(?:(?P<bullet>-)|(?P<number>\d+)\.) (?P<text>.*)$")
CHECK = re.compile(r"^\[(?P<mark>[ x])\] ")
EVERYONE = {
    "web": {"nonMember": True, "memberSegment": "status:free,status:-free"},
    "email": {"memberSegment": "status:free,status:-free"},
}
Card = dict[str, Any]


def image_url(name: str) -> str:
    """Return the site's address of the sample picture `name`.

    Raises FileNotFoundError when there is no such picture.
    """
    path = CONTENT / "images" / "sample" / name
    if not path.is_file():
        raise FileNotFoundError(path)
    return f"{GHOST_URL}/content/images/sample/{name}"


def image_size(name: str) -> tuple[int, int]:
    """Return the width and height in pixels of the sample picture `name`."""
    with Image.open(CONTENT / "images" / "sample" / name) as picture:
        return picture.size


def asset(folder: str, name: str) -> tuple[str, int]:
    """Return the address of a file in `folder` (`media` or `files`) and its size in bytes."""
    path = CONTENT / folder / "sample" / name
    return f"{GHOST_URL}/content/{folder}/sample/{name}", path.stat().st_size


def _image(card: Card) -> Node:
    width, height = image_size(card["file"])
    return {
        "src": image_url(card["file"]),
        "width": width,
        "height": height,
        "title": "",
        "alt": card["alt"],
        "caption": plain_html(card.get("caption", "")),
        "cardWidth": card.get("width", "regular"),
        "href": address(card.get("href", "")),
    }


def _gallery(card: Card) -> Node:
    images = []
    for place, picture in enumerate(card["images"]):
        width, height = image_size(picture["file"])
        images.append(
            {
                "row": place // 3,
                "src": image_url(picture["file"]),
                "width": width,
                "height": height,
                "fileName": picture["file"],
                "alt": picture["alt"],
            }
        )
    return {"images": images, "caption": plain_html(card.get("caption", ""))}


def _video(card: Card) -> Node:
    src, _ = asset("media", card["file"])
    width, height = image_size(card["poster"])
    return {
        "src": src,
        "caption": plain_html(card.get("caption", "")),
        "fileName": card["file"],
        "mimeType": "video/mp4",
        "width": width,
        "height": height,
        "duration": card["duration"],
        "thumbnailSrc": image_url(card["poster"]),
        "customThumbnailSrc": "",
        "thumbnailWidth": width,
        "thumbnailHeight": height,
        "cardWidth": card.get("width", "regular"),
        "loop": card.get("loop", False),
    }


def _audio(card: Card) -> Node:
    src, _ = asset("media", card["file"])
    return {
        "duration": card["duration"],
        "mimeType": "audio/mpeg",
        "src": src,
        "title": card["title"],
        "thumbnailSrc": image_url(card["cover"]) if "cover" in card else "",
    }


def _file(card: Card) -> Node:
    src, size = asset("files", card["file"])
    return {
        "src": src,
        "fileTitle": card["title"],
        "fileCaption": card.get("caption", ""),
        "fileName": card["file"],
        "fileSize": size,
    }


def _bookmark(card: Card) -> Node:
    return {
        "url": address(card["url"]),
        "metadata": {
            "icon": image_url(card["icon"]) if "icon" in card else "",
            "title": card["title"],
            "description": card["description"],
            "author": card.get("author", ""),
            "publisher": card["publisher"],
            "thumbnail": image_url(card["thumbnail"]) if "thumbnail" in card else "",
        },
        "caption": plain_html(card.get("caption", "")),
    }


def _embed(card: Card) -> Node:
    return {
        "url": card["url"],
        "embedType": "rich",
        "html": card["html"].strip(),
        "metadata": card.get("metadata", {}),
        "caption": plain_html(card.get("caption", "")),
    }


def _html(card: Card) -> Node:
    return {"html": card["html"].strip(), "visibility": EVERYONE}


def _markdown(card: Card) -> Node:
    return {"markdown": card["text"].strip()}


def _callout(card: Card) -> Node:
    return {
        "calloutText": paragraphs_html(card["text"]),
        "calloutEmoji": card.get("emoji", ""),
        "backgroundColor": card["color"],
    }


def _toggle(card: Card) -> Node:
    return {"heading": inline_html(card["heading"]), "content": paragraphs_html(card["text"])}


def _button(card: Card) -> Node:
    return {
        "buttonText": card["text"],
        "alignment": card.get("alignment", "center"),
        "buttonUrl": address(card["url"]),
    }


def _header(card: Card) -> Node:
    width, height = image_size(card["image"]) if "image" in card else (None, None)
    return {
        "version": 2,
        "size": "small",
        "style": "dark",
        "buttonEnabled": "button" in card,
        "buttonUrl": address(card.get("url", "")),
        "buttonText": card.get("button", ""),
        "header": inline_html(card["heading"]),
        "subheader": inline_html(card["text"]),
        "backgroundImageSrc": image_url(card["image"]) if "image" in card else "",
        "accentColor": "#a3293f",
        "alignment": card.get("alignment", "left"),
        "backgroundColor": card.get("background", "#24201e"),
        "backgroundImageWidth": width,
        "backgroundImageHeight": height,
        "backgroundSize": "cover",
        "textColor": card.get("color", "#ffffff"),
        "buttonColor": card.get("button_background", "#ffffff"),
        "buttonTextColor": card.get("button_color", "#24201e"),
        "layout": card.get("layout", "split"),
        "swapped": card.get("swapped", False),
    }


def _product(card: Card) -> Node:
    width, height = image_size(card["image"])
    return {
        "productImageSrc": image_url(card["image"]),
        "productImageWidth": width,
        "productImageHeight": height,
        "productTitle": inline_html(card["title"]),
        "productDescription": paragraphs_html(card["text"]),
        "productRatingEnabled": "stars" in card,
        "productStarRating": card.get("stars", 5),
        "productButtonEnabled": "button" in card,
        "productButton": card.get("button", ""),
        "productUrl": address(card.get("url", "")),
    }


def _signup(card: Card) -> Node:
    return {
        "alignment": "left",
        "backgroundColor": card.get("background", "#f8e9ea"),
        "backgroundImageSrc": image_url(card["image"]) if "image" in card else "",
        "backgroundSize": "cover",
        "textColor": card.get("color", "#24201e"),
        "buttonColor": "accent",
        "buttonTextColor": "#ffffff",
        "buttonText": card["button"],
        "disclaimer": inline_html(card["disclaimer"]),
        "header": inline_html(card["heading"]),
        "labels": [],
        "layout": card.get("layout", "wide"),
        "subheader": inline_html(card["text"]),
        "successMessage": card["thanks"],
        "swapped": False,
    }


def _email(card: Card) -> Node:
    return {"html": paragraphs_html(card["text"])}


def _email_cta(card: Card) -> Node:
    return {
        "alignment": "left",
        "buttonText": card["button"],
        "buttonUrl": address(card["url"]),
        "html": paragraphs_html(card["text"]),
        "segment": card["segment"],
        "showButton": True,
        "showDividers": True,
    }


def _call_to_action(card: Card) -> Node:
    width, height = image_size(card["image"]) if "image" in card else (None, None)
    return {
        "layout": card.get("layout", "minimal"),
        "alignment": card.get("alignment", "left"),
        "textValue": paragraphs_html(card["text"]),
        "showButton": "button" in card,
        "showDividers": True,
        "buttonText": card.get("button", ""),
        "buttonUrl": address(card.get("url", "")),
        "buttonColor": "#a3293f",
        "buttonTextColor": "#ffffff",
        "hasSponsorLabel": "label" in card,
        "sponsorLabel": f"<p>{inline_html(card.get('label', ''))}</p>",
        "backgroundColor": card["color"],
        "linkColor": "text",
        "imageUrl": image_url(card["image"]) if "image" in card else "",
        "imageWidth": width,
        "imageHeight": height,
        "visibility": EVERYONE,
    }


def _paywall(_card: Card) -> Node:
    return {}


CARDS: dict[str, Callable[[Card], Node]] = {
    "audio": _audio,
    "bookmark": _bookmark,
    "button": _button,
    "call-to-action": _call_to_action,
    "callout": _callout,
    "email": _email,
    "email-cta": _email_cta,
    "embed": _embed,
    "file": _file,
    "gallery": _gallery,
    "header": _header,
    "html": _html,
    "image": _image,
    "markdown": _markdown,
    "paywall": _paywall,
    "product": _product,
    "signup": _signup,
    "toggle": _toggle,
    "video": _video,
}


def _list(lines: list[str], level: int = 0) -> Node:
    """Return the list that `lines` draw, whose items stand `level` steps in."""
    first = ITEM.match(lines[0])
    if not first:
        raise ValueError(f"not an item of a list: {lines[0]!r}")
    checks = CHECK.match(first["text"]) is not None
    kind = "number" if first["number"] else "check" if checks else "bullet"
    items: list[Node] = []
    position = 0
    while position < len(lines):
        item = ITEM.match(lines[position])
        if not item:
            raise ValueError(f"not an item of a list: {lines[position]!r}")
        if len(item["indent"]) // 2 == level:
            text, extra = item["text"], {}
            if box := CHECK.match(text):
                text, extra = text[box.end() :], {"checked": box["mark"] == "x"}
            node = element("listitem", parse(text), value=len(items) + 1, **extra)
            items.append({**node, "indent": level})
            position += 1
            continue
        end = position
        while end < len(lines) and lines[end].startswith("  " * (level + 1)):
            end += 1
        inner = _list(lines[position:end], level + 1)
        items.append({**element("listitem", [inner], value=len(items) + 1), "indent": level})
        position = end
    start = int(first["number"] or 1)
    tag = "ol" if kind == "number" else "ul"
    return element("list", items, listType=kind, start=start, tag=tag)


def _block(lines: list[str]) -> Node:
    """Return the node of one block that is neither code nor a card."""
    text = "\n".join(lines)
    if text == "---":
        return {"type": "horizontalrule", "version": 1}
    if heading := re.match(r"(#{1,6}) (.+)$", text):
        return element("extended-heading", parse(heading[2]), tag=f"h{len(heading[1])}")
    for sign, kind in ((">>", "aside"), (">", "extended-quote")):
        if text.startswith(sign):
            body = "\n".join(line.removeprefix(sign).strip() for line in lines)
            return element(kind, parse(body))
    return _list(lines) if ITEM.match(lines[0]) else element("paragraph", parse(text))


def _fenced(opening: str, body: list[str]) -> Node:
    """Return the code block or card that `opening` begins."""
    if opening.startswith("```"):
        language, _, caption = opening.removeprefix("```").partition(" ")
        code = {"code": "\n".join(body), "language": language, "caption": plain_html(caption)}
        return {"type": "codeblock", "version": 1, **code}
    kind = opening.removeprefix(":::").strip()
    return {"type": kind, "version": 1, **CARDS[kind](yaml.safe_load("\n".join(body)) or {})}


def build_document(source: str) -> dict[str, Node]:
    """Return the Lexical document of a sample text.

    Raises ValueError for a block that cannot be read, KeyError for an unknown card or a missing
    property, FileNotFoundError for a picture or file that does not exist.
    """
    children: list[Node] = []
    lines = source.strip().splitlines()
    position = 0
    while position < len(lines):
        line = lines[position]
        if not line.strip():
            position += 1
            continue
        fence = line[:3] if line.startswith(("```", ":::")) else None
        end = position + 1
        if fence:
            while lines[end] != fence:
                end += 1
            children.append(_fenced(line, lines[position + 1 : end]))
            end += 1
        else:
            while end < len(lines) and lines[end].strip():
                end += 1
            children.append(_block(lines[position:end]))
        position = end
    return {"root": {**element("root", children), "direction": "ltr"}}
