"""A sign-up form: heading, text, a field for the e-mail address, a picture."""

from __future__ import annotations

from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.captions import attribute_of, text_of
from lexical.cards.base import HTML, IMAGE, Card, Parser, Properties
from lexical.cards.header import layout_classes
from lexical.html_tree import Element
from lexical.options import Options
from lexical.styles import declarations, to_hex

_LOADING: Final = """<svg xmlns="http://www.w3.org/2000/svg" height="24" width="24" viewBox="0 0\
 24 24">
        <g stroke-linecap="round" stroke-width="2" fill="currentColor" stroke="none"\
 stroke-linejoin="round" class="nc-icon-wrapper">
            <g class="nc-loop-dots-4-24-icon-o">
                <circle cx="4" cy="12" r="3"></circle>
                <circle cx="12" cy="12" r="3"></circle>
                <circle cx="20" cy="12" r="3"></circle>
            </g>
            <style data-cap="butt">
                .nc-loop-dots-4-24-icon-o{--animation-duration:0.8s}
                .nc-loop-dots-4-24-icon-o\
 *{opacity:.4;transform:scale(.75);animation:nc-loop-dots-4-anim var(--animation-duration) infinite}
                .nc-loop-dots-4-24-icon-o :nth-child(1){transform-origin:4px\
 12px;animation-delay:-.3s;animation-delay:calc(var(--animation-duration)/-2.666)}
                .nc-loop-dots-4-24-icon-o :nth-child(2){transform-origin:12px\
 12px;animation-delay:-.15s;animation-delay:calc(var(--animation-duration)/-5.333)}
                .nc-loop-dots-4-24-icon-o :nth-child(3){transform-origin:20px 12px}
                @keyframes\
 nc-loop-dots-4-anim{0%,100%{opacity:.4;transform:scale(.75)}50%{opacity:1;transform:scale(1)}}
            </style>
        </g>
    </svg>"""


def _render(properties: Properties, _options: Options) -> str:
    text = properties.text
    template = markup.Template()
    value = template.value
    layout, colour, image = text("layout"), text("backgroundColor"), text("backgroundImageSrc")
    header, subheader, disclaimer = (
        template.html(text(name)) for name in ("header", "subheader", "disclaimer")
    )
    split = layout == "split"
    accent = "kg-style-accent" if colour == "accent" and (split or not image) else ""
    ground = f"background-color: {colour}" if colour != "accent" and (split or not image) else ""
    text_colour = _text_colour(properties)
    tone = f' style="color: {value(text_colour)};"' if text_colour else ""
    picture = _picture(image, template) if image else ""
    classes = " ".join(layout_classes("kg-signup-card", layout, properties))
    return template.finish(
        f"""<div class="{value(classes)} {accent}" data-lexical-signup-form=""\
 style="{value(ground)}; display: none;">
            {"" if split else picture}
            <div class="kg-signup-card-content">
                {picture if split else ""}
                <div class="kg-signup-card-text\
 {"kg-align-center" if text("alignment") == "center" else ""}">
                    {_line("h2", "heading", header, tone)}
                    {_line("p", "subheading", subheader, tone)}
                    {_form(properties, template, tone)}
                    {_line("p", "disclaimer", disclaimer, tone)}
                </div>
            </div>
        </div>"""
    )


def _picture(src: str, template: markup.Template) -> str:
    return f"""
        <picture><img class="kg-signup-card-image"{template.link(src, "src")} alt=""></picture>
    """


def _text_colour(properties: Properties) -> str:
    if properties.text("backgroundColor") == "transparent" and (
        properties.text("layout") == "split" or not properties.text("backgroundImageSrc")
    ):
        # Nothing lies under the text but the page, whose own colour fits.
        return ""
    return properties.text("textColor") or "#000000"


def _line(tag: str, name: str, html: str, tone: str) -> str:
    return f'<{tag} class="kg-signup-card-{name}"{tone}>{html}</{tag}>' if html else ""


