"""Corners of single cards that neither the corpus nor the generated pairs are sure to reach."""

from typing import Any

import pytest

from lexical import from_html, render_html
from lexical.cards import CARDS
from lexical.cards.file import size_in_words
from lexical.cards.html import VISIBLE_TO_ALL
from tests.lexical.building import Node, card
from tests.lexical.corpus import SITE_OPTIONS

LOCAL = "http://127.0.0.1:2368/content/images/2026/a.jpg"


def html_of(kind: str, **properties: object) -> str:
    return render_html(card(kind, **properties), options=SITE_OPTIONS)


def read_all(html: str) -> list[Node]:
    root: Any = from_html(html)["root"]
    return list(root["children"])


def read(html: str) -> Node:
    return read_all(html)[0]


def test_every_card_of_ghost_is_there() -> None:
    assert sorted(CARDS) == [
        *("audio", "bookmark", "button", "call-to-action", "callout", "codeblock", "email"),
        *("email-cta", "embed", "file", "gallery", "header", "horizontalrule", "html", "image"),
        *("markdown", "paywall", "product", "signup", "toggle", "transistor", "video"),
    ]


@pytest.mark.parametrize("kind", sorted(CARDS))
@pytest.mark.parametrize("value", [None, 0, 7, True, "x", [], ["a"], {}, {"a": 1}, 1e999])
def test_a_card_survives_any_type_in_any_property(kind: str, value: object) -> None:
    properties = dict.fromkeys(CARDS[kind].properties, value)
    assert isinstance(html_of(kind, **properties), str)
    for name in properties:
        assert isinstance(html_of(kind, **{name: value}), str)


@pytest.mark.parametrize("kind", ["email", "email-cta"])
def test_what_is_for_e_mail_alone_shows_nothing_on_the_web(kind: str) -> None:
    assert html_of(kind, html="<b>x</b>", showButton=True) == ""


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 Byte"),
        (None, "0 Byte"),
        (1, "1 Bytes"),
        (1023, "1023 Bytes"),
        (1024, "1 KB"),
        (1536, "2 KB"),
        (124134, "121 KB"),
        (1024**4, "1 TB"),
        (1024**5, "1 undefined"),
        (0.5, "512 undefined"),
        (-1, "NaN undefined"),
        ("abc", "NaN undefined"),
        ("2048", "2 KB"),
    ],
)
def test_the_size_of_a_file_in_words(size: object, words: str) -> None:
    assert size_in_words(size) == words


@pytest.mark.parametrize(
    ("words", "size"),
    [("121 KB", 123904), ("2 KB x", 2048), ("3", 0), ("x KB", 0), ("1.5 MB", 1572864), ("", 0)],
)
def test_the_size_of_a_file_is_read_again(words: str, size: int) -> None:
    found = read(f'<div class="kg-file-card"><b class="kg-file-card-filesize">{words}</b></div>')
    assert found["fileSize"] == size


def test_a_callout_keeps_short_formats_alone() -> None:
    html = html_of(
        *("callout",),
        calloutText="<p>a <b>b</b></p><template>gone</template><svg><a>c</a></svg><h2>d</h2>",
        calloutEmoji="",
    )
    assert html.endswith('<div class="kg-callout-text">a <b>b</b>cd</div></div>')
    assert "emoji" not in html


def test_pictures_in_modern_formats() -> None:
    options = {**SITE_OPTIONS, "feature": {"pictureImageFormats": True, "other": False}}

    def picture(src: str, **more: object) -> str:
        page = card("image", src=src, width=1200, height=600, **more)
        return render_html(page, options={**options, "canTransformImageToFormat": wants})

    def wants(name: str) -> bool:
        return name == "webp"

    html = picture(LOCAL, cardWidth="wide", href="/x")
    folder = "http://127.0.0.1:2368/content/images"
    webp = ", ".join(
        f"{folder}/size/w{width}/format/webp/2026/a.jpg {width}w" for width in (600, 1000, 1200)
    )
    plain = (
        f"{folder}/size/w600/2026/a.jpg 600w, {folder}/size/w1000/2026/a.jpg 1000w, {LOCAL} 1200w"
    )
    sizes = 'sizes="(min-width: 1200px) 1200px"'
    assert html == (
        '<figure class="kg-card kg-image-card kg-width-wide"><a href="/x"><picture>'
        f'<source srcset="{webp}" type="image/webp" {sizes}><img src="{LOCAL}" class="kg-image"'
        f' alt="" loading="lazy" width="1200" height="600" srcset="{plain}" {sizes}>'
        "</picture></a></figure>"
    )
    assert "<picture>" not in picture(LOCAL.replace(".jpg", ".GIF?x#y"))
    assert "<picture>" not in picture("https://images.unsplash.com/photo-1")
    assert "<picture>" not in render_html(
        card("image", src=LOCAL, width=1200), options=SITE_OPTIONS
    )


