"""What derives from a post's text: nobody gets more of it than he may see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.content import Post
from services.posts.derive import EXCERPT_LENGTH, derive, shortened, text_of_html

OPEN, SECRET = "<p>Open words.</p>", "<p>Hidden words.</p>"
MARKER = "<!--members-only-->"


def gated_block(content: str, *, for_guests: bool) -> str:
    who = f'nonMember:{str(for_guests).lower()} memberSegment:"status:free"'
    return f"<!--kg-gated-block:begin {who} -->{content}<!--kg-gated-block:end-->"


def derived(html: str | None, visibility: str = "public", **fields: object) -> Post:
    post = Post(title="T", slug="t", html=html, visibility=visibility, **fields)
    derive(post)
    return post


def shown(post: Post) -> str:
    """Return all that is public of a post."""
    whole = (post.html or "", post.plaintext or "") if post.teaser_html is None else ()
    return " ".join((*whole, post.teaser_html or "", post.teaser_text or "", post.excerpt))


def test_a_public_post_needs_no_teaser() -> None:
    post = derived(OPEN, plaintext="Open words.")
    assert (post.teaser_html, post.teaser_text) == (None, None)
    assert post.excerpt == "Open words."


def test_without_plaintext_the_words_of_the_html_are_taken() -> None:
    assert derived("<p>One<br>two</p><script>three()</script>").excerpt == "One two"


@pytest.mark.parametrize("visibility", ["members", "paid", "tiers"])
def test_of_a_gated_post_only_what_stands_above_the_marker_is_public(visibility: str) -> None:
    post = derived(f"{OPEN}{MARKER}{SECRET}", visibility, plaintext="Open words. Hidden words.")
    assert post.teaser_html == OPEN
    assert post.teaser_text == post.excerpt == "Open words."
    assert "Hidden" not in shown(post)


@pytest.mark.parametrize("visibility", ["members", "paid", "tiers"])
def test_a_gated_post_without_a_marker_shows_nothing(visibility: str) -> None:
    post = derived(SECRET, visibility, plaintext="Hidden words.")
    assert (post.teaser_html, post.teaser_text, post.excerpt) == ("", "", "")


def test_a_gated_post_without_text_has_a_teaser_too() -> None:
    post = derived(None, "paid")
    assert (post.teaser_html, post.teaser_text, post.excerpt) == ("", "", "")


def test_the_marker_in_a_public_post_holds_nothing_back() -> None:
    post = derived(f"{OPEN}{MARKER}{SECRET}", plaintext="Open words. Hidden words.")
    assert post.teaser_html is None
    assert "Hidden" in shown(post)


def test_the_first_of_two_markers_counts() -> None:
    post = derived(f"{OPEN}{MARKER}{SECRET}{MARKER}{SECRET}", "members")
    assert post.teaser_html == OPEN


def test_a_block_for_members_is_left_out_of_a_public_post() -> None:
    hidden = gated_block(SECRET, for_guests=False)
    post = derived(f"{OPEN}{hidden}<p>On.</p>", plaintext="Open words. Hidden words. On.")
    assert post.teaser_html == f"{OPEN}<p>On.</p>"
    assert post.teaser_text == post.excerpt == "Open words. On."
    assert "Hidden" not in shown(post)


def test_a_block_for_guests_stays_without_its_marks() -> None:
    post = derived(gated_block(OPEN, for_guests=True))
    assert post.teaser_html == OPEN
    assert "kg-gated-block" not in shown(post)


def test_blocks_above_the_marker_are_gated_as_well() -> None:
    post = derived(f"{gated_block(SECRET, for_guests=False)}{OPEN}{MARKER}{SECRET}", "members")
    assert post.teaser_html == OPEN


def test_a_block_that_the_marker_cuts_shows_nothing_of_it() -> None:
    begin = gated_block(SECRET, for_guests=False).removesuffix("<!--kg-gated-block:end-->")
    post = derived(f"{OPEN}{begin}{MARKER}<!--kg-gated-block:end-->", "members")
    assert post.teaser_html == OPEN


def test_a_block_that_is_never_closed_takes_the_rest_with_it() -> None:
    post = derived(f'{OPEN}<!--kg-gated-block:begin nonMember:true memberSegment:"" -->{SECRET}')
    assert post.teaser_html == OPEN


def test_a_custom_excerpt_goes_before_the_text() -> None:
    assert derived(OPEN, custom_excerpt="By  hand.").excerpt == "By hand."
    assert derived(SECRET, "paid", custom_excerpt="By hand.").excerpt == "By hand."


def test_deriving_again_after_a_change_of_visibility_leaves_nothing_of_before() -> None:
    post = derived(f"{OPEN}{MARKER}{SECRET}", "members", plaintext="Open words. Hidden words.")
    post.visibility = "public"
    derive(post)
    assert post.teaser_html is None
    post.visibility = "paid"
    derive(post)
    assert "Hidden" not in shown(post)


def test_a_text_is_cut_between_two_words() -> None:
    assert shortened("one two three", 9) == "one two…"
    assert shortened("one two, three", 9) == "one two…"
    assert shortened("one  two\n", 9) == "one two"
    assert shortened("x" * 20, 9) == "x" * 9 + "…"


@settings(max_examples=100)
@given(st.text(max_size=800))
def test_an_excerpt_is_never_longer_than_it_may_be(text: str) -> None:
    assert len(shortened(text)) <= EXCERPT_LENGTH + 1


def test_words_of_scripts_and_styles_are_no_text() -> None:
    html = "<style>a{}</style><p>a&amp;b</p><svg><title>s</title></svg><script>x</script><p>c</p>"
    assert text_of_html(html) == "a&b c"
    assert text_of_html("") == ""


@settings(max_examples=100)
@given(
    st.sampled_from(["members", "paid", "tiers"]),
    st.lists(st.sampled_from([OPEN, MARKER, "guests", "members", "unclosed"]), max_size=6),
)
def test_no_order_of_gates_shows_what_stands_behind_one(visibility: str, parts: list[str]) -> None:
    """The secret stands below the marker, and inside each block that is not for guests."""
    pieces = {
        "guests": gated_block(OPEN, for_guests=True),
        "members": gated_block(SECRET, for_guests=False),
        "unclosed": f"<!--kg-gated-block:begin nonMember:false -->{SECRET}",
    }
    html = "".join(pieces.get(part, part) for part in parts) + MARKER + SECRET
    assert "Hidden" not in shown(derived(html, visibility, plaintext="Hidden words."))
