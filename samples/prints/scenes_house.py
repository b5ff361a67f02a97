"""Pictures from the house: the bakery, the kitchen, the meeting and the people's tables."""

import math

from samples.prints import motifs, tools
from samples.prints.ink import Print, arc, box, oval, path, smooth

Scene = tuple[int, int]


def table_cloth(p: Print, ink: str, step: int = 120) -> None:
    """Cover the print with a checked cloth."""
    for x in range(0, p.width + step, step * 2):
        p.hatch(ink, box(x, 0, step, p.height), 90, 13, 4)
    for y in range(0, p.height + step, step * 2):
        p.hatch(ink, box(0, y, p.width, step), 0, 13, 4)


def loaves(p: Print) -> None:
    """Draw three loaves on a board."""
    p.gouges("straw", 190, 52, 6, 4)
    p.fill("ash", box(120, 690, 1360, 120, 46))
    for k in range(16):
        p.stroke("ash", 190 + k * 82, 730 + 26 * (k % 3), 110, 6, angle=2)
    p.fill("paper", oval(166, 750, 17))
    with p.at(800, 420, 1.9):
        motifs.loaf_plait(p)
    with p.at(420, 566, 2.05, -2):
        motifs.loaf_round(p)
    with p.at(1120, 560, 1.95, 2):
        motifs.loaf_tin(p)
    for k in range(7):
        with p.at(140 + k * 220, 900 + 16 * (k % 2), 0.72, 90 + 8 * (k % 3)):
            motifs.sprig(p, "leaf" if k % 2 else "rose", 3)


def year_of_bread(p: Print) -> None:
    """Draw fifty-two small loaves."""
    kinds = (
        motifs.loaf_round,
        motifs.loaf_tin,
        motifs.loaf_stick,
        motifs.loaf_bun,
        motifs.loaf_flat,
    )
    place = 0
    for row in range(7):
        count = 8 if row % 2 == 0 else 7
        if row == 6:
            count = 7
        for column in range(count):
            x = p.width * (column + 0.5 + (0 if count == 8 else 0.5)) / 8
            kind = (place * 3 + row) % 7
            with p.at(
                x, 78 + row * 152, 0.78 if kind not in (2, 6) else 0.45, p.random.uniform(-9, 9)
            ):
                if kind == 5:
                    motifs.loaf_rye(p)
                elif kind == 6:
                    motifs.loaf_plait(p)
                else:
                    kinds[kind](p, "rose" if place % 11 == 4 else "amber")
            place += 1


def long_table(p: Print) -> None:
    """Draw a long table from above."""
    p.gouges("rose", 150, 60, 6, 80)
    p.fill("paper", box(60, 210, 1480, 650, 30))
    p.fill("straw", box(74, 224, 1452, 622, 24))
    for k in range(4):
        p.line("paper", [(80, 342 + k * 124), (1520, 340 + k * 126)], 5)
    foods = (
        "dots",
        "soup",
        "leaves",
        "fish",
        "bread",
        "soup",
        "dots",
        "leaves",
        "bread",
        "fish",
        "soup",
        "dots",
    )
    for k, food in enumerate(foods):
        x, y = 190 + (k % 6) * 244, 330 if k < 6 else 742
        with p.at(x, y, 0.92):
            motifs.plate(p, ("leaf", "rose", "ash")[k % 3], food, ("amber", "rose", "leaf")[k % 3])
        for side in (-1, 1):
            p.line("ash", [(x + side * 112, y - 50), (x + side * 112, y + 50)], 8)
    for k, loaf in enumerate((motifs.loaf_stick, motifs.loaf_plait, motifs.loaf_stick)):
        with p.at(330 + k * 470, 536, 0.82, -5 + 5 * k):
            loaf(p)
    for x in (565, 1035):
        p.fill("leaf", oval(x, 536, 54))
        p.fill("paper", oval(x, 536, 24))
        p.fill("amber", oval(x, 536, 15))
    for k in range(6):
        for y in (112, 956):
            p.fill("amber" if (k + y) % 3 else "leaf", oval(190 + k * 244, y, 76, 70, 0.03))
            p.hatch("ash", oval(190 + k * 244, y, 60, 54), 90, 15, 4)


