"""Makes the pairs in `pairs/`, and compares at length: ours beside Ghost's own packages.

    python -m tests.lexical.ghost_pairs pairs               write pairs/*.jsonl anew
    python -m tests.lexical.ghost_pairs corpus FOLDER       write Ghost's output beside documents
    python -m tests.lexical.ghost_pairs compare COUNT SEED  compare on that many random ones

For a new version of Ghost: install it, run `corpus` and `pairs`, and look at what changed.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lexical import from_html, html_to_plaintext, render_html
from lexical.cards import CARDS
from lexical.markdown import to_html
from tests.lexical.corpus import PAIRS, SITE_OPTIONS
from tests.lexical.generated import Generator, HtmlGenerator
from tests.lexical.ghost_packages import MISSING, GhostPackages, is_installed

Pair = dict[str, Any]


def _targets(index: int) -> tuple[str, dict[str, object] | None]:
    return ("bare", None) if index % 3 == 0 else ("web", SITE_OPTIONS)


def _documents(ghost: GhostPackages, generator: Generator, count: int) -> list[Pair]:
    kinds = sorted(CARDS)
    documents = [
        generator.document()
        if index % 2
        else generator.card_document(kinds[index // 2 % len(kinds)])
        for index in range(count)
    ]
    requests = [
        {"ask": "render", "document": document, "options": _targets(index)[1]}
        for index, document in enumerate(documents)
    ]
    return [
        {"target": _targets(index)[0], "document": documents[index], "html": answer["html"]}
        for index, answer in enumerate(ghost.ask_all(requests))
        # What fails in Ghost has no pair; ours only has to render it.
        if answer.get("html")
    ]


def _asked(ghost: GhostPackages, ask: str, name: str, sources: Iterable[str]) -> list[Pair]:
    given = list(dict.fromkeys(sources))
    answers = ghost.ask_all([{"ask": ask, name: source} for source in given])
    return [
        {name: source, **{f"to_{key}" if key == name else key: answer[key] for key in answer}}
        for source, answer in zip(given, answers, strict=True)
        if "failed" not in answer
    ]


def write_pairs() -> None:
    """Write every kind of pair anew."""
    generator, html = Generator(1), HtmlGenerator(2)
    with GhostPackages() as ghost:
        documents = _documents(ghost, generator, 360)
        rendered = [pair["html"] for pair in documents]
        kinds: dict[str, list[Pair]] = {
            "documents": documents,
            "imports": _asked(ghost, "import", "html", (html.html() for _ in range(200))),
            "card_imports": _asked(ghost, "import", "html", rendered[:150]),
            "markdown": _asked(
                ghost, "markdown", "markdown", (generator.markdown() for _ in range(260))
            ),
            "fragments": _asked(
                ghost, "fragment", "html", (generator.tag_soup() for _ in range(260))
            ),
            "plaintext": _asked(ghost, "plaintext", "html", rendered[1::2]),
        }
    for name, pairs in kinds.items():
        text = "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs)
        (PAIRS / f"{name}.jsonl").write_text(text, encoding="utf-8")
        print(f"{name}: {len(pairs)} pairs, {len(text) // 1024} KiB")


def write_corpus(folder: Path) -> None:
    """Write Ghost's output beside each document of a folder, as ../shared/lexical has it."""
    with GhostPackages() as ghost:
        for path in sorted(folder.glob("*.lexical.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            stem = str(path).removesuffix(".lexical.json")
            for target, options in (("web", SITE_OPTIONS), ("bare", None)):
                answer = ghost.ask(ask="render", document=document, options=options)
                if "failed" not in answer:
                    Path(f"{stem}.{target}.html").write_text(answer["html"], encoding="utf-8")
                if target == "web" and "failed" not in answer:
                    read = ghost.ask(ask="import", html=answer["html"])
                    text = json.dumps(read["document"], ensure_ascii=False, indent=1)
                    Path(f"{stem}.roundtrip.json").write_text(text, encoding="utf-8")


def _report(what: str, pairs: list[Pair], ours: Callable[[Pair], object], theirs: str) -> int:
    different = [pair for pair in pairs if ours(pair) != pair[theirs]]
    print(f"{what}: {len(pairs)} compared, {len(different)} different")
    for pair in different[:5]:
        print(json.dumps({**pair, "ours": ours(pair)}, ensure_ascii=False)[:3000])
    return len(different)


def compare(count: int, seed: int) -> int:
    """Compare with Ghost on random documents and HTML; give the number of differences."""
    generator, html = Generator(seed, odd=0.05), HtmlGenerator(seed)
    with GhostPackages() as ghost:
        documents = _documents(ghost, generator, count)
        rendered = (pair["html"] for pair in documents)
        imports = _asked(ghost, "import", "html", (html.html() for _ in range(count)))
        markdown = _asked(
            ghost, "markdown", "markdown", (generator.markdown() for _ in range(count))
        )
        plaintext = _asked(ghost, "plaintext", "html", rendered)
    return (
        _report(
            "documents",
            documents,
            lambda pair: render_html(pair["document"], target=pair["target"], options=SITE_OPTIONS),
            "html",
        )
        + _report(
            "imports",
            [pair for pair in imports if pair["document"]["root"]["children"]],
            lambda pair: from_html(pair["html"]),
            "document",
        )
        + _report("markdown", markdown, lambda pair: to_html(pair["markdown"]), "html")
        + _report("plaintext", plaintext, lambda pair: html_to_plaintext(pair["html"]), "text")
    )


def main(arguments: list[str]) -> int:
    """Do what the command line asks for."""
    if not is_installed():
        sys.exit(MISSING)
    if arguments == ["pairs"]:
        write_pairs()
        return 0
    if arguments[:1] == ["corpus"]:
        write_corpus(Path(arguments[1]))
        return 0
    return 1 if compare(int(arguments[1]), int(arguments[2])) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
