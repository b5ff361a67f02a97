"""Checks the rules of the house that no ready-made linter knows: `python -m tools.house_rules`.

Each rule looks at the syntax tree of one file, so it needs no import and no database. A finding is
one line, `path:line sentence`; with any finding the exit code is 1. Which package may import which
is left to import-linter (`pyproject.toml`), naive times to ruff (DTZ).
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent

# The code of the app; tests, benchmarks, tools and samples stand beside it and may do as they need.
SOURCES = (
    *("app.py", "asgi.py", "cli.py", "path_setup.py"),
    *("bp", "infrastructure", "lexical", "migrations", "models", "services", "siblings"),
)

LOCKS = ("requirements.lock", "requirements-dev.lock", "editor/package-lock.json")

_STATEMENTS = frozenset(
    {"select", "insert", "update", "delete", "union", "union_all", "exists", "literal_column"}
)
_RUNS_SQL = frozenset({"execute", "executemany", "exec_driver_sql", "scalar", "scalars", "stream"})
# What a view may name to say what it hands on, or what it answers when it fails.
_TYPES_OF_SQLALCHEMY = re.compile(r"sqlalchemy\.(exc\b|(.+\.)?Async(Connection|Engine|Session)$)")

_HTTP_LIBRARIES = frozenset(
    {"aiohttp", "requests", "urllib3", "http.client", "urllib.request", "authlib.integrations"}
)
_HTTPX_SENDS = frozenset(
    {"AsyncClient", "Client", "AsyncHTTPTransport", "HTTPTransport", "request", "stream"}
    | {"get", "options", "head", "post", "put", "patch", "delete"}
)
_HTTP_SERVERS = frozenset({"quart", "werkzeug", "jinja2", "hypercorn", "granian"})

# Who may commit: the unit of work; and the migrations, which run before there is any.
_COMMITTERS = frozenset({"infrastructure/database.py", "infrastructure/migrate.py"})
# Who may speak HTTP: the guarded clients; and the container's question to its own process, which
# is quick because it needs the standard library alone.
_HTTP_SPEAKERS = re.compile(r"infrastructure/(http[a-z_]*|health_check)\.py")

_OFFSET = re.compile(r"\bOFFSET\s+[:$%{\d]")
_REGISTRY = re.compile(
    r"--(extra-)?index-url|--find-links|--trusted-host|@\s*\w+(\+\w+)?://|[\"']?\bresolved[\"']?\s*[:=]"
)


@dataclass(frozen=True, order=True)
class Finding:
    """One breach of one rule.

    Attributes:
        path: from the project's folder, with slashes.
        line: counted from 1.
        sentence: what is wrong, and where it belongs instead.
    """

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.sentence}"


class Module:
    """One parsed file, and what its names stand for."""

    def __init__(self, path: str, source: str) -> None:
        """Parse `source`; `path` decides which rules hold.

        Raises:
            SyntaxError: it is not Python.
        """
        self.path = path
        self.floor = PurePosixPath(path).parts[0]
        self.nodes = list(ast.walk(ast.parse(source, path)))
        self.imports = [
            (node, name) for node in self.nodes for _, name in _imported_names(node) if name
        ]
        self._names: Mapping[str, str] = {
            local: name for node in self.nodes for local, name in _imported_names(node)
        }

    def dotted(self, node: ast.expr) -> str:
        """Return the full name of an expression such as `sa.select`; empty for one without."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            owner = self.dotted(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return ""

    def calls(self) -> Iterator[ast.Call]:
        """Give every call."""
        return (node for node in self.nodes if isinstance(node, ast.Call))

    def calls_of_methods(self, names: frozenset[str]) -> Iterator[tuple[ast.Call, str]]:
        """Give the calls of methods with one of these names, whatever they belong to."""
        for call in self.calls():
            if isinstance(call.func, ast.Attribute) and call.func.attr in names:
                yield call, call.func.attr


