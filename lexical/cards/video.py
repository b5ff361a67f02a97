"""A video with Ghost's player."""

from __future__ import annotations

import math
import re
from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.captions import dimension, read_caption
from lexical.cards.base import HTML, IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element, escape_text
from lexical.options import Options
from lexical.urls import resolved

_TRANSPARENT_PIXEL: Final = (
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
)
_OVERLAY: Final = """                <div class="kg-video-overlay">
                    <button class="kg-video-large-play-icon" aria-label="Play video">
                        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
                            <path d="M23.14 10.608 2.253.164A1.559 1.559 0 0 0 0\
 1.557v20.887a1.558 1.558 0 0 0 2.253 1.392L23.14 13.393a1.557 1.557 0 0 0 0-2.785Z"></path>
                        </svg>
                    </button>
                </div>
                <div class="kg-video-player-container"""
_CONTROLS: Final = """">
                    <div class="kg-video-player">
                        <button class="kg-video-play-icon" aria-label="Play video">
                            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
                                <path d="M23.14 10.608 2.253.164A1.559 1.559 0 0 0 0\
 1.557v20.887a1.558 1.558 0 0 0 2.253 1.392L23.14 13.393a1.557 1.557 0 0 0 0-2.785Z"></path>
                            </svg>
                        </button>
                        <button class="kg-video-pause-icon kg-video-hide" aria-label="Pause video">
                            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
                                <rect x="3" y="1" width="7" height="22" rx="1.5" ry="1.5"></rect>
                                <rect x="14" y="1" width="7" height="22" rx="1.5" ry="1.5"></rect>
                            </svg>
                        </button>
                        <span class="kg-video-current-time">0:00</span>
                        <div class="kg-video-time">
                            /<span class="kg-video-duration">"""
_SLIDERS: Final = """</span>
                        </div>
                        <input type="range" class="kg-video-seek-slider" max="100" value="0">
                        <button class="kg-video-playback-rate" aria-label="Adjust playback\
 speed">1×</button>
                        <button class="kg-video-unmute-icon" aria-label="Unmute">
                            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
                                <path d="M15.189 2.021a9.728 9.728 0 0 0-7.924 4.85.249.249 0 0\
 1-.221.133H5.25a3 3 0 0 0-3 3v2a3 3 0 0 0 3 3h1.794a.249.249 0 0 1 .221.133 9.73 9.73 0 0 0 7.924\
 4.85h.06a1 1 0 0 0 1-1V3.02a1 1 0 0 0-1.06-.998Z"></path>
                            </svg>
                        </button>
                        <button class="kg-video-mute-icon kg-video-hide" aria-label="Mute">
                            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
                                <path d="M16.177 4.3a.248.248 0 0 0 .073-.176v-1.1a1 1 0 0\
 0-1.061-1 9.728 9.728 0 0 0-7.924 4.85.249.249 0 0 1-.221.133H5.25a3 3 0 0 0-3 3v2a3 3 0 0 0 3\
 3h.114a.251.251 0 0 0 .177-.073ZM23.707 1.706A1 1 0 0 0 22.293.292l-22 22a1 1 0 0 0 0\
 1.414l.009.009a1 1 0 0 0 1.405-.009l6.63-6.631A.251.251 0 0 1 8.515 17a.245.245 0 0 1 .177.075\
 10.081 10.081 0 0 0 6.5 2.92 1 1 0 0 0 1.061-1V9.266a.247.247 0 0 1 .073-.176Z"></path>
                            </svg>
                        </button>
                        <input type="range" class="kg-video-volume-slider" max="100" value="100">
                    </div>
                </div>
"""

_ENDING = re.compile(f"{js.SPACE}|[>\"']")


