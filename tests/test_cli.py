"""The commands as an operator types them: in a shell, with only the folder to write to set."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.waiting import CEILING

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


def test_jobs_are_run_until_it_is_told_to_stop(folder: Path) -> None:
    with subprocess.Popen(
        [Path(sys.executable).with_name("quart"), "work"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_FOLDER": str(folder), "ENVIRONMENT": "test"},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        # One that never begins must not be waited for.
        given_up = threading.Timer(CEILING, process.kill)
        given_up.start()
        said = ""
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if "jobs are run" in line:
                process.terminate()
        assert process.wait() == 0, said
        given_up.cancel()
    assert "jobs are run" in said


def test_the_commands_are_listed(folder: Path) -> None:
    listed = quart(folder, "--help").stdout
    for command in ("migrate", "sync-ghost", "ghost-status", "import-ghost", "export"):
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
