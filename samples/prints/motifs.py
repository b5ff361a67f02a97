"""The things that come back in the pictures: bread, bicycles, tools, crockery, plants, houses.

Each function draws one thing around the origin, about 200 pixels tall; `Print.at` puts it where it
belongs. The order of the strokes is the order of the inks.
"""

import math

from samples.prints.ink import Point, Print, arc, box, oval, path, smooth


def loaf_round(p: Print, crust: str = "amber", cuts: int = 4) -> None:
    """Draw a round loaf with a leaf scored into it."""
    shape = smooth(path("-120,20 -100,-50 -30,-88 50,-84 110,-40 122,26 70,62 -70,62"))
    p.fill(crust, shape)
    shade = smooth(path("-118,30 -60,40 40,36 100,-30 122,26 72,62 -70,62"))
    p.hatch("ash", shade, 35, 11, 4)
    p.line("paper", smooth([(-84, 8), (-10, -30), (88, -36)], closed=False), 9, taper=True)
    for k in range(cuts):
        x = -52 + k * 34
        p.line(
            "paper",
            smooth([(x, -4 - k * 7), (x + 14, -34 - k * 5), (x + 34, -58 - k * 2)], closed=False),
            7,
            taper=True,
        )
        p.line(
            "paper",
            smooth([(x, -2 - k * 7), (x + 22, 4 - k * 5), (x + 48, 4 - k * 8)], closed=False),
            7,
            taper=True,
        )


def loaf_stick(p: Print, crust: str = "amber") -> None:
    """Draw a long thin loaf with slanting cuts."""
    p.fill(
        crust,
        smooth(path("-230,6 -200,-26 -60,-42 90,-42 206,-24 232,4 200,26 60,38 -90,38 -206,28")),
    )
    p.hatch(
        "ash", smooth(path("-226,12 -60,20 90,20 228,8 200,26 60,38 -90,38 -206,28")), 35, 11, 4
    )
    for k in range(6):
        x = -170 + k * 62
        p.line(
            "paper", smooth([(x, 10), (x + 24, -14), (x + 62, -26)], closed=False), 13, taper=True
        )


def loaf_tin(p: Print, crust: str = "amber") -> None:
    """Draw a loaf from the tin, with its risen top."""
    p.fill(crust, box(-110, -20, 220, 96, 10))
    p.fill(
        "rose" if crust == "ash" else crust,
        smooth(path("-128,-14 -116,-62 -50,-92 50,-92 116,-62 128,-14 60,0 -60,0")),
    )
    p.hatch("ash", box(40, -8, 70, 84), 90, 11, 4)
    p.line("ash", smooth([(-112, -8), (0, 2), (112, -8)], closed=False), 5)
    p.line("paper", smooth([(-84, -46), (0, -66), (84, -46)], closed=False), 11, taper=True)
    for k in range(4):
        p.line("paper", [(-80 + k * 34, 22), (-80 + k * 34, 56)], 4, taper=True)


def loaf_rye(p: Print) -> None:
    """Draw a small dark loaf with seeds."""
    p.fill("ash", smooth(path("-118,30 -104,-34 -40,-60 50,-60 108,-30 120,30 80,58 -80,58")))
    for _ in range(58):
        turn, far = p.random.uniform(0, math.tau), p.random.random() ** 0.5
        x, y = 98 * far * math.cos(turn), -2 + 46 * far * math.sin(turn)
        with p.at(x, y, 1, p.random.uniform(-50, 50)):
            p.carve(oval(0, 0, 6, 2.8))
            if p.random.random() < 0.4:
                p.over("amber", oval(0, 0, 6, 2.8))


