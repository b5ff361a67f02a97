"""What the editor's program sends and gets: JSON that is checked, and errors that it can show."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from quart import Response, request

from infrastructure.errors import InvalidError, PersonError
from infrastructure.factory import base_app
from infrastructure.logs import get_logger
from services.content_store.protocol import PostEdit
from services.desk.fields import InvalidFieldsError
from services.editor import fields
from services.editor.copies import Copy, Stale

log = get_logger(__name__)

P = ParamSpec("P")
S = TypeVar("S", bound=Struct)

_STALE: Final = (
    "Somebody else saved this in the meantime; nothing of yours was overwritten or lost."
)
_ELSEWHERE: Final = "This was changed elsewhere in the meantime; nothing was overwritten or lost."


def program(view: Callable[P, Awaitable[Response]]) -> Callable[P, Awaitable[Response]]:
    """Let a view answer what goes wrong as JSON: a sentence, and one for each field."""

    @wraps(view)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return await view(*args, **kwargs)
        except PersonError as error:
            return problem(error)

    return answer


def problem(error: PersonError) -> Response:
    """Return what went wrong as JSON."""
    content: dict[str, Any] = {"status": error.status, "error": str(error)}
    if isinstance(error, InvalidFieldsError):
        content["errors"] = error.errors
    response = as_json(content, error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def as_json(content: Any, status: int = 200) -> Response:
    """Return something as JSON."""
    return Response(msgspec.json.encode(content), status=status, content_type="application/json")


async def sent(kind: type[S]) -> S:
    """Return the body of the request.

    Raises:
        InvalidError: it is not what this route takes.
    """
    body = await request.get_data(as_text=False)
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.DecodeError as error:
        message = f"This request could not be understood: {error}"
        raise InvalidError(message) from error


class SaveRequest(Struct):
    """`PUT …/copy`."""

    base: int
    client: UUID
    seq: int
    fields: dict[str, Any]


class VersionRequest(Struct):
    """`POST …/update` and the like."""

    copy_version: int


async def stale(found: Stale) -> Response:
    """Tell a program that somebody else saved, with all that it needs to go on."""
    known = found.base if found.base is not None else PostEdit()
    merge = found.merge
    async with base_app().database.read() as connection:
        theirs, base, made = await fields.as_json(connection, found.theirs, known, merge.edit)
    return as_json(
        {
            "status": 412,
            "error": _ELSEWHERE if found.is_elsewhere else _STALE,
            "theirs": {
                "fields": theirs,
                "by": found.by,
                "saved_at": found.at,
                "copy_version": found.version,
            },
            "base": None if found.base is None else {"fields": base},
            "merged": None if merge.conflicts else {"fields": made},
            "unmerged": {"fields": made} if merge.conflicts else None,
            "conflicts": merge.conflicts,
        },
        412,
    )


async def copied(copy: Copy) -> dict[str, Any]:
    """Return a working copy as a program gets it."""
    (edit,) = await fields.as_json(copy.work.session, copy.edit)
    row, state = copy.row, copy.state
    return {
        "id": state.id,
        "copy_version": row.version,
        "post_version": state.version,
        "status": state.status,
        "is_dirty": row.is_dirty,
        "is_changed_elsewhere": copy.clashes,
        "fields": edit,
        "saved_at": row.saved_at,
        "saved_by": row.saved_by,
        "path": state.path,
        "preview_path": state.preview_path,
        "published_at": state.edit.published_at,
    }


async def updated(copy: Copy, sent_fields: PostEdit) -> Response:
    """Tell a program what became of a post, with the fields that are other than it thinks."""
    told = await copied(copy)
    changed = fields.differing(copy.edit, sent_fields)
    told["version"] = told.pop("post_version")
    told["fields"] = {name: told["fields"][name] for name in changed}
    return as_json(told)
