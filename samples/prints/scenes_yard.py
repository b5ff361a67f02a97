"""Pictures from the yard: the bicycle shed, the tool library, the plots and the repair café."""

import math

from samples.prints import motifs, tools
from samples.prints.ink import Print, arc, box, oval, path, smooth


def bicycle(p: Print) -> None:
    """Draw a bicycle, from the side."""
    p.gouges("sage", 170, 60, 6, 2)
    motifs.ground_strip(p, "ash", 890)
    with p.at(790, 590, 3):
        motifs.bicycle(p, "amber", "rose", "ash")


def winter_bicycle(p: Print) -> None:
    """Draw a lamp's beam in the snow."""
    p.fill("straw", path("560,470 1600,250 1600,980 560,520"))
    for _ in range(210):
        x, y = p.random.uniform(0, 1600), p.random.uniform(0, 960)
        size = p.random.uniform(4, 11)
        p.fill("paper", oval(x, y, size, size, 0.2))
    p.fill(
        "paper",
        smooth(path("0,960 300,930 800,952 1300,924 1600,950 1600,1067 0,1067"), closed=False),
    )
    with p.at(240, 620, 3.1):
        motifs.wheel(p, "ash", 20, 15)
    p.line("paper", smooth([(150, 60), (200, 300), (240, 620)], closed=False), 50)
    p.line("rose", smooth([(150, 60), (200, 300), (240, 620)], closed=False), 34)
    p.line("ash", smooth([(150, 90), (300, 70), (440, 130)], closed=False), 36)
    p.line("ash", smooth([(200, 330), (330, 350), (420, 400)], closed=False), 20)
    p.fill("paper", smooth(path("392,420 430,372 560,380 586,494 560,606 430,616 392,570")))
    p.fill("ash", smooth(path("404,430 440,386 540,394 540,594 440,602 404,562")))
    p.fill("amber", smooth(path("536,392 566,430 576,494 566,560 536,596")))
    for k in range(3):
        p.line("paper", smooth(arc(470, 494, 40 + k * 16, 120, 230), closed=False), 6, taper=True)


def tools_board(p: Print) -> None:
    """Draw nine tools on a board, each with its outline."""
    p.gouges("straw", 150, 60, 6, 0)
    row = (
        tools.hammer,
        tools.saw,
        tools.pliers,
        tools.spanner,
        tools.brush,
        tools.spade,
        tools.level,
        tools.drill,
        tools.scissors,
    )
    for k, tool in enumerate(row):
        x, y = (160 + k * 320, 300) if k < 5 else (310 + (k - 5) * 326, 772)
        p.fill("paper", box(x - 122, y - 200, 244, 400, 18))
        p.fill("ash", oval(x, y - 176, 10))
        with p.at(x, y + 8, 1.42, 2 * (k % 3) - 2):
            tool(p)


def rain(p: Print) -> None:
    """Draw rain on the plots."""
    for _ in range(150):
        x, y = p.random.uniform(-40, 1640), p.random.uniform(150, 720)
        p.stroke("mist", x, y, p.random.uniform(60, 120), 7, angle=106)
    for x, size in ((260, 1.5), (760, 1.9), (1330, 1.6)):
        with p.at(x, 120, size):
            motifs.cloud(p)
    p.fill("ash", box(0, 640, 1600, 430))
    with p.at(1340, 560, 1):
        p.fill("paper", box(-112, -178, 224, 336, 14))
        p.fill("amber", box(-104, -170, 208, 320, 12))
        for k in range(6):
            p.line("ash", [(-86 + k * 35, -160), (-86 + k * 35, 140)], 4)
        for y in (-130, 0, 116):
            p.fill("ash", box(-110, y - 11, 220, 22))
        p.fill("ash", oval(0, -172, 104, 18))
        p.fill("mist", oval(0, -174, 90, 12))
        p.line("ash", [(0, 80), (0, 104), (-30, 104)], 12)
    for row in range(3):
        y = 720 + row * 130
        for k in range(9):
            p.stroke("ash", 100 + k * 190, y + 66, 150, 7, angle=0)
        for k in range(7 + row % 2):
            with p.at(110 + k * 236 - 118 * (row % 2), y, 0.72 + 0.12 * row):
                motifs.cabbage(p)
    for _ in range(70):
        x, y = p.random.uniform(0, 1600), p.random.uniform(240, 1040)
        p.line("paper", [(x + 14, y - 50), (x, y), (x - 14, y + 50)], 6, taper=True)


