"""A product: picture, title, description, stars and a button."""

from __future__ import annotations

import math
import re
from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.captions import read_caption
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element
from lexical.options import Options

_SPACES = re.compile(f"{js.SPACE}+")
_STAR: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12.729,1.2l3.346,6.629,'
    "6.44.638a.805.805,0,0,1,.5,1.374l-5.3,5.253,1.965,7.138a.813.813,0,0,1-1.151.935L12,19.934,"
    "5.48,23.163a.813.813,0,0,1-1.151-.935L6.294,15.09.99,9.837a.805.805,0,0,1,.5-1.374l6.44-.638"
    'L11.271,1.2A.819.819,0,0,1,12.729,1.2Z"></path></svg>'
)


def _render(properties: Properties, _options: Options) -> str:
    on, text = properties.on, properties.text
    has_button = on("productButtonEnabled") and on("productUrl") and on("productButton")
    title, description = text("productTitle"), text("productDescription")
    src, rated = text("productImageSrc"), on("productRatingEnabled")
    if not (title or description or has_button or src or rated):
        return ""
    template = markup.Template()
    title = template.html(title)
    description = template.html(description, blocks=True)
    return template.finish(
        f"""<div class="kg-card kg-product-card">
            <div class="kg-product-card-container">
                {_image(src, properties, template) if src else ""}
                <div class="kg-product-card-title-container">
                    <h4 class="kg-product-card-title">{title}</h4>
                </div>
                {_rating(properties.number("productStarRating")) if rated else ""}

                <div class="kg-product-card-description">{description}</div>
                {_button(properties, template) if on("productButtonEnabled") else ""}
            </div>
        </div>"""
    )


def _image(src: str, properties: Properties, template: markup.Template) -> str:
    size = "".join(
        f' {name}="{template.value(js.to_string(properties.raw(field)))}"'
        for name, field in (("width", "productImageWidth"), ("height", "productImageHeight"))
        if properties.on(field)
    )
    return f'<img{template.link(src, "src")}{size} class="kg-product-card-image" loading="lazy">'


def _rating(stars: float) -> str:
    spans = "\n                        ".join(
        f'<span class="{"kg-product-card-rating-active" if stars >= step else ""}'
        f' kg-product-card-rating-star">{_STAR}</span>'
        for step in range(1, 6)
    )
    return f"""
                    <div class="kg-product-card-rating">
                        {spans}
                    </div>
                """


def _button(properties: Properties, template: markup.Template) -> str:
    text = template.html(properties.text("productButton"), linked=True)
    return f"""
                    <a{template.link(properties.text("productUrl"))} class="kg-product-card-button\
 kg-product-card-btn-accent" target="_blank" rel="noopener noreferrer"><span>{text}</span></a>
                """


def _read(element: Element) -> dict[str, object] | None:
    title, description = (
        read_caption(element, tag="", class_name=f"kg-product-card-{name}")
        for name in ("title", "description")
    )
    image = element.find(class_name="kg-product-card-image")
    button = element.find("a")
    if not (title or description or image is not None or button is not None):
        return None
    found: dict[str, object] = {"productTitle": title, "productDescription": description}
    if image is not None and image.attributes.get("src"):
        found["productImageSrc"] = image.attributes["src"]
        for side in ("width", "height"):
            number = js.to_number(image.attributes.get(side, ""))
            if image.attributes.get(side) and math.isfinite(number):
                found[f"productImage{side.title()}"] = number
    stars = sum(1 for _ in element.find_all(class_name="kg-product-card-rating-active"))
    if stars:
        found.update(productRatingEnabled=True, productStarRating=stars)
    if button is not None:
        url = button.attributes.get("href")
        text = js.trim(_SPACES.sub(" ", button.text()))
        if url and text:
            found.update(productButtonEnabled=True, productButton=text, productUrl=url)
    return found


CARD = Card(
    type="product",
    properties={
        "productImageSrc": "",
        "productImageWidth": None,
        "productImageHeight": None,
        "productTitle": "",
        "productDescription": "",
        "productRatingEnabled": False,
        "productStarRating": 5,
        "productButtonEnabled": False,
        "productButton": "",
        "productUrl": "",
    },
    render=_render,
    mentions={
        "productImageSrc": IMAGE,
        "productUrl": URL,
        "productTitle": HTML,
        "productDescription": HTML,
    },
    words=("productTitle", "productDescription"),
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-product-card"), read=_read),),
)