def table_full(p: Print) -> None:
    """Draw arms that pass bowls across a table."""
    p.gouges("straw", 170, 60, 6, 2)
    sleeves = ("rose", "leaf", "ash", "amber", "leaf", "rose", "ash")
    for k, sleeve in enumerate(sleeves):
        top = k % 2 == 0
        x = 122 + k * 226
        with p.at(x, 196 if top else 604, 1.42, 180 + 6 * (k - 3) if top else -5 * (k - 3)):
            p.line(sleeve, [(0, 340), (0, 60)], 92)
            p.line("paper", [(-44, 72), (46, 72)], 8)
            for side in (-1, 1):
                p.line(
                    "ash",
                    smooth([(side * 22, 40), (side * 62, -12), (side * 66, -56)], closed=False),
                    38,
                )
                p.line(
                    "paper",
                    smooth([(side * 22, 40), (side * 62, -12), (side * 66, -56)], closed=False),
                    28,
                )
            motif = ("dots", "soup", "leaves", "bread")[k % 4]
            with p.at(0, -116, 1.02):
                motifs.plate(p, ("rose", "leaf", "ash")[k % 3], motif, ("amber", "rose")[k % 2])


def table_hands(p: Print) -> None:
    """Draw hands around a bowl of onions."""
    p.gouges("sage", 170, 60, 6, 0)
    for turn, sleeve in (
        (0, "rose"),
        (68, "ash"),
        (-68, "amber"),
        (180, "leaf"),
        (122, "rose"),
        (-122, "ash"),
    ):
        with p.at(800, 450, 1, turn), p.at(0, 300, 0.8):
            motifs.sleeve_hand(p, sleeve, "paper" if turn % 4 else "straw", 900)
    p.fill("paper", oval(800, 450, 236))
    p.fill("ash", oval(800, 450, 226))
    p.fill("straw", oval(800, 450, 200))
    for k in range(11):
        spiral, far = k * 2.4, 52 * k**0.5
        with p.at(800 + far * math.cos(spiral), 450 + far * math.sin(spiral), 0.62, k * 70):
            p.fill("paper", oval(0, 0, 72))
            p.fill(
                "amber" if k % 3 else "rose",
                smooth(path("0,-96 12,-62 60,-30 62,28 20,62 -20,62 -62,28 -60,-30 -12,-62")),
            )
            for side in (-1, 0, 1):
                p.line(
                    "paper",
                    smooth([(side * 6, -56), (side * 34, 0), (side * 10, 54)], closed=False),
                    5,
                    taper=True,
                )


def hands(p: Print) -> None:
    """Draw raised hands."""
    p.gouges("straw", 170, 60, 6, 86)
    row = (
        (150, 640, 0.92, "ash"),
        (420, 470, 1.16, "rose"),
        (700, 600, 0.86, "leaf"),
        (940, 430, 1.2, "amber"),
        (1220, 560, 1.0, "rose"),
        (1450, 690, 0.82, "ash"),
    )
    for k, (x, y, size, sleeve) in enumerate(row):
        with p.at(x, y, size, (-7, 3, -3, 5, -4, 6)[k], flip=k % 2 == 1):
            motifs.sleeve_hand(
                p, sleeve, ("paper", "blush", "amber", "paper", "mist", "blush")[k], 900
            )


def meeting_tea(p: Print) -> None:
    """Draw a tray with a teapot, cups and an egg timer."""
    p.gouges("blush", 170, 60, 6, 3)
    p.fill("ash", box(70, 840, 1460, 96, 46))
    for k in range(15):
        p.stroke("ash", 170 + k * 92, 888 + 14 * (k % 3) - 14, 100, 6, angle=1)
    with p.at(530, 640, 2.7):
        motifs.teapot(p)
    for x, ink in ((930, "leaf"), (1150, "amber"), (1370, "rose")):
        with p.at(x, 764, 1.7):
            motifs.cup(p, ink)
    with p.at(180, 700, 1.25):
        p.fill("amber", smooth(path("-36,-92 36,-92 6,0 36,92 -36,92 -6,0")))
        p.carve(smooth(path("-24,-80 24,-80 16,-50 -16,-50")))
        p.fill("rose", smooth(path("-20,80 20,80 8,46 -8,46")))
        for y in (-104, 92):
            p.fill("ash", box(-52, y, 104, 14, 4))
        for x in (-46, 46):
            p.line("ash", [(x, -92), (x, 92)], 6)


