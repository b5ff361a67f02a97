"""The one error of the embedded PostgreSQL, and how a program's output becomes its sentence.

Who shows the sentence, and what to do then, is the caller's business.
"""

import re
from pathlib import Path

ADVICE = "or set DATABASE_URL to a PostgreSQL server of yours"


class EmbeddedPostgresError(Exception):
    """The embedded server cannot run; the message is one sentence for the person who started it."""


def explain(doing: str, output: str, folder: Path) -> EmbeddedPostgresError:
    """Turn the output of a PostgreSQL program that failed into one clear sentence.

    `doing` continues "The embedded PostgreSQL could not …"; `output` is what the program wrote;
    `folder` is the folder it worked on. The error is returned, for the caller to raise.
    """
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return no_room(folder)
    if "Permission denied" in output or "Operation not permitted" in output:
        return no_rights(folder)
    if "Read-only file system" in output:
        return EmbeddedPostgresError(
            f"The embedded PostgreSQL cannot write to {folder}: it lies on a read-only file system."
        )
    if "Cannot allocate memory" in output or "could not map anonymous shared memory" in output:
        return EmbeddedPostgresError(
            f"The embedded PostgreSQL could not {doing}: there is not enough free memory."
        )
    reasons = re.findall(r"(?:FATAL|PANIC|ERROR|error):\s+(.+)", output)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    reason = (reasons or lines[-1:] or ["it said nothing about why"])[0]
    return EmbeddedPostgresError(f"The embedded PostgreSQL could not {doing} in {folder}: {reason}")


def no_room(folder: Path) -> EmbeddedPostgresError:
    """Return the error for a full disk."""
    return EmbeddedPostgresError(
        f"There is no room left on the disk for the database in {folder}: free some space there, "
        f"{ADVICE}."
    )


def no_rights(folder: Path) -> EmbeddedPostgresError:
    """Return the error for a folder that may not be used."""
    return EmbeddedPostgresError(
        f"The embedded PostgreSQL may not use {folder}: run this as the user who owns that folder, "
        f"give it read and write rights there, {ADVICE}."
    )


def from_os_error(error: OSError, folder: Path) -> EmbeddedPostgresError:
    """Return the error for a system call on `folder` that failed."""
    return explain(f"use its folder ({error.strerror or error})", str(error), folder)