def rain_wide(p: Print) -> None:
    """Draw sheds in the rain, the river behind."""
    for k in range(7):
        y = 330 + k * 26
        p.line(
            "leaf",
            smooth([(x, y + 8 * math.sin(x / 60 + k)) for x in range(-40, 1680, 60)], closed=False),
            13,
        )
    p.fill("ash", box(0, 690, 1600, 210))
    for k, (ink, roof) in enumerate(
        (
            ("rose", "ash"),
            ("amber", "leaf"),
            ("leaf", "ash"),
            ("straw", "rose"),
            ("rose", "leaf"),
            ("amber", "ash"),
        )
    ):
        with p.at(150 + k * 262, 702, 1):
            wide, high = 176, 190 + 26 * (k % 3)
            p.fill("paper", box(-wide / 2 - 9, -high - 9, wide + 18, high + 12))
            p.fill(ink, box(-wide / 2, -high, wide, high))
            for line in range(8):
                x = -wide / 2 + 22 + line * 20
                p.line("paper", [(x, -high + 14), (x, -8)], 3)
            p.fill(
                roof, [(-wide / 2 - 26, -high + 6), (-10, -high - 76), (wide / 2 + 26, -high + 6)]
            )
            p.fill("ash", box(-32, -120, 64, 120))
            p.carve(oval(20, -58, 5))
    for k in range(6):
        for side in range(3):
            with p.at(60 + k * 262 + side * 78, 778 + 36 * (side % 2), 0.44):
                motifs.cabbage(p)
    for x, size in ((200, 1.1), (620, 1.5), (1080, 1.3), (1480, 1.2)):
        with p.at(x, 90, size):
            motifs.cloud(p)
    for _ in range(240):
        with p.at(p.random.uniform(0, 1640), p.random.uniform(120, 880)):
            p.line("paper", [(16, -54), (0, 0), (-16, 54)], 6, taper=True)


def seedlings(p: Print) -> None:
    """Draw six pots on a shelf."""
    p.gouges("straw", 170, 60, 6, 0)
    p.fill("ash", box(60, 850, 1480, 70, 12))
    for k in range(14):
        p.stroke("ash", 130 + k * 104, 886, 110, 6, angle=0)
    for k in range(6):
        x = 176 + k * 246
        with p.at(x, 698, 1.36):
            motifs.pot(p, ("rose", "ash", "amber")[k % 3])
            p.line("leaf", smooth([(0, -8), (6, -90), (0, -180)], closed=False), 10)
            if k % 3 == 0:
                for level, side in ((-60, 1), (-96, -1), (-132, 1), (-164, -1)):
                    with p.at(0, level, 0.5, side * 60), p.at(0, -104):
                        motifs.leaf(p)
            elif k % 3 == 1:
                with p.at(4, -150, 0.95):
                    motifs.sprig(p)
            else:
                for turn in (-74, -30, 30, 74):
                    with p.at(2, -120, 0.66, turn), p.at(0, -100):
                        motifs.leaf(p)
                p.fill("rose", oval(2, -206, 26))
                p.fill("amber", oval(2, -206, 10))


