"""Pictures of the press and of the town: type, accounts, the hill, the river, the night."""

import math

from samples.prints import motifs, tools
from samples.prints.ink import Print, arc, box, oval, path, smooth


def steamboat(p: Print) -> None:
    """Draw a paddle steamer and its barges."""
    p.gouges("straw", 150, 60, 6, 0)
    p.fill("amber", oval(1290, 250, 120))
    for k in range(5):
        p.line(
            "paper",
            smooth(
                [(1150, 200 + k * 30), (1290, 190 + k * 32), (1430, 204 + k * 30)], closed=False
            ),
            7,
            taper=True,
        )
    for k, (x, y, size) in enumerate(((330, 250, 0.44), (230, 170, 0.62), (110, 110, 0.8))):
        with p.at(x, y, size, 4 * k):
            motifs.cloud(p, "ash")
    for k in range(5):
        x = 760 + k * 186
        p.line("ash", [(x - 40, 660), (x + 10, 668)], 6)
        p.fill(
            ("rose", "leaf", "ash", "amber", "rose")[k],
            smooth([(x, 640), (x + 150, 640), (x + 138, 720), (x + 14, 720)]),
        )
        p.fill("paper", box(x + 30, 574, 90, 70))
        p.text("ash", x + 75, 606, "ß§ÄÖÜ"[k], 62)
    p.fill("rose", smooth(path("90,590 720,590 680,730 160,730")))
    p.fill("paper", box(190, 470, 420, 118))
    for k in range(6):
        p.fill("ash", box(214 + k * 66, 496, 40, 50, 6))
    p.fill("ash", box(170, 450, 470, 26, 6))
    p.fill("ash", box(340, 268, 64, 186))
    p.fill("rose", box(334, 300, 76, 34))
    p.line("ash", [(650, 590), (650, 350)], 8)
    p.fill("leaf", [(650, 352), (740, 376), (650, 404)])
    p.fill("paper", oval(420, 660, 112))
    p.ring("ash", 420, 660, 98, 14)
    for k in range(10):
        turn = k * math.tau / 10
        p.line("ash", [(420, 660), (420 + 94 * math.cos(turn), 660 + 94 * math.sin(turn))], 8)
    p.fill("ash", oval(420, 660, 18))
    p.fill("leaf", box(0, 716, 1600, 360))
    for k in range(9):
        y = 744 + k * 36
        p.line(
            "paper",
            smooth(
                [
                    (x + 30 * (k % 2), y + 12 * math.sin(x / 38 + k * 1.3))
                    for x in range(-60, 1700, 30)
                ],
                closed=False,
            ),
            7 if k % 2 else 4,
        )


def press(p: Print) -> None:
    """Draw the iron hand press."""
    p.gouges("blush", 150, 60, 6, 0)
    motifs.ground_strip(p, "ash", 930)
    p.fill(
        "ash",
        smooth(
            path(
                "440,950 470,860 540,830 540,240 500,170 800,110 1100,170 1060,240 "
                "1060,830 1130,860 1160,950 1040,950 1000,880 600,880 560,950"
            )
        ),
    )
    p.fill("blush", smooth(path("630,330 700,290 900,290 970,330 970,790 630,790")))
    for x in (586, 1014):
        p.line("paper", [(x, 280), (x, 520), (x, 780)], 12, taper=True)
    p.fill("amber", smooth(path("620,190 700,160 800,150 900,160 980,190 900,216 800,224 700,216")))
    p.text("ash", 800, 190, "MRS GALE", 44)
    p.fill("rose", box(756, 280, 88, 190, 10))
    for k in range(4):
        p.line("paper", [(762, 312 + k * 42), (838, 296 + k * 42)], 7)
    p.line("rose", smooth(path("830,400 1060,420 1260,350 1390,330"), closed=False), 26)
    p.fill("amber", box(1350, 306, 130, 50, 22))
    p.fill("ash", box(640, 470, 320, 70, 8))
    p.line("paper", [(660, 500), (800, 494), (940, 500)], 6, taper=True)
    p.fill("amber", box(250, 640, 1100, 56, 8))
    p.fill("paper", box(700, 590, 500, 50))
    p.fill("ash", box(700, 604, 500, 30))
    p.line("ash", [(360, 696), (320, 940)], 20)
    p.line("ash", [(1240, 696), (1280, 940)], 20)
    with p.at(300, 560, 1, -18):
        p.fill("paper", box(-170, -130, 330, 250))
        p.line("mist", [*box(-170, -130, 330, 250), (-170, -130)], 5)
        p.line("rose", [(-120, -60), (110, -60)], 26)
        for k in range(4):
            p.line("ash", [(-120, -10 + k * 28), (110 - 40 * (k % 2), -10 + k * 28)], 8)


