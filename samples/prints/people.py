"""The portraits of the authors: square, plain, friendly, each with their own hair and clothes."""

from samples.prints.ink import Points, Print, box, oval, path, smooth


def _head(p: Print, skin: str, shade: str, clothes: str) -> None:
    """Draw shoulders, neck and a head whose face is around the origin of a 600-pixel square."""
    p.fill(clothes, smooth(path("30,660 60,500 190,440 300,430 410,440 540,500 570,660")))
    p.fill(skin, smooth(path("242,360 358,360 372,452 300,500 228,452")))
    for x in (176, 424):
        p.fill(skin, oval(x, 280, 24, 38))
    p.line(shade, smooth([(214, 398), (300, 440), (386, 398)], closed=False), 15, taper=True)
    p.fill(
        skin,
        smooth(
            path("180,230 200,150 300,116 400,150 420,230 412,320 366,396 300,416 234,396 188,320")
        ),
    )


def _face(p: Print, line: str = "ash", smile: float = 16, brows: bool = True) -> None:
    """Draw eyes, nose and mouth."""
    for side in (-1, 1):
        x = 300 + side * 56
        p.fill(line, oval(x, 262, 10, 12))
        p.line("paper", [(x - 4, 257), (x - 2, 256), (x, 255)], 3)
        if brows:
            p.line(
                line, smooth([(x - 30, 234), (x, 222), (x + 30, 232)], closed=False), 9, taper=True
            )
    p.line(line, smooth(path("302,262 314,306 296,318 286,314"), closed=False), 6, taper=True)
    p.line(line, smooth([(258, 352), (300, 352 + smile), (342, 352)], closed=False), 8, taper=True)
    for side in (-1, 1):
        p.hatch("rose", oval(300 + side * 88, 320, 22, 15), 62, 9, 3)


def marta(p: Print) -> None:
    """Draw Marta, with a wrapped scarf and an apron."""
    p.gouges("straw", 60, 44, 6, 0)
    _head(p, "umber", "ash", "leaf")
    _face(p, "ash", 22)
    p.fill("paper", smooth(path("204,470 300,500 396,470 420,640 180,640")))
    for x in (204, 396):
        p.line("paper", [(x, 476), (x + (300 - x) * 0.35, 404)], 16)
    p.fill(
        "rose",
        smooth(
            path("168,236 160,150 230,70 320,52 410,96 440,170 432,236 380,176 300,158 220,178")
        ),
    )
    p.fill("rose", smooth(path("380,90 420,30 500,44 470,110 420,130")))
    for k in range(5):
        p.line(
            "paper",
            smooth(
                [
                    (190 + k * 24, 196 - k * 9),
                    (240 + k * 26, 120 - k * 4),
                    (330 + k * 22, 82 + k * 12),
                ],
                closed=False,
            ),
            7,
            taper=True,
        )
    for x in (172, 428):
        p.fill("amber", oval(x, 330, 13))


def tom(p: Print) -> None:
    """Draw Tom, with a cap, a moustache and braces."""
    p.gouges("sage", 60, 44, 6, 0)
    _head(p, "blush", "mist", "straw")
    _face(p, "ash", 2, brows=False)
    for side in (-1, 1):
        p.line("mist", [(300 + side * 30, 232), (300 + side * 60, 222), (300 + side * 88, 234)], 15)
        p.line("ash", [(300 + side * 110, 470), (300 + side * 96, 640)], 26)
        p.fill(
            "mist",
            smooth(
                [
                    (300 + side * 122, 200),
                    (300 + side * 132, 240),
                    (300 + side * 122, 300),
                    (300 + side * 108, 240),
                ]
            ),
        )
    shape: Points = smooth(path("300,330 352,336 398,366 360,370 300,362 240,370 202,366 248,336"))
    p.fill("paper", shape)
    p.hatch("ash", shape, 78, 11, 3)
    p.fill("ash", smooth(path("164,206 150,150 220,86 320,74 420,100 448,160 438,206 300,180")))
    p.fill("ash", smooth(path("150,200 300,170 460,200 500,222 380,226 300,212 200,220")))
    for k in range(4):
        p.line(
            "paper",
            smooth(
                [
                    (190 + k * 22, 160 - k * 14),
                    (280 + k * 20, 126 - k * 8),
                    (380 + k * 10, 138 - k * 8),
                ],
                closed=False,
            ),
            6,
            taper=True,
        )


def ines(p: Print) -> None:
    """Draw Ines, with a short bob, round glasses and a spot of ink."""
    p.gouges("blush", 60, 44, 6, 0)
    p.fill(
        "ash",
        smooth(path("140,250 160,120 300,66 440,120 462,250 460,390 420,430 180,430 138,390")),
    )
    _head(p, "paper", "mist", "ash")
    _face(p, "ash", 12)
    p.fill(
        "ash",
        smooth(path("166,260 170,130 300,82 432,130 436,262 408,204 360,178 240,186 192,214")),
    )
    for k in range(6):
        p.line(
            "paper",
            smooth(
                [
                    (186 + k * 40, 190 - (k % 3) * 8),
                    (210 + k * 36, 140 - k % 2 * 10),
                    (250 + k * 20, 104),
                ],
                closed=False,
            ),
            6,
            taper=True,
        )
    for x in (156, 446):
        for k in range(3):
            p.line(
                "paper",
                [(x - 8 + k * 8, 290), (x - 8 + k * 8, 340), (x - 10 + k * 8, 396)],
                4,
                taper=True,
            )
    for x in (244, 356):
        p.ring("rose", x, 264, 42, 9)
    p.line("rose", [(286, 258), (314, 258)], 9)
    p.fill("leaf", oval(378, 338, 15, 12, 0.3))
    p.fill("rose", smooth(path("214,462 300,486 386,462 380,500 300,528 220,500")))
    p.fill("rose", smooth(path("250,500 300,516 290,600 256,590")))


