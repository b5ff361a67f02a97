"""What Ghost's errors mean to an editor who saves: nothing of ours, a sentence of theirs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from infrastructure.errors import NotFoundError, PersonError
from services.content_store.protocol import (
    GhostUnreachableError,
    InvalidPostError,
    PostEdit,
    RefusedByGhostError,
)
from services.ghost.errors import (
    GhostBusy,
    GhostConflict,
    GhostError,
    GhostErrorDetail,
    GhostNotFound,
    GhostRefused,
    GhostTimeout,
    GhostUnauthorized,
    GhostUnreachable,
)

# Ghost's name of a field where ours is another.
_OURS: Final = {
    "authors": "author_ids",
    "tiers": "tier_ids",
    "email_recipient_filter": "newsletter",
}
_FIELDS: Final = frozenset(PostEdit.__struct_fields__) | {"newsletter"}
_IN_PATH: Final = re.compile(r"^/(?:posts|pages|tags)/0/(\w+)")
_IN_CONTEXT: Final = re.compile(r"Validation (?:failed|\(\w+\) failed) for (?:\w+\.)?(\w+)")
_BRACKETED: Final = re.compile(r"\[(?:posts|posts_meta|tags)\.(\w+)\]")


@contextmanager
def in_sentences() -> Iterator[None]:
    """Turn whatever Ghost answers inside the block into an error for the person.

    Raises:
        InvalidPostError: Ghost declined, and said because of which field.
        RefusedByGhostError: Ghost declined for another reason.
        GhostUnreachableError: Ghost gave no usable answer.
        NotFoundError: Ghost does not have it.
        GhostConflict: as it is: whoever saves knows what to do.
    """
    try:
        yield
    except GhostConflict:
        raise
    except GhostError as error:
        raise person_error(error) from error


def person_error(error: GhostError) -> PersonError:
    """Return what a person is told of one of Ghost's errors."""
    if isinstance(error, GhostNotFound):
        return NotFoundError()
    if isinstance(error, GhostUnauthorized):
        return RefusedByGhostError(
            "Ghost does not let this site save: an administrator must look at its Admin API key."
        )
    if isinstance(error, GhostRefused):
        return _refused(error)
    if isinstance(error, GhostBusy):
        return GhostUnreachableError(
            "Ghost is busy and asks us to wait; nothing was saved. Try again in a moment."
        )
    if isinstance(error, GhostTimeout):
        return GhostUnreachableError(
            "Ghost did not answer in time. Your text is safe here; try again in a moment."
        )
    if isinstance(error, GhostUnreachable):
        return GhostUnreachableError(
            "Ghost cannot be reached at the moment; nothing was saved. Try again in a moment."
        )
    return GhostUnreachableError(f"{error.sentence} Nothing was saved; tell an administrator.")


def _refused(error: GhostRefused) -> PersonError:
    fields: dict[str, str] = {}
    said: list[str] = []
    for detail in error.details:
        sentence = _sentence(detail)
        field = _field(detail)
        if field is None:
            said.append(sentence)
        else:
            fields[field] = f"Ghost says: {sentence}"
    if fields and not said:
        return InvalidPostError(fields)
    what = " ".join([*said, *fields.values()]) or error.sentence
    return RefusedByGhostError(f"Ghost declined this: {what}")


def _field(detail: GhostErrorDetail) -> str | None:
    """Return our name of the field that Ghost complains about."""
    found = [detail.field or ""]
    if isinstance(detail.details, list):
        for entry in detail.details:
            path = entry.get("instancePath") if isinstance(entry, dict) else None
            found += _IN_PATH.findall(path or "")
    if "email segment" in (detail.context or detail.message):
        found.append("newsletter")
    found += _IN_CONTEXT.findall(detail.context or "") + _BRACKETED.findall(detail.context or "")
    ours = (_OURS.get(name, name) for name in found)
    return next((name for name in ours if name in _FIELDS), None)


def _sentence(detail: GhostErrorDetail) -> str:
    text = _BRACKETED.sub(lambda match: match[1].replace("_", " "), detail.text).strip()
    text = re.sub(r"^/\w+/0/(\w+)", lambda match: match[1].replace("_", " "), text)
    return text if text.endswith((".", "!", "?")) else f"{text}."
