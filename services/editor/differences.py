"""What differs between two states of a post, for people: words, cards, settings."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from lexical.alignment import Block, align, blocks_of
from lexical.tree import own_children, text_content
from services.content_store.protocol import PostEdit
from services.editor.fields import EMPTY_DOCUMENT, differing

What = Literal["same", "added", "removed", "edited"]

_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
# Of texts longer than this (in words and signs) no words are compared.
_LONGEST: Final = 6000
# Of what did not change so much is shown around what did.
_AROUND: Final = 1
_SHORTENED: Final = 400

_KINDS: Final = {
    "aside": "Aside",
    "codeblock": "Code",
    "heading": "Heading",
    "horizontalrule": "Divider",
    "html": "HTML",
    "image": "Picture",
    "list": "List",
    "paragraph": "Paragraph",
    "paywall": "End of the public part",
    "quote": "Quote",
}

_LABELS: Final = {
    "slug": "Address",
    "is_page": "Page",
    "published_at": "Time that it shows",
    "tier_ids": "Tiers",
    "author_ids": "Authors",
    "feature_image_alt": "Alternative text of the feature image",
    "feature_image_caption": "Caption of the feature image",
    "show_title_and_feature_image": "Title and feature image are shown",
    "custom_excerpt": "Excerpt",
    "og_image": "Facebook picture",
    "og_title": "Facebook title",
    "og_description": "Facebook description",
    "twitter_image": "X picture",
    "twitter_title": "X title",
    "twitter_description": "X description",
    "canonical_url": "Canonical address",
    "codeinjection_head": "Code in the head",
    "codeinjection_foot": "Code in the foot",
    "custom_template": "Template",
    "email_subject": "Subject of the newsletter",
    "email_only": "Sent by e-mail alone",
}


class Piece(Struct, frozen=True):
    """Some words, and what became of them."""

    what: What
    text: str


class Property(Struct, frozen=True):
    """A setting of a post or a card; of texts there are `pieces`, of all else two values."""

    label: str
    before: Any = None
    after: Any = None
    pieces: tuple[Piece, ...] = ()


class Change(Struct, frozen=True):
    """What became of a block.

    Attributes:
        what: happened to it.
        kind: what it is, in words.
        pieces: its words.
        properties: of a card those that changed.
        is_style: only how it is set changed, or where a link leads.
        skipped: instead of all that, so many blocks that did not change.
    """

    what: What
    kind: str = ""
    pieces: tuple[Piece, ...] = ()
    properties: tuple[Property, ...] = ()
    is_style: bool = False
    skipped: int = 0


Names = Mapping[str, Mapping[int, str]]


def settings(before: PostEdit, after: PostEdit, names: Names) -> list[Property]:
    """Return which settings differ.

    Args:
        before: the one state.
        after: the other.
        names: by field (`tags`, `author_ids`, `tier_ids`) what ids are called.
    """
    found = []
    for name in differing(before, after):
        if name == "lexical":
            continue
        label = _LABELS.get(name) or name.replace("_", " ").capitalize()
        old, new = (_said(getattr(it, name), names.get(name, {})) for it in (before, after))
        if isinstance(old, str) and isinstance(new, str):
            found.append(Property(label, pieces=words(old, new)))
        else:
            found.append(Property(label, old, new))
    return found


def _said(value: Any, names: Mapping[int, str]) -> str | datetime | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(names.get(it, "(deleted)") if isinstance(it, int) else it for it in value)
    if value is None or isinstance(value, datetime):
        return value
    return str(value)


def text(before: PostEdit, after: PostEdit) -> list[Change]:
    """Return what became of each block of the text; what did not change is left out but a little."""
    documents = (msgspec.json.decode(it.lexical or EMPTY_DOCUMENT) for it in (before, after))
    old, new = map(blocks_of, documents)
    changes = [
        _change(None if i is None else old[i], None if j is None else new[j])
        for i, j in align(old, new)
    ]
    return list(_shortened(changes))


def _change(old: Block | None, new: Block | None) -> Change:
    shown = new or old
    if shown is None:  # pragma: no cover - a pair has at least one side
        return Change("same")
    kind = _KINDS.get(shown.kind, f"{shown.kind.capitalize()} card")
    if old is None or new is None:
        what: What = "added" if old is None else "removed"
        said = _text_of(shown) or ", ".join(_values(shown).values())
        return Change(what, kind, (Piece(what, _short(said)),))
    if old.key == new.key:
        said = _text_of(new)
        return Change("same", kind, (Piece("same", said),) if said else ())
    if not _is_card(old) and not _is_card(new):
        pieces = words(_text_of(old), _text_of(new))
        is_style = all(it.what == "same" for it in pieces)
        return Change("edited", kind, pieces, is_style=is_style)
    ours, theirs = _values(old), _values(new)
    properties = tuple(
        Property(name, pieces=words(_short(ours.get(name, "")), _short(theirs.get(name, ""))))
        for name in ours | theirs
        if ours.get(name) != theirs.get(name)
    )
    return Change("edited", kind, properties=properties)


def _is_card(block: Block) -> bool:
    return "children" not in block.node


def _text_of(block: Block) -> str:
    return text_content(block.node, saved=True).strip() if own_children(block.node) else ""


def _values(block: Block) -> dict[str, str]:
    """The properties of a card as texts."""
    left_out = {"type", "version", "children", "direction", "format", "indent"}
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in block.node.items()
        if name not in left_out and value not in (None, "", [])
    }


def _short(said: str) -> str:
    return said if len(said) <= _SHORTENED else f"{said[:_SHORTENED]}…"


def _shortened(changes: Sequence[Change]) -> Iterator[Change]:
    """Leave out stretches that did not change, but for what stands next to a change."""
    changed = {place for place, it in enumerate(changes) if it.what != "same"}
    shown = {near for place in changed for near in range(place - _AROUND, place + _AROUND + 1)}
    skipped = 0
    for place, it in enumerate(changes):
        if place in shown:
            if skipped:
                yield Change("same", skipped=skipped)
            skipped = 0
            yield it
        else:
            skipped += 1
    if skipped:
        yield Change("same", skipped=skipped)


def words(before: str, after: str) -> tuple[Piece, ...]:
    """Compare two texts word by word.

    Args:
        before: the one.
        after: the other.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if max(len(old), len(new)) > _LONGEST and before != after:
        return tuple(it for it in (Piece("removed", before), Piece("added", after)) if it.text)
    found: list[Piece] = []
    for what, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Piece("same", "".join(old[i:i_end])))
            continue
        if i < i_end:
            found.append(Piece("removed", "".join(old[i:i_end])))
        if j < j_end:
            found.append(Piece("added", "".join(new[j:j_end])))
    return tuple(found)