def starter(p: Print) -> None:
    """Draw a jar of sourdough."""
    p.gouges("sage", 170, 60, 6, 0)
    p.fill("ash", box(0, 860, 1600, 207))
    for _ in range(26):
        p.stroke("ash", p.random.uniform(0, 1600), p.random.uniform(890, 1050), 130, 6, angle=1)
    p.fill("paper", box(520, 250, 470, 640, 50))
    p.fill(
        "straw",
        smooth(
            path("540,440 620,416 720,444 800,410 900,440 972,424 972,850 940,874 570,874 540,850")
        ),
    )
    for _ in range(60):
        x, y = p.random.uniform(560, 952), p.random.uniform(460, 850)
        size = p.random.uniform(6, 22)
        p.fill("paper", oval(x, y, size, size * 0.86))
        p.line("amber", arc(x, y, size + 1, 20, 200), 5)
    p.line(
        "ash",
        smooth(
            path("530,270 520,330 520,850 560,888 950,888 990,850 990,330 980,270"), closed=False
        ),
        10,
    )
    p.fill("rose", box(500, 200, 510, 74, 12))
    for k in range(16):
        p.line("paper", [(520 + k * 31, 214), (520 + k * 31, 260)], 5, taper=True)
    p.line("amber", [(530, 640), (984, 640)], 18)
    p.line("ash", [(660, 420), (640, 640), (650, 800)], 5, taper=True)
    with p.at(1240, 800, 1, 24):
        p.line("amber", [(0, -420), (0, -30)], 26)
        p.fill("amber", oval(0, 10, 50, 74))
        p.hatch("ash", oval(14, 20, 30, 50), 70, 11, 4)
        p.line("paper", [(-6, -380), (-8, -240), (-6, -100)], 6, taper=True)
    with p.at(280, 770, 1.3):
        motifs.loaf_bun(p)


def starter_basket(p: Print) -> None:
    """Draw dough in a basket, from above."""
    p.gouges("blush", 170, 60, 6, 0)
    p.fill("ash", oval(800, 534, 450, 446))
    p.fill("amber", oval(800, 534, 436, 432))
    for k in range(9):
        p.line("ash", arc(800, 534, 430 - k * 30, k * 40, k * 40 + 352), 5)
    for k in range(72):
        turn = math.tau * k / 72
        p.line(
            "amber",
            [
                (800 + 180 * math.cos(turn), 534 + 180 * math.sin(turn)),
                (800 + 430 * math.cos(turn), 534 + 430 * math.sin(turn)),
            ],
            4,
            cut=True,
        )
    p.fill("paper", oval(800, 534, 312, 306, 0.05))
    p.hatch(
        "straw",
        smooth(path("560,640 800,760 1060,640 1110,540 1060,740 800,840 560,760")),
        30,
        16,
        7,
    )
    p.line(
        "ash", smooth(path("640,500 720,540 800,520 880,556 970,516"), closed=False), 8, taper=True
    )
    p.line(
        "ash", smooth(path("790,400 806,470 800,530 820,600 806,690"), closed=False), 7, taper=True
    )
    for _ in range(40):
        p.over("straw", oval(800 + p.random.gauss(0, 120), 534 + p.random.gauss(0, 110), 5))


def saj(p: Print) -> None:
    """Draw flat bread on an iron dome in the rain."""
    for k in range(150):
        x, y = p.random.uniform(-60, 1600), p.random.uniform(0, 1067)
        p.stroke("mist", x, y, p.random.uniform(50, 110), 7, angle=108)
        if k % 3 == 0:
            p.line("ash", [(x + 50, y), (x + 40, y + 32), (x + 28, y + 66)], 5, taper=True)
    p.fill("ash", box(0, 930, 1600, 140))
    for _ in range(20):
        p.stroke("ash", p.random.uniform(0, 1600), p.random.uniform(960, 1050), 110, 6, angle=0)
    for k in range(5):
        with p.at(520 + k * 140, 930, 1.1 + 0.3 * (k % 2)):
            motifs.flame(p)
    for x, turn in ((520, 9), (800, -4), (1080, -10)):
        with p.at(x, 922, 1, turn):
            p.fill("amber", box(-130, -30, 260, 46, 22))
            p.line("ash", [(-100, -10), (0, -12), (100, -8)], 5, taper=True)
    p.fill(
        "ash",
        smooth(
            path(
                "250,700 320,540 520,380 800,320 1080,380 1280,540 1350,700 1080,752 "
                "800,766 520,752"
            )
        ),
    )
    for k in range(8):
        p.line(
            "paper",
            smooth(arc(800, 860, 500 - k * 5, 204 + k * 3, 224 + k * 3), closed=False),
            6,
            taper=True,
        )
    bread = path(
        "486,540 560,470 690,430 840,424 980,452 1090,516 1126,590 1040,652 "
        "900,684 740,690 590,668 490,610"
    )
    p.fill("paper", smooth([(800 + (x - 800) * 1.04, 560 + (y - 560) * 1.06) for x, y in bread]))
    p.fill("straw", smooth(bread))
    for x, y, rx, ry in (
        (620, 540, 52, 26),
        (760, 480, 60, 20),
        (930, 500, 44, 22),
        (1010, 580, 56, 26),
        (860, 600, 64, 28),
        (700, 626, 50, 22),
        (560, 600, 26, 14),
    ):
        p.fill("amber", oval(x, y, rx, ry, 0.22))
        p.over("ash", oval(x + 6, y - 2, rx * 0.3, ry * 0.4, 0.3))
    for k, x in enumerate((600, 800, 1000)):
        p.line(
            "paper",
            smooth([(x, 290), (x + 34, 220), (x - 24, 150), (x + 16, 60 + 20 * k)], closed=False),
            15,
            taper=True,
        )


