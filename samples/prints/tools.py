"""Tools, household machines and printer's things, each drawn around the origin, 200 pixels tall."""

import math

from samples.prints.ink import Print, arc, box, oval, path, smooth


def hammer(p: Print, ink: str = "rose") -> None:
    """Draw a claw hammer."""
    p.fill(ink, smooth(path("-13,-60 13,-60 18,40 20,100 0,112 -20,100 -18,40")))
    p.fill(
        "ash",
        smooth(
            path("-78,-104 -64,-112 30,-108 76,-92 96,-62 60,-78 20,-70 -30,-68 -66,-64 -80,-72")
        ),
    )
    p.line("paper", [(-56, -96), (-10, -98), (30, -94)], 6, taper=True)
    p.line("paper", [(-6, -20), (-8, 30), (-6, 80)], 5, taper=True)


def saw(p: Print, ink: str = "amber") -> None:
    """Draw a handsaw, blade down."""
    p.fill("ash", path("-30,-40 36,-40 18,120 -6,120"))
    for k in range(15):
        y = -34 + k * 10.4
        x = 36 - k * 1.16
        p.over("ash", [(x - 4, y - 1), (x + 9, y + 8), (x - 4, y + 9)])
    p.fill(ink, smooth(path("-44,-34 -50,-84 -30,-118 20,-118 46,-92 44,-34 0,-44")))
    p.carve(smooth(path("-24,-62 -24,-92 2,-98 22,-84 20,-60")))
    p.line("paper", [(-12, -20), (-8, 40), (-2, 100)], 5, taper=True)
    for x in (-28, 26):
        p.over("ash", oval(x, -46, 5))


def pliers(p: Print, ink: str = "rose") -> None:
    """Draw a pair of pliers."""
    for side in (-1, 1):
        with p.at(0, 0, flip=side < 0):
            p.fill(ink, smooth(path("6,-8 30,10 44,60 36,112 22,114 24,64 10,26 -6,10")))
            p.line("paper", smooth([(26, 30), (35, 64), (31, 98)], closed=False), 5, taper=True)
    p.fill("ash", smooth(path("-30,-6 -34,-40 -22,-84 -3,-112 -3,-40 0,16")))
    p.fill("ash", smooth(path("30,-6 34,-40 22,-84 3,-112 3,-40 0,16")))
    p.carve(oval(0, -8, 9))
    for k in range(4):
        p.line("paper", [(-12, -92 + k * 12), (12, -92 + k * 12)], 3)


def spade(p: Print, ink: str = "amber") -> None:
    """Draw a garden spade."""
    p.line(ink, [(0, -92), (0, 40)], 14)
    p.line(ink, path("-26,-112 26,-112 0,-84 -26,-112"), 10)
    p.fill("ash", smooth(path("-42,16 42,16 44,70 24,106 0,118 -24,106 -44,70")))
    p.line("ash", [(0, -6), (0, 26)], 20)
    for x in (-22, 0, 22):
        p.line("paper", [(x, 36), (x * 0.9, 64), (x * 0.7, 92)], 5, taper=True)


def brush(p: Print, ink: str = "leaf") -> None:
    """Draw a wide paintbrush with paint on it."""
    p.fill("amber", smooth(path("-12,-112 12,-112 16,-60 44,-26 -44,-26 -16,-60")))
    p.carve(oval(0, -98, 5))
    p.fill("ash", box(-48, -28, 96, 40, 4))
    p.line("paper", [(-38, -8), (0, -8), (38, -8)], 4, taper=True)
    p.fill(ink, smooth(path("-48,12 48,12 52,86 30,112 10,96 -14,118 -34,100 -52,92")))
    for k in range(6):
        x = -36 + k * 14
        p.line("paper", [(x, 24), (x * 1.05, 56), (x * 1.08, 84)], 3.5, taper=True)


