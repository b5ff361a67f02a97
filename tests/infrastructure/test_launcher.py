"""Everything from one command: start, serve, survive, stop, and leave nothing behind.

The processes are real: the launcher, its workers, the embedded server. What they serve is the small
app in `serving_app`.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infrastructure.migrate import head
from infrastructure.settings import ROOT
from tests.processes import processes_that_mention, wait_until
from tests.waiting import CEILING

_APP = "tests.infrastructure.serving_app:app"
_BELOW_A_SHELL = ["/bin/sh", "-c", 'BLOG_SUPERVISOR_PID=$$ "$@"; exit $?', "make"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Launched:
    """A running launcher."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def get(self, path: str, *, keep: bool = False) -> str:
        """Return the body of an answer; `keep` leaves the connection open."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2 * CEILING)
        connection.request("GET", path)
        body = connection.getresponse().read().decode()
        if keep:
            self.connections.append(connection)
        else:
            connection.close()
        return body

    def serves(self) -> bool:
        """Tell whether it answers."""
        try:
            return bool(self.get("/pid"))
        except (OSError, http.client.HTTPException):
            return False

    def workers(self, count: int) -> set[int]:
        """Return the pids of the workers that answer, once there are so many."""
        pids: set[int] = set()

        def enough() -> bool:
            try:
                with ThreadPoolExecutor(8) as pool:
                    pids.update(int(pid) for pid in pool.map(self.get, ["/pid"] * 16))
            except (OSError, http.client.HTTPException):
                return False
            return len(pids) >= count

        assert wait_until(enough), f"only {pids} answer: {self.log.read_text()}"
        return pids


class Stage:
    """A folder for the app's data, and the launchers that run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launched: list[Launched] = []

    def launch(self, *, below_a_shell: bool = False, **settings: str) -> Launched:
        """Start the launcher, or a shell that waits for it as make does, and go on at once."""
        port = int(settings.get("PORT", _free_port()))
        log = self.folder / f"log-{len(self.launched)}.txt"
        environment = {
            "PATH": os.environ["PATH"],
            "VAR_FOLDER": str(self.folder / "var"),
            "NOTE_SHUTDOWN": str(self.folder / "shutdown.txt"),
            "NOTE_SLOW": str(self.folder / "slow.txt"),
            "PORT": str(port),
            **settings,
        }
        command = [sys.executable, "-m", "infrastructure.launcher", _APP]
        with log.open("wb") as output:
            process = subprocess.Popen(
                _BELOW_A_SHELL + command if below_a_shell else command,
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        launched = Launched(process, port, log)
        self.launched.append(launched)
        return launched

    def start(self, *, below_a_shell: bool = False, **settings: str) -> Launched:
        """Start the launcher, and wait until it serves."""
        launched = self.launch(below_a_shell=below_a_shell, **settings)
        assert wait_until(lambda: launched.serves() or launched.process.poll() is not None)
        assert launched.process.poll() is None, launched.log.read_text()
        return launched

    def fail(self, **settings: str) -> str:
        """Start a launcher that cannot run, and return what it says."""
        launched = self.launch(below_a_shell=False, **settings)
        assert launched.process.wait(CEILING) == 1
        return launched.log.read_text()

    def wait_for_slow_request(self) -> None:
        """Wait until an app has a request for `/slow`."""
        assert wait_until((self.folder / "slow.txt").exists)

    def left_over(self) -> dict[int, str]:
        """Return the processes of this stage that run."""
        found = processes_that_mention(str(self.folder))
        found.update(processes_that_mention(_APP))
        return found


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Give a stage, and see to it that nothing of it runs on."""
    folder = Path(tempfile.mkdtemp(prefix="blog-launch-")).resolve()
    folder.chmod(0o755)
    stage = Stage(folder)
    yield stage
    for launched in stage.launched:
        for connection in launched.connections:
            connection.close()
        launched.process.kill()
        launched.process.wait()
    gone = wait_until(lambda: not stage.left_over())
    left_over = stage.left_over()
    for pid in left_over:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)
    assert gone, f"these processes outlived the test: {left_over}"


@pytest.mark.parametrize("server", ["hypercorn", "granian"])
def test_one_command_starts_all_of_it_and_stops_all_of_it(stage: Stage, server: str) -> None:
    # Who waited for the idle connection would wait longer than this test does.
    launched = stage.start(SERVER=server, WEB_CONCURRENCY="3", SHUTDOWN_SECONDS="600")
    assert launched.get("/database") == head()
    assert len(launched.workers(3)) == 3

    launched.get("/pid", keep=True)  # an idle connection, as browsers keep
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(launched.get, "/slow?2")
        stage.wait_for_slow_request()
        # As Ctrl-C in a terminal: to every process of the group.
        os.killpg(launched.process.pid, signal.SIGINT)
        assert slow.result() == "finished"
        assert launched.process.wait(CEILING) == 0
    assert not stage.left_over()
    closed = (stage.folder / "shutdown.txt").read_text().split()
    assert len(closed) == 3, "not every worker closed its app"


def test_a_second_start_takes_what_the_first_made(stage: Stage) -> None:
    stage.start().process.send_signal(signal.SIGTERM)
    assert stage.launched[0].process.wait(CEILING) == 0
    made = (stage.folder / "var" / "postgres").rglob("PG_VERSION")
    before = {file: file.stat().st_mtime_ns for file in made}
    assert before
    stage.start()
    assert {file: file.stat().st_mtime_ns for file in before} == before


@pytest.mark.parametrize("server", ["hypercorn", "granian"])
def test_a_killed_launcher_leaves_nothing_behind(stage: Stage, server: str) -> None:
    launched = stage.start(SERVER=server)
    launched.workers(2)
    launched.process.kill()
    launched.process.wait()
    assert wait_until(lambda: not stage.left_over()), stage.left_over()
    stage.start(SERVER=server, PORT=str(launched.port))


def test_a_killed_make_leaves_nothing_behind(stage: Stage) -> None:
    launched = stage.start(below_a_shell=True)
    launched.process.kill()
    launched.process.wait()
    assert wait_until(lambda: not stage.left_over()), stage.left_over()


@pytest.mark.parametrize("server", ["hypercorn", "granian"])
def test_a_killed_worker_is_replaced(stage: Stage, database_url: str, server: str) -> None:
    launched = stage.start(DATABASE_URL=database_url, SERVER=server)
    first = launched.workers(2)
    os.kill(min(first), signal.SIGKILL)
    assert wait_until(lambda: min(first) not in processes_that_mention(_APP))
    assert wait_until(lambda: len(launched.workers(2) - first) == 1), "nobody took its place"
    assert launched.process.poll() is None


def test_a_request_that_does_not_end_is_cut_off_when_its_time_is_over(
    stage: Stage, database_url: str
) -> None:
    launched = stage.start(DATABASE_URL=database_url, SHUTDOWN_SECONDS="0.5")
    launched.workers(2)
    with ThreadPoolExecutor() as pool:
        endless = pool.submit(launched.get, "/slow?1200")
        stage.wait_for_slow_request()
        launched.process.send_signal(signal.SIGTERM)
        assert launched.process.wait(CEILING) == 0
        assert endless.result() == "", "an empty answer with status 500"
    assert len((stage.folder / "shutdown.txt").read_text().split()) == 2


def test_a_second_signal_ends_everything_at_once(stage: Stage, database_url: str) -> None:
    launched = stage.start(DATABASE_URL=database_url, SHUTDOWN_SECONDS="600")
    with ThreadPoolExecutor() as pool:
        endless = pool.submit(launched.get, "/slow?1200")
        stage.wait_for_slow_request()
        launched.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert launched.process.poll() is None
        launched.process.send_signal(signal.SIGTERM)
        assert launched.process.wait(CEILING) == 0
        with pytest.raises((OSError, http.client.HTTPException)):
            endless.result()
    assert not stage.left_over()


def test_two_apps_share_one_embedded_server(stage: Stage) -> None:
    first = stage.start()
    second = stage.start()
    assert second.get("/database") == head()
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(CEILING) == 0
    assert first.get("/database") == head()


def test_a_database_of_the_operators_own(stage: Stage, empty_database_url: str) -> None:
    launched = stage.start(DATABASE_URL=empty_database_url)
    assert launched.get("/database") == head()
    assert not (stage.folder / "var" / "postgres").exists()


def test_a_port_in_use(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = stage.fail(PORT=str(port))
    assert said == (
        f"Port {port} of 127.0.0.1 is in use by another program: stop that, or choose another "
        f"port, for example PORT={port + 1}.\n"
    )


def test_an_address_that_is_not_ours(stage: Stage) -> None:
    assert "cannot listen on port" in stage.fail(HOST="192.0.2.1")
    assert "knows no such address" in stage.fail(HOST="no.such.host.invalid")


def test_a_setting_that_cannot_be(stage: Stage) -> None:
    said = stage.fail(SERVER="apache")
    assert said.count("\n") == 1
    assert "SERVER cannot be 'apache'" in said


@pytest.mark.parametrize("server", ["hypercorn", "granian"])
def test_an_app_that_does_not_start(stage: Stage, database_url: str, server: str) -> None:
    said = stage.fail(DATABASE_URL=database_url, SERVER=server, BREAK_THE_APP="1")
    assert "this app does not start" in said
    assert said.endswith("The app does not start: a worker ended with code 1.\n")
    assert not stage.left_over()


def test_a_data_folder_that_cannot_be_made(stage: Stage) -> None:
    (stage.folder / "var").write_text("a file, where the folder should be")
    said = stage.fail(SECRET_KEY="0123456789abcdef")
    assert said.count("\n") == 1
    assert str(stage.folder / "var") in said