def loaf_plait(p: Print, crust: str = "amber") -> None:
    """Draw a plaited loaf."""
    for k in range(7):
        x = -156 + k * 52
        wide = 40 + 14 * math.sin(math.pi * (k + 0.5) / 7)
        for side in (-1, 1):
            with p.at(x + 12 * side, side * wide * 0.42, 1, -34 * side):
                p.fill("paper", oval(0, 0, 52, wide * 0.62))
                p.fill(crust, oval(0, 0, 46, wide * 0.54))
                p.hatch("ash", oval(8, 6, 34, wide * 0.3), 10, 9, 3)
                p.line(
                    "paper",
                    smooth([(-30, -6), (0, -wide * 0.3), (28, -8)], closed=False),
                    5,
                    taper=True,
                )


def loaf_bun(p: Print, crust: str = "amber") -> None:
    """Draw a bun with currants."""
    p.fill(crust, smooth(path("-74,20 -56,-36 0,-56 58,-34 76,20 40,42 -40,42")))
    p.hatch("ash", smooth(path("-72,24 0,24 60,-10 76,20 40,42 -40,42")), 30, 10, 3.5)
    for x, y in ((-34, -8), (-8, -28), (22, -10), (38, 8), (-14, 10), (4, -6)):
        p.over("ash", oval(x, y, 7, 5))
    p.line("paper", smooth([(-44, -26), (-14, -44), (20, -42)], closed=False), 6, taper=True)


def loaf_flat(p: Print, crust: str = "amber") -> None:
    """Draw a flat bread with dimples and herbs."""
    p.fill(crust, oval(0, 0, 150, 88, 0.1))
    for k in range(17):
        turn, far = k * 2.4, 0.24 * k**0.46
        x, y = 128 * far * math.cos(turn), 72 * far * math.sin(turn)
        p.over("ash", oval(x, y, 11, 7))
        p.carve(oval(x + 3, y + 3, 8, 5))
        if k % 3 == 0:
            with p.at(x + 18, y - 8, 0.16, k * 50):
                leaf(p)


def leaf(p: Print, ink: str = "leaf", vein: str = "paper") -> None:
    """Draw a leaf that points up, with its veins cut."""
    p.fill(ink, smooth(path("0,-110 40,-60 50,0 26,60 0,92 -26,60 -50,0 -40,-60")))
    p.line(vein, [(0, -92), (0, 20), (0, 110)], 7, taper=True)
    for k in range(5):
        y, reach = -58 + k * 27, 36 - abs(k - 2) * 6
        for side in (-1, 1):
            p.line(
                vein,
                [(2 * side, y + 18), (reach * side * 0.6, y + 4), (reach * side, y - 8)],
                5,
                taper=True,
            )


def sprig(p: Print, ink: str = "leaf", pairs: int = 4) -> None:
    """Draw an ash leaf: leaflets in pairs along a stalk and one at the end."""
    p.line(ink, smooth([(0, 110), (6, 20), (0, -90)], closed=False), 6)
    for k in range(pairs):
        for side in (-1, 1):
            with p.at(4, 74 - k * 46, 0.36, side * 62), p.at(0, -96):
                leaf(p, ink)
    with p.at(0, -120, 0.36):
        leaf(p, ink)


def cabbage(p: Print, ink: str = "leaf") -> None:
    """Draw a cabbage seen from above."""
    for k in range(8):
        with p.at(0, 0, 1, k * 45 + 10):
            p.fill("paper", smooth(path("-40,-30 -58,-80 -20,-112 24,-108 58,-76 40,-30")))
            p.fill(ink, smooth(path("-36,-30 -53,-78 -18,-107 22,-103 53,-74 36,-30")))
            p.line("paper", smooth([(0, -30), (3, -64), (0, -98)], closed=False), 6, taper=True)
            p.line("paper", [(6, -56), (24, -76), (32, -84)], 4, taper=True)
            p.line("paper", [(-6, -56), (-24, -76), (-32, -84)], 4, taper=True)
    p.fill("paper", oval(0, 0, 54, 52, 0.1))
    p.fill(ink, oval(0, 0, 49, 47, 0.1))
    for k in range(3):
        p.line(
            "paper",
            smooth(arc(0, 0, 36 - k * 12, k * 100, k * 100 + 210), closed=False),
            5,
            taper=True,
        )


