"""What is added to a document's HTML, and what never is."""

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from bp.images import Pictures
from bp.post.article import article
from bp.social import profiles
from bp.typography import SOFT_HYPHEN, title
from services.posts.gated_blocks import for_everybody


def _first(html: str, selector: str) -> LexborNode:
    found = LexborHTMLParser(article(html), is_fragment=True).css_first(selector)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "html",
    [
        "<p>Plain &amp; <em>simple</em>.</p>",
        "<!--kg-card-begin: html--><div>raw <b>bold</b></div><!--kg-card-end: html-->",
        "<p>a</p>text without an element<p>b</p>",
        "<script>if (1 < 2 && 3 > 2) {}</script>",
    ],
)
def test_what_needs_nothing_is_left_as_it_is(html: str) -> None:
    assert article(html) == html


def test_a_frame_gets_a_name_and_keeps_its_shape() -> None:
    html = (
        '<figure><iframe src="https://films.example/1" width="200" height="113"></iframe></figure>'
    )
    frame = _first(html, "figure > .frame > iframe")
    assert frame.attributes["title"] == "From films.example"
    assert frame.attributes["loading"] == "lazy"
    assert _first(html, ".frame > svg").attributes["viewBox"] == "0 0 200 113"


def test_a_frame_as_wide_as_the_column_keeps_its_height() -> None:
    html = '<iframe src="https://radio.example/1" width="100%" height="152" title="Song"></iframe>'
    frame = _first(html, "iframe")
    assert frame.attributes["height"] == "152"
    assert frame.attributes["title"] == "Song"
    assert frame.parent is None or frame.parent.tag != "span"


def test_pictures_without_alternative_text_are_decoration() -> None:
    assert _first('<img class="kg-product-card-image" src="/x.png">', "img").attributes["alt"] == ""
    assert _first('<img alt="Loaves" src="/x.png">', "img").attributes["alt"] == "Loaves"


def test_pictures_of_a_gallery_share_the_row_by_their_shapes() -> None:
    html = (
        '<div class="kg-gallery-row"><div class="kg-gallery-image"><img src="/a.png" width="1200"'
        ' height="800"></div></div>'
    )
    assert _first(html, ".kg-gallery-image").attributes["style"] == "flex-grow:1.5000"


def test_a_sign_up_form_is_shown_and_leads_to_signing_in() -> None:
    html = (
        '<div class="kg-card kg-signup-card" style="background-color: #F0F0F0; display: none;">'
        '<form><input type="hidden" value="label"><input type="email" id="email"></form></div>'
    )
    assert _first(html, ".kg-signup-card").attributes["style"] == "background-color: #F0F0F0"
    assert _first(html, "form").attributes["action"] == "/auth/login/"
    field = _first(html, "input[type=email]")
    assert field.attributes["name"] == "email"
    assert field.attributes["aria-label"]
    assert "name" not in _first(html, "input[type=hidden]").attributes


def test_tables_scroll_in_a_box_of_their_own_once() -> None:
    html = "<table><tbody><tr><td>1</td></tr></tbody></table>"
    assert _first(html, "div.table > table") is not None
    assert article(str(article(html))) == article(html)


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>a</p>", "<p>a</p>"),
        (
            'a<!--kg-gated-block:begin nonMember:false x:"" -->b<!--kg-gated-block:end-->c',
            "ac",
        ),
        (
            'a<!--kg-gated-block:begin nonMember:true x:"" -->b<!--kg-gated-block:end-->c',
            "abc",
        ),
        ("a<!--kg-gated-block:begin -->b<!--kg-gated-block:end-->c", "ac"),
        ("a<!--kg-gated-block:begin nonMember:true -->b", "a"),
    ],
)
def test_blocks_for_some_are_left_out(html: str, left: str) -> None:
    assert for_everybody(html) == left


def test_only_very_long_words_of_a_title_can_break() -> None:
    assert title("Bread & butter") == "Bread &amp; butter"
    assert SOFT_HYPHEN not in title("Internationally known")
    word = "Genossenschaftsmitgliederversammlung"
    broken = str(title(word))
    assert broken.replace(SOFT_HYPHEN, "") == word
    assert max(map(len, broken.split(SOFT_HYPHEN))) <= 12


@pytest.mark.parametrize(
    ("url", "sized"),
    [
        ("/content/images/2026/a.jpg", "/content/images/size/w600/2026/a.jpg"),
        (
            "https://own.example/content/images/a.webp",
            "https://own.example/content/images/size/w600/a.webp",
        ),
        ("https://other.example/content/images/a.webp", None),
        ("/content/images/size/w300/a.jpg", None),
        ("/content/images/logo.svg", None),
        ("https://own.example.org/content/images/a.webp", None),
    ],
)
def test_copies_of_pictures(url: str, sized: str | None) -> None:
    assert Pictures("https://own.example", None).sized(url, 600) == (sized or url)


def test_handles_as_ghost_keeps_them() -> None:
    found = {
        profile.network: profile.url
        for profile in profiles(
            {
                "twitter": "@coop",
                "facebook": "coop",
                "mastodon": "social.example/@coop",
                "tiktok": "coop",
                "youtube": "https://video.example/c",
                "unknown": "x",
            }
        )
    }
    assert found == {
        "facebook": "https://www.facebook.com/coop",
        "twitter": "https://x.com/coop",
        "mastodon": "https://social.example/@coop",
        "tiktok": "https://www.tiktok.com/@coop",
        "youtube": "https://video.example/c",
    }


OWN = Pictures("https://own.example", "https://ghost.example", None)


def test_a_picture_of_ours_comes_small_and_as_avif() -> None:
    html = OWN.picture("/content/images/a.jpg", "50vw", alt='"', loading=None, width=3)
    source, image = html.removesuffix("</picture>").split("<img ")
    assert source.startswith('<picture><source type="image/avif" srcset="/content/images/size/w160')
    assert "/content/images/size/w750/format/avif/a.jpg 750w" in source
    assert 'src="/content/images/size/w1000/a.jpg"' in image
    assert "/content/images/size/w750/a.jpg 750w" in image
    assert image.endswith('sizes="50vw" alt="&#34;" width="3">')


def test_a_ghost_makes_copies_of_its_own_widths() -> None:
    html = OWN.picture("https://ghost.example/content/images/a.jpg", "50vw", alt="")
    assert html.startswith('<img src="https://ghost.example/content/images/size/w1000/a.jpg"')
    assert "w750" not in html
    assert "avif" not in html


@pytest.mark.parametrize("url", ["https://other.example/a.jpg", "/content/images/logo.svg"])
def test_a_picture_without_copies_is_shown_as_it_is(url: str) -> None:
    assert OWN.picture(url, "50vw", alt="") == f'<img src="{url}" alt="">'
