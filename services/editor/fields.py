"""The fields of a post as the editor's program sends and gets them: `PostEdit` as JSON.

Lexical is a text, times are ISO in UTC, tags are `{id, name}` (`id` null: to be made), authors and
tiers are ids. A program may send only what it changed.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

import lexical
from lexical import merging
from models.content import Post, Tag
from services.content_store.protocol import InvalidPostError, PostEdit, PostState

NAMES: Final = frozenset(PostEdit.__struct_fields__)
# Who works on a text cannot give it to somebody else, nor run programs in readers' browsers.
EDITORS_ONLY: Final = frozenset({"author_ids"})
ADMINISTRATORS_ONLY: Final = frozenset({"codeinjection_head", "codeinjection_foot"})

EMPTY_DOCUMENT: Final = (
    '{"root":{"children":[],"direction":null,"format":"","indent":0,"type":"root","version":1}}'
)

_UNNAMED: Final = re.compile(r"untitled(-\d+)?")


async def edit_of(source: AsyncConnection | AsyncSession, state: PostState) -> PostEdit:
    """Return what a post says as the editor works on it.

    A text in Ghost's old format, or one that is HTML alone, is converted; the address of a draft
    that has no title yet is left to be made from the title.
    """
    edit = state.edit
    if edit.lexical is None:
        mobiledoc = await source.scalar(select(Post.mobiledoc).where(Post.id == state.id))
        edit = msgspec.structs.replace(edit, lexical=_converted(mobiledoc, state.html))
    if state.status == "draft" and edit.published_at is None and _UNNAMED.fullmatch(edit.slug):
        edit = msgspec.structs.replace(edit, slug="")
    return edit


def _converted(mobiledoc: str | None, html: str | None) -> str:
    if mobiledoc:
        try:
            return _written(lexical.from_mobiledoc(msgspec.json.decode(mobiledoc)))
        except (msgspec.DecodeError, lexical.LexicalError):
            # What cannot be read any more is shown as readers see it.
            pass
    return _written(lexical.from_html(html)) if html else EMPTY_DOCUMENT


def _written(document: Mapping[str, object]) -> str:
    return msgspec.json.encode(document).decode()


def packed(edit: PostEdit) -> str:
    """Return an edit as it is kept."""
    return msgspec.json.encode(edit).decode()


_edits: Final = msgspec.json.Decoder(PostEdit)


def unpacked(kept: str | bytes) -> PostEdit:
    """Return what `packed` made a text of."""
    return _edits.decode(kept)


async def as_json(
    source: AsyncConnection | AsyncSession, *edits: PostEdit
) -> tuple[dict[str, Any], ...]:
    """Return edits as the editor's program gets them, tags under the names that they have now."""
    ids = {it for edit in edits for it in edit.tags if isinstance(it, int)}
    names: dict[int, str] = {}
    if ids:
        rows = await source.execute(select(Tag.id, Tag.name).where(Tag.id.in_(ids)))
        names = {row.id: row.name for row in rows}
    return tuple(_as_json(edit, names) for edit in edits)


def _as_json(edit: PostEdit, names: Mapping[int, str]) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(edit)
    fields["tags"] = [
        {"id": it, "name": names.get(it, "")} if isinstance(it, int) else {"id": None, "name": it}
        for it in edit.tags
    ]
    return fields


def patched(edit: PostEdit, patch: Mapping[str, Any]) -> PostEdit:
    """Return an edit with the fields that a program sent.

    Args:
        edit: what the program began with.
        patch: some fields or all, as JSON.

    Raises:
        InvalidPostError: a field is none of ours, or not of its kind.
    """
    if unknown := sorted(set(patch) - NAMES):
        raise InvalidPostError({name: "There is no such field." for name in unknown})
    given: dict[str, Any] = msgspec.to_builtins(edit)
    errors: dict[str, str] = {}
    for name, value in patch.items():
        try:
            # One by one, so that each gets its own sentence.
            found = msgspec.convert({name: _tags(value) if name == "tags" else value}, PostEdit)
            given[name] = getattr(found, name)
        except (msgspec.ValidationError, ValueError) as error:
            errors[name] = f"This cannot be kept: {error}."
    if errors:
        raise InvalidPostError(errors)
    made = msgspec.convert(given, PostEdit)
    if made.published_at is not None and made.published_at.tzinfo is not None:
        made = msgspec.structs.replace(made, published_at=made.published_at.astimezone(UTC))
    return msgspec.structs.replace(made, lexical=_document(made.lexical, edit.lexical))


def _tags(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    found = []
    for it in value:
        if isinstance(it, dict) and it.get("id") is not None:
            found.append(it["id"])
        elif isinstance(it, dict) and isinstance(it.get("name"), str):
            found.append(it["name"])
        else:
            found.append(it)
    return found


def _document(text: str | None, before: str | None) -> str | None:
    if text is None or text == before:
        return text
    try:
        lexical.validate(msgspec.json.decode(text))
    except msgspec.DecodeError as error:
        raise InvalidPostError({"lexical": "The text did not arrive whole."}) from error
    except lexical.LexicalError as error:
        raise InvalidPostError({"lexical": f"The text cannot be kept: {error}"}) from error
    return text


def differing(one: PostEdit, other: PostEdit) -> list[str]:
    """Return the names of the fields in which two edits differ."""
    return [it for it in PostEdit.__struct_fields__ if getattr(one, it) != getattr(other, it)]


def is_same(one: PostEdit, other: PostEdit) -> bool:
    """Whether two edits say the same, whatever an editor adds to a text by opening it."""
    names = differing(one, other)
    if names != ["lexical"] or one.lexical is None or other.lexical is None:
        return not names
    texts = (msgspec.json.decode(it.lexical or EMPTY_DOCUMENT) for it in (one, other))
    return merging.is_same(*texts)


def keep_from(edit: PostEdit, other: PostEdit, names: Collection[str]) -> PostEdit:
    """Return an edit with some fields as another has them."""
    return msgspec.structs.replace(edit, **{name: getattr(other, name) for name in names})