def wheel(p: Print, ink: str = "ash", spokes: int = 20, tyre: float = 12) -> None:
    """Draw a spoked wheel of radius 100."""
    p.ring(ink, 0, 0, 100 - tyre / 2, tyre)
    p.ring("ash", 0, 0, 100 - tyre - 6, 3.5)
    for k in range(spokes):
        turn = math.tau * k / spokes
        lean = turn + (0.5 if k % 2 else -0.5)
        p.line(
            "ash",
            [
                (10 * math.cos(lean), 10 * math.sin(lean)),
                (86 * math.cos(turn), 86 * math.sin(turn)),
            ],
            3,
        )
    p.fill("ash", oval(0, 0, 12))
    p.carve(oval(0, 0, 4))


def bicycle(p: Print, frame: str = "rose", front: str = "ash", back: str = "ash") -> None:
    """Draw a bicycle that looks right; its wheels stand on y = 100."""
    for x, ink in ((-150, back), (150, front)):
        with p.at(x, 0):
            wheel(p, ink)
    crank, seat, head = (-22.0, 14.0), (-62.0, -104.0), (106.0, -100.0)
    for tube in (
        [(-150, 0), crank],
        [(-150, 0), (-56, -86)],
        [crank, seat],
        [crank, (112, -80)],
        [(-54, -84), head],
    ):
        p.line("paper", tube, 15)
    for tube in (
        [(-150, 0), crank],
        [(-150, 0), (-56, -86)],
        [crank, seat],
        [crank, (112, -80)],
        [(-54, -84), head],
    ):
        p.line(frame, tube, 10)
    p.line("ash", smooth(path("100,-124 116,-66 128,-34 150,0"), closed=False), 9)
    p.line("ash", smooth(path("100,-122 120,-134 92,-146 62,-140 50,-128"), closed=False), 9)
    p.fill("ash", smooth(path("-100,-112 -92,-124 -58,-116 -24,-116 -28,-108 -70,-102")))
    p.ring("ash", *crank, 26, 8)
    p.line("ash", [(-48, 14), (-152, -7)], 3)
    p.line("ash", [(-22, 40), (-152, 8)], 3)
    p.line("ash", [(-46, -18), (2, 46)], 8)
    p.line("ash", [(-60, -20), (-34, -20)], 9)
    p.line("ash", [(-12, 48), (16, 48)], 9)