def _form(properties: Properties, template: markup.Template, tone: str) -> str:
    value = template.value
    button = template.html(properties.text("buttonText"))
    message = template.html(properties.text("successMessage"), blocks=True)
    labels = properties.raw("labels")
    if isinstance(labels, str):
        # One label in place of a list of them comes apart into its letters, in Ghost as here.
        labels = list(labels)
    hidden = "\n".join(
        f'<input data-members-label="" type="hidden" value="{value(js.to_string(label))}">'
        for label in (labels if isinstance(labels, list) else ())
    )
    colour, text_colour = properties.text("buttonColor"), properties.text("buttonTextColor")
    is_accent = colour == "accent"
    ground = "" if is_accent else f"background-color: {colour};"
    return f"""
        <form class="kg-signup-card-form" data-members-form="signup">
            {hidden}
            <div class="kg-signup-card-fields">
                <input class="kg-signup-card-input" id="email" data-members-email="" type="email"\
 required="true" placeholder="jamie@example.com">
                <button class="kg-signup-card-button {"kg-style-accent" if is_accent else ""}"\
 style="{value(f"{ground}color: {text_colour};")}" type="submit">
                    <span class="kg-signup-card-button-default">{button}</span>
                    <span class="kg-signup-card-button-loading">{_LOADING}</span>
                </button>
            </div>
            <div class="kg-signup-card-success"{tone}>
                {message}
            </div>
            <div class="kg-signup-card-error"{tone} data-members-error=""></div>
        </form>
        """


def _read(element: Element) -> dict[str, object]:
    def part(name: str) -> Element | None:
        return element.find(class_name=f"kg-signup-card-{name}")

    def colour(found: Element | None, name: str) -> str | None:
        return to_hex(declarations(attribute_of(found, "style") or "").get(name, ""))

    layouts = (name for name in ("split", "full", "wide") if element.has_class(f"kg-layout-{name}"))
    button, success, text = part("button"), part("success"), part("text")
    accented = button is not None and button.has_class("kg-style-accent")
    layout, image = next(layouts, "regular"), attribute_of(part("image"), "src")
    ground = colour(element, "background-color") or "#ffffff"
    # Under a transparent card lies the page, whose own colour fits, unless a picture lies between.
    bare = ground == "transparent" and (layout == "split" or not image)
    return {
        "layout": layout,
        "header": text_of(element.find("h2")),
        "subheader": text_of(element.find("h3")),
        "disclaimer": text_of(element.find("p")),
        "backgroundImageSrc": image,
        "backgroundSize": "contain" if element.has_class("kg-content-wide") else "cover",
        "backgroundColor": "accent" if element.has_class("kg-style-accent") else ground,
        "buttonColor": "accent" if accented else colour(button, "background-color") or "#ffffff",
        "buttonText": js.trim(text_of(part("button-default"))),
        "buttonTextColor": colour(button, "color") or "#000000",
        "textColor": "" if bare else colour(success, "color") or "#ffffff",
        "alignment": "center" if text is not None and text.has_class("kg-align-center") else "left",
        "successMessage": js.trim(text_of(success)),
        "labels": [
            field.attributes.get("value", "")
            for field in element.find_all("input")
            if "data-members-label" in field.attributes
        ],
        "swapped": element.has_class("kg-swapped"),
    }


CARD = Card(
    type="signup",
    properties={
        "alignment": "left",
        "backgroundColor": "#F0F0F0",
        "backgroundImageSrc": "",
        "backgroundSize": "cover",
        "textColor": "",
        "buttonColor": "accent",
        "buttonTextColor": "#FFFFFF",
        "buttonText": "Subscribe",
        "disclaimer": "",
        "header": "",
        "labels": [],
        "layout": "wide",
        "subheader": "",
        "successMessage": "Email sent! Check your inbox to complete your signup.",
        "swapped": False,
    },
    render=_render,
    mentions={
        "backgroundImageSrc": IMAGE,
        "header": HTML,
        "subheader": HTML,
        "disclaimer": HTML,
        "successMessage": HTML,
    },
    words=("disclaimer", "header", "subheader"),
    parsers=(
        Parser(
            "div",
            claims=lambda found: "data-lexical-signup-form" in found.attributes,
            read=_read,
        ),
    ),
)
