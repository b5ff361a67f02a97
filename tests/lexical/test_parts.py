"""The small parts: JavaScript's rules, options, addresses, styles, slugs, images, Markdown."""

import math

import pytest

from lexical import images
from lexical import javascript as js
from lexical.markdown import addresses, to_html
from lexical.options import Options
from lexical.slugs import HeadingIds, slugify
from lexical.styles import declarations, keyword, to_hex
from lexical.urls import resolved
from tests.lexical.corpus import SITE_OPTIONS


@pytest.mark.parametrize(
    ("value", "text", "truthy", "number"),
    [
        ("", "", False, 0),
        (" 12 ", " 12 ", True, 12),
        ("1e3", "1e3", True, 1000),
        (".5", ".5", True, 0.5),
        ("0x1F", "0x1F", True, 31),
        ("0b101", "0b101", True, 5),
        ("0xZ", "0xZ", True, math.nan),
        ("1_000", "1_000", True, math.nan),
        ("-Infinity", "-Infinity", True, -math.inf),
        ("Infinity", "Infinity", True, math.inf),
        ("+Infinity", "+Infinity", True, math.inf),
        ("x", "x", True, math.nan),
        (None, "null", False, 0),
        (True, "true", True, 1),
        (False, "false", False, 0),
        (0, "0", False, 0),
        (1.0, "1", True, 1),
        (1.5, "1.5", True, 1.5),
        (1e21, "1e+21", True, 1e21),
        (1.5e300, "1.5e+300", True, 1.5e300),
        (1.2345678901234568e20, "123456789012345680000", True, 1.2345678901234568e20),
        (2**53, "9007199254740992", True, 2.0**53),
        (0.000001, "0.000001", True, 0.000001),
        (-0.0000015, "-0.0000015", True, -0.0000015),
        (1e-7, "1e-7", True, 1e-7),
        (math.nan, "NaN", False, math.nan),
        (math.inf, "Infinity", True, math.inf),
        (-math.inf, "-Infinity", True, -math.inf),
        (10**400, "Infinity", True, math.inf),
        (-(10**400), "-Infinity", True, -math.inf),
        ([], "", True, 0),
        ([1, None, ["a"]], "1,,a", True, math.nan),
        ([7], "7", True, 7),
        ({}, "[object Object]", True, math.nan),
    ],
)
def test_values_are_converted_as_javascript_does(
    value: object,
    text: str,
    truthy: bool,
    number: float,
) -> None:
    assert js.to_string(value) == text
    assert js.truthy(value) is truthy
    found = js.to_number(value)
    assert found == number or (math.isnan(found) and math.isnan(number))


def test_numbers_are_read_and_rounded_as_javascript_does() -> None:
    assert js.parse_int("  12px") == 12
    assert js.parse_int("-3") == -3
    assert js.parse_int("x") is None
    assert js.parse_float(" 1.5e2x") == 150
    assert math.isnan(js.parse_float("x"))
    assert [js.round_half_up(value) for value in (0.5, -0.5, 2.5, 1.4)] == [1, 0, 3, 1]
    assert js.round_half_up(math.inf) == math.inf
    assert math.isnan(js.round_half_up(math.nan))
    assert js.divide(1, 2) == 0.5
    assert js.divide(1, 0) == math.inf
    assert js.divide(1, -0.0) == -math.inf
    assert js.divide(-1, 0) == -math.inf
    assert math.isnan(js.divide(0, 0))
    assert math.isnan(js.divide(math.nan, 0))
    assert js.plain(3.0) == 3
    assert isinstance(js.plain(3.0), int)
    assert js.plain(3.5) == 3.5
    assert js.is_number(1.5)
    assert not js.is_number(value=True)
    assert js.trim("\ufeff\u00a0\n x \x85 ") == "x \x85"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Hello", "hello"),
        ("Hello World", "hello-world"),
        ("  a -- b  ", "ab"),
        ("a - b", "ab"),
        ("-a-", "a"),
        ("Ünï", "%C3%BCn%C3%AF"),
        ("a/b?c", "abc"),
        ("a\u00a0b", "a-b"),
        ("`~", "%60"),
        ("", ""),
        ("a---b", "ab"),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_ids_are_counted_per_slug() -> None:
    ids = HeadingIds()
    assert [ids.next_for(text) for text in ("a", "A", "b", "a ", "")] == [
        "a",
        "a-1",
        "b",
        "a-2",
        "",
    ]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", ""),
        ("/rel", "/rel"),
        ("HTTP://E.com", "http://e.com/"),
        ("https://e.com:443/a/../b/./c?x y#z ä", "https://e.com/b/c?x%20y#z%20%C3%A4"),
        ("https://e.com:8080\\a", "https://e.com:8080/a"),
        ("https:e.com/a", "https://e.com/a"),
        ("https://ü.com", "https://xn--tda.com/"),
        ("https://u:p w@e.com/", "https://u:p%20w@e.com/"),
        ("https://e.com/%2e%2E/a/..", "https://e.com/"),
        ("https://e.com/a/.", "https://e.com/a/"),
        ("https://e.com/..", "https://e.com/"),
        ("https://[::1]/a", "https://[::1]/a"),
        (" \nhttps://e.com/a\tb ", "https://e.com/ab"),
        ("https://e.com/é?é", "https://e.com/%C3%A9?%C3%A9"),
        ("https://e.com?", "https://e.com/?"),
        ("https://e.com#", "https://e.com/#"),
        ("mailto:a b@c", "mailto:a b@c"),
        ("data:text/plain,é", "data:text/plain,%C3%A9"),
        ("https://", "https://"),
        ("https://a b/", "https://a b/"),
        ("https://e.com:x/", "https://e.com:x/"),
        ("https://\ufdfb\u0600" + "a" * 70 + "/", "https://\ufdfb\u0600" + "a" * 70 + "/"),
    ],
)
def test_addresses_are_resolved(url: str, found: str) -> None:
    assert resolved(url) == found