def house(
    p: Print, wall: str, roof: str, width: float = 150, height: float = 180, *, lit: bool = False
) -> None:
    """Draw a small house that stands on y = 0, its middle at x = 0."""
    half = width / 2
    p.fill(wall, box(-half, -height, width, height))
    p.fill(
        roof,
        [
            (-half - 12, -height + 4),
            (-half + 30, -height - 66),
            (half - 30, -height - 66),
            (half + 12, -height + 4),
        ],
    )
    for k in range(3):
        y = -height - 48 + k * 18
        p.line(
            "paper", [(-half + 22 - k * 10, y), (0, y + 1), (half - 22 + k * 10, y)], 3, taper=True
        )
    p.fill("ash", box(half - 52, -height - 104, 24, 52))
    pane = "amber" if lit else "paper"
    for row in range(max(1, int(height // 90))):
        for side in (-1, 1):
            x, y = side * half * 0.48, -height + 42 + row * 78
            p.fill(pane, box(x - 19, y - 22, 38, 46))
            p.line("ash", [(x, y - 22), (x, y + 24)], 4)
            p.line("ash", [(x - 19, y), (x + 19, y)], 4)
    p.fill("ash", box(-20, -62, 40, 62))
    p.carve(oval(10, -30, 3.5))


def tree(p: Print, ink: str = "leaf") -> None:
    """Draw a round tree that stands on y = 0."""
    p.line("ash", smooth([(0, 0), (-4, -60), (4, -120)], closed=False), 16)
    p.fill(ink, oval(0, -170, 92, 96, 0.16))
    for _ in range(46):
        turn, far = p.random.uniform(0, math.tau), p.random.random() ** 0.5 * 78
        x, y = far * math.cos(turn), -170 + far * math.sin(turn)
        p.stroke(ink, x, y, 24, 7, angle=p.random.uniform(-40, 40))
    p.line("paper", smooth([(0, -60), (2, -130), (0, -226)], closed=False), 8, taper=True)
    for y, reach in ((-110, 46), (-150, 40), (-188, 26)):
        p.line("paper", [(2, y), (reach * 0.6, y - 22), (reach, y - 42)], 6, taper=True)
        p.line("paper", [(0, y - 12), (-reach * 0.6, y - 34), (-reach, y - 52)], 6, taper=True)


def plate(p: Print, ink: str, food: str, filling: str = "amber") -> None:
    """Draw a plate seen from above, radius 100, with dots, leaves, bread, fish or soup on it."""
    p.fill("paper", oval(0, 0, 106, 106, 0.02))
    p.ring(ink, 0, 0, 96, 9)
    p.ring(ink, 0, 0, 66, 4)
    if food == "dots":
        for k in range(30):
            turn, far = k * 2.4, 9.6 * k**0.5
            p.over(filling, oval(far * math.cos(turn), far * math.sin(turn), 6, 5))
    elif food == "leaves":
        for k in range(5):
            with p.at(0, 0, 0.4, k * 72), p.at(0, -62):
                leaf(p)
    elif food == "bread":
        with p.at(0, 8, 0.48, -20):
            loaf_round(p)
    elif food == "soup":
        p.fill(filling, oval(0, 0, 60))
        p.line("paper", smooth(arc(0, 0, 40, 200, 300), closed=False), 6, taper=True)
        for x, y in ((-18, 10), (14, -12), (20, 20)):
            with p.at(x, y, 0.14, x * 5):
                leaf(p)
    else:
        p.fill("ash", smooth(path("-56,0 -20,-24 28,-14 44,0 28,14 -20,24")))
        p.fill("ash", path("38,0 62,-20 56,0 62,20"))
        p.carve(oval(-34, -5, 5))
        for k in range(4):
            p.line(
                "paper", smooth(arc(-24 + k * 17, 0, 15, -60, 60), closed=False), 3.5, taper=True
            )


def teapot(p: Print, ink: str = "rose") -> None:
    """Draw a round teapot."""
    p.line(ink, smooth(path("70,-40 128,-50 128,20 66,34"), closed=False), 16)
    p.fill(ink, smooth(path("-66,30 -112,4 -128,-56 -150,-70 -118,-74 -96,-30 -70,-34")))
    p.fill(ink, oval(0, 0, 88, 74, 0.02))
    p.fill("ash", oval(0, -72, 40, 10))
    p.fill("ash", oval(0, -90, 11))
    for k in range(5):
        p.line(
            "paper",
            smooth(
                [(-56 + k * 12, -40 + k * 3), (-66 + k * 16, 0), (-52 + k * 14, 40)], closed=False
            ),
            5,
            taper=True,
        )
    p.hatch("ash", smooth(path("20,66 80,10 86,-16 84,34 50,66")), 40, 10, 4)


def cup(p: Print, ink: str = "leaf") -> None:
    """Draw a cup with stripes and steam."""
    p.line(ink, smooth(path("36,-18 66,-22 62,18 32,20"), closed=False), 11)
    p.fill(ink, smooth(path("-46,-36 46,-36 42,16 22,44 -22,44 -42,16")))
    p.line("paper", smooth([(-40, -4), (0, 4), (40, -4)], closed=False), 6)
    p.line("paper", smooth([(-36, 14), (0, 22), (36, 14)], closed=False), 4)
    for x in (-14, 14):
        p.line(
            "ash",
            smooth([(x, -52), (x + 12, -74), (x - 8, -94), (x + 6, -118)], closed=False),
            5,
            taper=True,
        )


def flame(p: Print, size: float = 1) -> None:
    """Draw a flame that stands on y = 0."""
    with p.at(0, 0, size):
        p.fill("rose", smooth(path("0,0 -46,-30 -40,-86 -14,-120 -6,-164 26,-120 46,-76 44,-26")))
        p.fill("amber", smooth(path("0,0 -26,-22 -22,-60 0,-104 26,-58 26,-20")))
        p.carve(smooth(path("0,-4 -10,-24 0,-54 12,-24")))


def cloud(p: Print, ink: str = "ash") -> None:
    """Draw a heavy cloud."""
    p.fill(
        ink,
        smooth(
            path(
                "-170,40 -176,-10 -120,-40 -80,-86 0,-80 50,-104 112,-60 164,-36 182,16 150,44 0,52"
            )
        ),
    )
    for k in range(6):
        x = -130 + k * 50
        p.line(ink, smooth(arc(x, 14, 30, 190, 330), closed=False), 6, taper=True, cut=True)
        p.line(ink, smooth(arc(x + 22, -24, 24, 190, 330), closed=False), 5, taper=True, cut=True)


def pot(p: Print, ink: str = "rose") -> None:
    """Draw a flower pot whose rim is at y = 0."""
    p.fill(ink, path("-58,16 58,16 42,112 -42,112"))
    p.fill(ink, box(-68, -10, 136, 34, 5))
    p.line("ash", [(-58, 27), (60, 27)], 5)
    p.hatch("ash", path("16,30 56,30 42,112 16,112"), 90, 10, 4)
    p.line("paper", [(-40, 40), (-34, 92)], 6, taper=True)


def sleeve_hand(p: Print, sleeve: str, skin: str = "paper", length: float = 420) -> None:
    """Draw an arm that is raised from below: the palm around the origin, fingers up."""
    p.fill(sleeve, [(-58, 128), (58, 128), (84, length), (-84, length)])
    p.line("paper", smooth([(-58, 150), (0, 160), (58, 150)], closed=False), 6)
    for k in range(4):
        p.line(
            "paper",
            smooth([(-30 + k * 20, 190), (-34 + k * 23, 270), (-40 + k * 27, 350)], closed=False),
            5,
            taper=True,
        )
    fingers: list[tuple[Point, Point, float]] = [
        ((-44, -20), (-66, -126), 28),
        ((-16, -30), (-20, -160), 30),
        ((14, -30), (24, -156), 30),
        ((42, -18), (64, -118), 26),
        ((44, 50), (104, -16), 30),
    ]
    body = smooth(path("-58,-20 0,-44 56,-20 58,50 40,134 -40,134 -60,50"))
    for start, end, width in fingers:
        p.line("ash", [start, end], width + 10)
    p.over("ash", smooth(path("-64,-22 0,-50 62,-22 64,52 46,138 -46,138 -66,52")))
    for start, end, width in fingers:
        p.line("paper", [start, end], width)
        if skin != "paper":
            p.line(skin, [start, end], width)
    p.fill(skin, body)
    p.line("ash", smooth([(-40, 34), (0, 16), (40, 30)], closed=False), 5, taper=True)
    p.line("ash", smooth([(-30, 70), (-6, 40), (36, 56)], closed=False), 5, taper=True)
    p.line("ash", smooth([(40, 88), (14, 70), (10, 36)], closed=False), 4, taper=True)


def ground_strip(p: Print, ink: str, top: float) -> None:
    """Lay a strip of ground from `top` down, with the gouge's strokes in it."""
    p.fill(ink, box(0, top, p.width, p.height - top))
    for _ in range(int((p.height - top) / 6)):
        x, y = p.random.uniform(0, p.width), p.random.uniform(top + 24, p.height - 8)
        p.stroke(ink, x, y, 120, 6, angle=p.random.uniform(-3, 3))
