"""Random documents and markup, of the kinds that editors, imports and old versions leave behind."""

import random
from collections.abc import Callable
from typing import Any

from lexical.cards import CARDS
from lexical.html_tree import names

Node = dict[str, Any]

_WORDS = [
    *(
        "Hello",
        "a & b",
        "<i>x</i>",
        '"quoted"',
        "it's",
        "é日本 😀",
        " leading",
        "trailing ",
        "\u00a0nb",
    ),
    *(
        "x\ny",
        "tab\tx",
        "same",
        "a < b > c",
        "",
        "1",
        "&amp;",
        "foo bar baz",
        "{name}",
        "Über-Größe!",
    ),
    *("a--b", "-x-", "__GHOST_URL__/x", "c\rd"),
]
_MARKUP = [
    *("<b>x</b>", '<span style="white-space: pre-wrap;">t</span>', "<p>p</p>", "<p>a</p><p>b</p>"),
    *('<p dir="ltr"><span style="white-space: pre-wrap;">A</span></p>', "a<br>b", "a<br/>b"),
    *(
        '<a href="https://e.com/?a=1&b=2">l</a>',
        '<a href="x">1</a>',
        "<em>e</em> t",
        "<i>x",
        "x</b>",
    ),
    *('<ul><li value="1">q</li></ul>', "<p>", "</div>z", "<h2>h</h2>", '<img src="a.png">'),
    *("<code>{x}</code>", "a > b", "<strong><em>n</em></strong>", "&nbsp;", "<br>", "<br><br>"),
    *(
        "<div>d</div>",
        "<!--c-->",
        "<mark>m</mark><s>s</s>",
        "<blockquote>q</blockquote>",
        "<p></p>",
    ),
    *("<span></span>", "a  b", "<B>U</B>", "&copy; &hellip;", '<a class="x" class="y">z</a>'),
]
_URLS = [
    *("https://e.com/a", "https://e.com/?a=1&b=2", "/rel", "", "  ", "mailto:a@b.c"),
    "__GHOST_URL__/content/images/2024/01/a.jpg",
    "http://127.0.0.1:2368/content/images/2024/01/p.jpg",
    "http://127.0.0.1:2368/content/images/x.svg",
    "https://images.unsplash.com/photo-1?ixlib=rb&q=80",
    "https://images.unsplash.com/photo-2?w=100&fm=jpg&a=b%20c+d#frag",
    *("/content/images/y.png", "content/images/z.png", "https://other.com/content/images/a.gif"),
    *(
        "https://e.com/a b.jpg",
        'https://e.com/"q".png',
        "https://e.com/it's.png",
        "https://e.com/é.jpg",
    ),
    "http://127.0.0.1:2368/content/images/anim.gif?x=1",
    "https://e.com/?q=a&amp;b",
]
_SIZES: list[object] = [None, 600, 640, 719, 720, 1000, 1199, 1200, 1600, 2000, 2400, 2401, 4000]
_ODD: list[object] = [None, "", 0, 1, False, True, 1.5, "x"]
_SEGMENTS = ["status:free,status:-free", "status:free", "status:-free", "", "status:paid"]
_TAGS = sorted(
    names(
        "a b i em strong p div span h2 ul ol li tr td br img hr code pre blockquote svg path "
        "select option input button form label noscript template figure u s sub mark font center"
    )
)
_ATTRIBUTES = [
    *('href="http://x.y/?a=1&b=2"', "class=x", 'title="a<b>c&quot;d"', "id='q'", 'src="a.png"'),
    *(
        "disabled",
        'data-x=""',
        'viewBox="0 0 1 1"',
        'alt="&amp;nbsp;&nbsp;"',
        "rel=a target=_blank",
    ),
]
_TEXTS = [
    *("hello", " ", "\n", "a & b", "&amp;", "&lt;x&gt;", "1 < 2", "&nbsp;", "é日本", "&#x41;", "'"),
    *("x=y", "\t", "foo bar", "<!-- c -->", "&hellip", "<", "&"),
]
_MARKDOWN = [
    *(
        "# H",
        "##x",
        "#### a ##",
        "- a",
        "  - c",
        "1. one",
        "* [ ] todo",
        "> q",
        "```js",
        "    code",
    ),
    *(
        "---",
        "===",
        "| a | b |\n|---|:-:|\n| 1 | 2 |",
        "[^1]",
        "[^1]: note",
        "^[inline *x*]",
        "text",
    ),
    *(
        "a ==mark== b",
        "==a",
        "===x===",
        "H~2~O",
        "x^2^",
        "a~b c~",
        "~~del~~",
        "**b**",
        "*i*",
        "`c`",
    ),
    *("http://x.y/a?b=c&d=e", "www.google.com", "me@x.com", "<b>raw</b>", "<div>", "</div>"),
    *(
        "[l](http://a.b 't')",
        '![alt](i.png "t")',
        "[x](javascript:alert(1))",
        "&copy;",
        "\\*esc\\*",
    ),
    *("hard  ", "hard\\", "hard\\  ", "é日本", "[a [b] c](d)", "**a ==b** c==", "Setext\n---"),
    *(
        "[^1][^1] again",
        "[^big]: a\n\n    b",
        "x[^big]",
        "~a~^b^",
        "\u00a0nb",
        "<http://auto.link>",
    ),
]