def test_declarations_of_a_style() -> None:
    style = "Color : RED ; ; background: url('a;b') no-repeat !important; x:; y"
    assert declarations(style) == {"color": "RED", "background": "url('a;b') no-repeat"}
    assert keyword(style, "color") == "red"
    assert keyword(style, "width") == ""
    assert keyword("xwidthx: 5", "width") == ""


@pytest.mark.parametrize(
    ("colour", "hexadecimal"),
    [
        ("#FF8800", "#ff8800"),
        ("#ff880011", "#ff8800"),
        ("#f80", "#ff8800"),
        ("#f80c", "#ff8800"),
        ("rgb(1, 2, 255)", "#0102ff"),
        ("RGBA(1,2,3,.5)", "#010203"),
        ("rgb(1)", None),
        ("transparent", "transparent"),
        ("red", None),
        ("", None),
        ("#ff", None),
    ],
)
def test_colours(colour: str, hexadecimal: str | None) -> None:
    assert to_hex(colour) == hexadecimal


def test_options_are_read() -> None:
    assert Options.read("bare", SITE_OPTIONS) == Options("bare")
    assert Options.read("web", None) == Options("web")
    assert Options.read("web", {}) == Options("web")
    found = OPTIONS
    assert list(found.image_widths) == [600, 1000, 1600, 2400]
    assert found.default_max_width == 2000
    assert found.site_url == "http://127.0.0.1:2368/"
    assert found.can_transform_image("a.jpg")
    assert not found.can_transform_image("a.SVG")
    assert found.can_transform_image_to_format("webp")
    odd = Options.read(
        "web",
        {
            "siteUrl": 5,
            "imageOptimization": {"contentImageSizes": [], "defaultMaxWidth": "wide"},
            "feature": {"a": True, "b": False},
            "canTransformImage": False,
            "canTransformImageToFormat": True,
        },
    )
    assert odd == Options(
        "web",
        features=frozenset({"a"}),
        can_transform_image=odd.can_transform_image,
        can_transform_image_to_format=odd.can_transform_image_to_format,
    )
    assert not odd.can_transform_image("a.jpg")
    assert odd.can_transform_image_to_format("x")
    plain = Options.read("web", {"imageOptimization": 5, "feature": 5, "siteUuid": "u"})
    assert (plain.image_widths, plain.features, plain.site_uuid) == ((), frozenset(), "u")
    sizes = {"a": {"width": 9}, "b": 5, "c": {}, "d": {"width": "x"}}
    off = Options.read("web", {"imageOptimization": {"contentImageSizes": sizes, "srcsets": False}})
    assert not off.image_widths
    on = Options.read("web", {"imageOptimization": {"contentImageSizes": sizes}})
    assert list(on.image_widths) == [9]
    asked: list[str] = []
    asking = Options.read("web", {"canTransformImage": asked.append})
    assert not asking.can_transform_image("p")
    assert asked == ["p"]
    # Where there are no options, nothing is transformed.
    assert not Options().can_transform_image("a.jpg")
    assert not Options().can_transform_image_to_format("webp")


OPTIONS = Options.read("web", SITE_OPTIONS)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:2368/content/images/a.jpg", True),
        ("/content/images/a.jpg", True),
        ("/blog/content/images/a.jpg", True),
        ("__GHOST_URL__/content/images/a.jpg", True),
        ("__GHOST_URL__content/images/a.jpg", True),
        ("content/images/a.jpg", False),
        ("https://e.com/content/images/a.jpg", False),
        ("/content/files/a.jpg", False),
        ("", False),
    ],
)
def test_which_images_are_the_sites_own(url: str, own: bool) -> None:
    assert images.is_content_image(url, OPTIONS) is own


def test_images_can_have_an_address_of_their_own() -> None:
    options = Options(image_base_url="https://cdn.e.com/")
    assert images.is_content_image("https://cdn.e.com/content/images/a.jpg", options)
    assert not images.is_content_image("https://cdn.org/content/images/a.jpg", options)
    assert images.is_content_image("content/images/a.jpg", Options(image_base_url="/"))


