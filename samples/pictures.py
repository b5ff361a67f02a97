"""Print the pictures of the sample site into `samples/content/images/sample`.

Which picture is which scene, on what ground and how large, stands here; how a scene is drawn is the
business of `samples.prints`. Each print depends on its name alone, so that one can be made again
without the others.

    python -m samples.pictures [NAME ...]
"""

import io
import sys
from pathlib import Path

from PIL import Image

from samples.prints import motifs, people, scenes_house, scenes_town, scenes_yard, small, tools
from samples.prints.ink import Print
from samples.prints.mark import LOGO
from samples.prints.small import Motif, single

OUTPUT = Path(__file__).resolve().parent / "content" / "images" / "sample"
LARGEST = 92_000
FEATURE = (1600, 1067)
WIDE = (1600, 900)
TALL = (800, 980)
SQUARE = (900, 900)
BROAD = (1000, 750)

PICTURES: dict[str, tuple[Motif, str, tuple[int, int]]] = {
    "abacus": (scenes_town.abacus, "mist", FEATURE),
    "bicycle": (scenes_yard.bicycle, "sage", FEATURE),
    "books": (scenes_town.books, "sage", FEATURE),
    "hands": (scenes_house.hands, "straw", FEATURE),
    "hill": (scenes_town.hill, "straw", FEATURE),
    "jumper": (scenes_yard.jumper, "mist", FEATURE),
    "keys": (scenes_town.keys, "blush", FEATURE),
    "kitchen-table": (scenes_house.kitchen_table, "sage", FEATURE),
    "loaves": (scenes_house.loaves, "straw", FEATURE),
    "long-table": (scenes_house.long_table, "rose", FEATURE),
    "mended-things": (scenes_yard.mended_things, "paper", FEATURE),
    "night-houses": (scenes_town.night_houses, "dusk", FEATURE),
    "oven-arch": (scenes_house.oven_arch, "paper", FEATURE),
    "press": (scenes_town.press, "blush", FEATURE),
    "radio": (scenes_house.radio_scene, "blush", FEATURE),
    "rain": (scenes_yard.rain, "mist", FEATURE),
    "saj": (scenes_house.saj, "mist", FEATURE),
    "seedlings": (scenes_yard.seedlings, "straw", FEATURE),
    "starter": (scenes_house.starter, "sage", FEATURE),
    "steamboat": (scenes_town.steamboat, "straw", FEATURE),
    "tools": (scenes_yard.tools_board, "straw", FEATURE),
    "type-case": (scenes_town.type_case, "paper", FEATURE),
    "winter-bicycle": (scenes_yard.winter_bicycle, "dusk", FEATURE),
    "yard": (scenes_town.yard, "straw", FEATURE),
    "year-of-bread": (scenes_house.year_of_bread, "paper", FEATURE),
    "year-wheel": (scenes_yard.year_wheel, "sage", FEATURE),
    "cover": (scenes_town.yard, "straw", WIDE),
    "meeting-tea": (scenes_house.meeting_tea, "blush", FEATURE),
    "starter-basket": (scenes_house.starter_basket, "blush", FEATURE),
    "jumper-steps": (scenes_yard.jumper_steps, "blush", WIDE),
    "rain-wide": (scenes_yard.rain_wide, "mist", WIDE),
    "table-full": (scenes_house.table_full, "straw", (1600, 800)),
    "table-hands": (scenes_house.table_hands, "sage", WIDE),
    "type-forme": (scenes_town.type_forme, "mist", WIDE),
    "video-press": (small.flywheel, "paper", (1280, 720)),
    "bread-header": (scenes_house.bread_header, "straw", (1200, 1200)),
    "cta-oven": (scenes_house.cta_oven, "dusk", (800, 800)),
    "product-loaf": (scenes_house.product_loaf, "straw", (800, 720)),
    "product-flap": (single(small.bottle, 1.95, "sage", 0, 10), "sage", (800, 720)),
    "seed-packet": (single(small.packet, 2.5, "straw"), "straw", (800, 800)),
    "audio-crank": (single(small.crank, 2.4, "sage"), "sage", (800, 800)),
    "bike-wheel": (single(small.wheel, 3.6, "sage"), "sage", SQUARE),
    "bike-chain": (single(small.chain, 2.2, "straw"), "straw", SQUARE),
    "bike-bell": (single(small.bell, 2.3, "blush"), "blush", SQUARE),
    "tool-hammer": (single(tools.hammer, 3.3, "straw", 12), "straw", TALL),
    "tool-saw": (single(tools.saw, 3.3, "sage", -10), "sage", TALL),
    "tool-pliers": (single(tools.pliers, 3.3, "blush", 8), "blush", TALL),
    "tool-spade": (single(tools.spade, 3.4, "mist", -6), "mist", TALL),
    "tool-brush": (single(tools.brush, 3.2, "straw", 10), "straw", TALL),
    "tool-spanner": (single(tools.spanner, 3.2, "blush", -14), "blush", TALL),
    "tool-level": (single(tools.level, 3.2, "straw", 7), "straw", TALL),
    "tool-drill": (single(tools.drill, 3.2, "sage", -8), "sage", TALL),
    "tool-scissors": (single(tools.scissors, 3.2, "mist", 12), "mist", TALL),
    "press-roller": (single(tools.roller, 1.85, "straw", -10, 34), "straw", BROAD),
    "press-ampersand": (single(small.ampersand, 2.3, "blush", 6), "blush", BROAD),
    "press-ink": (single(small.tins, 2.0, "mist"), "mist", BROAD),
    "press-composing": (single(small.composing, 2.1, "sage", -4, 20), "sage", (1000, 560)),
    "press-cat": (single(small.cat_on_paper, 2.0, "blush", 0, -30), "blush", BROAD),
    "loaf-round": (single(motifs.loaf_round, 3.1, "sage", -3, 20), "sage", BROAD),
    "loaf-tin": (single(motifs.loaf_tin, 2.6, "blush", 3), "blush", (800, 800)),
    "loaf-rye": (single(motifs.loaf_rye, 3.1, "straw", 4), "straw", BROAD),
    "loaf-plait": (single(motifs.loaf_plait, 2.2, "leaf", -8), "leaf", BROAD),
    "loaf-stick": (single(small.two_sticks, 1.9, "mist"), "mist", (1100, 620)),
    "loaf-bun": (single(small.three_buns, 2.7, "rose", 0, 20), "rose", BROAD),
    "loaf-flat": (single(motifs.loaf_flat, 2.5, "sage", -5), "sage", BROAD),
    "tag-allotments": (small.tag_allotments, "sage", (1200, 600)),
    "tag-bakery": (small.tag_bakery, "straw", (1200, 600)),
    "tag-bicycles": (small.tag_bicycles, "blush", (1200, 600)),
    "author-edith": (people.edith, "leaf", (600, 600)),
    "author-ines": (people.ines, "blush", (600, 600)),
    "author-joss": (people.joss, "mist", (600, 600)),
    "author-marta": (people.marta, "straw", (600, 600)),
    "author-samira": (people.samira, "rose", (600, 600)),
    "author-tom": (people.tom, "sage", (600, 600)),
}


def pull(name: str) -> Image.Image:
    """Return the picture `name`.

    Raises KeyError when there is none of that name.
    """
    scene, ground, (width, height) = PICTURES[name]
    sheet = Print(width, height, name, ground)
    scene(sheet)
    return sheet.pull()


def encode(picture: Image.Image) -> bytes:
    """Return `picture` as WebP, at the best quality of a few that stays under `LARGEST` bytes."""
    data = b""
    for quality in (80, 72, 64, 56, 48, 40, 32):
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=6)
        data = buffer.getvalue()
        if len(data) <= LARGEST:
            break
    return data


def icon() -> Image.Image:
    """Return the square icon of the site."""
    sheet = Print(512, 512, "icon", "paper")
    with sheet.at(256, 256, 2.5):
        small.rose_mark(sheet)
    return sheet.pull().quantize(64)


def main(names: list[str]) -> None:
    """Write the pictures `names`, or all of them with the icon and the logo."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        data = encode(pull(name))
        (OUTPUT / f"{name}.webp").write_bytes(data)
        print(f"{name}: {len(data) // 1000} kB")
    if not names:
        icon().save(OUTPUT / "icon.png", optimize=True)
        (OUTPUT / "logo.svg").write_text(LOGO, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
