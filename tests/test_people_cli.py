"""What the operator's shell does for people."""

import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

_ROOT = Path(__file__).resolve().parent.parent


def _quart(database_url: str, var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "quart", *arguments],
        cwd=_ROOT,
        env={
            **os.environ,
            "QUART_APP": "asgi:app",
            "ENVIRONMENT": "test",
            "DATABASE_URL": database_url,
            "VAR_FOLDER": str(var),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_create_admin_prints_a_link_that_signs_in(database_url: str, tmp_path: Path) -> None:
    first = _quart(database_url, tmp_path, "create-admin", "Ada@example.org")
    assert first.returncode == 0, first.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/auth/link/[\w-]{43}/\n", first.stdout)
    second = _quart(database_url, tmp_path, "create-admin", "grace@example.org")
    assert second.returncode == 0, second.stderr
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT email, role, role_is_pinned FROM people ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("Ada@example.org", "owner", True),
        ("grace@example.org", "administrator", True),
    ]
    await connection.close()


@pytest.mark.parametrize("email", ["ada", "", "a@b", "ada@example.org,eve@example.org"])
def test_create_admin_refuses_what_is_no_address(
    database_url: str, tmp_path: Path, email: str
) -> None:
    refused = _quart(database_url, tmp_path, "create-admin", email)
    assert refused.returncode != 0
    assert "is not an e-mail address" in refused.stderr
    assert "Traceback" not in refused.stderr