def test_the_html_card_can_carry_replacements_for_newsletters() -> None:
    options: dict[str, object] = {"feature": {"emailUniqueid": True}}
    page = card("html", html='{uniqueid} %%{done}%% {name, "you"} {not this} %%{half}')
    assert render_html(page, options=options) == (
        "\n<!--kg-card-begin: html-->\n"
        '%%{uniqueid}%% %%{done}%% %%{name, "you"}%% {not this} %%%%{half}%%'
        "\n<!--kg-card-end: html-->\n"
    )
    assert "%%" not in render_html(card("html", html="{uniqueid}"))


@pytest.mark.parametrize(
    ("setting", "before"),
    [
        (VISIBLE_TO_ALL, ""),
        (None, ""),
        ("nonsense", ""),
        ({}, ""),
        ({"web": {"nonMember": False, "memberSegment": ""}, "email": {"memberSegment": ""}}, None),
        ({"emailOnly": True}, None),
        ({"emailOnly": False}, ""),
        ({"showOnWeb": False}, None),
        ({"showOnWeb": True}, ""),
        ({"showOnWeb": 0}, 'nonMember:0 memberSegment:""'),
        (
            {"web": {"nonMember": "'", "memberSegment": '-->"'}, "email": {"memberSegment": "x"}},
            'nonMember:\' memberSegment:"--&gt;""',
        ),
    ],
)
def test_who_sees_a_card(setting: object, before: str | None) -> None:
    html = render_html(card("html", html="x", visibility=setting))
    inner = "\n<!--kg-card-begin: html-->\nx\n<!--kg-card-end: html-->\n"
    if before:
        inner = f"\n<!--kg-gated-block:begin {before} -->{inner}<!--kg-gated-block:end-->\n"
    assert html == ("" if before is None else inner)


def test_without_a_setting_the_podcast_player_is_for_members() -> None:
    for missing in (None, "", 0):
        assert 'nonMember:false memberSegment:"status:free,status:-free"' in html_of(
            "transistor", visibility=missing
        )
    assert "ctx=" not in render_html(card("transistor"))


def test_a_card_is_read_with_only_its_outer_element() -> None:
    assert read('<div class="kg-callout-card"></div>')["calloutText"] == ""
    assert read('<div class="kg-audio-card"></div>')["title"] == ""
    assert read('<div class="kg-toggle-card"></div>')["heading"] == ""
    assert read('<div class="kg-button-card"></div>')["alignment"] == "center"
    assert read('<div class="kg-button-card kg-align-left"></div>')["alignment"] == "left"
    assert read('<div class="kg-cta-card"></div>')["showButton"] is False
    assert read('<div class="graf--mixtapeEmbed"></div>')["metadata"]["title"] == ""
    assert read('<div class="sqs-gallery-container"></div>')["images"] == []
    assert read('<figure class="kg-bookmark-card"></figure>')["url"] == ""
    assert read('<div data-lexical-signup-form=""></div>')["layout"] == "regular"
    assert read('<div class="kg-product-card">x</div>')["type"] == "paragraph"
    assert read('<figure class="kg-video-card">x</figure>')["type"] == "paragraph"


@pytest.mark.parametrize(
    ("text", "duration"),
    [("1:05", 65), ("70", 70), ("1:x", 0), ("x", 0), ("", 0), ("1.5:2", 0), ("2.5", 2.5)],
)
def test_the_duration_of_audio_is_read(text: str, duration: float) -> None:
    html = f'<div class="kg-audio-card"><b class="kg-audio-duration">{text}</b></div>'
    assert read(html)["duration"] == duration


@pytest.mark.parametrize(("text", "duration"), [("1:05", 65), ("2", 120), ("x:1", 0), ("", 0)])
def test_a_video_is_read(text: str, duration: int) -> None:
    found = read(
        '<figure class="kg-video-card kg-width-full"><div class="kg-video-container">'
        '<video src="https://e.com/v" width="3" loop></video>'
        f'<b class="kg-video-duration">{text}</b></div></figure>'
    )
    assert (found["duration"], found["cardWidth"], found["loop"]) == (duration, "full", True)
    assert (found["src"], found["width"], found["height"]) == ("https://e.com/v", 3, None)