SIZED = {w: f"/content/images/size/w{w}/a.jpg {w}w" for w in (600, 1000, 1600, 2400)}
UNSPLASH = "https://images.unsplash.com/p"


@pytest.mark.parametrize(
    ("src", "width", "found"),
    [
        ("/content/images/a.jpg", 500, ""),
        ("/content/images/a.jpg", 600, "/content/images/a.jpg 600w"),
        ("/content/images/a.jpg", 700, f"{SIZED[600]}, /content/images/a.jpg 700w"),
        ("/content/images/a.jpg", 9000, ", ".join(SIZED.values())),
        ("/content/images/a.svg", 700, ""),
        ("__GHOST_URL__content/images/a.jpg", 700, ""),
        ("/content/images/\n/content/images/", 600, "/content/images/\n/content/images/ 600w"),
        ("/content/images/a.jpg", None, ""),
        ("/content/images/a.jpg", "600", "/content/images/size/w600/a.jpg 600w"),
        ("https://e.com/a.jpg", 700, ""),
        (UNSPLASH, 600, f"{UNSPLASH}?w=600 600w"),
        (f"{UNSPLASH}?w=1&a=b c&w=2&~=*#f", 600, f"{UNSPLASH}?w=600&a=b+c&%7E=*#f 600w"),
        ("images.unsplash.com/p", 600, ""),
        ("HTTPS://images.unsplash.com?x=", 600, "https://images.unsplash.com/?x=&w=600 600w"),
    ],
)
def test_the_sources_of_an_image(src: str, width: object, found: str) -> None:
    assert images.srcset(src, width, OPTIONS) == found


def test_sources_in_another_format() -> None:
    assert images.srcset(
        UNSPLASH, 600, OPTIONS, "webp"
    ) == f"{UNSPLASH}?w=600&fm=webp 600w".replace("w=600&fm=webp", "fm=webp&w=600")
    assert images.srcset("/content/images/a.jpg", 600, Options(), "webp") == ""


def test_sizes_of_images_that_are_shrunk() -> None:
    own = "/content/images/a.jpg"
    assert images.shrunk(own, 4000, 3000, OPTIONS) == ("2000", "1500")
    assert images.shrunk(own, 2001, None, OPTIONS) == ("2000", "0")
    assert images.shrunk(own, 2000, 3000, OPTIONS) is None
    assert images.shrunk("/content/images/a.svg", 4000, 3000, OPTIONS) is None
    assert images.shrunk("https://e.com/a.jpg", 4000, 3000, OPTIONS) is None
    assert images.shrunk(own, 4000, 3000, Options()) is None


FOOTNOTE = """<p>x<sup class="footnote-ref"><a href="#fn1" id="fnref1">[1]</a></sup></p>
<hr class="footnotes-sep">
<section class="footnotes">
<ol class="footnotes-list">
<li id="fn1" class="footnote-item"><p>n <a href="#fnref1" class="footnote-backref">↩︎</a></p>
</li>
</ol>
</section>
"""


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("", ""),
        ("#a #", '<h1 id="a">a</h1>\n'),
        ("# a#", '<h1 id="a">a#</h1>\n'),
        ("####### seven", "<p>####### seven</p>\n"),
        ("x\n#y", '<p>x</p>\n<h1 id="y">y</h1>\n'),
        ("==a== ==", "<p><mark>a</mark> ==</p>\n"),
        ("===a===", "<p>=<mark>a</mark>=</p>\n"),
        ("==a===b==", "<p><mark>a</mark>=b==</p>\n"),
        ("[==a==](/b)", '<p><a href="/b"><mark>a</mark></a></p>\n'),
        ("a=b", "<p>a=b</p>\n"),
        ("H~2~O x^2^", "<p>H<sub>2</sub>O x<sup>2</sup></p>\n"),
        ("~a b~ ^c\\ d^ ~~ ~", "<p>~a b~ <sup>c d</sup> ~~ ~</p>\n"),
        ("![a](b)", '<p><img src="b" alt="a" loading="lazy"></p>\n'),
        ("\u00a0a\u00a0\n\nb\u00a0\n===", '<p>\u00a0a\u00a0</p>\n<h1 id="b">b\u00a0</h1>\n'),
        ("a\\  \nb \\ c", "<p>a\\<br>\nb \\ c</p>\n"),
        ("www.e.com ftp://e", '<p>www.e.com <a href="ftp://e">ftp://e</a></p>\n'),
        ("a@e.com", '<p><a href="mailto:a@e.com">a@e.com</a></p>\n'),
        ("x[^1]\n\n[^1]: n", FOOTNOTE),
    ],
)
def test_markdown(markdown: str, html: str) -> None:
    assert to_html(markdown) == html


def test_the_addresses_in_markdown() -> None:
    text = "[a](/b) ![c](d)\n\n> <https://e.com>\n\n`[x](y)` [r]\n\n[r]: /ref"
    assert addresses(text) == [
        (False, "/b"),
        (True, "d"),
        (False, "https://e.com"),
        (False, "/ref"),
    ]
