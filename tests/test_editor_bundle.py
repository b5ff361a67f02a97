"""The built editor is that of its sources, and of no more than a browser needs."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "editor"
BUILT = ROOT / "static" / "editor"


def test_the_bundle_was_built_from_these_sources() -> None:
    files = [it for it in (SOURCE / "src").rglob("*") if it.is_file()]
    files += [SOURCE / "package-lock.json", SOURCE / "vite.config.ts"]
    named = sorted((it.relative_to(SOURCE).as_posix(), it) for it in files)
    digest = hashlib.sha256()
    for name, path in named:
        digest.update(f"{name}\n".encode() + path.read_bytes() + b"\n")
    built_from = (BUILT / "built-from.txt").read_text().strip()
    assert built_from == digest.hexdigest(), "editor/ was changed: run `make editor`, and commit"


def test_the_page_imports_nothing_that_the_surface_does_not_give() -> None:
    surface = (BUILT / "koenig.js").read_text(encoding="utf-8")
    given = set(re.findall(r"(?:\bas |[{,])([\w$]+)(?=[,}])", surface[surface.rindex("export{") :]))
    page = (BUILT / "editor.js").read_text(encoding="utf-8")
    imports = re.findall(r'import\{([^}]*)\}from"([^"]+)"', page)
    assert {source for _, source in imports} <= {
        "react",
        "react/jsx-runtime",
        "react-dom/client",
        "@tryghost/koenig-lexical",
    }
    wanted = {name.split(" as ")[0] for names, _ in imports for name in names.split(",")}
    assert wanted - given == set()


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((SOURCE / "package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
