"""What is looked at before a post is published: what cannot be kept, and what a reader would trip on.

Nothing here keeps anybody from publishing; what the content store refuses is told as an error.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

import lexical
from lexical.tree import LINK_TYPES, NodeJson, own_children, root_of, text_content, type_of
from models.content import Author, OldSlug, Post, Tag
from models.people import Redirect
from services.content_store.checks import tidy
from services.content_store.protocol import InvalidPostError, PostEdit
from services.editor.fields import EMPTY_DOCUMENT

# What reminds a writer that something is to come, as Ghost's editor knows it.
_TO_COME: Final = re.compile(r"(?<!\w)(?:TK)+(?!\w)")
_PICTURES: Final = frozenset({"image"})
_PATH: Final = re.compile(r"/(?:(?P<kind>tag|author)/)?(?P<slug>[^/]+)/?")


class Check(Struct, frozen=True):
    """Something that should be seen to.

    Attributes:
        level: an error keeps the post from being saved as it is; a warning does not.
        code: what it is, for programs.
        sentence: what it is, for people.
        where: the place of the block in the text, counted from 0, or the name of the field.
    """

    level: Literal["error", "warning"]
    code: str
    sentence: str
    where: int | str | None = None


def _warning(code: str, sentence: str, where: int | str | None) -> Check:
    return Check("warning", code, sentence, where)


async def checks(connection: AsyncConnection, edit: PostEdit, site_url: str) -> list[Check]:
    """Look at what a working copy says.

    Args:
        connection: where to look for what it links to.
        edit: what it says.
        site_url: the site's public address.
    """
    document = msgspec.json.decode(edit.lexical or EMPTY_DOCUMENT)
    found = [*_refused(edit), *_fields(edit)]
    for place, block in enumerate(own_children(root_of(document))):
        found += _block(block, place)
    found += [*_headings(document), *_paywall(edit, document)]
    return found + await _links(connection, document, site_url)


def _refused(edit: PostEdit) -> Iterator[Check]:
    try:
        tidy(edit)
    except InvalidPostError as error:
        for name, sentence in error.errors.items():
            yield Check("error", "refused", sentence, name)


def _fields(edit: PostEdit) -> Iterator[Check]:
    if not edit.title.strip():
        yield _warning("title", "There is no title yet.", "title")
    if edit.feature_image and not (edit.feature_image_alt or "").strip():
        yield _warning("alt", "The feature image has no alternative text.", "feature_image_alt")
    for name in ("title", "custom_excerpt", "feature_image_caption"):
        if _TO_COME.search(getattr(edit, name) or ""):
            yield _warning("tk", "A TK is left: something is still to come here.", name)


def _nodes(block: NodeJson) -> Iterator[NodeJson]:
    yield block
    for child in own_children(block):
        yield from _nodes(child)


def _block(block: NodeJson, place: int) -> Iterator[Check]:
    """Look at one block of the text."""
    if _TO_COME.search(text_content(block, saved=True)) or _TO_COME.search(
        " ".join(value for value in block.values() if isinstance(value, str))
    ):
        yield _warning("tk", "A TK is left: something is still to come here.", place)
    for node in _nodes(block):
        kind = type_of(node)
        if kind in LINK_TYPES and not text_content(node, saved=True).strip():
            yield _warning(
                "link-text", f"The link to {node.get('url')} has no text to click on.", place
            )
        elif kind == "button" and not _words(node, "buttonText"):
            yield _warning("link-text", "A button has no text.", place)
        elif kind in _PICTURES:
            yield from _picture(node, place)
        elif kind == "gallery":
            images = node.get("images")
            for image in images if isinstance(images, list) else ():
                if isinstance(image, Mapping):
                    yield from _picture(image, place)


def _picture(node: Mapping[str, Any], place: int) -> Iterator[Check]:
    source = _words(node, "src")
    if source and not _words(node, "alt"):
        name = source.partition("?")[0].rpartition("/")[2]
        yield _warning("alt", f"The picture “{name}” has no alternative text.", place)


def _words(node: Mapping[str, Any], name: str) -> str:
    value = node.get(name)
    return value.strip() if isinstance(value, str) else ""


def _headings(document: Mapping[str, object]) -> Iterator[Check]:
    """See whether headings go down one level at a time, below the title."""
    places = [
        place
        for place, block in enumerate(own_children(root_of(document)))
        if type_of(block) in {"heading", "extended-heading"}
    ]
    before = 1
    for place, heading in zip(places, lexical.outline(document), strict=False):
        if heading.level > before + 1:
            above = "the title" if before == 1 else f"a heading of level {before}"
            yield _warning(
                "heading-order",
                f"“{heading.text}” is a heading of level {heading.level} right below {above};"
                f" level {before + 1} would follow.",
                place,
            )
        before = heading.level


def _paywall(edit: PostEdit, document: Mapping[str, object]) -> Iterator[Check]:
    places = [
        place
        for place, block in enumerate(own_children(root_of(document)))
        if type_of(block) == "paywall"
    ]
    if edit.visibility == "public" and places:
        yield _warning(
            "paywall",
            "There is a mark where the public part ends, but everybody may read this post.",
            places[0],
        )
    elif edit.visibility != "public" and not places and own_children(root_of(document)):
        yield _warning(
            "paywall",
            "Nothing of the text can be read by the public: there is no mark where that part ends.",
            "visibility",
        )


async def _links(
    connection: AsyncConnection, document: Mapping[str, object], site_url: str
) -> list[Check]:
    """Find links to pages of this site that readers cannot open."""
    places: dict[str, int] = {}
    for place, block in enumerate(own_children(root_of(document))):
        part = {"root": {"type": "root", "children": [block]}}
        for path in lexical.references(part, site_url=site_url).posts:
            places.setdefault(path, place)
    wanted: dict[str, dict[str, str]] = {"post": {}, "tag": {}, "author": {}}
    for path in places:
        match = _PATH.fullmatch(path)
        # What lies deeper is none of the pages that we can look up here.
        if match is not None:
            wanted[match["kind"] or "post"][match["slug"]] = path
    for kind, slugs in wanted.items():
        for slug in await _known(connection, kind, list(slugs)):
            slugs.pop(slug, None)
    missing = {path for slugs in wanted.values() for path in slugs.values()}
    redirected = await connection.scalars(
        select(Redirect.source).where(Redirect.source.in_(missing | {f"{it}/" for it in missing}))
    )
    led = {source.rstrip("/") for source in redirected}
    return [
        _warning("link-broken", f"The link to {path} leads to no page that readers can see.", place)
        for path, place in places.items()
        if path in missing and path.rstrip("/") not in led
    ]


# Pages of this site that are no post, by the first part of their path.
_OWN_PAGES: Final = frozenset({"auth", "rss", "search", "sitemap.xml", "feed.json", "robots.txt"})


async def _known(connection: AsyncConnection, kind: str, slugs: list[str]) -> set[str]:
    """Return which of these lead somewhere, if by an old name."""
    if not slugs:
        return set()
    statements: dict[str, Any] = {
        "post": select(Post.slug).where(
            Post.slug.in_(slugs), Post.status == "published", Post.deleted_at.is_(None)
        ),
        "tag": select(Tag.slug).where(
            Tag.slug.in_(slugs), Tag.visibility == "public", Tag.deleted_at.is_(None)
        ),
        "author": select(Author.slug).where(Author.slug.in_(slugs), Author.deleted_at.is_(None)),
    }
    found = set(await connection.scalars(statements[kind]))
    old = select(OldSlug.slug).where(OldSlug.kind == kind, OldSlug.slug.in_(slugs))
    found |= set(await connection.scalars(old))
    return found | (_OWN_PAGES & set(slugs) if kind == "post" else set())
