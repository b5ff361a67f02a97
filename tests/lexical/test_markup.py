"""An author's HTML: what passes as it is, what is parsed, what is left out."""

import time

import pytest

from lexical import markup
from lexical.basic_html import clean_basic_html
from lexical.html_tree import (
    Comment,
    Element,
    Text,
    parse_document,
    parse_fragment,
    remove,
    replace,
)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "plain \"text\" 'here' x=y",
        "a &amp; b &lt;&gt;&nbsp;<br>c",
        '<b>x <i class="y" title="z">w</i></b>',
        '<a href="https://e.com/?a=1&amp;b=2" rel="me">l</a>',
        '<a href="#x">l</a><a href="__GHOST_URL__/x">m</a>',
        '<span style="white-space: pre-wrap;">t</span>',
    ],
)
def test_ordinary_markup_is_settled(html: str) -> None:
    assert markup.is_settled(html)
    assert markup.settle(html) == html


@pytest.mark.parametrize(
    "html",
    [
        "a > b",
        "a & b",
        "\u00a0",
        "a\rb",
        "&copy;",
        "<b>x",
        "x</b>",
        "<b><i>x</b></i>",
        "<B>x</B>",
        "<b >x</b>",
        '<a href="x">l</a>',
        '<a href="javascript:x">l</a>',
        '<a href="/a"><b><a href="/b">x</a></b></a>',
        '<b class="x" class="y">z</b>',
        "<p>x</p>",
        "<img>",
        "<b onclick=x>y</b>",
        "<b>" * 51 + "</b>" * 51,
    ],
)
def test_other_markup_is_parsed(html: str) -> None:
    assert not markup.is_settled(html)


@pytest.mark.parametrize(
    ("html", "settled"),
    [
        ("<p>x</p>", True),
        ('<p dir="ltr"><b>x</b></p><ul><li value="1">y</li></ul>', True),
        ("<ul><li><p>x</p></li></ul>", True),
        ("<p><p>x</p></p>", False),
        ("<b><p>x</p></b>", False),
        ("<li>x</li>", False),
        ("<ul><b><li>x</li></b></ul>", False),
    ],
)
def test_blocks_are_settled_where_they_may_stand(html: str, settled: bool) -> None:
    assert markup.is_settled(html, blocks=True) is settled
    assert not markup.is_settled(html)
    if settled:
        assert markup.settle(html) == html


@pytest.mark.parametrize(
    ("url", "runs", "runs_embedded"),
    [
        ("javascript:x", True, True),
        (" Java\tScript\n:x", True, True),
        ("\x01javascript:x", True, True),
        ("vbscript:x", True, True),
        ("data:text/html,x", False, True),
        ("blob:x", False, True),
        ("https://e.com/javascript:x", False, False),
        ("/x", False, False),
        ("", False, False),
    ],
)
def test_which_addresses_run(url: str, runs: bool, runs_embedded: bool) -> None:
    assert markup.is_executable(url) is runs
    assert markup.is_executable(url, embedded=True) is runs_embedded


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<script>x</script>a", "a"),
        ('<img src="a" onerror="x">', '<img src="a">'),
        ('<a href="javascript:x" title="t">y</a>', '<a title="t">y</a>'),
        ('<iframe srcdoc="x" src="data:text/html,x"></iframe>', "<iframe></iframe>"),
        ('<img src="data:image/png;base64,x">', '<img src="data:image/png;base64,x">'),
        ('<object data="data:text/html,x"></object>', "<object></object>"),
        (
            '<meta http-equiv="refresh" content="0;x"><meta itemprop="y" content="z">',
            '<meta itemprop="y" content="z">',
        ),
        ('<base href="/x">y<plaintext>z', "y"),
        (
            '<form action="javascript:x"><button formaction="javascript:y">z</button></form>',
            "<form><button>z</button></form>",
        ),
        ('<svg><a xlink:href="javascript:x">y</a></svg>', "<svg><a>y</a></svg>"),
        (
            '<svg><animate attributeName="href" values="javascript:x"></animate></svg>',
            "<svg></svg>",
        ),
        ('<svg><set attributeName="onclick" to="x"></set></svg>', "<svg></svg>"),
        (
            '<svg><animate attributeName="cx"></animate></svg>',
            '<svg><animate attributeName="cx"></animate></svg>',
        ),
        (
            '<template shadowrootmode="open"><script>x</script>y</template>',
            "<template>y</template>",
        ),
    ],
)
def test_what_would_run_is_left_out(html: str, clean: str) -> None:
    assert markup.settle(html) == clean


