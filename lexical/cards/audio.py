"""An audio file with Ghost's player."""

from __future__ import annotations

import math
from typing import Final

from lexical import javascript as js
from lexical import markup
from lexical.captions import attribute_of
from lexical.cards.base import IMAGE, URL, Card, Parser, Properties
from lexical.html_tree import Element, escape_text
from lexical.options import Options
from lexical.urls import resolved

_ICON: Final = (
    '<svg width="24" height="24" fill="none">'
    '<path fill-rule="evenodd" clip-rule="evenodd" d="M7.5 15.33a.75.75 0 1 0 0'
    " 1.5.75.75 0 0 0 0-1.5Zm-2.25.75a2.25 2.25 0 1 1 4.5 0 2.25 2.25 0 0 1-4.5"
    " 0ZM15 13.83a.75.75 0 1 0 0 1.5.75.75 0 0 0 0-1.5Zm-2.25.75a2.25 2.25 0 1 1 4.5"
    ' 0 2.25 2.25 0 0 1-4.5 0Z"></path>'
    '<path fill-rule="evenodd" clip-rule="evenodd" d="M14.486 6.81A2.25 2.25 0 0 1'
    " 17.25 9v5.579a.75.75 0 0 1-1.5 0v-5.58a.75.75 0 0 0-.932-.727.755.755 0 0"
    " 1-.059.013l-4.465.744a.75.75 0 0 0-.544.72v6.33a.75.75 0 0 1-1.5 0v-6.33a2.25"
    ' 2.25 0 0 1 1.763-2.194l4.473-.746Z"></path>'
    '<path fill-rule="evenodd" clip-rule="evenodd" d="M3 1.5a.75.75 0 0'
    " 0-.75.75v19.5a.75.75 0 0 0 .75.75h18a.75.75 0 0 0 .75-.75V5.133a.75.75 0 0"
    " 0-.225-.535l-.002-.002-3-2.883A.75.75 0 0 0 18 1.5H3ZM1.409.659A2.25 2.25 0 0"
    " 1 3 0h15a2.25 2.25 0 0 1 1.568.637l.003.002 3 2.883a2.25 2.25 0 0 1 .679"
    " 1.61V21.75A2.25 2.25 0 0 1 21 24H3a2.25 2.25 0 0"
    ' 1-2.25-2.25V2.25c0-.597.237-1.169.659-1.591Z"></path></svg>'
)
_CONTROLS: Final = (
    '<div class="kg-audio-player"><button class="kg-audio-play-icon" aria-label="Play audio">'
    '<svg viewBox="0 0 24 24">'
    '<path d="M23.14 10.608 2.253.164A1.559 1.559 0 0 0 0 1.557v20.887a1.558 1.558 0'
    ' 0 0 2.253 1.392L23.14 13.393a1.557 1.557 0 0 0 0-2.785Z"></path></svg></button>'
    '<button class="kg-audio-pause-icon kg-audio-hide" aria-label="Pause audio">'
    '<svg viewBox="0 0 24 24"><rect x="3" y="1" width="7" height="22" rx="1.5" ry="1.5">'
    '</rect><rect x="14" y="1" width="7" height="22" rx="1.5" ry="1.5"></rect></svg></button>'
    '<span class="kg-audio-current-time">0:00</span><div class="kg-audio-time">/'
    '<span class="kg-audio-duration">'
)
_SLIDERS: Final = (
    '</span></div><input type="range" class="kg-audio-seek-slider" max="100" value="0">'
    '<button class="kg-audio-playback-rate" aria-label="Adjust playback speed">1×</button>'
    '<button class="kg-audio-unmute-icon" aria-label="Unmute"><svg viewBox="0 0 24 24">'
    '<path d="M15.189 2.021a9.728 9.728 0 0 0-7.924 4.85.249.249 0 0'
    " 1-.221.133H5.25a3 3 0 0 0-3 3v2a3 3 0 0 0 3 3h1.794a.249.249 0 0 1 .221.133"
    ' 9.73 9.73 0 0 0 7.924 4.85h.06a1 1 0 0 0 1-1V3.02a1 1 0 0 0-1.06-.998Z"></path></svg>'
    '</button><button class="kg-audio-mute-icon kg-audio-hide" aria-label="Mute">'
    '<svg viewBox="0 0 24 24">'
    '<path d="M16.177 4.3a.248.248 0 0 0 .073-.176v-1.1a1 1 0 0 0-1.061-1 9.728'
    " 9.728 0 0 0-7.924 4.85.249.249 0 0 1-.221.133H5.25a3 3 0 0 0-3 3v2a3 3 0 0 0 3"
    " 3h.114a.251.251 0 0 0 .177-.073ZM23.707 1.706A1 1 0 0 0 22.293.292l-22 22a1 1"
    " 0 0 0 0 1.414l.009.009a1 1 0 0 0 1.405-.009l6.63-6.631A.251.251 0 0 1 8.515"
    " 17a.245.245 0 0 1 .177.075 10.081 10.081 0 0 0 6.5 2.92 1 1 0 0 0"
    ' 1.061-1V9.266a.247.247 0 0 1 .073-.176Z"></path></svg></button>'
    '<input type="range" class="kg-audio-volume-slider" max="100" value="100"></div></div>'
    "</div>"
)


def _render(properties: Properties, _options: Options) -> str:
    src = properties.text("src")
    if not js.trim(src):
        return ""
    thumbnail = properties.text("thumbnailSrc")
    shown, hidden = ("", " kg-audio-hide") if thumbnail else (" kg-audio-hide", "")
    duration = escape_text(js.to_string(properties.raw("duration")))
    return (
        f'<div class="kg-card kg-audio-card"><img{markup.link(thumbnail, "src")}'
        f' alt="audio-thumbnail" class="kg-audio-thumbnail{shown}">'
        f'<div class="kg-audio-thumbnail placeholder{hidden}">{_ICON}</div>'
        f'<div class="kg-audio-player-container"><audio{markup.link(src, "src")}'
        f' preload="metadata"></audio><div class="kg-audio-title">'
        f"{escape_text(properties.text('title'))}</div>{_CONTROLS}{duration}{_SLIDERS}"
    )


def _read(element: Element) -> dict[str, object]:
    player = element.find(class_name="kg-audio-player-container")
    audio = player.find("audio") if player is not None else None
    title = element.find(class_name="kg-audio-title")
    src, thumbnail = (
        resolved(attribute_of(found, "src") or "")
        for found in (audio, element.find(class_name="kg-audio-thumbnail"))
    )
    found: dict[str, object] = {
        "src": src,
        "title": js.trim(title.inner_html()) if title is not None else None,
        "thumbnailSrc": thumbnail,
    }
    duration = element.find(class_name="kg-audio-duration")
    if duration is not None:
        found["duration"] = _seconds(js.trim(duration.inner_html()))
    return found


def _seconds(text: str) -> float | None:
    minutes, colon, seconds = text.partition(":")
    numbers = [js.to_number(part) for part in ([minutes, seconds] if colon else [text])]
    if not text or not all(math.isfinite(number) for number in numbers):
        return None
    if not colon:
        return numbers[0]
    return numbers[0] * 60 + numbers[1] if all(map(float.is_integer, numbers)) else None


CARD = Card(
    type="audio",
    properties={"duration": 0, "mimeType": "", "src": "", "title": "", "thumbnailSrc": ""},
    render=_render,
    mentions={"src": URL, "thumbnailSrc": IMAGE},
    parsers=(Parser("div", claims=lambda found: found.has_class("kg-audio-card"), read=_read),),
)
