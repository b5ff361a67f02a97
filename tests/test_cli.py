"""The commands as an operator types them: in a shell, with only the folder to write to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Path:
    """Give the folder that the commands may write to; they share its embedded server's data."""
    return open_folder / "cli"


def quart(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("quart"), *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_FOLDER": str(folder), "ENVIRONMENT": "test"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_command_brings_its_database_along(folder: Path) -> None:
    done = quart(folder, "migrate")
    assert (done.returncode, done.stdout) == (0, "The database is up to date.\n"), done.stderr


def test_the_commands_are_listed(folder: Path) -> None:
    listed = quart(folder, "--help").stdout
    for command in ("migrate", "sync-ghost", "ghost-status", "import-ghost", "create-admin"):
        assert command in listed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ghost-status"], "GHOST_API_URL is not set, so there is no Ghost to ask."),
        (["sync-ghost"], "GHOST_API_URL is not set, so there is no Ghost to ask."),
    ],
)
def test_a_command_that_fails_says_so_in_one_sentence(
    folder: Path, words: list[str], sentence: str
) -> None:
    done = quart(folder, *words)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == sentence