class Generator:
    """Makes documents; the same seed gives the same ones.

    ``odd`` is the share of card properties whose type is wrong.
    """

    def __init__(self, seed: int, odd: float = 0.02) -> None:
        self.random = random.Random(seed)
        self.odd = odd
        self._values: dict[str, Callable[[], object]] = {
            "visibility": self._visibility,
            "images": self._images,
            "metadata": self._metadata,
            "labels": lambda: self._one([None, [], ["a"], ["a", 'b "q"', "<x>"], "xy"]),
            "version": lambda: self._one([1, 2, 2, None, "1", "2"]),
            "embedType": lambda: self._one(["video", "rich", "twitter", "nft", ""]),
            "layout": lambda: self._one(["regular", "wide", "full", "split", "minimal", "x y"]),
            "cardWidth": lambda: self._one(["regular", "wide", "full", ""]),
            "alignment": lambda: self._one(["left", "center", ""]),
            "linkColor": lambda: self._one(["accent", "text"]),
            "style": lambda: self._one(["dark", "light", "accent", "image"]),
            "backgroundSize": lambda: self._one(["cover", "contain"]),
            "code": lambda: self._one(["a<b>\n  c", "x", "  ", "", "\nlead", '& "q"']),
            "markdown": self.markdown,
            "productStarRating": lambda: self._one([0, 1, 2, 3, 4, 5, 6, None, "3"]),
            "duration": lambda: self._one([0, 1, 59, 61.5, 3599.9, 3700, "1000", None]),
            "fileSize": lambda: self._one(
                [0, 1, 1023, 1024, 123456, 10**9, 5 * 10**13, "99", None]
            ),
        }

    def _one(self, choices: list[Any]) -> Any:
        return self.random.choice(choices)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def words(self) -> str:
        return str(self._one(_WORDS))

    def markup(self) -> str:
        """HTML as it stands in captions and texts of cards, sometimes broken."""
        if self._chance(0.3):
            return self.words()
        return str(self._one(_MARKUP)) if self._chance(0.7) else self.tag_soup()

    def tag_soup(self) -> str:
        out: list[str] = []
        open_tags: list[str] = []
        for _ in range(self.random.randint(1, 7)):
            if self._chance(0.4):
                out.append(self._one(_TEXTS))
            elif open_tags and self._chance(0.4):
                out.append(f"</{open_tags.pop()}>")
            else:
                tag = self._one(_TAGS)
                attribute = f" {self._one(_ATTRIBUTES)}" if self._chance(0.5) else ""
                out.append(f"<{tag}{attribute}>")
                open_tags.append(tag)
        return "".join(out)

    def markdown(self) -> str:
        lines = self.random.randint(1, 5)
        ends = ["\n", "\n", "\n\n", " ", "  \n"]
        return "".join(self._one(_MARKDOWN) + self._one(ends) for _ in range(lines))

    def _visibility(self) -> object:
        segment: Callable[[], Any] = lambda: self._one(_SEGMENTS)  # noqa: E731
        flag: Callable[[], Any] = lambda: self._one([True, False])  # noqa: E731
        return self._one(
            [
                None,
                {},
                {
                    "web": {"nonMember": flag(), "memberSegment": segment()},
                    "email": {"memberSegment": segment()},
                },
                {"showOnWeb": flag(), "showOnEmail": flag(), "segment": segment()},
                {"emailOnly": flag(), "segment": segment()},
                {"web": {"nonMember": False}, "email": {}},
                {"web": {"nonMember": False, "memberSegment": None}, "email": None},
            ]
        )

    def _images(self) -> object:
        images = []
        for index in range(self.random.randint(0, 10)):
            image = {
                "fileName": self._one(["a.jpg", "a.jpg", "a.jpg", ""]),
                "src": self._one(_URLS),
                "row": index // 3 if self._chance(0.7) else self.random.randint(0, 3),
                "width": self._one([600, 720, 1200, 2000, 3000]),
                "height": self._one([400, 900, 1000]),
                "alt": self.words(),
                "title": self._one(["", self.words()]),
                "href": self._one(["", None, self._one(_URLS)]),
            }
            images.append({name: value for name, value in image.items() if self._chance(0.96)})
        return images

    def _metadata(self) -> object:
        texts = ("title", "description", "author", "publisher")
        found = {name: self.words() for name in texts if self._chance(0.8)}
        pictures = ("icon", "thumbnail", "thumbnail_url")
        return found | {name: self._one(_URLS) for name in pictures if self._chance(0.6)}

    def value(self, card: str, name: str) -> object:
        """A value for a card's property."""
        if self._chance(self.odd):
            return self._one(_ODD)
        if name in self._values:
            return self._values[name]()
        lower = name.lower()
        if "enabled" in lower or lower.startswith(("show", "has")) or lower in {"loop", "swapped"}:
            return self._one([True, False])
        if "color" in lower:
            return self._one(
                ["accent", "#ff0000", "#000", "red", "transparent", "", 'a"b', "blue-1"]
            )
        if "width" in lower or "height" in lower:
            return self._one([*_SIZES, "600", "abc", 1.5, 0])
        if lower.endswith(("src", "url", "href")):
            return self._one(_URLS)
        is_html = CARDS[card].mentions.get(name) == "html" or lower.endswith("text")
        return self.markup() if is_html else self.words()

    def card(self, kind: str = "") -> Node:
        kind = kind or self._one(sorted(CARDS))
        names = (name for name in CARDS[kind].properties if self._chance(0.87))
        return {"type": kind, "version": 1, **{name: self.value(kind, name) for name in names}}

    def text(self) -> Node:
        kinds = ["extended-text"] * 8 + ["text", "tk", "zwnj", "at-link-search"]
        formats = [0, 0, 0, 1, 2, 3, self.random.randint(0, 255)]
        node: Node = {
            "type": self._one(kinds),
            "version": 1,
            "text": self.words(),
            "format": self._one(formats),
            "detail": 0,
            "mode": "normal",
            "style": "",
        }
        changes: list[Node] = [
            {"mode": "token"},
            {"detail": 2},
            {"detail": "unmergeable"},
            {"style": "color: red;"},
            {"format": "bold"},
            {"format": None},
            {"style": None},
        ]
        if self._chance(0.1):
            node.update(self._one(changes))
        if self._chance(0.03):
            del node[self._one(["mode", "format", "style"])]
        return node

    def element(self, kind: str, children: list[Node], **more: object) -> Node:
        common = {"direction": "ltr", "format": "", "indent": 0, "version": 1}
        return {"type": kind, "children": children, **common, **more}

    def inline(self, depth: int = 0) -> Node:
        share = self.random.random()
        if share < 0.12:
            return {"type": "linebreak", "version": 1}
        if share < 0.15:
            return {"type": "tab", "version": 1, "text": "\t", "format": self._one([0, 1])}
        if share < 0.27 and depth < 3:
            children = [self.inline(depth + 1) for _ in range(self.random.randint(0, 3))]
            return self.element(
                "link", children, url=self._one(_URLS), rel=self._one([None, "noreferrer", ""])
            )
        if share < 0.3:
            return self.element("at-link", [self.text()], linkFormat=None)
        if share < 0.32:
            return self.card() if depth else self.block(depth + 2)
        return self.text()

    def line(self) -> list[Node]:
        return [self.inline() for _ in range(self._one([0, 1, 1, 1, 2, 3, 4, 5]))]

    def list(self, depth: int = 0) -> Node:
        items: list[Node] = []
        for _ in range(self.random.randint(0, 4)):
            children = self.line()
            if depth < 3 and self._chance(0.3):
                children = [self.list(depth + 1)]
            elif self._chance(0.06):
                children = [self.element("paragraph", children)]
            items.append(self.element("listitem", children, value=1))
        if self._chance(0.06):
            items.insert(0, self._one([self.text(), self.element("paragraph", self.line())]))
        kind = self._one(["bullet", "number", "check"])
        start = {"start": self._one([1, 1, 3, 0, None, "2"])} if self._chance(0.9) else {}
        return self.element("list", items, listType=kind, **start)

    def block(self, depth: int = 0) -> Node:
        share = self.random.random()
        if share < 0.3:
            return self.element("paragraph", self.line())
        if share < 0.4:
            tag = f"h{self.random.randint(1, 6)}"
            return self.element(self._one(["heading", "extended-heading"]), self.line(), tag=tag)
        if share < 0.5:
            return self.element(self._one(["quote", "extended-quote", "aside"]), self.line())
        if share < 0.6:
            return self.list(depth)
        return self.card()

    def document(self) -> Node:
        blocks = [self.block() for _ in range(self._one([1, 1, 2, 3]))]
        if self._chance(0.3):
            last = self._one([[], [self.text()], [{"type": "linebreak", "version": 1}]])
            blocks.append(self.element("paragraph", last))
        return {"root": self.element("root", blocks)}

    def card_document(self, kind: str) -> Node:
        """A document of one card."""
        return {"root": self.element("root", [self.card(kind)])}