def spanner(p: Print, ink: str = "ash") -> None:
    """Draw an open spanner."""
    for side in (-1, 1):
        with p.at(0, 0, turn=90 + 90 * side):
            p.fill(
                ink,
                smooth(
                    path(
                        "-17,30 17,30 20,70 44,92 30,124 14,116 12,96 -12,96 -14,116 -30,124 "
                        "-44,92 -20,70"
                    )
                ),
            )
    p.fill(ink, box(-17, -60, 34, 120))
    p.line("paper", [(0, -48), (0, 0), (0, 48)], 9, taper=True)


def level(p: Print, ink: str = "leaf") -> None:
    """Draw a spirit level, standing."""
    p.fill(ink, box(-30, -118, 60, 236, 6))
    for y in (-74, 74):
        p.carve(oval(0, y, 18))
        p.ring("ash", 0, y, 18, 5)
        p.line("ash", [(-12, y), (12, y)], 3)
    p.carve(box(-14, -28, 28, 56, 12))
    p.over("amber", box(-14, -28, 28, 56, 12))
    p.carve(oval(2, -4, 8, 10))
    for y in (-14, 8):
        p.line("ash", [(-14, y), (14, y)], 3)
    p.hatch("ash", box(14, -114, 14, 228), 90, 6, 2.5)


def drill(p: Print, ink: str = "rose") -> None:
    """Draw a hand drill with its wheel."""
    p.fill("amber", smooth(path("-16,-118 16,-118 20,-84 10,-62 -10,-62 -20,-84")))
    p.line("ash", [(0, -66), (0, 56)], 12)
    p.fill(ink, oval(0, -6, 44))
    for k in range(6):
        turn = k * math.tau / 6
        p.carve(oval(24 * math.cos(turn), -6 + 24 * math.sin(turn), 8))
    p.line("ash", [(0, -6), (58, -38)], 9)
    p.fill("amber", box(52, -64, 18, 40, 8))
    p.fill("ash", path("-16,44 16,44 9,78 -9,78"))
    p.line("ash", [(0, 78), (0, 118)], 6)
    p.line("paper", [(-6, 52), (-3, 64), (-2, 72)], 3, taper=True)


def scissors(p: Print, ink: str = "rose") -> None:
    """Draw a pair of scissors, half open."""
    for side in (-1, 1):
        with p.at(0, 10, turn=15 * side, flip=side < 0):
            p.fill("ash", smooth(path("-6,10 10,10 12,-60 2,-126 -8,-60")))
            p.line("paper", [(6, -12), (6, -50), (3, -92)], 3.5, taper=True)
            p.line(
                ink, smooth(path("0,6 26,34 56,54 66,88 44,112 18,98 12,66 6,34"), closed=False), 13
            )
    p.fill("amber", oval(0, 8, 9))


def kettle(p: Print, ink: str = "rose") -> None:
    """Draw a kettle for the hob."""
    p.line("ash", smooth(path("-54,-30 -40,-96 40,-96 54,-30"), closed=False), 13)
    p.fill(ink, smooth(path("-60,10 -104,-28 -116,-22 -74,56")))
    p.fill(ink, smooth(path("-62,-34 0,-52 62,-34 86,40 78,76 -78,76 -86,40")))
    p.fill("ash", oval(0, -52, 26, 8))
    p.fill("ash", oval(0, -64, 9))
    p.hatch("ash", smooth(path("30,-30 62,-30 84,40 76,74 44,74")), 60, 11, 4)
    p.line("paper", smooth([(-44, -14), (-60, 20), (-58, 54)], closed=False), 8, taper=True)


def lamp(p: Print, ink: str = "amber") -> None:
    """Draw a jointed desk lamp."""
    p.line("ash", [(-20, 84), (-50, 0), (26, -62)], 9)
    p.fill("ash", oval(-50, 0, 11))
    p.fill("ash", box(-74, 80, 108, 18, 8))
    with p.at(30, -66, 1, 28):
        p.fill(ink, smooth(path("-20,-34 20,-34 58,34 0,42 -58,34")))
        p.line("paper", [(-20, -12), (-34, 8), (-44, 26)], 6, taper=True)
        p.fill("rose", oval(0, -40, 16, 12))
        for k in (-1, 0, 1):
            p.line("ash", [(k * 26, 52), (k * 38, 74), (k * 46, 92)], 5, taper=True)


