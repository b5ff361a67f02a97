"""What a fragment may contain, and what never comes through."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infrastructure.fragments.sanitise import Sanitiser, by_container
from infrastructure.page_cache.holes import cut

CLEAN = Sanitiser("events", "http://events.example", "https://blog.example").clean


@pytest.mark.parametrize(
    ("given_html", "shown"),
    [
        ("<p>a<script>alert(1)</script>b", "<p>ab</p>"),
        ("<style>body{display:none}</style><b>x</b>", "<b>x</b>"),
        ('<b style="position:fixed" onclick="x()" class="a">x</b>', '<b class="a">x</b>'),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="java\tscript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="data:text/html,x">x</a>', "<a>x</a>"),
        ('<a href="/entries/1/">x</a>', '<a href="http://events.example/entries/1/">x</a>'),
        ('<a href="https://else.example/">x</a>', '<a href="https://else.example/">x</a>'),
        (
            '<a href="x" target="_top" hx-get="/x" data-hx-get="/x">x</a>',
            '<a href="http://events.example/x">x</a>',
        ),
        (
            '<form action="https://evil.example/" method="post">x</form>',
            '<form method="post">x</form>',
        ),
        ('<form action="//evil.example/">x</form>', "<form>x</form>"),
        ('<form action="\\\\evil.example/">x</form>', "<form>x</form>"),
        ('<form action="http://events.example:81/">x</form>', "<form>x</form>"),
        ('<form action="http://events.example@evil.example/">x</form>', "<form>x</form>"),
        (
            '<form action="https://blog.example/search/">x</form>',
            '<form action="https://blog.example/search/">x</form>',
        ),
        (
            '<form action="/add" method="dialog">x</form>',
            '<form action="http://events.example/add">x</form>',
        ),
        (
            '<button formaction="https://evil.example/" form="login" autofocus>x</button>',
            "<button>x</button>",
        ),
        (
            '<input type="password" name="p"><input type="file"><input type="number">',
            '<input name="p"><input><input type="number">',
        ),
        ('<img src="https://track.example/x.gif" alt="x">', '<img alt="x">'),
        (
            '<img src="/x.png" srcset="//evil/x 2x" onerror="x()">',
            '<img src="http://events.example/x.png">',
        ),
        ("<svg><script>1</script><circle/></svg><math><mi>x</mi></math>", ""),
        ('<iframe srcdoc="<script>1</script>"></iframe><object data="x">y</object>', ""),
        (
            '<base href="//evil"><link rel="stylesheet" href="x"><meta http-equiv="refresh">',
            "",
        ),
        ("</main></body></html><p>x", "<p>x</p>"),
        ("<!--hole:auth-menu-->x<!--/hole:auth-menu-->", "x"),
        (
            '<label for="a" id="b" aria-describedby="c d">x</label>',
            '<label for="events-a" id="events-b" aria-describedby="events-c events-d">x</label>',
        ),
        (
            '<section data-container="post:1">x</section>',
            '<section data-container="post:1">x</section>',
        ),
    ],
)
def test_what_comes_through(given_html: str, shown: str) -> None:
    assert CLEAN(given_html) == shown


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<div>",
                "</div>",
                "<b",
                ">",
                "<script",
                "</script>",
                "<!--",
                "-->",
                "hole:",
                "/hole:",
                "auth-menu",
                "<style>",
                '"',
                "'",
                "=",
                "on",
                "href",
                "javascript:",
                "<noscript>",
                "&lt;",
                "<textarea>",
                "<title>",
                "<svg>",
                "<math>",
                "<table>",
                "<form action=//evil>",
                "\0",
                "é",
            ]
        ),
        max_size=20,
    )
)
def test_nothing_runs_and_nothing_is_taken_for_ours(parts: list[str]) -> None:
    html = CLEAN("".join(parts))
    lower = html.lower()
    assert "<script" not in lower
    assert "<style" not in lower
    assert "<!--" not in html
    assert cut(html.encode()).holes == ()
    assert CLEAN(html) == html


def test_sections_are_told_apart() -> None:
    html = CLEAN(
        '<section data-container="post:1"><p>a</p></section>stray'
        '<section data-container="post:2"></section><section><p>b</p></section>'
        '<section data-container="post:1">again</section>'
    )
    assert by_container(html) == {"post:1": "<p>a</p>"}