@pytest.mark.parametrize(
    ("inner", "layout"),
    [
        ('<img class="kg-header-card-image">', "full"),
        ('<b class="kg-header-card-content"><img class="kg-header-card-image"></b>', "split"),
        ('<b class="kg-header-card-content"></b>', "full"),
    ],
)
def test_the_layout_of_a_header_without_its_classes(inner: str, layout: str) -> None:
    assert read(f'<div class="kg-header-card kg-v2">{inner}</div>')["layout"] == layout


@pytest.mark.parametrize("layout", ["split", "full", "wide", "regular"])
def test_a_header_keeps_its_layout(layout: str) -> None:
    html = html_of("header", version=2, header="x", layout=layout)
    assert read(html)["layout"] == layout


def test_a_first_header_keeps_its_parts() -> None:
    html = html_of(
        *("header",),
        size="large",
        style="image",
        header="<b>a</b>",
        subheader="b<br>",
        buttonEnabled=True,
        buttonUrl="/x",
        buttonText="go",
        backgroundImageSrc="/i.png",
    )
    found = read(html)
    assert (found["size"], found["style"], found["version"]) == ("large", "image", 1)
    assert (found["buttonText"], found["backgroundImageSrc"]) == (" go ", "/i.png")
    assert "<h3" not in html_of("header", subheader="<br>")
    assert html_of("header", size="large") == ""
    assert html_of("header", buttonEnabled=True, buttonUrl="/x") == ""


@pytest.mark.parametrize(
    ("html", "kind", "url"),
    [
        ('<iframe src="//e.com/x"></iframe>', "embed", "https://e.com/x"),
        ('<iframe src="HTTPS://E.com"></iframe>', "embed", "https://e.com/"),
        ('<figure><iframe src="/x"></iframe>t</figure>', "paragraph", None),
        ('<figure><blockquote><a href="/x">y</a></blockquote></figure>', "extended-quote", None),
        ("<figure><blockquote>y</blockquote></figure>", "extended-quote", None),
        (
            '<figure><blockquote>y<a href="https://e.com">z</a></blockquote></figure>',
            "embed",
            "https://e.com",
        ),
    ],
)
def test_embeds_are_read_where_they_have_an_address(html: str, kind: str, url: str | None) -> None:
    found = read(html)
    assert (found["type"], found.get("url")) == (kind, url)


def test_the_caption_of_an_embed_leaves_its_markup() -> None:
    found = read(
        '<figure><blockquote>y</blockquote><a href="https://e.com">z</a>'
        "<figcaption>cap</figcaption></figure>"
    )
    assert found["caption"] == "cap"
    assert found["html"] == '<blockquote>y</blockquote><a href="https://e.com">z</a>'


def test_a_video_without_a_duration() -> None:
    found = read(
        '<figure class="kg-video-card"><div class="kg-video-container">'
        '<video src="https://e.com/v"></video></div></figure>'
    )
    assert (found["duration"], found["loop"], found["cardWidth"]) == (0, False, "regular")


def test_a_script_of_an_embeds_provider_stays_and_no_other() -> None:
    def embed(html: str) -> str:
        return html_of("embed", html=html, url="https://e.com")

    for address in ("https://e.com/w.js", "//e.com/embed.js", "HTTPS://E.com/x?y"):
        kept = f'<blockquote>x</blockquote><script async="" src="{address}"></script>'
        assert kept in embed(kept)
    for script in (
        "<script>x</script>",
        '<script src="https://e.com/w.js">x</script>',
        '<script src="data:text/javascript,x"></script>',
        '<script src="/w.js"></script>',
        '<script src="http://e.com/w.js"></script>',
        '<script src="https:///w.js"></script>',
        '<script src="https://e.com/w.js" onload="x"></script>',
        '<svg><script src="https://e.com/w.js"></script></svg>',
    ):
        assert "<script" not in embed(script)


@pytest.mark.parametrize(
    ("classes", "language"), [("language-Py x", "py"), ("lang-js", "js"), ("x", ""), ("", "")]
)
def test_the_language_of_code_is_read(classes: str, language: str) -> None:
    for html in (
        f'<pre class="{classes}"><code>x</code></pre>',
        f'<pre>\n<code class="{classes}">x</code></pre>',
        f'<figure><pre><code class="{classes}">x</code></pre><figcaption>c</figcaption></figure>',
    ):
        assert (read(html)["code"], read(html)["language"]) == ("x", language)
    assert read("<pre><b>x</b></pre>")["type"] == "paragraph"
    assert read("<figure><pre>x</pre></figure>")["type"] == "paragraph"