def joss(p: Print) -> None:
    """Draw Joss, with a beard and a hat against the rain."""
    p.gouges("mist", 60, 44, 6, 106)
    _head(p, "blush", "mist", "leaf")
    beard = smooth(
        path("180,270 214,310 300,322 386,310 420,270 420,370 370,440 300,466 230,440 180,370")
    )
    p.fill("amber", beard)
    p.hatch("ash", beard, 84, 17, 3.5)
    p.fill("blush", smooth(path("252,340 300,334 348,340 330,368 300,374 270,368")))
    _face(p, "ash", 12)
    for k in range(5):
        p.line(
            "paper", [(120 + k * 90, 540), (116 + k * 92, 580), (112 + k * 94, 620)], 6, taper=True
        )
    p.fill("ash", smooth(path("86,212 200,186 400,186 514,212 430,240 300,222 170,240")))
    p.fill("ash", smooth(path("186,200 196,96 250,60 350,60 404,96 414,200")))
    p.fill("rose", path("190,164 410,164 414,198 186,198"))
    for k in range(4):
        p.line(
            "paper", [(228 + k * 40, 86), (224 + k * 42, 116), (222 + k * 44, 150)], 6, taper=True
        )


def samira(p: Print) -> None:
    """Draw Samira, with long curls and earrings."""
    p.gouges("rose", 60, 44, 6, 0)
    hair = smooth(
        path("130,300 120,180 200,80 300,56 400,80 480,180 470,300 500,420 470,540 130,540 100,420")
    )
    p.fill("paper", [(x + (300 - x) * -0.03, y + (300 - y) * -0.03) for x, y in hair])
    p.fill("ash", hair)
    _head(p, "straw", "mist", "amber")
    _face(p, "ash", 24)
    p.fill(
        "ash",
        smooth(
            path("168,280 164,150 250,84 360,84 436,150 434,280 404,196 330,146 290,158 206,200")
        ),
    )
    for side in (-1, 1):
        for k in range(5):
            x, y = 300 + side * (150 + 9 * (k % 2)), 190 + k * 62
            p.line(
                "paper",
                smooth(
                    [(x - 16, y), (x + 6, y + 14), (x - 6, y + 32), (x + 14, y + 48)], closed=False
                ),
                6,
                taper=True,
            )
        p.fill("leaf", oval(300 + side * 124, 334, 11, 18))
    for k in range(4):
        p.line(
            "paper",
            smooth(
                [(220 + k * 44, 160 - 20 * (k % 2)), (246 + k * 38, 116), (290 + k * 22, 96)],
                closed=False,
            ),
            6,
            taper=True,
        )
    p.line("paper", smooth([(214, 458), (300, 512), (386, 458)], closed=False), 8)


def edith(p: Print) -> None:
    """Draw Edith, with white hair in a bun, half-moon glasses and a pencil."""
    p.gouges("leaf", 60, 44, 6, 0)
    p.fill("paper", oval(300, 70, 72, 56, 0.05))
    p.fill(
        "paper",
        smooth(path("150,280 150,150 230,84 300,72 370,84 450,150 450,280 420,320 180,320")),
    )
    _head(p, "blush", "mist", "rose")
    _face(p, "ash", 12)
    p.fill(
        "paper",
        smooth(
            path("172,270 164,160 240,92 300,84 360,92 436,160 428,270 400,206 300,158 200,206")
        ),
    )
    for k in range(7):
        p.line(
            "ash",
            smooth(
                [
                    (190 + k * 34, 206 - 12 * (3 - abs(k - 3))),
                    (214 + k * 28, 140),
                    (264 + k * 12, 96),
                ],
                closed=False,
            ),
            4,
            taper=True,
        )
    for k in range(3):
        p.line(
            "ash",
            smooth(
                [(252 + k * 10, 80 - k * 16), (300, 62 - k * 16), (350 - k * 10, 80 - k * 14)],
                closed=False,
            ),
            4,
            taper=True,
        )
    for x in (244, 356):
        p.line(
            "ash",
            smooth(
                [
                    (x - 38, 276),
                    (x - 28, 306),
                    (x, 316),
                    (x + 28, 306),
                    (x + 38, 276),
                    (x - 38, 276),
                ],
                closed=False,
            ),
            6,
        )
    p.line("ash", [(282, 278), (318, 278)], 6)
    with p.at(452, 150, 1, 38):
        p.fill("amber", box(-9, -96, 18, 150))
        p.fill("ash", [(-9, 54), (9, 54), (0, 80)])
    p.fill("paper", smooth(path("214,456 290,500 250,560 186,500")))
    p.fill("paper", smooth(path("386,456 310,500 350,560 414,500")))
    p.fill("ash", oval(300, 520, 13))
    p.fill("ash", oval(300, 580, 11))
