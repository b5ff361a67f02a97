"""Entry points run from any folder."""

import subprocess
import sys
from pathlib import Path

from infrastructure.settings import ROOT


def test_an_entry_point_finds_the_project_from_elsewhere(tmp_path: Path) -> None:
    script = (
        "import runpy\n"
        f"runpy.run_path({str(ROOT / 'path_setup.py')!r})\n"
        "import infrastructure.settings\n"
    )
    environment = {"PYTHONSAFEPATH": "1"}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)


def test_an_asgi_server_loads_the_app_from_elsewhere(tmp_path: Path) -> None:
    script = (
        "from hypercorn.utils import load_application\n"
        f"load_application({str(ROOT / 'asgi:app')!r}, 1)\n"
    )
    environment = {
        "VAR_FOLDER": str(tmp_path),
        "ENVIRONMENT": "test",
        "DATABASE_URL": "postgresql://a/b",
    }
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, check=True)
