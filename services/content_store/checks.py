"""What an edit must be to be kept, and a sentence for each field that is not.

The lengths are those of Ghost's own tables, in both stores, so that a site can go from one to the
other.
"""

from datetime import UTC, datetime
from typing import Any, Final, get_args

import msgspec
from sqlalchemy import select

import lexical
from infrastructure.database import UnitOfWork
from models.content import Author, Tag, Tier
from services.content_store.protocol import InvalidPostError, PostEdit, Visibility
from services.desk.fields import address

LONGEST: Final = {
    "title": 255,
    "slug": 191,
    "custom_excerpt": 300,
    "feature_image": 2000,
    "feature_image_alt": 191,
    "feature_image_caption": 65_535,
    "meta_title": 300,
    "meta_description": 500,
    "og_image": 2000,
    "og_title": 300,
    "og_description": 500,
    "twitter_image": 2000,
    "twitter_title": 300,
    "twitter_description": 500,
    "canonical_url": 2000,
    "codeinjection_head": 65_535,
    "codeinjection_foot": 65_535,
    "custom_template": 100,
    "email_subject": 300,
}
LONGEST_TAG: Final = 191
MOST_LINKS: Final = 200

_ADDRESSES: Final = ("feature_image", "og_image", "twitter_image", "canonical_url")
# What Ghost writes for its own address, wherever an address may stand.
_GHOST_URL: Final = "__GHOST_URL__"


def tidy(edit: PostEdit) -> PostEdit:
    """Return an edit with blanks around its short texts taken off and nothing empty kept.

    Raises:
        InvalidPostError: something cannot be kept, as far as can be told without the database.
    """
    changes, errors = _texts(edit)
    if edit.visibility not in get_args(Visibility):
        errors["visibility"] = "This is none of: everybody, members, paying members, chosen tiers."
    if edit.visibility == "tiers" and not edit.tier_ids:
        errors["tier_ids"] = "Choose at least one tier that may read this."
    if edit.published_at is not None and edit.published_at.tzinfo is None:
        errors["published_at"] = "Say in which time zone this is."
    changes |= {
        name: tuple(dict.fromkeys(getattr(edit, name))) for name in ("author_ids", "tier_ids")
    }
    changes["tags"] = _tags(edit, errors)
    for name in ("tags", "author_ids", "tier_ids"):
        if len(changes[name]) > MOST_LINKS:
            errors[name] = f"These are too many: {MOST_LINKS} are the most."
    if edit.lexical is not None:
        errors |= _document_error(edit.lexical)
    if errors:
        raise InvalidPostError(errors)
    if edit.visibility != "tiers":
        changes["tier_ids"] = ()
    return msgspec.structs.replace(edit, **changes)


def _texts(edit: PostEdit) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the short texts as they are kept, and a sentence for each that cannot be."""
    changes: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, most in LONGEST.items():
        value = getattr(edit, name)
        if value is None:
            continue
        value = value if name.startswith("codeinjection") else value.strip()
        if "\0" in value:
            errors[name] = "There is a character in it that cannot be kept."
        elif len(value) > most:
            errors[name] = (
                f"This is too long: {most} characters are the most, and it has {len(value)}."
            )
        elif value and name in _ADDRESSES:
            errors |= _address_error(name, value)
        changes[name] = value if value or name in {"title", "slug"} else None
    return changes, errors


def _address_error(name: str, value: str) -> dict[str, str]:
    try:
        address(value.removeprefix(_GHOST_URL) if value.startswith(f"{_GHOST_URL}/") else value)
    except ValueError as error:
        return {name: str(error)}
    return {}


def _tags(edit: PostEdit, errors: dict[str, str]) -> tuple[int | str, ...]:
    found: dict[int | str, int | str] = {}
    for choice in edit.tags:
        if isinstance(choice, int):
            found.setdefault(choice, choice)
            continue
        name = " ".join(choice.split())
        if not name or "," in name or "\0" in name:
            errors["tags"] = "A tag has a name, and no comma in it."
        elif len(name) > LONGEST_TAG:
            errors["tags"] = f"The tag “{name[:40]}…” is too long: {LONGEST_TAG} are the most."
        else:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())


def _document_error(text: str) -> dict[str, str]:
    try:
        lexical.validate(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return {"lexical": "The text did not arrive whole; nothing was saved."}
    except lexical.LexicalError as error:
        return {"lexical": f"The text cannot be kept: {error}"}
    return {}


async def check_links(work: UnitOfWork, edit: PostEdit) -> None:
    """Make sure that all that an edit leads to by its id is there.

    Raises:
        InvalidPostError: a tag, an author or a tier is not (any more).
    """
    errors: dict[str, str] = {}
    wanted: tuple[tuple[str, Any, set[int], str], ...] = (
        ("tags", Tag, {it for it in edit.tags if isinstance(it, int)}, "tags"),
        ("author_ids", Author, set(edit.author_ids), "authors"),
        ("tier_ids", Tier, set(edit.tier_ids), "tiers"),
    )
    for name, table, ids, what in wanted:
        if not ids:
            continue
        here = await work.session.scalars(
            select(table.id).where(table.id.in_(ids), table.deleted_at.is_(None))
        )
        if ids - set(here):
            errors[name] = f"One of the {what} was deleted in the meantime: choose anew."
    if errors:
        raise InvalidPostError(errors)


def check_time_to_come(at: datetime, now: datetime | None = None) -> None:
    """Make sure that a time can be scheduled for.

    Raises:
        InvalidPostError: it is past, or in no time zone.
    """
    if at.tzinfo is None:
        raise InvalidPostError({"published_at": "Say in which time zone this is."})
    if at <= (now or datetime.now(UTC)):
        raise InvalidPostError({"published_at": "This time is past: choose one to come."})
