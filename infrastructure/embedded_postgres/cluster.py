"""The data folder of the embedded server, and how it is made.

A *cluster* is PostgreSQL's word for the folder that holds all databases of one server. It lies in
the home folder of the embedded server as `data`; where root's server account cannot reach that
place (a project in a home folder with mode 0700), `data` is a link to a folder that it can.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from infrastructure.embedded_postgres.accounts import Account
from infrastructure.embedded_postgres.errors import (
    ADVICE,
    EmbeddedPostgresError,
    explain,
    no_room,
)

DATABASE = "blog"
SUPERUSER = "postgres"
# A new cluster takes 40 MB and its first log segment 16 MB.
_ROOM_FOR_A_CLUSTER = 100 * 1024 * 1024
_ROOM_TO_RUN = 16 * 1024 * 1024

# The programs get nothing of our environment: PGDATA, PGOPTIONS and the like are somebody else's.
PROGRAM_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def cluster_folder(home: Path) -> Path:
    """Return the real place of the cluster of a home folder; it need not exist yet."""
    return (home / "data").resolve()


def find_reachable_place(home: Path, account: Account) -> Path:
    """See to it that `account` can reach the cluster, and return a folder for other such things.

    All is well in `home` itself, usually. Else a folder is made under `/var/lib`, the system's
    place for such data, and `home/data` becomes a link into it; its name is new each time, so that
    a person who deletes `home` and starts again really gets an empty database. Raises
    `EmbeddedPostgresError` when data lies in `home` already, and `OSError` when a folder cannot be
    made.
    """
    link = home / "data"
    if account.can_enter(home):
        return home
    if link.is_symlink():
        place = link.resolve().parent
        place.mkdir(parents=True, exist_ok=True)
    elif link.exists():
        message = (
            f"PostgreSQL has to run as the user {account.name}, who cannot reach {home}: move the "
            f"project to a place that every user can enter, {ADVICE}."
        )
        raise EmbeddedPostgresError(message)
    else:
        place = _make_shelter()
        link.symlink_to(place / "data")
    if not account.can_enter(place):
        message = f"The user {account.name}, as whom PostgreSQL has to run, cannot reach {place}."
        raise EmbeddedPostgresError(message)
    return place.parent


def _make_shelter() -> Path:
    state = Path("/var/lib")
    base = (state if state.is_dir() else Path(tempfile.gettempdir())) / "blog-app-postgres"
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)
    place = Path(tempfile.mkdtemp(prefix="server-", dir=base))
    place.chmod(0o755)
    return place


def is_initialised(cluster: Path) -> bool:
    """Tell whether a folder holds a cluster."""
    return (cluster / "PG_VERSION").is_file()


def check_version(cluster: Path, programs: Path) -> None:
    """Raise `EmbeddedPostgresError` when the cluster was made by another major version."""
    made_by = (cluster / "PG_VERSION").read_text().strip()
    shown = subprocess.run(  # noqa: S603 - a program of the wheel
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    ours = shown.split()[-1].partition(".")[0]
    if made_by != ours:
        message = (
            f"The database in {cluster} was made by PostgreSQL {made_by}, and this is version "
            f"{ours}: dump it with the old version and load it into the new one, {ADVICE}."
        )
        raise EmbeddedPostgresError(message)


def check_room(cluster: Path) -> None:
    """Raise `EmbeddedPostgresError` when the disk is too full to run, or to make a cluster."""
    needed = _ROOM_TO_RUN if is_initialised(cluster) else _ROOM_FOR_A_CLUSTER
    if shutil.disk_usage(cluster.parent).free < needed:
        raise no_room(cluster)


def initialise(cluster: Path, programs: Path, account: Account) -> None:
    """Make the cluster with its one empty database, `DATABASE`.

    It is made under another name and renamed when it is whole, so that a start that is killed in
    the middle leaves nothing that looks like a database. Raises `EmbeddedPostgresError` with the
    reason, and `OSError` when a folder cannot be made.
    """
    if cluster.exists() and any(cluster.iterdir()):
        message = (
            f"The folder {cluster} holds files, but no PostgreSQL database: move them away, "
            f"{ADVICE}."
        )
        raise EmbeddedPostgresError(message)
    for left_over in cluster.parent.glob(f"{cluster.name}.new-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    half_made = Path(tempfile.mkdtemp(prefix=f"{cluster.name}.new-", dir=cluster.parent))
    try:
        account.own(half_made)
        # The built-in locale sorts by code point and knows every letter, the same on each system.
        _run(
            [
                *(programs / "initdb", "-D", half_made, "-U", SUPERUSER, "-A", "trust"),
                *("-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--locale=C", "--no-instructions"),
            ],
            account,
            folder=cluster,
        )
        _run(
            [programs / "postgres", "--single", "-D", half_made, "postgres"],
            account,
            folder=cluster,
            typed=f"CREATE DATABASE {DATABASE}\n",
        )
        half_made.rename(cluster)
    finally:
        shutil.rmtree(half_made, ignore_errors=True)


def _run(command: list[Path | str], account: Account, *, folder: Path, typed: str = "") -> None:
    finished = subprocess.run(  # noqa: S603 - a program of the wheel
        command,
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=PROGRAM_ENVIRONMENT,
        check=False,
        **account.identity(),
    )
    # A stand-alone backend exits with 0 even when a statement failed.
    if finished.returncode != 0 or "ERROR:" in finished.stdout:
        raise explain("make its database", finished.stdout, folder)
