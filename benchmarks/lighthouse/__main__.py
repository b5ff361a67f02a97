"""Lighthouse over the sample site at phone width: `python -m benchmarks.lighthouse [RUNS]`.

The sample site runs as in production on an embedded PostgreSQL; Lighthouse (npm, in this folder)
drives the system's Chromium with its usual slow phone. Told is the median of the runs. Lighthouse
simulates the network, so the score hangs little on this machine; the goal is a performance of 100.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import app_server
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.embedded_postgres.server import UNSAFE_FAST_SETTINGS

_FOLDER = Path(__file__).parent
_PAGES = {"home": "/", "post": "/a-year-of-bread/", "tag": "/tag/bakery/"}
_CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_METRICS = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def judge(url: str, chrome: str, folder: Path) -> dict[str, float]:
    """Return what Lighthouse says of a page: categories of 0 to 100, times in ms, shifts.

    Raises:
        subprocess.CalledProcessError: Lighthouse failed; what it says stands on standard error.
    """
    report = folder / "report.json"
    flags = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
    subprocess.run(
        [
            *("node", _FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js", url),
            *("--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={flags}"),
        ],
        env={**os.environ, "CHROME_PATH": chrome},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    found = json.loads(report.read_text())
    scores = {it: 100 * (found["categories"][it]["score"] or 0) for it in _CATEGORIES}
    times = {it: found["audits"][it]["numericValue"] for it in _METRICS}
    shift = found["audits"]["cumulative-layout-shift"]["numericValue"]
    return {**scores, **times, "cumulative-layout-shift": shift}


def main(arguments: list[str]) -> int:
    """Run Lighthouse; 0 where each page's performance is 100."""
    runs = int(arguments[0]) if arguments else 3
    chrome = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if chrome is None:
        print("Lighthouse needs Chromium: install the package chromium.")
        return 1
    reached = True
    with tempfile.TemporaryDirectory(prefix="blog-lighthouse-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with (
            EmbeddedPostgres(folder / "postgres", UNSAFE_FAST_SETTINGS) as server,
            app_server(
                server.url("postgres"), folder / "var", server="hypercorn", SAMPLE_CONTENT="1"
            ) as (address, _),
        ):
            for page, path in _PAGES.items():
                judge(
                    address + path, chrome, folder
                )  # smaller pictures are made at the first visit
                found = [judge(address + path, chrome, folder) for _ in range(runs)]
                median = {key: statistics.median(it[key] for it in found) for key in found[0]}
                reached &= median["performance"] >= 100
                print(
                    f"{page:6}" + "".join(f"{key} {value:.4g}  " for key, value in median.items())
                )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