def year_wheel(p: Print) -> None:
    """Draw the year in twelve parts."""
    p.gouges("sage", 170, 60, 6, 0)
    p.fill("paper", oval(800, 534, 500))
    for k in range(12):
        start = k * 30 - 90
        ring = [
            *arc(800, 534, 486, start + 0.8, start + 29.2),
            *arc(800, 534, 190, start + 28, start + 2),
        ]
        p.fill(("rose", "amber", "leaf", "ash")[(k + k // 4) % 4], ring)
        with p.at(800, 534, 1, start + 105), p.at(0, -352, 0.9):
            p.fill("paper", oval(0, 0, 106))
            with p.at(0, 0, 0.66):
                _month(p, k)
    p.fill("ash", oval(800, 534, 168))
    for k in range(16):
        with p.at(800, 534, 1, k * 22.5):
            p.line("paper", [(0, -84), (0, -112), (0, -146)], 15, taper=True)
    p.fill("amber", oval(800, 534, 72))


def _month(p: Print, month: int) -> None:
    """Draw what grows in one month."""
    if month in (0, 10):
        motifs.sprig(p)
    elif month in (1, 6, 11):
        motifs.cabbage(p)
    elif month in (2, 4):
        motifs.leaf(p)
    elif month in (5, 7, 8):
        for x, y in ((-44, 30), (44, 30), (0, -50)):
            p.fill("rose", oval(x, y, 46))
            p.line("paper", arc(x, y, 28, 190, 270), 8, taper=True)
            with p.at(x, y - 38, 0.26):
                motifs.leaf(p)
    else:
        p.fill("amber", smooth(path("-54,-30 0,-50 54,-30 30,50 0,124 -30,50")))
        for y in (-8, 26, 58):
            p.line("paper", [(-34 + y / 4, y), (0, y + 3), (20, y)], 7, taper=True)
        for turn in (-24, 0, 24):
            with p.at(0, -46, 0.42, turn), p.at(0, -104):
                motifs.leaf(p)


def mended_things(p: Print) -> None:
    """Draw six mended things."""
    row = (tools.kettle, tools.lamp, tools.radio, tools.clock, tools.toaster, tools.fan)
    grounds = ("straw", "sage", "blush", "mist", "straw", "blush")
    for k, thing in enumerate(row):
        x, y = 268 + (k % 3) * 532, 268 + (k // 3) * 532
        p.fill(grounds[k], box(x - 254, y - 254, 508, 508))
        for _ in range(26):
            p.stroke(
                grounds[k],
                x + p.random.uniform(-230, 230),
                y + p.random.uniform(-230, 230),
                50,
                6,
                angle=60 * (k % 3),
            )
        with p.at(x, y + 8, 1.72):
            if k == 4:
                tools.toaster(p, "leaf")
            else:
                thing(p)


def jumper(p: Print) -> None:
    """Draw knitting with a woven darn."""
    for row in range(-1, 14):
        for column in range(-1, 17):
            x, y = column * 102 + 50, row * 86
            for side in (-1, 1):
                with p.at(x + side * 24, y, 1, -24 * side):
                    p.fill("ash" if (row % 5) else "leaf", oval(0, 0, 21, 54))
    p.fill("paper", box(520, 250, 560, 560, 10))
    for k in range(14):
        p.fill("rose", box(532 + k * 39, 222 + 8 * (k % 2), 27, 620, 12))
    for row in range(14):
        for column in range(14):
            if (row + column) % 2:
                p.fill("paper", box(526 + column * 39, 262 + row * 39, 39, 29))
                p.fill(
                    "amber" if row % 5 == 2 else "rose",
                    box(524 + column * 39, 265 + row * 39, 43, 23, 8),
                )


def jumper_steps(p: Print) -> None:
    """Draw three stages of a darn."""
    for stage in range(3):
        x = 270 + stage * 530
        p.fill("ash", oval(x, 450, 240, 240, 0.02))
        for row in range(-4, 5):
            for column in range(-4, 5):
                if math.hypot(row, column) < 4.4:
                    for side in (-1, 1):
                        p.stroke(
                            "ash",
                            x + column * 50 + side * 11,
                            450 + row * 50,
                            42,
                            7,
                            angle=90 - 28 * side,
                        )
        p.fill("paper", oval(x, 450, 112, 104, 0.14))
        for k in range(9 if stage else 0):
            p.fill("rose", box(x - 130 + k * 30, 310, 17, 280, 8))
        for row in range(9 if stage == 2 else 0):
            for column in range(9):
                if (row + column) % 2:
                    p.fill("paper", box(x - 137 + column * 30, 318 + row * 30, 31, 26))
                    p.fill("amber", box(x - 139 + column * 30, 322 + row * 30, 35, 18, 7))