def type_case(p: Print) -> None:
    """Draw a case of type, from above."""
    widths = (2, 3, 2, 3, 3, 2)
    letters = "abcdefghijklmnopqrstuvwxyz&æœß!?"
    place, y = 0, 34
    for row in range(5):
        high = (170, 210, 220, 190, 176)[row]
        x = 34.0
        for column in range(6):
            wide = 1532 * widths[(column + row * 2) % 6] / 15
            tint = ("straw", "blush", "sage", "mist")[(row * 3 + column * 5) % 4]
            p.fill(tint, box(x + 7, y + 7, wide - 14, high - 14, 4))
            for k in range(3):
                for line in range(2):
                    angle, lx, ly = (
                        p.random.uniform(-24, 24),
                        x + wide * (k + 0.8) / 3.6,
                        y + high * (line + 0.7) / 2.4,
                    )
                    if (place + k + line) % 4 == 3 or (wide < 230 and k == 2):
                        continue
                    with p.at(lx, ly, 1, angle):
                        p.fill("ash", box(-26, -34, 52, 68, 4))
                        p.carve(box(-21, -29, 42, 58, 2))
                        p.text(
                            "rose" if place % 5 == 1 else "ash",
                            0,
                            0,
                            letters[place % len(letters)],
                            46,
                        )
            x += wide
            place += 1
        y += high
    p.line("ash", [*box(20, 20, 1560, 1027), (20, 20)], 26)


def type_forme(p: Print) -> None:
    """Draw a page of type locked in its frame."""
    p.gouges("mist", 150, 60, 6, 0)
    p.fill("ash", box(200, 70, 1200, 760, 18))
    p.fill("straw", box(270, 140, 1060, 620))
    for k in range(3):
        p.fill("amber", box(280, 150 + k * 26, 1040, 18))
        p.fill("amber", box(1250 + k * 24, 240, 16, 500))
    for x in (500, 800, 1100):
        with p.at(x, 734):
            p.fill("rose", box(-46, -18, 92, 36, 6))
            p.line("paper", [(-22, 0), (22, 0)], 8)
    p.fill("paper", box(300, 244, 930, 460))
    p.text("ash", 765, 318, "SNIARD", 120)
    for row in range(8):
        start = 330.0
        while start < 1180:
            wide = p.random.uniform(36, 130)
            p.fill("ash", box(start, 410 + row * 36, min(wide, 1200 - start), 20, 3))
            start += wide + 16


def books(p: Print) -> None:
    """Draw a stack of pamphlets with a cup on top."""
    p.gouges("sage", 150, 60, 6, 0)
    motifs.ground_strip(p, "ash", 900)
    y = 900.0
    for k, (ink, wide, high) in enumerate(
        (
            ("rose", 860, 112),
            ("straw", 760, 84),
            ("leaf", 820, 104),
            ("amber", 700, 76),
            ("ash", 780, 96),
        )
    ):
        y -= high
        x = 800 - wide / 2 + (-26, 30, -10, 40, -20)[k]
        p.fill("paper", box(x - 6, y - 5, wide + 12, high + 6))
        p.fill(ink, box(x, y, wide, high - 6, 8))
        p.line("paper", [(x + 70, y + 10), (x + 70, y + high - 16)], 8)
        p.line("paper", [(x + wide - 70, y + 10), (x + wide - 70, y + high - 16)], 8)
        for line in range(3 + k % 2):
            p.line(
                "paper",
                [(x + 140 + line * 130, y + high / 2), (x + 230 + line * 130, y + high / 2)],
                12,
                taper=True,
            )
    with p.at(820, y - 80, 1.9):
        motifs.cup(p, "rose")
    with p.at(1320, 800, 1.2, 12):
        motifs.sprig(p)
    with p.at(280, 816, 1.3):
        tools.tin(p, "rose")
        p.line("amber", [(10, -60), (50, -200)], 12)