def _imported_names(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Give (name here, full name) for what an import statement brings."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            # `import a.b` binds `a`, and makes `a.b` reachable through it.
            yield (alias.asname or alias.name, alias.name)
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            yield (alias.asname or alias.name, f"{node.module}.{alias.name}")


def _is_of(name: str, packages: frozenset[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


_Breach = tuple[ast.AST, str]


def no_sql_in_views(module: Module) -> Iterator[_Breach]:
    """A view asks a service; the statements are the service's."""
    if module.floor != "bp":
        return
    for node, name in module.imports:
        is_sql = _is_of(name, frozenset({"sqlalchemy", "asyncpg"}))
        if is_sql and not _TYPES_OF_SQLALCHEMY.match(name):
            yield node, f"bp/ holds no SQL, but imports {name}: ask a service instead."
    for call, method in module.calls_of_methods(_RUNS_SQL):
        yield call, f"bp/ holds no SQL, but calls .{method}(): ask a service instead."


def no_web_in_services(module: Module) -> Iterator[_Breach]:
    """A service serves a command or a job as well as a request."""
    if module.floor not in {"services", "models", "lexical"}:
        return
    for node, name in module.imports:
        if _is_of(name, _HTTP_SERVERS):
            yield node, f"{module.floor}/ knows no HTTP and no templates, but imports {name}."


def no_queries_in_models(module: Module) -> Iterator[_Breach]:
    """A model says what a table is; who asks for its rows is a service."""
    if module.floor != "models":
        return
    for node, name in module.imports:
        if name.startswith("sqlalchemy.") and name.rpartition(".")[2] in _STATEMENTS:
            yield node, f"models/ holds no queries, but imports {name}: that is a service's."
    for call in module.calls():
        name = module.dotted(call.func)
        # A name that was imported by itself is told where it is imported.
        is_attribute = isinstance(call.func, ast.Attribute)
        if is_attribute and re.fullmatch(rf"sqlalchemy\.(.+\.)?({'|'.join(_STATEMENTS)})", name):
            yield call, f"models/ holds no queries, but calls {name}(): that is a service's."
    for call, method in module.calls_of_methods(_RUNS_SQL):
        yield call, f"models/ holds no queries, but calls .{method}(): that is a service's."


def only_the_unit_of_work_commits(module: Module) -> Iterator[_Breach]:
    """One request or one job is one transaction."""
    if module.path in _COMMITTERS:
        return
    for call, _ in module.calls_of_methods(frozenset({"commit"})):
        yield call, "Only the unit of work commits (infrastructure/database.py)."
    if module.floor == "infrastructure":
        return
    for call, _ in module.calls_of_methods(frozenset({"begin"})):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        if module.dotted(owner).rpartition(".")[2].lstrip("_") == "engine":
            yield (
                call,
                "engine.begin() commits; only the unit of work does: Database.unit_of_work().",
            )


def http_through_one_door(module: Module) -> Iterator[_Breach]:
    """Time limits, size limits and the guard against private addresses stand at one place."""
    if _HTTP_SPEAKERS.fullmatch(module.path):
        return
    door = "outgoing HTTP goes through infrastructure/http.py"
    for node, name in module.imports:
        if _is_of(name, _HTTP_LIBRARIES):
            yield node, f"{name} is imported, but {door}."
    for call in module.calls():
        package, _, rest = module.dotted(call.func).partition(".")
        if package == "httpx" and rest in _HTTPX_SENDS:
            yield call, f"httpx.{rest}() is called, but {door}."


def no_offset(module: Module) -> Iterator[_Breach]:
    """The database reads and throws away all that an OFFSET skips."""
    sentence = "No OFFSET: pages follow by keyset, as in services/posts/cursor.py."
    for call, _ in module.calls_of_methods(frozenset({"offset"})):
        yield call, sentence
    for node in module.nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _OFFSET.search(text):
            yield node, sentence


RULES: tuple[Callable[[Module], Iterator[_Breach]], ...] = (
    no_sql_in_views,
    no_web_in_services,
    no_queries_in_models,
    only_the_unit_of_work_commits,
    http_through_one_door,
    no_offset,
)


def check_source(path: str, source: str) -> list[Finding]:
    """Return what a file breaks.

    Args:
        path: from the project's folder, with slashes.
        source: its text.
    """
    try:
        module = Module(path, source)
    except SyntaxError as error:
        return [Finding(path, error.lineno or 1, f"This is not Python: {error.msg}.")]
    found = {
        Finding(path, getattr(node, "lineno", 1), sentence)
        for rule in RULES
        for node, sentence in rule(module)
    }
    return sorted(found)


def check_lock(path: str, text: str) -> list[Finding]:
    """Return the lines of a lock file that name where a package was fetched from.

    A lock file says what is installed, by version and hash; from where is for the machine that
    installs it to say.

    Args:
        path: from the project's folder, with slashes.
        text: the text of the file.
    """
    sentence = "A lock file names no registry: versions and hashes alone."
    return [
        Finding(path, number, sentence)
        for number, line in enumerate(text.splitlines(), 1)
        if _REGISTRY.search(line)
    ]


def check_project(root: Path) -> list[Finding]:
    """Return everything that the project in a folder breaks."""
    findings: list[Finding] = []
    for name in SOURCES:
        place = root / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if file.is_file():
                path = file.relative_to(root).as_posix()
                findings += check_source(path, file.read_text(encoding="utf-8"))
    for name in LOCKS:
        if (root / name).is_file():
            findings += check_lock(name, (root / name).read_text(encoding="utf-8"))
    return findings


def main(arguments: Sequence[str]) -> int:
    """Check the project in the folder that is named, or this one; return the exit code."""
    findings = check_project(Path(arguments[0]) if arguments else ROOT)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
