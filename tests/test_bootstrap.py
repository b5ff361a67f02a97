"""From a bare Python to an environment that runs, or to one sentence that says what is missing."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from infrastructure.settings import ROOT


@dataclass
class Project:
    """A project with the bootstrap and a lock of one small package, `something`."""

    folder: Path

    def bootstrap(
        self, lock: str = "requirements.lock", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the bootstrap."""
        return subprocess.run(
            [self.folder / "tools" / "bootstrap.sh", lock],
            cwd="/",
            env={"PATH": os.environ["PATH"], "PYTHON": _BASE_PYTHON, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def lock(self, name: str, version: str) -> None:
        """Write a lock file that pins a version of `something`."""
        wheel = _wheel(self.folder, version)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.folder / name).write_text(f"{wheel} --hash=sha256:{digest}\n")

    def installed(self) -> str:
        """Return the version of `something` that is installed."""
        script = "import something; print(something.VERSION)"
        return subprocess.run(
            [self.folder / ".venv/bin/python", "-c", script],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()


_BASE_PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")


def _wheel(folder: Path, version: str) -> Path:
    path = folder / f"something-{version}-py3-none-any.whl"
    info = f"something-{version}.dist-info"
    files = {
        "something.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: something\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
        record += f"{name},sha256={digest.rstrip(b'=').decode()},{len(content)}\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(name, content)
    return path


def _fake_python(folder: Path, script: str) -> str:
    path = folder / "fake-python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a project without an environment yet."""
    folder = tmp_path / "a project"
    (folder / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "bootstrap.sh", folder / "tools")
    project = Project(folder)
    project.lock("requirements.lock", "1.0")
    project.lock("requirements-dev.lock", "1.0")
    return project


def test_it_installs_what_the_lock_says_once(project: Project) -> None:
    first = project.bootstrap()
    assert first.returncode == 0, first.stderr
    assert project.installed() == "1.0"
    again = project.bootstrap(PYTHON="/nowhere")  # which shows that it looks for nothing
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    project.lock("requirements.lock", "2.0")
    assert project.bootstrap().returncode == 0
    assert project.installed() == "2.0"


def test_whoever_has_the_development_lock_need_not_install_the_other(project: Project) -> None:
    assert project.bootstrap("requirements-dev.lock").returncode == 0
    assert project.bootstrap("requirements.lock").stderr == ""
    assert "Installing requirements-dev.lock" in _after_a_change(project, "requirements-dev.lock")


def _after_a_change(project: Project, lock: str) -> str:
    project.lock(lock, "3.0")
    return project.bootstrap(lock).stderr


def test_a_project_that_was_moved_gets_a_new_environment(project: Project) -> None:
    assert project.bootstrap().returncode == 0
    moved = Project(project.folder.rename(project.folder.with_name("moved")))
    moved.lock("requirements.lock", "1.0")
    assert moved.bootstrap().returncode == 0
    pip = (moved.folder / ".venv/bin/pip").read_text()
    assert "a project" not in pip


def test_an_environment_that_is_half_made_is_made_anew(project: Project) -> None:
    (project.folder / ".venv/bin").mkdir(parents=True)
    (project.folder / ".venv/bin/python").symlink_to("/nowhere/python")
    assert project.bootstrap().returncode == 0
    assert project.installed() == "1.0"


def test_a_package_that_is_not_the_locked_one_is_refused(project: Project) -> None:
    lock = project.folder / "requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0")[:-2] + "\n")
    refused = project.bootstrap()
    assert refused.returncode == 1
    assert "could not be installed" in refused.stderr
    assert project.bootstrap().returncode == 1, "a failure must not count as done"


def test_an_old_python(project: Project, tmp_path: Path) -> None:
    old = _fake_python(
        tmp_path, 'case "$2" in *version_info*) exit 1;; *) echo "this is 3.9.2";; esac'
    )
    refused = project.bootstrap(PYTHON=old)
    assert refused.returncode == 1
    assert refused.stderr == (
        "Python 3.11 or later is needed, and this is 3.9.2: install one, or name it as in "
        "make PYTHON=/path/to/python3.12 run.\n"
    )


def test_no_python(project: Project) -> None:
    refused = project.bootstrap(PYTHON="/nowhere/python3")
    assert refused.returncode == 1
    assert "and there is no /nowhere/python3 here" in refused.stderr


def test_a_python_that_cannot_make_environments(project: Project, tmp_path: Path) -> None:
    bare = _fake_python(
        tmp_path, f'case "$2" in *ensurepip*) exit 1;; *) exec {_BASE_PYTHON} "$@";; esac'
    )
    refused = project.bootstrap(PYTHON=bare)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "apt-get install python3-venv" in refused.stderr
    assert not (project.folder / ".venv").exists()