def abacus(p: Print) -> None:
    """Draw an abacus."""
    p.gouges("mist", 170, 60, 6, 0)
    p.fill("amber", box(150, 90, 1300, 890, 26))
    for k in range(12):
        p.stroke("amber", 240 + k * 104, 124, 90, 6, angle=0)
        p.stroke("amber", 240 + k * 104, 946, 90, 6, angle=0)
    p.fill("paper", box(220, 160, 1160, 750))
    rows = ((6, "rose"), (3, "ash"), (8, "leaf"), (5, "amber"), (9, "rose"), (2, "ash"))
    for row, (left, ink) in enumerate(rows):
        y = 222 + row * 125
        p.line("ash", [(220, y), (1380, y)], 7)
        for k in range(10):
            x = 268 + k * 70 if k < left else 1332 - (9 - k) * 70
            p.fill("paper", oval(x, y, 36, 55))
            p.fill(ink, oval(x, y, 32, 50))
            p.line("paper", smooth(arc(x, y, 24, 190, 280), closed=False), 6, taper=True)


def hill(p: Print) -> None:
    """Draw chapel Hill on the day of the move."""
    p.gouges("straw", 130, 60, 6, 14)
    walls = ("rose", "leaf", "amber", "straw", "rose", "leaf", "amber")
    for k, wall in enumerate(walls):
        with p.at(120 + k * 232, 470 + k * 62, 1.28):
            p.fill("paper", box(-84, -260, 168, 262))
            motifs.house(p, wall, "ash", 156, 182 + 30 * (k % 3))
    p.fill("ash", path("0,440 1600,880 1600,1067 0,1067"))
    for _ in range(90):
        x = p.random.uniform(0, 1600)
        p.stroke("ash", x, p.random.uniform(490 + x * 0.28, 1060), 100, 6, angle=15)
    for k in range(15):
        x = 40 + k * 108
        y = 90 + x * 0.24 + 26 * math.sin(k * 1.05)
        p.fill(("rose", "leaf", "paper")[k % 3], [(x, y), (x + 62, y + 15), (x + 20, y + 74)])
    with p.at(520, 730, 1.1, 15):
        p.fill("rose", smooth(path("-190,60 -190,-100 90,-100 180,-10 190,60")))
        p.fill("paper", smooth(path("70,-76 90,-76 146,-10 70,-10")))
        for k in range(4):
            p.line(
                "paper",
                [(-160, -70 + k * 26), (-60, -72 + k * 26), (40, -70 + k * 26)],
                6,
                taper=True,
            )
        for x in (-110, 110):
            p.fill("paper", oval(x, 66, 52))
            p.fill("amber", oval(x, 66, 42))
            p.fill("ash", oval(x, 66, 22))
    with p.at(1120, 880, 1.25, 15):
        donkey(p)


def donkey(p: Print) -> None:
    """Draw a donkey with a cart; it walks to the right on y = 90."""
    p.line("amber", [(-260, -10), (30, -20)], 12)
    p.fill("amber", box(-300, -70, 190, 80, 8))
    for k in range(3):
        p.line("paper", [(-286, -50 + k * 22), (-124, -50 + k * 22)], 5, taper=True)
    for k, tool in enumerate((tools.spade, tools.saw, tools.hammer)):
        with p.at(-260 + k * 50, -120, 0.6, -14 + k * 16):
            tool(p)
    with p.at(-204, 34, 0.66):
        p.fill("paper", oval(0, 0, 100))
        motifs.wheel(p, "rose", 12, 18)
    for x in (-34, 0, 74, 104):
        p.line("paper", [(x, 20), (x - 4, 92)], 30)
        p.line("mist", [(x, 20), (x - 4, 92)], 22)
    body = smooth(
        path(
            "-60,-50 0,-66 80,-60 120,-100 160,-130 214,-96 206,-70 160,-76 130,-10 "
            "110,36 -40,36 -66,0"
        )
    )
    p.fill("mist", body)
    p.hatch("ash", smooth(path("-60,10 20,16 100,6 110,36 -40,36")), 30, 9, 3.5)
    for x, lean in ((146, -14), (166, 6)):
        p.fill(
            "mist",
            smooth([(x - 10, -112), (x + lean - 8, -190), (x + lean + 8, -190), (x + 12, -112)]),
        )
    p.fill("ash", oval(172, -108, 5))
    p.line("ash", smooth([(112, -88), (132, -120), (150, -136)], closed=False), 13)
    p.line("ash", smooth([(-62, -40), (-84, -10), (-80, 30)], closed=False), 6)
    p.line("rose", [(158, -74), (176, -124)], 6)