def kitchen_table(p: Print) -> None:
    """Draw the table by the window."""
    p.gouges("sage", 150, 60, 6, 0)
    p.fill("paper", box(500, 70, 600, 500))
    p.fill("straw", box(516, 86, 568, 468))
    with p.at(660, 556, 0.95):
        motifs.tree(p)
    for x, wall in ((850, "rose"), (990, "amber")):
        with p.at(x, 556, 0.78):
            motifs.house(p, wall, "ash")
    for line in ([(800, 70), (800, 570)], [(500, 320), (1100, 320)]):
        p.line("paper", line, 22)
        p.line("ash", line, 10)
    p.line("ash", path("500,70 1100,70 1100,570 500,570 500,70"), 14)
    for x, flip in ((400, False), (1200, True)):
        with p.at(x, 60, 1, flip=flip):
            p.fill(
                "rose",
                smooth(path("-84,-60 130,-60 120,80 84,240 40,400 26,470 22,540 -76,540 -86,300")),
            )
            for k in range(5):
                p.line(
                    "paper",
                    smooth(
                        [(-40 + k * 34, -20), (-46 + k * 28, 150), (-56 + k * 15, 330)],
                        closed=False,
                    ),
                    6,
                    taper=True,
                )
    p.fill("ash", box(90, 700, 1420, 62, 10))
    for k in range(15):
        p.stroke("ash", 150 + k * 94, 732, 100, 6, angle=0)
    for x in (190, 1370):
        p.fill("ash", [(x, 760), (x + 50, 760), (x + 40, 1067), (x + 10, 1067)])
    for x, flip in ((352, False), (1248, True)):
        with p.at(x, 830, 1, flip=flip):
            for leg in ([(-90, 260), (-90, 20)], [(90, 260), (84, 30)]):
                p.line("paper", leg, 32)
                p.line("amber", leg, 22)
            p.fill("amber", box(-104, -250, 26, 280, 10))
            p.fill("amber", box(-104, 10, 208, 40, 12))
            p.hatch("ash", box(0, 12, 100, 36), 0, 10, 4)
    with p.at(668, 624, 1.05):
        motifs.teapot(p)
    with p.at(892, 650, 1.1):
        motifs.cup(p, "leaf")
    with p.at(430, 650, 0.8):
        motifs.loaf_round(p)
    with p.at(1090, 640, 1):
        for x, y in ((-40, -40), (4, -62), (46, -40), (-2, -26)):
            p.fill("paper", oval(x, y, 36, 30))
            p.fill("amber", oval(x, y, 31, 26))
            p.line("paper", smooth(arc(x, y, 18, 200, 280), closed=False), 5, taper=True)
        p.fill("paper", smooth(path("-112,-30 112,-30 70,62 -70,62")))
        p.fill("leaf", smooth(path("-104,-24 104,-24 66,60 -66,60")))
        p.line("paper", smooth([(-84, 4), (0, 12), (84, 4)], closed=False), 7)