@pytest.mark.parametrize(
    ("classes", "width"),
    [
        ("kg-width-wide", "wide"),
        ("graf--layoutFillWidth", "full"),
        ("graf--layoutOutsetCenter", "wide"),
        ("", "regular"),
    ],
)
def test_the_width_of_an_image_is_read(classes: str, width: str) -> None:
    assert read(f'<figure class="{classes}"><img src="a"></figure>')["cardWidth"] == width


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="3" height="4"', (3, 4)),
        ('data-width="3" data-height="4"', (3, 4)),
        ('data-image-dimensions="3X4"', (3, 4)),
        ('data-image-dimensions="3 by 4"', (None, None)),
        ('width="5" data-image-dimensions="3x4"', (5, None)),
        ('width="-1"', (None, None)),
    ],
)
def test_the_size_of_an_image_is_read(attributes: str, size: tuple[object, object]) -> None:
    found = read(f'<img src="a" {attributes}>')
    assert (found["width"], found["height"]) == size


def test_the_link_of_an_image_is_read_unless_it_leads_to_the_image() -> None:
    def href(link: str) -> object:
        return read(f'<figure><a href="{link}"><img src="https://e.com/a"></a></figure>')["href"]

    assert href("https://e.com/b") == "https://e.com/b"
    assert href("https://e.com/a") == ""


def test_a_gallery_of_boxes_ends_at_the_first_that_is_none() -> None:
    box = '<div data-paragraph-count="2"><img src="https://e.com/{}.png"></div>'
    children = from_html(f"{box.format(1)} {box.format(2)}<p>x</p>{box.format(3)}")["root"][
        "children"
    ]  # type: ignore[index]
    names = [[image["fileName"] for image in node.get("images", ())] for node in children]
    assert names == [["1.png", "2.png"], [], ["3.png"]]


def test_a_squarespace_gallery_takes_what_has_a_source() -> None:
    found = read(
        '<div class="sqs-gallery-container"><img class="thumb-image" src="https://e.com/a.png">'
        '<img class="thumb-image" data-src="b.png"><noscript>x</noscript>'
        '<img class="thumb-image" data-src="c.png"><noscript><img></noscript>\n'
        '<img class="thumb-image" data-src="d.png"><b class="meta-title">cap</b></div>'
    )
    assert [image["fileName"] for image in found["images"]] == ["a.png", "d.png"]
    assert found["caption"] == "cap"
    assert read('<div class="sqs-gallery-container summary-x">y</div>')["type"] == "paragraph"


def test_a_bookmark_of_mediums_keeps_empty_parts_in_place() -> None:
    found = read(
        '<div class="graf--mixtapeEmbed"><a class="markup--mixtapeEmbed-anchor" href="/x">'
        '<strong class="markup--mixtapeEmbed-strong"></strong>site</a>'
        '<a class="mixtapeImage" style="background-image: none"></a></div>'
    )
    assert found["metadata"]["title"] == ""
    assert (
        found["metadata"]["publisher"]
        == '<strong class="markup--mixtapeEmbed-strong"></strong>site'
    )
    assert found["metadata"]["thumbnail"] == ""


def test_a_product_is_read() -> None:
    html = html_of(
        *("product",),
        productTitle="T",
        productImageSrc="/i.png",
        productImageWidth=3,
        productRatingEnabled=True,
        productStarRating=2,
        productButtonEnabled=True,
        productButton="a\n b",
        productUrl="/x",
    )
    found = read(html)
    assert (found["productTitle"], found["productDescription"]) == ("T", "")
    assert (found["productImageWidth"], found["productImageHeight"]) == (3, None)
    assert (found["productStarRating"], found["productButton"]) == (2, "a b")
    empty = (
        '<div class="kg-product-card"><img class="kg-product-card-image" src="a" width="x">'
        "<a>y</a></div>"
    )
    assert read(empty)["productButtonEnabled"] is False
    assert read(empty)["productImageWidth"] is None


def test_a_sign_up_card_without_ground_takes_the_colour_of_the_page() -> None:
    for more, tone in (
        ({}, False),
        ({"backgroundImageSrc": "/i.png"}, True),
        ({"backgroundImageSrc": "/i.png", "layout": "split"}, False),
    ):
        html = html_of("signup", backgroundColor="transparent", textColor="#111111", **more)
        assert ("color: #111111" in html) is tone


def test_the_labels_of_a_sign_up_card() -> None:
    html = html_of("signup", labels=["a&amp;b", 3])
    assert 'value="a&amp;b">\n<input data-members-label="" type="hidden" value="3"' in html
    assert read(html)["labels"] == ["a&b", "3"]
