"""Each rule of the house finds what breaks it, and this project breaks none."""

from pathlib import Path

import pytest

from tools.house_rules import Finding, check_lock, check_project, check_source, main

ROOT = Path(__file__).resolve().parents[2]


def sentences(path: str, source: str) -> list[str]:
    return [finding.sentence for finding in check_source(path, source)]


@pytest.mark.parametrize(
    ("path", "source", "words"),
    [
        ("bp/blog/routes.py", "from sqlalchemy import select", "bp/ holds no SQL"),
        ("bp/blog/routes.py", "import sqlalchemy as sa", "bp/ holds no SQL"),
        ("bp/blog/routes.py", "def f():\n    from sqlalchemy.sql import text", "bp/ holds no SQL"),
        ("bp/post/routes.py", "import asyncpg", "bp/ holds no SQL"),
        ("bp/post/routes.py", "work.session.execute(statement)", "calls .execute()"),
        ("bp/post/routes.py", "await connection.scalars(statement)", "calls .scalars()"),
        ("services/posts/reader.py", "from quart import request", "knows no HTTP"),
        ("services/posts/reader.py", "import jinja2.sandbox", "knows no HTTP"),
        ("models/content.py", "from quart import g", "knows no HTTP"),
        ("models/content.py", "from sqlalchemy import Text, select", "models/ holds no queries"),
        (
            "models/content.py",
            "from sqlalchemy.dialects.postgresql import insert",
            "models/ holds no queries",
        ),
        ("models/content.py", "import sqlalchemy as sa\nsa.update(T)", "models/ holds no queries"),
        ("models/content.py", "session.scalars(it)", "models/ holds no queries"),
        ("services/posts/writer.py", "await work.session.commit()", "Only the unit of work"),
        ("infrastructure/jobs.py", "await connection.commit()", "Only the unit of work"),
        ("bp/post/routes.py", "await session.commit()", "Only the unit of work"),
        ("services/search.py", "database.engine.begin()", "engine.begin() commits"),
        ("services/ghost/client.py", "import httpx\nhttpx.AsyncClient()", "httpx.AsyncClient()"),
        ("services/a.py", "from httpx import AsyncClient as C\nC()", "httpx.AsyncClient()"),
        ("siblings/cart/app.py", "import httpx as h\nh.get('x')", "httpx.get()"),
        ("services/a.py", "import aiohttp", "aiohttp is imported"),
        ("services/a.py", "from urllib.request import urlopen", "urllib.request.urlopen"),
        ("infrastructure/jobs.py", "import http.client", "http.client is imported"),
        ("services/a.py", "select(Post).offset(20)", "No OFFSET"),
        ("infrastructure/a.py", "text('SELECT 1 LIMIT 5 OFFSET :skip')", "No OFFSET"),
    ],
)
def test_what_breaks_a_rule_is_found_once(path: str, source: str, words: str) -> None:
    [sentence] = sentences(path, source)
    assert words in sentence


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("bp/blog/routes.py", "from sqlalchemy.ext.asyncio import AsyncConnection"),
        ("bp/blog/routes.py", "from sqlalchemy.exc import IntegrityError"),
        ("services/posts/reader.py", "from sqlalchemy import select\nc.execute(select(Post))"),
        ("services/posts/reader.py", "from quartz import request"),
        ("models/content.py", "from sqlalchemy import Index, Text, func, text"),
        ("infrastructure/database.py", "await self.session.commit()"),
        ("infrastructure/page_cache/purge_log.py", "database.engine.begin()"),
        ("services/posts/writer.py", "session.begin_nested()"),
        ("infrastructure/http.py", "import httpx\nhttpx.AsyncClient()"),
        ("services/ghost/caller.py", "import httpx\nhttpx.Timeout(1)"),
        ("services/a.py", "from urllib.parse import urlsplit"),
        ("services/a.py", "'An offset of 5 minutes'"),
    ],
)
def test_what_keeps_the_rules_is_left_alone(path: str, source: str) -> None:
    assert sentences(path, source) == []


def test_a_finding_is_one_line_that_names_the_place() -> None:
    [finding] = check_source("bp/a.py", "x = 1\n\nimport asyncpg\n")
    assert str(finding) == (
        "bp/a.py:3 bp/ holds no SQL, but imports asyncpg: ask a service instead."
    )


def test_what_is_not_python_is_a_finding_too() -> None:
    assert sentences("bp/a.py", "<<<<<<< HEAD\n") == ["This is not Python: invalid syntax."]


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://registry.example/simple",
        "--extra-index-url=https://registry.example/simple",
        "--find-links https://registry.example/",
        "quart @ https://registry.example/quart-0.22.tar.gz",
        "quart @ git+https://registry.example/quart",
        '      "resolved": "https://registry.example/vite.tgz",',
    ],
)
def test_an_address_in_a_lock_file_is_found(line: str) -> None:
    text = f"quart==0.22.0 \\\n    --hash=sha256:00\n{line}\n"
    assert check_lock("requirements.lock", text) == [
        Finding("requirements.lock", 3, "A lock file names no registry: versions and hashes alone.")
    ]


def test_versions_and_hashes_are_what_a_lock_file_is_for() -> None:
    assert check_lock("requirements.lock", "quart==0.22.0 \\\n    --hash=sha256:00\n") == []


def test_a_project_is_checked_as_a_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bp").mkdir()
    (tmp_path / "bp" / "a.py").write_text("import asyncpg\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.py").write_text("import aiohttp\n")
    (tmp_path / "cli.py").write_text("import aiohttp\n")
    (tmp_path / "requirements.lock").write_text("--index-url https://registry.example/\n")
    assert main([str(tmp_path)]) == 1
    places = [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()]
    assert places == ["cli.py:1", "bp/a.py:1", "requirements.lock:1"]


def test_a_project_that_keeps_the_rules_passes_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text("import os\n")
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_this_project_keeps_the_rules_of_its_house() -> None:
    assert check_project(ROOT) == []
