"""What came out: one row for each page, mode and target, and the goals that it is held against."""

import os
import platform
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.beside.cases import Mode

Key = tuple[str, Mode, str]


class Row(Struct, frozen=True):
    """The medians over all turns of one page in one mode at one target.

    Attributes:
        body_bytes: of one answer.
        failures: of all turns together.
    """

    page: str
    mode: Mode
    target: str
    per_second: float
    p50_ms: float
    p99_ms: float
    body_bytes: int
    failures: int


class Goal(Struct, frozen=True):
    """That one rate is at least so many times another of the same run."""

    page: str
    mode: Mode
    target: str
    other: str
    other_mode: Mode
    at_least: float


class Outcome(Goal, frozen=True):
    """A goal and what was measured."""

    measured: float

    @property
    def share(self) -> float:
        """How much of the goal was reached; 1 where it just was."""
        return self.measured / self.at_least


class Result(Struct, frozen=True):
    """All of a run: what it was measured on, and memory in bytes by target."""

    about: dict[str, str]
    goals: list[Outcome]
    rows: list[Row]
    memory_bytes: dict[str, int]


def _goals() -> Iterator[Goal]:
    for server, home, post in (("hypercorn", 100, 40), ("granian", 800, 300)):
        ours = f"{server} x1"
        yield Goal("home", Mode.WARM, ours, "ghost", Mode.WARM, home)
        yield Goal("post", Mode.WARM, ours, "ghost", Mode.WARM, post)
        yield Goal("home", Mode.COLD, f"{ours} no cache", "ghost", Mode.COLD, 5)
        for workers in (1, 2):
            name = f"{server} x{workers}"
            for page in ("home", "tag", "post", "feed", "nav-tree"):
                yield Goal(page, Mode.WARM, name, f"bare {name}", Mode.WARM, 0.7)
    for page in ("home", "tag", "post", "feed"):
        yield Goal(page, Mode.WARM, "nginx", "nginx, from disk", Mode.WARM, 0.5)


def outcomes(rates: Mapping[Key, Sequence[float]]) -> list[Outcome]:
    """Compare what was measured with the goals, the worst first.

    Args:
        rates: answers a second of each turn; two of the same turn are compared with each other.
    """
    found = []
    for goal in _goals():
        mine = rates.get((goal.page, goal.mode, goal.target))
        theirs = rates.get((goal.page, goal.other_mode, goal.other))
        if mine and theirs:
            ratio = statistics.median(one / other for one, other in zip(mine, theirs, strict=True))
            found.append(Outcome(**msgspec.structs.asdict(goal), measured=ratio))
    return sorted(found, key=lambda it: it.share)


def print_rows(rows: Sequence[Row]) -> None:
    """Print the table of all that was measured."""
    heads = f"{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'bytes':>9}"
    print(f"\n{'page':12}{'mode':6}{'target':20}{heads}")
    for row in sorted(rows, key=lambda it: (it.page, it.mode, -it.per_second)):
        failed = f"  {row.failures} failed" if row.failures else ""
        print(
            f"{row.page:12}{row.mode:6}{row.target:20}{row.per_second:10,.0f}"
            f"{row.p50_ms:9.2f}{row.p99_ms:9.2f}{row.body_bytes:9,}{failed}"
        )


def print_outcomes(found: Sequence[Outcome]) -> None:
    """Print the table of goals, the worst first."""
    print(f"\n{'page':12}{'mode':6}{'target':20}{'beside':20}{'goal':>8}{'measured':>10}")
    for it in found:
        verdict = "" if it.share >= 1 else "  not reached"
        print(
            f"{it.page:12}{it.mode:6}{it.target:20}{it.other:20}"
            f"{ratio_text(it.at_least):>8}{ratio_text(it.measured):>10}{verdict}"
        )


def ratio_text(ratio: float) -> str:
    """Return a ratio as people say it: percents of about the same, times of much more."""
    return f"{ratio:.0%}" if ratio < 2 else f"{ratio:,.0f} x"


def machine() -> dict[str, str]:
    """Return what it was measured on."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": processor,
        "cores": str(len(os.sched_getaffinity(0))),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        **{name: version(name) for name in ("quart", "hypercorn", "granian", "uvloop")},
    }


def write(path: Path, result: Result) -> None:
    """Write a result as JSON."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
