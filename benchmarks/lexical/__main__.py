"""Documents per second, ours beside Ghost's renderer under Node; and time against size.

    python -m benchmarks.lexical

Both render the same documents in the same run, one after the other: those of `../shared/lexical`
where they are, and generated ones. Ghost's side needs an installed Ghost and is left out without.
"""

import json
import statistics
import sys
import time
from typing import Any

from lexical import from_html, html_to_plaintext, render_html
from tests.lexical.corpus import SITE_OPTIONS, cases
from tests.lexical.generated import Generator
from tests.lexical.ghost_packages import MISSING, GhostPackages, is_installed

_ROUNDS = 5


def _documents() -> list[dict[str, Any]]:
    generator = Generator(3, odd=0)
    shared = [case.document for case in cases() if case.companion(".web.html") is not None]
    return [*shared, *(generator.document() for _ in range(200))]


def _ours(documents: list[dict[str, Any]]) -> float:
    """Documents per second, from JSON text to HTML, as Ghost's side is measured."""
    states = [json.dumps(document) for document in documents]
    best = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        for state in states:
            render_html(json.loads(state), options=SITE_OPTIONS)
        best.append(len(states) / (time.perf_counter() - started))
    return statistics.median(best)


def _ghosts(documents: list[dict[str, Any]]) -> float:
    with GhostPackages() as ghost:
        request = {"ask": "time", "documents": documents, "options": SITE_OPTIONS}
        ghost.ask(**request, rounds=1)
        answer = ghost.ask(**request, rounds=_ROUNDS)
    return len(documents) * _ROUNDS * 1000 / float(answer["milliseconds"])


def _long_document(blocks: int) -> dict[str, Any]:
    """A document as people write them: paragraphs with formats and links, lists, cards."""
    generator = Generator(4, odd=0)
    kinds = ["image", "callout", "toggle", "bookmark", "markdown", "product", "codeblock"]
    children = []
    for number in range(blocks):
        line = [generator.text() | {"text": "words and more words " * 3} for _ in range(4)]
        children.append(generator.element("paragraph", line))
        if number % 10 == 0:
            children.append(generator.card(kinds[number // 10 % len(kinds)]))
    return {"root": {"type": "root", "children": children}}


def _milliseconds(document: dict[str, Any]) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        render_html(document, options=SITE_OPTIONS)
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


def main() -> int:
    """Print both tables; fail when the time of a long document grows faster than its size."""
    documents = _documents()
    ours = _ours(documents)
    print(f"{len(documents)} documents, JSON text to HTML")
    print(f"  ours        {ours:8.0f} documents/s")
    if is_installed():
        ghosts = _ghosts(documents)
        print(
            f"  Ghost/Node  {ghosts:8.0f} documents/s   ours is {ours / ghosts:.1f} times as fast"
        )
    else:
        print(f"  {MISSING}")
    print("\n     size    HTML      rendering        reading     plain text")
    first = last = 0.0
    for blocks in (250, 500, 1000, 2000):
        document = _long_document(blocks)
        size = len(json.dumps(document))
        html = render_html(document, options=SITE_OPTIONS)
        last = _milliseconds(document) / size * 1e6
        first = first or last
        started = time.perf_counter()
        from_html(html)
        read = (time.perf_counter() - started) * 1000
        started = time.perf_counter()
        html_to_plaintext(html)
        plain = (time.perf_counter() - started) * 1000
        print(
            f"{size / 1e6:6.2f} MB {len(html) / 1e6:5.2f} MB {last * size / 1e6:6.0f} ms"
            f" ({last:3.0f} ms/MB) {read:7.0f} ms {plain:9.0f} ms"
        )
    if last > first * 2:
        print("The time per megabyte grows with the size.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
