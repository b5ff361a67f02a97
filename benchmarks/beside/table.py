"""Prints a result as the tables of docs/performance.md.

python -m benchmarks.beside.table FILE
"""

import sys
from pathlib import Path

import msgspec

from benchmarks.beside.report import Result, ratio_text


def tables(result: Result) -> str:
    """Return the goals, the worst first, and all rows, the slowest of each page first."""
    lines = ["| page | | ours | beside | goal | measured |", "|---|---|---|---|---:|---:|"]
    lines += [
        f"| {it.page} | {it.mode} | {it.target} | {it.other} "
        f"| {ratio_text(it.at_least)} | {ratio_text(it.measured)} |"
        for it in result.goals
    ]
    lines += ["", "| page | | answered by | a second | p50 ms | p99 ms | bytes |"]
    lines += ["|---|---|---|---:|---:|---:|---:|"]
    lines += [
        f"| {row.page} | {row.mode} | {row.target} | {row.per_second:,.0f} "
        f"| {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.body_bytes:,} |"
        for row in sorted(result.rows, key=lambda it: (it.page, it.mode, it.per_second))
    ]
    memory = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in result.memory_bytes.items())
    about = ", ".join(f"{name} {value}" for name, value in result.about.items())
    return "\n".join([*lines, "", f"Memory, MB: {memory}.", "", f"Measured with: {about}."])


if __name__ == "__main__":
    print(tables(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Result)))