@pytest.mark.parametrize(
    "html",
    [
        '<noscript><p title="</noscript><img src=x onerror=y>"></noscript>',
        '<math><mtext><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x&gt;"></math>',
        '<svg><style><a title="</style><img src=x onerror=y>"></svg>',
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=x></style></form>",
        '<svg></p><style><a id="</style><img src=1 onerror=x>">',
        '<xmp><p title="</xmp><img src=x onerror=y>"></xmp>',
        '<table><math><select><mglyph><xmp><img title="</xmp><img src=x onerror=y>"></table>',
    ],
)
def test_nothing_runs_for_a_browser_that_reads_it_otherwise(html: str) -> None:
    found = markup.settle(html)
    assert not markup.clean(parse_fragment(found, scripting=True)).removed
    assert not markup.clean(parse_fragment(found)).removed


def test_what_never_comes_to_rest_becomes_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def always_finds(*_: object, **__: object) -> markup.Findings:
        findings = markup.Findings()
        findings.removed = findings.delicate = True
        return findings

    monkeypatch.setattr(markup, "clean", always_finds)
    assert markup.settle("<svg>a<b>c</b></svg>") == "ac"


def test_markup_that_would_make_a_parser_explode_is_taken_as_text() -> None:
    bomb = "".join(f"<b a={number}>" for number in range(2000)) + "<p>" * 2000
    started = time.perf_counter()
    html = markup.settle(bomb)
    assert time.perf_counter() - started < 1
    assert html.startswith("&lt;b a=0&gt;")
    assert markup.settle("<b><b><b><b>x") == "<b><b><b><b>x</b></b></b></b>"
    assert markup.settle("<b>x</b>" * 9000) == "<b>x</b>" * 9000


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a b", "a b"),
        ("a&amp;b", "a&amp;b"),
        ("a&b", "a&amp;b"),
        ("a&copy=1&copy;", "a&amp;copy=1©"),
        ("a\r\nb", "a\nb"),
        ("\u00a0<>", "&nbsp;<>"),
    ],
)
def test_a_raw_attribute_is_read_as_a_parser_reads_it(raw: str, value: str) -> None:
    assert markup.attribute_value(raw) == value


def test_a_template_is_parsed_where_an_author_left_something_open() -> None:
    def fill(title: str, body: str, **how: bool) -> str:
        template = markup.Template()
        return template.finish(
            f'<div title="{template.value(title)}">{template.html(body)}</div>', **how
        )

    assert fill("a&b", "c") == '<div title="a&amp;b">c</div>'
    assert fill('"><img onerror=x>', "c") == '<div title=""><img>"&gt;c</div>'
    assert fill("a", "</div>x<b>y") == '<div title="a"></div><b>y</b>'
    assert fill("a", "</div>x<b>y", first_only=True) == '<div title="a"></div>'
    assert fill("a", "</div>x<b>y", loose_text=True) == '<div title="a"></div>x<b>y</b>'
    template = markup.Template()
    link = f"<a>{template.html('<a>x</a>', linked=True)}</a>"
    assert template.finish(link) == "<a></a><a>x</a>"
    template = markup.Template()
    assert template.link("java&#115;cript:x") == ""
    assert template.link("/x", "src") == ' src="/x"'


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("", ""),
        ("<br>", ""),
        ("a<br>b<br/>c", "a b c"),
        ("a  &nbsp; b", "a b"),
        ("&nbsp;a", "a"),
        ("<b></b><i>x</i><u> </u>y", "<i>x</i> y"),
        ("<b>\u200c</b>x", " x".strip()),
        ("<b><i></i></b>", ""),
        ("<p>a</p><p>b</p>", "<p>a</p><p>b</p>"),
    ],
)
def test_short_html_is_cleaned(html: str, clean: str) -> None:
    assert clean_basic_html(html) == clean


def test_the_first_elements_content_is_taken() -> None:
    assert clean_basic_html("x<p>a <b>b</b></p>", first_child_inner_content=True) == "a <b>b</b>"
    assert clean_basic_html("<!-- c -->x", first_child_inner_content=True) == "<!-- c -->x"


def test_a_tree_is_changed_in_place() -> None:
    tree = parse_fragment("<p>a</p><!-- c --><select><b>o</b><option>x</select>t")
    first, comment, _, last = tree.children
    assert isinstance(comment, Comment)
    replace(first, [Text("1"), Text("2")])
    remove(comment, last)
    assert tree.inner_html() == "12<select>o<option>x</option></select>"
    assert [child.position for child in tree.children] == [0, 1, 2]
    # What has no parent any more stays as it is.
    remove(comment)
    remove()
    replace(first, [])
    assert first.outer_html() == "<p>a</p>"  # type: ignore[union-attr]


def test_a_page_gives_its_body() -> None:
    body = parse_document("<html><head><title>t</title></head><body class=x><p>y</body></html>")
    assert body.attributes == {"class": "x"}
    assert body.outer_html() == '<body class="x"><p>y</p></body>'
    assert parse_document("<frameset></frameset>").children == []
    template = parse_fragment("<template><b>x</b></template>").children[0]
    assert isinstance(template, Element)
    assert (template.text(), template.outer_html()) == ("x", "<template><b>x</b></template>")