_INLINE = ["a", "b", "i", "em", "strong", "span", "code", "u", "s", "sub", "sup", "mark"]
_PIECES = [
    *("hello", "a & b", "x &amp; y", " ", "  ", "\n", " lead", "trail ", "\n  ind", "é", "a\tb"),
    *("&nbsp;", "1 &lt; 2", "<br>", '<img src="https://e.com/a b.png" width="10" alt="q" title=t>'),
    *('<img src="/rel.png">', "<hr>", '<iframe src="//a.b/c"></iframe>', "<!-- c -->", "<input>"),
    *("<!--members-only-->", "<script>x</script>", "<table><tr><td>x</td></tr></table>"),
]
_STYLES = [
    *("font-weight: 700", "font-style:italic", "text-decoration: line-through", "display:block"),
    *("vertical-align: super", "white-space: pre-wrap;", "font-weight: bold", "font-size: 26pt"),
    *("text-decoration: underline", "vertical-align:sub", "font-weight:normal", "color: red"),
]
_SQUARESPACE = (
    '<div class="sqs-gallery-container"><noscript><img src="n.png"></noscript><img'
    ' class="thumb-image" data-src="https://e.com/t.png" data-image-dimensions="3x4"></div>'
)
_MEDIUM_GALLERY = (
    '<div data-paragraph-count="1"><img src="a/b.png"><figcaption>c</figcaption></div>'
    '<div data-paragraph-count="2"><img><figcaption>d</figcaption></div>'
)
_MEDIUM = (
    '<div class="graf--mixtapeEmbed"><a class="markup--mixtapeEmbed-anchor" href="https://e.com">'
    '<strong class="markup--mixtapeEmbed-strong">T</strong><em class="markup--mixtapeEmbed-em">D'
    '</em><br>pub</a><a class="mixtapeImage" style="background-image: url(https://e.com/t.png)">'
    "</a></div>"
)
_BLOCKS = [
    '<pre class="language-js x"><code>a\n b</code></pre>',
    '<figure><img src="a.png"><figcaption>cap <b>b</b></figcaption></figure>',
    '<figure class="kg-width-wide"><a href="z"><img src="a.png" data-width="3"></a></figure>',
    '<figure><iframe src="https://e.com/x"></iframe><figcaption>c</figcaption></figure>',
    '<figure><blockquote><p>t</p><a href="https://e.com">l</a></blockquote></figure>',
    "<figure><pre><code class='lang-py'>x</code></pre><figcaption>c</figcaption></figure>",
    "<!--kg-card-begin: html--><b>x</b> y<!--kg-card-end: html-->",
    _MEDIUM_GALLERY,
    _SQUARESPACE,
    _MEDIUM,
    '<p id="docs-internal-guid-1"><span>x</span><br><br></p>',
]