def radio(p: Print, ink: str = "rose") -> None:
    """Draw a wooden radio with a dial."""
    p.line("ash", [(60, -80), (108, -140)], 6)
    p.fill(ink, box(-128, -84, 256, 164, 26))
    p.carve(oval(-52, -4, 56))
    p.over("ash", oval(-52, -4, 50))
    for k in range(7):
        p.line("ash", [(-96, -34 + k * 10), (-8, -34 + k * 10)], 3.5, cut=True)
    p.carve(box(22, -56, 82, 50, 6))
    for k in range(7):
        p.line("ash", [(30 + k * 11, -48), (30 + k * 11, -36 if k % 2 else -28)], 3)
    p.line("leaf", [(66, -50), (66, -14)], 5)
    for x in (40, 86):
        p.fill("amber", oval(x, 34, 18))
        p.line("ash", [(x, 34), (x + 8, 22)], 5)
    p.line("paper", [(-96, -70), (-20, -74), (80, -70)], 6, taper=True)
    for x in (-90, 90):
        p.fill("ash", box(x - 16, 80, 32, 12))


def clock(p: Print, ink: str = "leaf") -> None:
    """Draw an alarm clock."""
    for side in (-1, 1):
        p.line("ash", [(side * 40, 60), (side * 56, 92)], 11)
        with p.at(side * 46, -76, 1, side * 32):
            p.fill("amber", smooth(path("-30,8 -20,-18 20,-18 30,8")))
    p.fill(ink, oval(0, 0, 84))
    p.carve(oval(0, 0, 64))
    for k in range(12):
        turn = k * math.tau / 12
        p.line(
            "ash",
            [
                (52 * math.cos(turn), 52 * math.sin(turn)),
                (59 * math.cos(turn), 59 * math.sin(turn)),
            ],
            5,
        )
    p.line("ash", [(0, 0), (-22, -26)], 7)
    p.line("rose", [(0, 0), (30, -34)], 6)
    p.fill("ash", oval(0, 0, 7))


def toaster(p: Print, ink: str = "mist") -> None:
    """Draw a toaster with two slices in it."""
    for x in (-38, 26):
        p.fill(
            "amber", smooth([(x - 28, -20), (x - 34, -74), (x, -92), (x + 34, -74), (x + 28, -20)])
        )
        p.line("ash", [(x - 14, -66), (x, -70), (x + 16, -64)], 4, taper=True)
    p.fill(ink, box(-104, -40, 200, 110, 30))
    p.line(
        "ash",
        smooth(
            path(
                "-104,20 -106,-6 -96,-34 -70,-42 62,-42 88,-34 98,-6 98,40 88,66 62,72 "
                "-70,72 -96,66 -106,40 -104,20"
            ),
            closed=False,
        ),
        6,
    )
    p.line("ash", [(98, -8), (116, -8)], 9)
    for k in range(4):
        p.line("rose", [(-60, -10 + k * 18), (50, -10 + k * 18)], 5)
    for x in (-70, 62):
        p.fill("ash", box(x - 14, 72, 28, 12))


def fan(p: Print, ink: str = "leaf") -> None:
    """Draw a table fan."""
    p.line("ash", [(0, 20), (0, 84)], 12)
    p.fill("ash", box(-52, 82, 104, 16, 8))
    for k in range(4):
        with p.at(0, -14, 1, k * 90 + 20):
            p.fill(ink, smooth(path("0,0 -30,-36 -20,-70 14,-66 20,-30")))
            p.line("paper", [(-3, -16), (-9, -36), (-8, -56)], 4, taper=True)
    p.ring("ash", 0, -14, 86, 6)
    p.ring("ash", 0, -14, 46, 3.5)
    for k in range(12):
        turn = k * math.tau / 12
        p.line("ash", [(0, -14), (84 * math.cos(turn), -14 + 84 * math.sin(turn))], 2.5)
    p.fill("rose", oval(0, -14, 14))