def _render(properties: Properties, _options: Options) -> str:
    src = properties.text("src")
    if not js.trim(src):
        return ""
    width, height = properties.raw("width"), properties.raw("height")
    thumbnail, custom = properties.text("thumbnailSrc"), properties.text("customThumbnailSrc")
    looping = properties.on("loop")
    caption = properties.text("caption")
    classes = f"kg-card kg-video-card kg-width-{properties.text('cardWidth')}"
    if caption:
        classes += " kg-card-hascaption"
    style = (
        f"aspect-ratio: {_aspect_ratio(width, height)}; background: transparent"
        f" url('{custom or thumbnail}') 50% 50% / cover no-repeat;"
    )
    template = markup.Template()
    value = template.value
    return template.finish(
        f"""<figure class="{value(classes)}"{_thumbnails(thumbnail, custom, template)}>
            <div class="kg-video-container">
                <video{template.link(src, "src")} poster="{_TRANSPARENT_PIXEL}"\
 width="{value(js.to_string(width))}" height="{value(js.to_string(height))}"\
{' loop="" autoplay="" muted=""' if looping else ""} playsinline="" preload="metadata"\
 style="{value(style)}"></video>
{_OVERLAY}{" kg-video-hide" if looping else ""}{_CONTROLS}\
{escape_text(_minutes(properties.number("duration")))}{_SLIDERS}            </div>
            {f"<figcaption>{template.html(caption, blocks=True)}</figcaption>" if caption else ""}
        </figure>""",
        first_only=True,
    )


def _thumbnails(thumbnail: str, custom: str, template: markup.Template) -> str:
    """The two addresses as data attributes, which Ghost's template leaves unquoted.

    So an empty first one swallows the name of the second, and a space ends one early.
    """
    if _ENDING.search(thumbnail + custom):
        template.settled = False
        return f" data-kg-thumbnail={thumbnail} data-kg-custom-thumbnail={custom}"
    value = markup.attribute_value
    if thumbnail:
        return f' data-kg-thumbnail="{value(thumbnail)}" data-kg-custom-thumbnail="{value(custom)}"'
    return f' data-kg-thumbnail="data-kg-custom-thumbnail={value(custom)}"'


def _aspect_ratio(width: object, height: object) -> str:
    if all(js.is_number(side) and 0 < js.to_number(side) < math.inf for side in (width, height)):
        return f"{js.to_string(width)} / {js.to_string(height)}"
    return "16 / 9"


def _minutes(duration: float) -> str:
    """A duration (s) as minutes and seconds: ``61:01``."""
    if math.isnan(duration) or math.isinf(duration):
        return f"{js.number_to_string(duration)}:NaN"
    minutes = math.floor(duration / 60)
    seconds = math.floor(duration - minutes * 60)
    return f"{minutes}:{seconds:02d}"


def _read(element: Element) -> dict[str, object] | None:
    holder = element.find(class_name="kg-video-container")
    video = holder.find("video") if holder is not None else None
    src = resolved(video.attributes.get("src", "")) if video is not None else ""
    if video is None or not src:
        return None
    widths = (width for width in ("full", "wide") if element.has_class(f"kg-width-{width}"))
    found: dict[str, object] = {
        "src": src,
        "loop": "loop" in video.attributes,
        "cardWidth": next(widths, "regular"),
        "thumbnailSrc": element.attributes.get("data-kg-thumbnail"),
        "customThumbnailSrc": element.attributes.get("data-kg-custom-thumbnail"),
        "caption": read_caption(element),
        "width": dimension(video, "width") or None,
        "height": dimension(video, "height") or None,
    }
    duration = element.find(class_name="kg-video-duration")
    if duration is not None:
        minutes, _, seconds = js.trim(duration.inner_html()).partition(":")
        numbers = [js.parse_int(part) for part in (minutes, seconds.partition(":")[0] or "0")]
        if numbers[0] is not None and numbers[1] is not None:
            found["duration"] = numbers[0] * 60 + numbers[1]
    return found


CARD = Card(
    type="video",
    properties={
        "src": "",
        "caption": "",
        "fileName": "",
        "mimeType": "",
        "width": None,
        "height": None,
        "duration": 0,
        "thumbnailSrc": "",
        "customThumbnailSrc": "",
        "thumbnailWidth": None,
        "thumbnailHeight": None,
        "cardWidth": "regular",
        "loop": False,
    },
    render=_render,
    mentions={"src": URL, "thumbnailSrc": IMAGE, "customThumbnailSrc": IMAGE, "caption": HTML},
    words=("caption",),
    parsers=(Parser("figure", claims=lambda found: found.has_class("kg-video-card"), read=_read),),
)
