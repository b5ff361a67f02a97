"""The small pictures: one thing on a coloured ground, for galleries, tags and the icon."""

import itertools
import math
from collections.abc import Callable

from samples.prints import motifs, tools
from samples.prints.ink import Print, arc, box, oval, path, smooth

Motif = Callable[[Print], None]


def single(motif: Motif, scale: float, ground: str, turn: float = 0, drop: float = 0) -> Motif:
    """Return a scene that shows `motif` alone in the middle of a `ground` with gouge strokes."""

    def scene(p: Print) -> None:
        p.gouges(ground, p.width * p.height // 9_000, 44, 6, 0)
        with p.at(p.width / 2, p.height / 2 + drop, scale, turn):
            motif(p)

    return scene


def wheel(p: Print) -> None:
    """Draw a wheel alone."""
    motifs.wheel(p, "rose", 20, 13)


def chain(p: Print) -> None:
    """Draw a chain over two sprockets."""
    for x, radius, teeth in ((-70, 72, 18), (120, 36, 10)):
        for k in range(teeth):
            turn = math.tau * k / teeth
            p.fill("ash", oval(x + radius * math.cos(turn), radius * math.sin(turn), 9))
        p.fill("ash", oval(x, 0, radius))
        p.fill("amber", oval(x, 0, radius - 12))
        for k in range(5):
            turn = math.tau * k / 5 + 0.3
            p.fill(
                "ash",
                oval(
                    x + radius * 0.48 * math.cos(turn),
                    radius * 0.48 * math.sin(turn),
                    radius * 0.16,
                ),
            )
    loop = [*arc(-70, 0, 84, 80, 280), *arc(120, 0, 48, -80, 80)]
    loop.append(loop[0])
    p.line("paper", loop, 17)
    for k, (start, end) in enumerate(itertools.pairwise(loop)):
        steps = max(1, int(math.dist(start, end) / 15))
        for step in range(steps):
            link_x = start[0] + (end[0] - start[0]) * step / steps
            link_y = start[1] + (end[1] - start[1]) * step / steps
            p.fill("rose" if (k + step) % 2 else "ash", oval(link_x, link_y, 6.5))


def bell(p: Print) -> None:
    """Draw a bicycle bell on a handlebar."""
    p.line("ash", [(-170, 74), (170, 74)], 26)
    p.fill("rose", smooth(path("-104,44 -96,-20 -54,-74 0,-88 54,-74 96,-20 104,44")))
    p.fill("ash", box(-112, 40, 224, 18, 8))
    p.fill("amber", oval(0, -92, 15))
    p.line("ash", smooth([(96, 50), (140, 30), (150, -6)], closed=False), 13)
    for k in range(4):
        p.line(
            "paper",
            smooth([(-78 + k * 16, 24), (-70 + k * 14, -20), (-36 + k * 8, -58)], closed=False),
            7,
            taper=True,
        )
    for k in range(3):
        for side in (-1, 1):
            p.line(
                "ash",
                smooth(arc(0, -20, 140 + k * 24, -90 + side * 34, -90 + side * 58), closed=False),
                6,
                taper=True,
            )


def crank(p: Print) -> None:
    """Draw a crank with its pedal."""
    with p.at(-20, 10, 0.95):
        for k in range(26):
            turn = math.tau * k / 26
            p.fill("ash", oval(92 * math.cos(turn), 92 * math.sin(turn), 9))
        p.fill("ash", oval(0, 0, 92))
        p.fill("straw", oval(0, 0, 70))
        for k in range(5):
            with p.at(0, 0, 1, k * 72):
                p.fill("ash", box(-11, -78, 22, 78))
    p.line("paper", [(-20, 10), (100, 96)], 34)
    p.line("rose", [(-20, 10), (100, 96)], 24)
    p.fill("ash", oval(-20, 10, 20))
    p.fill("ash", box(64, 84, 84, 26, 6))
    for k in range(3):
        p.line("paper", smooth(arc(-20, 10, 120 + k * 18, 190, 250), closed=False), 6, taper=True)


def bottle(p: Print) -> None:
    """Draw a milk bottle with a flap cut out of it."""
    p.fill(
        "paper",
        smooth(
            path("-26,-116 26,-116 30,-70 64,-34 66,100 50,116 -50,116 -66,100 -64,-34 -30,-70")
        ),
    )
    p.line(
        "ash",
        smooth(
            path("-26,-116 -30,-70 -64,-34 -66,100 -50,116 50,116 66,100 64,-34 30,-70 26,-116"),
            closed=False,
        ),
        6,
    )
    p.fill("rose", box(-32, -132, 64, 24, 6))
    for k in range(14):
        p.line("ash", [(-34, -20 + k * 9), (-34, -16 + k * 9)], 4)
        p.line("ash", [(34, -20 + k * 9), (34, -16 + k * 9)], 4)
    for x in range(-30, 34, 9):
        p.line("ash", [(x, -22), (x + 3, -22)], 4)
        p.line("ash", [(x, 102), (x + 3, 102)], 4)
    with p.at(140, 20, 1, 9):
        p.fill("leaf", smooth(path("-26,-62 26,-62 34,40 24,66 -24,66 -34,40")))
        p.line("paper", [(-14, -10), (-18, 18), (-16, 48)], 5, taper=True)
        for y in (-48, -28):
            p.carve(oval(0, y, 6))
    with p.at(-118, 50, 0.5, 24):
        tools.scissors(p)


def packet(p: Print) -> None:
    """Draw a packet of seeds."""
    p.fill("paper", box(-82, -116, 164, 232, 6))
    p.fill("rose", box(-70, -104, 140, 160))
    with p.at(0, -16, 0.55):
        motifs.cabbage(p)
    p.text("ash", 0, 84, "seeds", 34)
    p.line("ash", [*box(-82, -116, 164, 232), (-82, -116)], 5)
    p.line("ash", [(-82, -132), (82, -132)], 10)
    for k in range(6):
        p.fill("ash", oval(96 + 17 * (k % 3), 80 + 16 * (k // 3), 6, 4))


def ampersand(p: Print) -> None:
    """Draw a wooden block with an ampersand."""
    p.fill("ash", box(-112, -112, 240, 240, 8))
    p.fill("amber", box(-124, -124, 240, 240, 8))
    for k in range(7):
        p.line(
            "paper",
            smooth([(-110, -100 + k * 34), (0, -106 + k * 34), (104, -98 + k * 34)], closed=False),
            4,
            taper=True,
        )
    p.text("ash", -4, 4, "&", 230)


def composing(p: Print) -> None:
    """Draw a composing stick with a line of type."""
    p.fill("ash", box(-196, 30, 400, 26))
    p.fill("ash", box(-196, -72, 24, 120))
    p.fill("rose", box(150, -72, 24, 120))
    for k, letter in enumerate("ROSE ASH"):
        x = -166 + k * 39
        p.fill("straw" if letter == " " else "paper", box(x, -62, 36, 90, 2))
        p.line("ash", [*box(x, -62, 36, 90), (x, -62)], 3)
        p.text("ash", x + 18, -34, letter, 30)
        for line in range(2):
            p.line("ash", [(x + 8, 6 + line * 10), (x + 28, 6 + line * 10)], 3)


def tins(p: Print) -> None:
    """Draw three tins of ink."""
    for x, ink in ((-150, "rose"), (0, "amber"), (150, "leaf")):
        with p.at(x, -20, 1.0):
            tools.tin(p, ink)


def cat_on_paper(p: Print) -> None:
    """Draw the cat on the paper."""
    for k in range(6):
        p.fill("paper", box(-210 + 5 * (k % 3), 60 + k * 13, 410, 12))
        p.line("ash", [(-210 + 5 * (k % 3), 72 + k * 13), (200 + 5 * (k % 3), 72 + k * 13)], 2.5)
    with p.at(0, 2):
        tools.cat(p)


def two_sticks(p: Print) -> None:
    """Draw two long loaves, crossed."""
    with p.at(0, 6, 1, 13):
        motifs.loaf_stick(p)
    with p.at(0, 0, 1, -13):
        motifs.loaf_stick(p)


def three_buns(p: Print) -> None:
    """Draw three buns, piled."""
    for x, y in ((-72, 40), (76, 40), (2, -34)):
        with p.at(x, y, 1):
            p.fill("paper", oval(0, -6, 82, 60))
            motifs.loaf_bun(p)


def flywheel(p: Print) -> None:
    """Draw the flywheel of the big press, as the video begins."""
    p.fill("ash", box(0, 640, 1280, 80))
    for k in range(16):
        p.stroke("ash", 60 + k * 80, 676 + 12 * (k % 3), 70, 5, angle=0)
    p.fill("amber", path("500,640 620,640 585,350 535,350"))
    for k in range(6):
        turn = k * math.pi / 3
        bend = turn + 0.35
        spoke = [
            (560.0, 360.0),
            (560 + 140 * math.cos(bend), 360 + 140 * math.sin(bend)),
            (560 + 240 * math.cos(turn + 0.1), 360 + 240 * math.sin(turn + 0.1)),
        ]
        p.line("ash", smooth(spoke, closed=False), 26)
    p.ring("ash", 560, 360, 248, 44)
    p.line("paper", arc(560, 360, 252, 200, 290), 8, taper=True)
    p.fill("rose", oval(560, 360, 60))
    p.line("rose", [(765, 360), (980, 330)], 20)
    p.fill("rose", oval(765, 360, 26))
    p.fill("amber", box(1000, 250, 190, 160, 18))
    p.fill("ash", box(930, 420, 300, 40))
    for k in range(4):
        p.line(
            "paper",
            [(1020, 276 + k * 34), (1090, 272 + k * 34), (1170, 276 + k * 34)],
            6,
            taper=True,
        )


def tag_bakery(p: Print) -> None:
    """Draw a shelf of bread."""
    p.gouges("straw", 80, 50, 6, 0)
    p.fill("ash", box(0, 440, 1200, 60))
    for k in range(12):
        p.stroke("ash", 60 + k * 100, 470, 90, 6, angle=0)
    for k, loaf in enumerate(
        (motifs.loaf_round, motifs.loaf_tin, motifs.loaf_rye, motifs.loaf_round)
    ):
        with p.at(165 + k * 290, 366 + 6 * (k == 2), 1.08):
            loaf(p)


def tag_bicycles(p: Print) -> None:
    """Draw wheels, overlapping."""
    p.gouges("blush", 80, 50, 6, 0)
    for k in range(7):
        with p.at(k * 200, 300 + (60 if k % 2 else -60), 1.75):
            motifs.wheel(p, ("ash", "rose", "leaf")[k % 3])


def tag_allotments(p: Print) -> None:
    """Draw a pattern of leaves and cabbages."""
    for row in range(3):
        for column in range(7):
            with p.at(
                100 + column * 200 - 100 * (row % 2),
                100 + row * 200,
                0.8,
                40 * ((row + column) % 3) - 40,
            ):
                if (row + column) % 2:
                    motifs.cabbage(p)
                else:
                    motifs.sprig(p, "rose" if (row * 7 + column) % 5 == 0 else "ash")


def rose_mark(p: Print) -> None:
    """Draw the mark of the house: a rose with five leaves, 200 pixels wide."""
    for k in range(5):
        with p.at(0, 0, 1, 36 + k * 72), p.at(0, -60, 0.36):
            motifs.leaf(p)
    for k in range(5):
        with p.at(0, 0, 1, k * 72):
            p.fill("paper", smooth(path("0,-4 -38,-30 -36,-72 0,-72 36,-72 38,-30")))
    for k in range(5):
        with p.at(0, 0, 1, k * 72):
            p.fill("rose", smooth(path("0,-10 -26,-34 -31,-60 -13,-70 0,-60 13,-70 31,-60 26,-34")))
            p.line("paper", [(0, -24), (0, -36), (0, -50)], 6, taper=True)
    p.fill("paper", oval(0, 0, 22))
    p.fill("amber", oval(0, 0, 15))