def key(p: Print, ink: str, kind: int) -> None:
    """Draw an old key that hangs from the origin, bow up; `kind` chooses its bow and its bit."""
    p.line(ink, [(0, 60), (0, 230)], 15)
    p.fill(ink, box(-14, 66, 28, 14, 4))
    if kind % 3 == 0:
        p.ring(ink, 0, 24, 40, 15)
    elif kind % 3 == 1:
        for turn in (-90, 30, 150):
            p.ring(
                ink,
                26 * math.cos(math.radians(turn)),
                24 + 26 * math.sin(math.radians(turn)),
                19,
                11,
            )
    else:
        p.fill(ink, smooth(path("0,-24 44,14 30,62 -30,62 -44,14")))
        p.carve(smooth(path("0,2 18,22 10,42 -10,42 -18,22")))
    for k in range(2 + kind % 2):
        p.fill(ink, box(4, 176 + k * 24, 36 - 8 * ((k + kind) % 2), 15))
    p.line("paper", [(-3, 90), (-3, 120), (-3, 150)], 4, taper=True)


def roller(p: Print, ink: str = "rose") -> None:
    """Draw an ink roller that has just been drawn over a slab."""
    p.fill(ink, box(-130, 10, 260, 120))
    for k in range(9):
        p.stroke(ink, -110 + k * 28, 110 + 10 * (k % 3), 40, 7, angle=88)
    p.fill("ash", box(-120, -40, 240, 66, 22))
    p.line("paper", [(-96, -22), (0, -24), (96, -22)], 8, taper=True)
    p.line(
        "ash",
        smooth(path("-120,-8 -146,-20 -140,-78 0,-90 140,-78 146,-20 120,-8"), closed=False),
        9,
    )
    p.fill("amber", smooth(path("-16,-92 16,-92 22,-150 14,-196 -14,-196 -22,-150")))
    p.line("paper", [(-6, -110), (-9, -146), (-6, -180)], 5, taper=True)


def tin(p: Print, ink: str) -> None:
    """Draw a tin of ink with a drip, standing on y = 100."""
    p.fill("ash", box(-62, -40, 124, 140, 6))
    p.fill("paper", box(-62, 0, 124, 60))
    p.fill(ink, box(-56, 6, 112, 48))
    p.fill("ash", oval(0, -42, 66, 20))
    p.fill(ink, oval(0, -44, 54, 13))
    p.fill(ink, smooth(path("24,-38 40,-38 42,0 34,18 25,0")))
    p.line("paper", [(-46, 70), (-46, 88)], 5)


def cat(p: Print, ink: str = "ash") -> None:
    """Draw a cat asleep, curled, lying on y = 60."""
    p.fill(ink, smooth(path("-150,60 -160,0 -110,-66 -10,-86 90,-56 136,10 120,60")))
    p.fill("paper", smooth(path("-166,62 -170,4 -122,-18 -70,6 -62,62")))
    p.fill(ink, smooth(path("-158,60 -162,10 -122,-10 -76,12 -70,60")))
    for x, lean in ((-146, -10), (-94, 10)):
        p.fill(ink, [(x - 18, 10), (x + lean, -42), (x + 20, 8)])
    for x in (-136, -100):
        p.line("paper", smooth([(x - 10, 22), (x, 29), (x + 10, 22)], closed=False), 5, taper=True)
    p.fill("rose", [(-124, 36), (-112, 36), (-118, 43)])
    for k in range(7):
        p.line(
            "paper",
            smooth(arc(-20 + k * 18, 30, 78, 255 + k * 6, 290 + k * 6), closed=False),
            5,
            taper=True,
        )
    p.line("paper", smooth(path("124,50 40,64 -40,50 -60,30"), closed=False), 28)
    p.line(ink, smooth(path("124,50 40,62 -40,50 -58,32"), closed=False), 22)
