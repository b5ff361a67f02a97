"""What can go wrong between us and a Ghost, as types, each with a sentence for a person.

Callers decide by the type alone; what Ghost said in its own words is kept in ``details``. How an
answer becomes one of these is left to ``services.ghost.caller``.

Source of the error bodies: Ghost's Admin API, ``{"errors": [{"message", "context", "type", "code",
"property", "details", "help", "id"}]}``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GhostErrorDetail:
    """One entry of Ghost's ``errors``: what it says, about what, and its own names for it."""

    message: str
    context: str | None = None
    kind: str | None = None
    code: str | None = None
    field: str | None = None
    details: Any = None

    @property
    def text(self) -> str:
        """Return the most telling of what Ghost said: complaints, context or message."""
        complaints = [
            f"{entry.get('instancePath') or ''} {entry['message']}".strip()
            for entry in (self.details if isinstance(self.details, list) else ())
            if isinstance(entry, dict) and isinstance(entry.get("message"), str)
        ]
        return "; ".join(complaints) or self.context or self.message


class GhostError(Exception):
    """Something went wrong with a Ghost.

    ``sentence`` is for a person; ``status`` is the HTTP status, if there was an answer;
    ``retry_after`` is the wait in seconds that Ghost asked for; ``details`` is what Ghost said.
    """

    sentence: str = "Something went wrong with Ghost."

    def __init__(
        self,
        sentence: str | None = None,
        *,
        status: int | None = None,
        details: Sequence[GhostErrorDetail] = (),
        retry_after: float | None = None,
    ) -> None:
        self.sentence = sentence or type(self).sentence
        self.status = status
        self.details = tuple(details)
        self.retry_after = retry_after
        said = "; ".join(detail.text for detail in self.details)
        super().__init__(f"{self.sentence} Ghost said: {said}" if said else self.sentence)


class GhostUnreachable(GhostError):
    """No usable answer: no connection, a timeout, too many requests, or an error of Ghost's own."""

    sentence = "Ghost cannot be reached."


class GhostTimeout(GhostUnreachable):
    """The answer took too long."""

    sentence = "Ghost did not answer in time."


class GhostBusy(GhostUnreachable):
    """Ghost, or what stands before it, asks for fewer requests (429)."""

    sentence = "Ghost is busy and asks us to wait."


class GhostServerFault(GhostUnreachable):
    """Ghost failed by itself (5xx)."""

    sentence = "Ghost failed while it answered."


class GhostUnauthorized(GhostError):
    """The key is wrong, out of date, or may not do this (401, 403)."""

    sentence = "Ghost does not accept the key of this site."


class GhostNotFound(GhostError):
    """There is no such object (404)."""

    sentence = "Ghost does not know this."


class GhostConflict(GhostError):
    """Somebody else saved the object since it was read (409, ``UPDATE_COLLISION``)."""

    sentence = "Somebody else changed this in Ghost in the meantime."


class GhostRefused(GhostError):
    """Ghost understood the request and declined it (422 and other 4xx); ``messages`` says why."""

    sentence = "Ghost declined this."

    @property
    def messages(self) -> tuple[str, ...]:
        """Return Ghost's own reasons, in its words."""
        return tuple(detail.text for detail in self.details)


class GhostAnswerInvalid(GhostError):
    """An answer that is not Ghost's: an HTML page, a JSON of another shape."""

    sentence = "What answers at Ghost's address does not answer as Ghost does."


class GhostAnswerBroken(GhostAnswerInvalid):
    """An answer that began well and broke off or cannot be read to its end."""

    sentence = "Ghost's answer broke off in the middle."


@dataclass(frozen=True, slots=True)
class GhostObjectFailure:
    """One object that could not be read, while its neighbours could.

    ``kind``: Ghost's plural name of the resource (``posts``). ``ghost_id``: None when not even the
    id could be found out. ``reason``: what went wrong, for the record of the run.
    """

    kind: str
    ghost_id: str | None
    reason: str
