"""Starts all that is compared, each one once, and says at what address it answers which page."""

import re
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from benchmarks.beside.cases import Mode, Page
from benchmarks.beside.site import Ghost, Site
from benchmarks.processes import (
    SERVERS,
    app_server,
    free_port,
    listening_process,
    resident_bytes,
    running,
    wait_for,
)
from services.ghost.tokens import AdminKey
from tests.deploy.nginx import HOST, NGINX, configure

BARE_APP = "benchmarks.page_cache_app:app"
WORKERS = (1, 2)


class Target(Struct, frozen=True):
    """Something that is asked for pages.

    Attributes:
        name: in the table.
        address: without a closing slash.
        prefix: before each path.
        modes: in which it is asked.
        pid: of the process whose tree it is; None where that is not known.
        host: the name that it answers to, where that is not in the address.
        admin_key: of the Ghost, which is asked for paths of its own.
    """

    name: str
    address: str
    modes: tuple[Mode, ...]
    pid: int | None = None
    prefix: str = ""
    host: str | None = None
    admin_key: str | None = None

    def url(self, page: Page) -> str | None:
        """Return where this page is; None where it has none."""
        if self.admin_key is not None:
            return None if page.ghost is None else self.address + page.ghost
        return f"{self.address}{self.prefix}{page.path}"

    def headers(self, page: Page) -> Mapping[str, str]:
        """Return what is sent with a request for a page: none of them is answered compressed."""
        headers = {"Accept-Encoding": "identity"}
        if self.admin_key is not None:
            if "/admin/" in (page.ghost or ""):
                headers["Authorization"] = f"Ghost {AdminKey(self.admin_key).token()}"
            return headers
        if self.host is not None:
            headers["Host"] = self.host
        return headers | dict(page.headers)

    def resident_bytes(self) -> int | None:
        """Return its memory now; None where that cannot be told."""
        return None if self.pid is None else resident_bytes(self.pid)


def fetch(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    """Ask once; return status, headers with lower-case names, and body.

    The certificate is not looked at: it was made for the measurement.
    """
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - http and https only
    unchecked = ssl._create_unverified_context()  # noqa: S323, SLF001 - as said above
    with urllib.request.urlopen(request, context=unchecked) as answer:  # noqa: S310 - as above
        found = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, found, answer.read()


@contextmanager
def everything(
    site: Site, folder: Path, pages: list[Page], ghost: Ghost | None
) -> Iterator[list[Target]]:
    """Start all that is compared: ours, the bare answer, nginx, and the Ghost that runs already."""
    with ExitStack() as stack:
        targets: list[Target] = []
        for server in SERVERS:
            for workers in WORKERS:
                address, pid = stack.enter_context(
                    app_server(
                        site.database_url,
                        folder,
                        server=server,
                        workers=workers,
                        app=BARE_APP,
                    )
                )
                name = f"{server} x{workers}"
                warm = (Mode.WARM, Mode.UNCHANGED) if workers == 1 else (Mode.WARM,)
                targets.append(Target(name, address, warm, pid))
                targets.append(Target(f"bare {name}", address, (Mode.WARM,), prefix="/bare"))
            address, pid = stack.enter_context(
                app_server(
                    site.database_url,
                    folder,
                    server=server,
                    PAGE_CACHE_BYTES="0",
                    TRUSTED_PROXIES="1",
                )
            )
            targets.append(Target(f"{server} x1 no cache", address, (Mode.COLD,), pid))
        if NGINX is not None:
            targets += stack.enter_context(_nginx(site, folder, pages, targets[0]))
        if ghost is not None:
            port = int(ghost.url.rpartition(":")[2])
            targets.append(
                Target(
                    "ghost",
                    ghost.url,
                    tuple(Mode),
                    listening_process(port),
                    admin_key=ghost.admin_key,
                )
            )
        yield targets


@contextmanager
def _nginx(site: Site, folder: Path, pages: list[Page], app: Target) -> Iterator[list[Target]]:
    """Run nginx before a worker, and beside it the same bytes from its own disk; both over TLS."""
    http, https, disk = free_port(), free_port(), free_port()
    root = folder / "disk"
    for page in pages:
        if Mode.WARM in page.modes:
            _, _, body = fetch(f"{app.address}{page.path}", page.headers)
            place = root / re.sub(r"\?.*", "", page.path).strip("/")
            place.mkdir(parents=True, exist_ok=True)
            (place / "index.html").write_bytes(body)
    with app_server(
        site.database_url,
        folder,
        server="hypercorn",
        SITE_URL=f"https://{HOST}",
        TRUSTED_PROXIES="1",
    ) as (upstream, _):
        configuration = configure(
            folder,
            int(upstream.rpartition(":")[2]),
            http,
            https,
            extra=f"server {{ listen 127.0.0.1:{disk} ssl; root {root}; index index.html;"
            f" ssl_certificate {folder}/site.pem; ssl_certificate_key {folder}/site.key;"
            " location / { try_files $uri/index.html =404; } }",
        )
        for each in (root, *root.rglob("*")):
            each.chmod(0o755)
        with running([str(NGINX), "-c", str(configuration)]) as pid:
            wait_for(https)
            yield [
                Target("nginx", f"https://127.0.0.1:{https}", (Mode.WARM,), pid, host=HOST),
                Target("nginx, from disk", f"https://127.0.0.1:{disk}", (Mode.WARM,)),
            ]


def version_of(*command: str) -> str:
    """Return the first line that a program says of itself."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "absent"
    return (run.stdout or run.stderr).strip().partition("\n")[0]
