"""Under which user the embedded server runs.

PostgreSQL refuses to run as root, so root's server runs as `nobody`, or as whoever owns the data
already. Anybody else's server runs as themselves.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from infrastructure.embedded_postgres.errors import ADVICE, EmbeddedPostgresError

UNPRIVILEGED_NAME = "nobody"


class Identity(TypedDict, total=False):
    """The part of `subprocess.Popen`'s arguments that says as whom a program runs."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine that the server runs as; `switch` is true when that is not us."""

    name: str
    uid: int
    gid: int
    switch: bool

    def identity(self) -> Identity:
        """Return the arguments of `subprocess.Popen` that start a program as this account."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give `path` to this account, when it is not ours to begin with."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def succeeds(self, *command: str | Path) -> bool:
        """Tell whether a command, run as this account, can be started and exits with 0."""
        try:
            finished = subprocess.run(  # noqa: S603 - fixed commands of this package
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                check=False,
                **self.identity(),
            )
        except OSError:
            return False
        return finished.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this account can reach and enter an existing folder.

        Asked of the system itself rather than worked out from mode bits, since access lists,
        mount options and every parent folder have a say.
        """
        return not self.switch or self.succeeds("/bin/sh", "-c", 'cd "$0"', folder)


def choose_account(cluster: Path) -> Account:
    """Choose the account for the server whose data lies, or will lie, in `cluster`.

    Raises `EmbeddedPostgresError` when there is no account that PostgreSQL would accept.
    """
    euid = os.geteuid()
    if euid != 0:
        return _look_up(euid, switch=False)
    try:
        owner = (cluster / "PG_VERSION").stat().st_uid
    except OSError:
        owner = 0
    if owner != 0:
        return _look_up(owner, switch=True)
    try:
        nobody = pwd.getpwnam(UNPRIVILEGED_NAME)
    except KeyError:
        message = (
            "PostgreSQL refuses to run as root, and this machine has no user named "
            f"{UNPRIVILEGED_NAME!r} to run it as: start the app as another user, {ADVICE}."
        )
        raise EmbeddedPostgresError(message) from None
    return Account(nobody.pw_name, nobody.pw_uid, nobody.pw_gid, switch=True)


def _look_up(uid: int, *, switch: bool) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        message = (
            f"PostgreSQL cannot run under the user id {uid}, because this machine knows no name "
            f"for it: add that user to /etc/passwd, {ADVICE}."
        )
        raise EmbeddedPostgresError(message) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=switch)
