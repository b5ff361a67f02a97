"""The HTML of a document, as Ghost's renderer made it, prepared for a reader's page.

What is added helps everybody: names for controls that have none, a shape for frames and galleries
before they load, the browser's own controls where no script runs. What is taken away is what a
strict content security policy would refuse. The text itself is never changed.
"""

from urllib.parse import urlsplit

from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.posts.gated_blocks import for_everybody

# How wide pictures in the text are shown (static/css/cards_pictures.css).
_SIZES = (
    (".kg-gallery-image img[srcset]", "(min-width: 70rem) 22rem, 32vw"),
    (".kg-image-card.kg-width-wide img[srcset]", "(min-width: 72rem) 66rem, 92vw"),
    (".kg-image-card.kg-width-full img[srcset]", "100vw"),
    (".kg-image-card img[srcset]", "(min-width: 42rem) 38.5rem, 92vw"),
)

# An aside longer than this (characters) is not set as large as a cry.
_LONG_ASIDE = 130

_SLIDERS = {"seek": "Position", "volume": "Volume"}


def article(html: str) -> Markup:
    """Return the HTML of a document ready to stand in a page."""
    if not html:
        return Markup()
    tree = LexborHTMLParser(for_everybody(html), is_fragment=True)
    _pictures(tree)
    _frames(tree)
    _players(tree)
    _scrolling(tree)
    _sign_up(tree)
    for aside in tree.css(".kg-blockquote-alt"):
        if len(aside.text()) > _LONG_ASIDE:
            aside.attrs["class"] = "kg-blockquote-alt long"
    for button in tree.css(".kg-toggle-card-icon"):
        button.attrs["type"] = "button"
    for drawing in tree.css(".kg-file-card-icon svg"):
        drawing.attrs["aria-hidden"] = "true"
        for part in drawing.css("defs, title"):
            part.decompose()
    return Markup(tree.html or "")  # noqa: S704 - the author's own HTML is shown as it is


def _number(node: LexborNode, attribute: str) -> float | None:
    try:
        value = float(node.attributes.get(attribute) or "")
    except ValueError:
        return None
    return value if 0 < value < 100_000 else None


def _shape(node: LexborNode) -> tuple[float, float] | None:
    width, height = _number(node, "width"), _number(node, "height")
    return (width, height) if width and height else None


def _pictures(tree: LexborHTMLParser) -> None:
    for image in tree.css("img"):
        if "alt" not in image.attributes or "kg-audio-thumbnail" in (
            image.attributes.get("class") or ""
        ):
            image.attrs["alt"] = ""
    for image in tree.css(".kg-bookmark-card img[onerror]"):
        del image.attrs["onerror"]
    for image in tree.css(".kg-bookmark-thumbnail img, .kg-product-card-image, .kg-cta-card img"):
        image.attrs["loading"] = "lazy"
    sized: set[int] = set()
    for selector, sizes in _SIZES:
        for image in tree.css(selector):
            if image.mem_id not in sized:
                sized.add(image.mem_id)
                image.attrs["sizes"] = sizes
    for image in tree.css(".kg-gallery-image img"):
        shape = _shape(image)
        holder = image.parent if image.parent and image.parent.tag == "div" else None
        if shape and holder:
            holder.attrs["style"] = f"flex-grow:{shape[0] / shape[1]:.4f}"


def _frames(tree: LexborHTMLParser) -> None:
    for frame in tree.css("iframe"):
        if not frame.attributes.get("title"):
            host = urlsplit(frame.attributes.get("src") or "").hostname
            frame.attrs["title"] = f"From {host}" if host else "Embedded page"
        frame.attrs["loading"] = "lazy"
        shape = _shape(frame)
        if shape is None:
            continue
        # An empty drawing of the same shape holds the place open at any width.
        width, height = shape
        box = LexborHTMLParser(
            f'<span class="frame"><svg viewBox="0 0 {width:g} {height:g}" aria-hidden="true"></svg>'
            f"{frame.html}</span>",
            is_fragment=True,
        ).css_first("span")
        if box is not None:
            frame.replace_with(box)


def _players(tree: LexborHTMLParser) -> None:
    for media in tree.css(".kg-audio-card audio, .kg-video-card video"):
        media.attrs["controls"] = ""
    for slider in tree.css(".kg-card input[type=range]"):
        classes = slider.attributes.get("class") or ""
        name = next((name for part, name in _SLIDERS.items() if part in classes), "Value")
        slider.attrs["aria-label"] = name
    for rate in tree.css(".kg-audio-playback-rate, .kg-video-playback-rate"):
        rate.attrs["aria-label"] = f"{rate.text().strip()}, playback speed"
    for button in tree.css(".kg-audio-card button, .kg-video-card button"):
        button.attrs["type"] = "button"


def _scrolling(tree: LexborHTMLParser) -> None:
    """Make what may be wider than the column reachable by keyboard, in a box of its own."""
    for code in tree.css("pre"):
        code.attrs["tabindex"] = "0"
    for table in tree.css("table"):
        if table.parent is not None and "table" in (table.parent.attributes.get("class") or ""):
            continue
        box = LexborHTMLParser(
            f'<div class="table" role="region" aria-label="Table" tabindex="0">{table.html}</div>',
            is_fragment=True,
        ).css_first("div")
        if box is not None:
            table.replace_with(box)


def _sign_up(tree: LexborHTMLParser) -> None:
    """Show sign-up forms, which Ghost shows by script, and let them lead to our own sign-in."""
    for card in tree.css(".kg-signup-card"):
        style = (card.attributes.get("style") or "").replace("display: none;", "").strip("; ")
        card.attrs["style"] = style
        for form in card.css("form"):
            form.attrs["action"] = "/auth/login/"
        for field in card.css("input[type=email]"):
            field.attrs["name"] = "email"
            field.attrs["aria-label"] = "E-mail address"
            if "id" in field.attributes:
                del field.attrs["id"]
        for waiting in card.css(".kg-signup-card-button-loading"):
            waiting.decompose()
