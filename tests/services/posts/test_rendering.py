"""The HTML that is kept of our own documents."""

import pytest

import lexical
from services.posts.rendering import html_of


def picture(src: str, width: int) -> dict[str, object]:
    card = {"type": "image", "version": 1, "src": src, "width": width, "height": width // 2}
    return {"root": {"type": "root", "version": 1, "children": [card]}}


def test_our_own_pictures_come_in_several_sizes() -> None:
    html = html_of(picture("/content/images/2026/a.jpg", 1200))
    assert "/content/images/size/w600/2026/a.jpg 600w" in html
    assert "/content/images/size/w1000/2026/a.jpg 1000w" in html
    assert "w1600" not in html


def test_a_picture_is_shown_no_wider_than_a_page() -> None:
    assert 'width="2000" height="1000"' in html_of(picture("/content/images/2026/a.jpg", 5000))


@pytest.mark.parametrize("src", ["https://example.org/a.jpg", "/content/images/2026/a.svg"])
def test_other_pictures_have_no_other_sizes(src: str) -> None:
    assert "srcset" not in html_of(picture(src, 1200))


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(lexical.LexicalError):
        html_of(["no document"])