def oven_arch(p: Print) -> None:
    """Draw a brick oven with a fire in it."""
    for row in range(10):
        for column in range(-1, 9):
            x, y = column * 200 + (row % 2) * 100, row * 110
            tint = "rose" if (row * 7 + column * 3) % 5 else "amber"
            p.fill(tint, box(x + 8, y + 8, 186, 96, 6))
            for k in range(3):
                p.stroke(tint, x + 40 + k * 56, y + 30 + 24 * ((k + row) % 3), 46, 6, angle=4)
    p.fill("paper", [*arc(800, 640, 470, 180, 360), (1270, 960), (330, 960)])
    for k in range(13):
        start = 180 + k * 180 / 13
        shape = [
            *arc(800, 640, 456, start + 1, start + 12.8),
            *arc(800, 640, 336, start + 12.6, start + 1.2),
        ]
        p.fill("ash", shape)
        turn = math.radians(start + 7)
        p.stroke(
            "ash", 800 + 396 * math.cos(turn), 640 + 396 * math.sin(turn), 70, 7, angle=start + 7
        )
    for row in range(3):
        for x in (344, 1136):
            p.fill("ash", box(x, 654 + row * 102, 120, 92, 4))
            p.stroke("ash", x + 60, 700 + row * 102, 80, 7, angle=4)
    p.fill("ash", [*arc(800, 640, 322, 180, 360), (1122, 950), (478, 950)])
    for k, size in enumerate((1.5, 2.3, 1.9, 2.5, 1.4)):
        with p.at(580 + k * 110, 940, size):
            motifs.flame(p)
    p.fill("ash", box(300, 930, 1000, 60, 8))
    for k in range(10):
        p.stroke("ash", 350 + k * 100, 960, 80, 6, angle=0)
    p.fill("ash", box(0, 1010, 1600, 60))


def bread_header(p: Print) -> None:
    """Draw a rack of bread."""
    p.gouges("straw", 150, 56, 6, 0)
    kinds = (motifs.loaf_round, motifs.loaf_tin, motifs.loaf_bun)
    for shelf in range(4):
        y = 240 + shelf * 256
        p.fill("ash", box(40, y, p.width - 80, 28, 8))
        for k in range(4):
            with p.at(180 + k * 280, y - 62, 1.0 if (k + shelf) % 3 != 2 else 1.4):
                kinds[(k + shelf) % 3](p)
    for x in (40, p.width - 68):
        p.fill("ash", box(x, 40, 28, p.height - 40))


def cta_oven(p: Print) -> None:
    """Draw a peel with a loaf on it, before the stars."""
    for k in range(24):
        x, y = p.random.uniform(20, 780), p.random.uniform(20, 340)
        p.fill("paper", oval(x, y, 4 + k % 5))
    p.fill("amber", oval(640, 150, 70))
    p.fill("dusk", oval(612, 136, 62))
    p.fill("straw", box(382, 500, 36, 320))
    p.fill("straw", smooth(path("210,330 250,250 400,226 550,250 590,330 560,500 400,560 240,500")))
    for k in range(5):
        p.line(
            "paper", [(280 + k * 60, 290), (284 + k * 58, 400), (300 + k * 50, 500)], 6, taper=True
        )
    with p.at(400, 390, 1.35):
        motifs.loaf_round(p)


def product_loaf(p: Print) -> None:
    """Draw the Thursday loaf alone."""
    p.gouges("straw", 90, 50, 6, 0)
    with p.at(p.width / 2, p.height / 2 - 40, 2.3):
        motifs.loaf_round(p)
    for k in range(3):
        with p.at(170 + k * 230, 640, 0.5, 80 + 10 * k):
            motifs.sprig(p, "rose", 3)


def radio_scene(p: Print) -> None:
    """Draw the radio, playing."""
    for k in range(9):
        p.ring("paper", 560, 560, 330 + k * 110, 26)
        if k % 2:
            p.ring("amber", 560, 560, 330 + k * 110, 14)
    p.fill("ash", box(0, 880, 1600, 190))
    for _ in range(24):
        p.stroke("ash", p.random.uniform(0, 1600), p.random.uniform(910, 1040), 130, 7, angle=0)
    with p.at(760, 650, 2.5):
        tools.radio(p)
    for x, y, turn in ((1290, 300, 8), (1450, 180, -10), (1180, 130, 4), (250, 200, -8)):
        with p.at(x, y, 1.1, turn):
            p.fill("ash", oval(0, 40, 32, 24))
            p.line("ash", [(27, 36), (27, -70)], 10)
            p.line("ash", smooth([(27, -70), (50, -46), (70, -34)], closed=False), 14)