class HtmlGenerator(Generator):
    """Makes HTML as it is pasted and imported."""

    def inline_html(self, depth: int = 0) -> str:
        if self._chance(0.55) or depth > 4:
            return str(self._one(_PIECES))
        tag = self._one(_INLINE)
        attributes = ""
        if tag == "a":
            attributes = self._one(
                ["", ' href="x"', ' href="https://e.com" rel="nofollow" title=q']
            )
        if tag == "span" or self._chance(0.05):
            attributes += f' style="{self._one(_STYLES)}"'
        if tag == "span" and self._chance(0.1):
            attributes += self._one([' class="Highlight"', ' class="Strikethrough"'])
        count = self.random.randint(0, 3)
        return f"<{tag}{attributes}>{self._inlines(count, depth + 1)}</{tag}>"

    def _inlines(self, count: int, depth: int = 0) -> str:
        return "".join(self.inline_html(depth) for _ in range(count))

    def _list_html(self, depth: int) -> str:
        tag = self._one(["ul", "ol", 'ol start="4"', 'ul __lexicallisttype="check"'])
        items = ""
        for _ in range(self.random.randint(0, 3)):
            content = self._inlines(self.random.randint(0, 2))
            content += self.block_html(depth + 1) if self._chance(0.35) else ""
            items += self._one(["<li>", "<li>\n", '<li aria-checked="true">']) + content + "</li>"
            items += self.block_html(depth + 1) if self._chance(0.08) else ""
        return f"<{tag}>{items}</{tag.split()[0]}>"

    def block_html(self, depth: int = 0) -> str:
        share = self.random.random()
        content = self._inlines(self.random.randint(0, 4))
        if depth > 3 or share < 0.05:
            return content
        if share < 0.3:
            styles = ["", "", ' style="text-align:center"', ' style="text-indent:40px"']
            attributes = self._one([*styles, ' role="heading" aria-level="3"'])
            return f"<p{attributes}>{content}</p>"
        if share < 0.4:
            tag = self._one(["h1", "h2", "h3"])
            return f"<{tag}>{content}</{tag}>"
        if share < 0.6:
            return self._list_html(depth)
        if share < 0.8:
            tag = self._one(["blockquote", "div", "div", "pre"])
            inner = self.block_html(depth + 1) if self._chance(0.6) else content
            return (
                f"<{tag}>{inner}{self.block_html(depth + 1) if self._chance(0.4) else ''}</{tag}>"
            )
        return str(self._one(_BLOCKS))

    def html(self) -> str:
        return "".join(self.block_html() for _ in range(self.random.randint(1, 3)))
