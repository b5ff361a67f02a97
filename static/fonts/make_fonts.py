"""Make the font files of this folder, and `static/css/fonts.css`, from Newsreader as npm ships it.

Not part of the app: see `README.md` beside it for how to run it. The variable font is cut into four
static faces, because a page needs two or three of them and each costs 11 kB where the variable
file costs 130. A face is split by `unicode-range` into what nearly every page needs (`core`), the
rest of Latin-1 (`latin`) and Latin Extended (`ext`). Outlines go to 1,000 units an em, and pairs
whose kerning nobody can see are dropped.

    python make_fonts.py PACKAGE/files
"""

import sys
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.varLib import instancer

HERE = Path(__file__).resolve().parent
UNITS_PER_EM = 1000

CORE = {
    *range(0x20, 0x7F),
    *(0xA0, 0xA3, 0xA9, 0xB7, 0xD7, 0xE9),
    *(0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x20AC, 0x2190, 0x2192),
}

# Bold and italic words seldom have these; their files are fetched beside the others.
RARE = {ord(character) for character in "#$*+/<=>@[\\]^_`{|}~©×·"}

# Name of the face: the source's style, CSS style, CSS weights, place on the axes, features, and the
# least kerning that is kept (units).
FACES: dict[str, tuple[str, str, str, dict[str, float], list[str], int]] = {
    "text": (
        "normal",
        "normal",
        "400",
        {"wght": 425, "opsz": 15},
        ["kern", "liga", "pnum", "tnum"],
        8,
    ),
    "text-bold": ("normal", "normal", "600 700", {"wght": 640, "opsz": 15}, ["kern", "liga"], 28),
    "text-italic": ("italic", "italic", "400", {"wght": 425, "opsz": 15}, ["kern", "liga"], 28),
    "display": ("normal", "normal", "400", {"wght": 390, "opsz": 52}, ["kern", "liga"], 8),
}

# How often each letter stands in English text, with the space: what a line's width depends on.
FREQUENCIES = {
    " ": 18.0, "e": 10.4, "t": 7.4, "a": 6.7, "o": 6.2, "i": 5.7, "n": 5.7, "s": 5.2, "h": 5.0,
    "r": 4.9, "d": 3.5, "l": 3.3, "c": 2.3, "u": 2.3, "m": 2.0, "f": 1.8, "w": 1.9, "g": 1.6,
    "y": 1.6, "p": 1.6, "b": 1.2, "v": 0.8, "k": 0.6, ",": 1.0, ".": 1.0, "T": 0.3, "A": 0.3,
}  # fmt: skip

# Fonts that a reader's machine may have, to show until ours are there: their mean width at these
# frequencies, in ems. (Georgia and Times New Roman from their published metrics relative to
# Liberation Serif, which has the widths of Times; the others measured.)
LOCAL_WIDTHS = {
    "Georgia": 0.4377,
    "Times New Roman": 0.3988,
    "Liberation Serif": 0.3988,
    "DejaVu Serif": 0.5097,
}


def prune_kerning(font: TTFont, least: int) -> None:
    """Drop kerning of fewer than `least` units."""
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            pairs: Any = getattr(table, "ExtSubTable", table)
            if type(pairs).__name__ != "PairPos":
                continue
            if pairs.Format == 2:
                for row in pairs.Class1Record:
                    for record in row.Class2Record:
                        if record.Value1 and abs(record.Value1.XAdvance) < least:
                            record.Value1.XAdvance = 0
                continue
            for pair_set in pairs.PairSet:
                kept = [r for r in pair_set.PairValueRecord if abs(r.Value1.XAdvance) >= least]
                pair_set.PairValueRecord = kept
                pair_set.PairValueCount = len(kept)


def mean_width(font: TTFont) -> float:
    """Return the mean width of a character of English text, in ems."""
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    total = sum(glyphs[names[ord(c)]].width * often for c, often in FREQUENCIES.items())
    return total / sum(FREQUENCIES.values()) / font["head"].unitsPerEm


def make(source: Path, name: str, part: str, wanted: set[int]) -> tuple[TTFont, set[int]]:
    """Write one file; return the font and the characters that it has."""
    _, _, _, place, features, least = FACES[name]
    font = instancer.instantiateVariableFont(TTFont(source, recalcTimestamp=False), place)
    options = subset.Options()
    options.layout_features = features
    options.hinting = False
    options.notdef_outline = False
    options.glyph_names = False
    options.name_IDs = [0, 1, 2, 13, 14]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    scale_upem(font, UNITS_PER_EM)
    if "GPOS" in font:
        prune_kerning(font, least)
    font.flavor = "woff2"
    font.save(HERE / f"newsreader-{name}.{part}.woff2")
    return font, set(font.getBestCmap())


def ranges(characters: set[int]) -> str:
    """Return characters as a CSS `unicode-range`."""
    runs: list[list[int]] = []
    for character in sorted(characters):
        if runs and character == runs[-1][1] + 1:
            runs[-1][1] = character
        else:
            runs.append([character, character])
    return ", ".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in runs)


def main(folder: Path) -> None:
    """Write all font files and the style sheet that names them."""
    rules: list[str] = ["/* Made by static/fonts/make_fonts.py: change it there. */"]
    for name, (source_style, style, weight, _, _, _) in FACES.items():
        family = "Newsreader Display" if name == "display" else "Newsreader Text"
        latin = folder / f"newsreader-latin-opsz-{source_style}.woff2"
        extended = folder / f"newsreader-latin-ext-opsz-{source_style}.woff2"
        is_main = style == "normal" and weight == "400"
        core_font, core = make(latin, name, "core", CORE if is_main else CORE - RARE)
        latin_set = set(TTFont(latin).getBestCmap()) - core - {0xAD}
        _, rest = make(latin, name, "latin", latin_set)
        _, ext = make(extended, name, "ext", set(TTFont(extended).getBestCmap()) - core - rest)
        for part, characters in (("core", core), ("latin", rest), ("ext", ext)):
            rules.append(
                f'@font-face {{\n  font-family: "{family}";\n  font-style: {style};\n'
                f"  font-weight: {weight};\n  font-display: swap;\n"
                f'  src: url("/static/fonts/newsreader-{name}.{part}.woff2") format("woff2");\n'
                f"  unicode-range: {ranges(characters)};\n}}"
            )
        if not is_main:
            continue
        head = core_font["hhea"]
        for local, width in LOCAL_WIDTHS.items():
            ratio = mean_width(core_font) / width
            rules.append(
                f'@font-face {{\n  font-family: "{family} as {local}";\n'
                f'  src: local("{local}");\n  size-adjust: {ratio:.2%};\n'
                f"  ascent-override: {head.ascent / UNITS_PER_EM / ratio:.2%};\n"
                f"  descent-override: {-head.descent / UNITS_PER_EM / ratio:.2%};\n"
                "  line-gap-override: 0%;\n}"
            )
        bounds = BoundsPen(core_font.getGlyphSet())
        core_font.getGlyphSet()[core_font.getBestCmap()[ord("x")]].draw(bounds)
        print(f"{name}: width {mean_width(core_font):.4f} em, x-height {bounds.bounds[3]}")  # noqa: T201
    (HERE.parent / "css" / "fonts.css").write_text("\n\n".join(rules) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