def night_houses(p: Print) -> None:
    """Draw the town at night, lit."""
    for _ in range(90):
        x, y = p.random.uniform(0, p.width), p.random.uniform(0, p.height * 0.5)
        p.fill("paper", oval(x, y, p.random.uniform(2.5, 6)))
    p.fill("straw", oval(p.width - 230, 170, 84))
    p.fill("dusk", oval(p.width - 266, 150, 76))
    base = p.height - 150
    for k, wall in enumerate(("rose", "leaf", "ash", "rose", "leaf", "ash", "rose", "leaf")):
        with p.at(90 + k * (p.width - 160) / 7, base, 1.5):
            motifs.house(
                p, wall, "ash" if wall != "ash" else "rose", 138, 176 + 34 * ((k * 5) % 4), lit=True
            )
    for k in range(17):
        x = k * p.width / 16
        y = base - 420 + 46 * math.sin(k * 1.1) - 30
        p.fill(("rose", "straw", "leaf")[k % 3], [(x - 24, y), (x + 24, y + 4), (x, y + 60)])
    p.fill("paper", box(0, base, p.width, 200))
    for k in range(40):
        p.line(
            "mist",
            [(p.random.uniform(0, p.width) + d, base + 20 + k * 3.4) for d in (0, 60, 120)],
            5,
            taper=True,
        )


def yard(p: Print) -> None:
    """Draw tannery Yard and the town, the river in front."""
    p.gouges("straw", 130, 60, 6, 0)
    base = p.height - 330
    p.fill("rose", box(p.width * 0.71, base - 560, 92, 560))
    for k in range(13):
        for side in range(2):
            p.stroke("rose", p.width * 0.71 + 26 + side * 40, base - 530 + k * 42, 32, 6, angle=0)
    p.fill("ash", box(p.width * 0.71 - 12, base - 580, 116, 34, 4))
    with p.at(p.width * 0.83, base - 640, 0.74, -8):
        motifs.cloud(p, "mist")
    for k, (wall, roof) in enumerate(
        (
            ("leaf", "ash"),
            ("amber", "rose"),
            ("mist", "ash"),
            ("rose", "ash"),
            ("amber", "leaf"),
            ("leaf", "ash"),
            ("blush", "rose"),
        )
    ):
        with p.at(p.width * (0.06 + k * 0.147), base, 1.36):
            p.fill("paper", box(-92, -252, 184, 252))
            motifs.house(p, wall, roof, 172, 178 + 30 * (k % 3))
    for x in (0.135, 0.57, 0.94):
        with p.at(p.width * x, base + 4, 1.15):
            motifs.tree(p)
    p.fill("ash", box(0, base, p.width, 110))
    for k in range(34):
        p.stroke("ash", p.random.uniform(0, p.width), base + 22 + 24 * (k % 4), 90, 6, angle=0)
    with p.at(p.width * 0.36, base + 6, 0.82):
        motifs.bicycle(p, "rose")
    p.fill("leaf", box(0, base + 110, p.width, 240))
    for k in range(7):
        y = base + 134 + k * 32
        p.line(
            "paper",
            smooth(
                [(x, y + 9 * math.sin(x / 44 + k * 1.7)) for x in range(-40, p.width + 80, 30)],
                closed=False,
            ),
            7 if k % 2 else 4,
        )


def keys(p: Print) -> None:
    """Draw old keys on a ring."""
    p.gouges("blush", 170, 60, 6, 90)
    p.fill("ash", box(0, 0, 1600, 120))
    for _ in range(24):
        p.stroke("ash", p.random.uniform(0, 1600), p.random.uniform(20, 100), 120, 6, angle=0)
    for k in range(7):
        x = 130 + k * 224
        p.fill("amber", oval(x, 150, 15))
        p.line("ash", smooth([(x, 152), (x - 8, 220), (x, 300 + 60 * (k % 3))], closed=False), 6)
        with p.at(x, 300 + 60 * (k % 3), 1.9, (-5, 3, 6, -4, 2, -6, 4)[k]):
            tools.key(p, ("ash", "rose", "leaf", "ash", "amber", "rose", "ash")[k], k)
