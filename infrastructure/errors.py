"""Errors that a person can cause, with the sentence for that person.

Services raise these; the factory's handlers turn them into pages (or JSON for programs). Anything
else that is raised is our own fault: it is logged with its request id and answered with 500.
"""


class PersonError(Exception):
    """Something a person asked for cannot be done; `str(error)` is the sentence for them.

    `retry_after` says in how many seconds it might be done, where that is known.
    """

    status = 400
    retry_after: int | None = None


class NotFoundError(PersonError):
    """There is nothing under this name, or nothing that this person may see."""

    status = 404


class SignInNeededError(PersonError):
    """Only somebody who is signed in may ask this."""

    status = 401


class ForbiddenError(PersonError):
    """This person may not do this."""

    status = 403


class ConflictError(PersonError):
    """Somebody else changed it in the meantime."""

    status = 409


class InvalidError(PersonError):
    """What was given cannot be used."""

    status = 422
