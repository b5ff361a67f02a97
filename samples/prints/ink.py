"""A printing table: shapes are cut into one block for each ink, then inked and pulled on paper.

Every ink is a mask of its own. `fill` lays a shape down and cuts it out of the inks below, `over`
prints it on top of them, `carve` takes ink away. `pull` roughens the edges, lets the ink miss in
places, sets the blocks down a hair out of register and multiplies them on the paper, which is what
makes a linocut look like one. What is drawn is the business of the other modules.

All lengths are pixels of the finished picture; angles are degrees, clockwise.
"""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Point = tuple[float, float]
Points = Sequence[Point]

SCALE = 2
PAPER = (247, 240, 228)
INKS = {
    "straw": (243, 222, 176),
    "blush": (238, 199, 188),
    "sage": (201, 215, 190),
    "mist": (216, 211, 203),
    "dusk": (74, 76, 92),
    "umber": (142, 92, 66),
    "amber": (222, 152, 52),
    "leaf": (62, 120, 86),
    "rose": (184, 52, 76),
    "ash": (52, 46, 43),
}
FONT = "DejaVuSerif-Bold.ttf"


def path(words: str) -> list[Point]:
    """Return the points of `words`, such as `-20,0 0,35.5 20,0`; it keeps a shape short."""
    pairs = (word.split(",") for word in words.split())
    return [(float(x), float(y)) for x, y in pairs]


def smooth(points: Points, closed: bool = True, steps: int = 8) -> list[Point]:
    """Return a Catmull-Rom curve through `points`."""
    count = len(points)
    spans = count if closed else count - 1
    result: list[Point] = []
    for place in range(spans):
        if closed:
            a, b, c, d = (points[(place + k) % count] for k in (-1, 0, 1, 2))
        else:
            a, b, c, d = (points[max(0, min(count - 1, place + k))] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            result.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    if not closed:
        result.append(points[-1])
    return result


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


def oval(x: float, y: float, rx: float, ry: float | None = None, wobble: float = 0) -> list[Point]:
    """Return an ellipse; `wobble` is how far, in parts of the radius, it may be off."""
    ry = rx if ry is None else ry
    result = []
    for place in range(48):
        turn = math.tau * place / 48
        bump = 1 + wobble * (math.sin(3 * turn + x) + 0.6 * math.sin(5 * turn + y)) / 2
        result.append((x + rx * bump * math.cos(turn), y + ry * bump * math.sin(turn)))
    return result


def box(x: float, y: float, width: float, height: float, radius: float = 0) -> list[Point]:
    """Return a rectangle with its corner at `x`, `y`, rounded by `radius`."""
    right, bottom = x + width, y + height
    if not radius:
        return [(x, y), (right, y), (right, bottom), (x, bottom)]
    result = []
    corners = ((right, y, -90), (right, bottom, 0), (x, bottom, 90), (x, y, 180))
    for corner_x, corner_y, start in corners:
        middle_x = corner_x - radius if corner_x == right else corner_x + radius
        middle_y = corner_y - radius if corner_y == bottom else corner_y + radius
        for step in range(7):
            turn = math.radians(start + 15 * step)
            result.append(
                (middle_x + radius * math.cos(turn), middle_y + radius * math.sin(turn)),
            )
    return result


def arc(x: float, y: float, radius: float, start: float, end: float) -> list[Point]:
    """Return the points of an arc from the angle `start` to `end`."""
    count = max(3, int(abs(end - start) / 6))
    turns = (math.radians(start + (end - start) * k / count) for k in range(count + 1))
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]


class Print:
    """One print in the making: `width` by `height` pixels, its chances fixed by `seed`."""

    def __init__(self, width: int, height: int, seed: str, ground: str = "paper") -> None:
        self.width = width
        self.height = height
        self.random = random.Random(seed)
        self._size = (width * SCALE, height * SCALE)
        self._blocks: dict[str, Image.Image] = {}
        self._move: tuple[float, float, float, float, float, float] = (1, 0, 0, 1, 0, 0)
        if ground != "paper":
            self.over(ground, box(0, 0, width, height))

    @contextmanager
    def at(
        self, x: float, y: float, scale: float = 1, turn: float = 0, flip: bool = False
    ) -> Iterator[None]:
        """Draw what follows around `x`, `y`, `scale` times as large, turned and mirrored."""
        a, b, c, d, e, f = before = self._move
        cos, sin = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
        side = -1 if flip else 1
        self._move = (
            (a * cos + c * sin) * side,
            (b * cos + d * sin) * side,
            -a * sin + c * cos,
            -b * sin + d * cos,
            a * x + c * y + e,
            b * x + d * y + f,
        )
        yield
        self._move = before

    def _place(self, points: Points) -> list[Point]:
        a, b, c, d, e, f = self._move
        return [((a * x + c * y + e) * SCALE, (b * x + d * y + f) * SCALE) for x, y in points]

    def _block(self, ink: str) -> Image.Image:
        if ink not in self._blocks:
            self._blocks[ink] = Image.new("L", self._size)
        return self._blocks[ink]

    def _cut(self, ink: str, points: Points, value: int) -> None:
        if len(points) > 2:
            ImageDraw.Draw(self._block(ink)).polygon(self._place(points), fill=value)

    def over(self, ink: str, points: Points) -> None:
        """Print a shape on top of whatever is there."""
        self._cut(ink, points, 255)

    def carve(self, points: Points, ink: str = "") -> None:
        """Take a shape out of `ink`, or out of all inks so that the paper shows."""
        for name in [ink] if ink else list(self._blocks):
            self._cut(name, points, 0)

    def fill(self, ink: str, points: Points) -> None:
        """Print a shape in `ink` alone; `paper` leaves it blank."""
        self.carve(points)
        if ink != "paper":
            self.over(ink, points)

    def line(
        self, ink: str, points: Points, width: float = 6, taper: bool = False, cut: bool = False
    ) -> None:
        """Draw a line in `ink` over the rest, or cut it out of `ink` (`paper`: out of all).

        A tapered line is thin at both ends, as a gouge leaves it.
        """
        left, right = [], []
        last = len(points) - 1
        for place, (x, y) in enumerate(points):
            before, after = points[max(0, place - 1)], points[min(last, place + 1)]
            dx, dy = after[0] - before[0], after[1] - before[1]
            length = math.hypot(dx, dy) or 1
            half = width / 2
            if taper:
                half *= max(0.12, math.sin(math.pi * (place + 0.15) / (last + 0.3)))
            left.append((x - dy / length * half, y + dx / length * half))
            right.append((x + dy / length * half, y - dx / length * half))
        shapes = [left + right[::-1]]
        if not taper:
            shapes += [oval(*points[0], width / 2), oval(*points[-1], width / 2)]
        for shape in shapes:
            if ink == "paper":
                self.carve(shape)
            elif cut:
                self.carve(shape, ink)
            else:
                self.over(ink, shape)

    def ring(self, ink: str, x: float, y: float, radius: float, width: float = 6) -> None:
        """Draw a circle's line."""
        self.line(ink, arc(x, y, radius, 0, 360), width)

    def text(self, ink: str, x: float, y: float, words: str, size: float) -> None:
        """Print `words` upright around the point `x`, `y`, whatever the turn; knocks out below."""
        font = ImageFont.truetype(FONT, int(size * math.hypot(*self._move[:2]) * SCALE))
        ((px, py),) = self._place([(x, y)])
        self._block(ink)
        for name, block in self._blocks.items():
            value = 255 if name == ink else 0
            ImageDraw.Draw(block).text((px, py), words, fill=value, font=font, anchor="mm")

    def gouges(
        self, ink: str, count: int, length: float = 40, width: float = 5, flow: float = 0
    ) -> None:
        """Leave about `count` strokes of the gouge all over `ink`, running along `flow`."""
        step = math.sqrt(self.width * self.height / count)
        for row in range(int(self.height / step) + 1):
            for column in range(int(self.width / step) + 1):
                x = (column + 0.5 * (row % 2) + self.random.uniform(-0.3, 0.3)) * step
                y = (row + self.random.uniform(-0.3, 0.3)) * step
                bend = 9 * math.sin(x / 260) + 9 * math.cos(y / 210)
                self.stroke(
                    ink, x, y, length * self.random.uniform(0.4, 1.2), width, angle=flow + bend
                )

    def stroke(
        self, ink: str, x: float, y: float, length: float, width: float = 6, *, angle: float = 0
    ) -> None:
        """Cut one short tapered stroke out of `ink`, its middle at `x`, `y`."""
        dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        points = [(x + dx * length * k / 4, y + dy * length * k / 4) for k in range(-2, 3)]
        self.line(ink, points, width, taper=True, cut=True)

    def hatch(
        self, ink: str, shape: Points, angle: float = 60, pitch: float = 14, width: float = 5
    ) -> None:
        """Shade `shape` with parallel strokes of `ink`."""
        placed = self._place(shape)
        mask = Image.new("L", self._size)
        ImageDraw.Draw(mask).polygon(placed, fill=255)
        lines = Image.new("L", self._size)
        draw = ImageDraw.Draw(lines)
        xs, ys = [x for x, _ in placed], [y for _, y in placed]
        middle_x, middle_y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
        reach = math.hypot(max(xs) - min(xs), max(ys) - min(ys))
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        offset = -reach
        while offset < reach:
            jitter = self.random.uniform(-0.2, 0.2) * pitch * SCALE
            x, y = middle_x - sin * (offset + jitter), middle_y + cos * (offset + jitter)
            ends = [(x - cos * reach, y - sin * reach), (x + cos * reach, y + sin * reach)]
            draw.line(ends, fill=255, width=int(width * SCALE))
            offset += pitch * SCALE
        block = self._block(ink)
        self._blocks[ink] = ImageChops.lighter(block, ImageChops.multiply(mask, lines))

    def _noise(self, cell: int) -> Image.Image:
        """Return soft noise whose grain is about `cell` finished pixels."""
        width, height = self.width // cell + 2, self.height // cell + 2
        grain = Image.frombytes("L", (width, height), self.random.randbytes(width * height))
        return grain.resize((self.width, self.height), Image.Resampling.BICUBIC)

    def pull(self) -> Image.Image:
        """Return the finished print."""
        sheet = Image.new("RGB", (self.width, self.height), PAPER)
        fibres = self._noise(5).point(lambda v: 250 + v // 43)
        sheet = ImageChops.multiply(sheet, Image.merge("RGB", [fibres] * 3))
        for ink, colour in INKS.items():
            if ink not in self._blocks:
                continue
            block = self._blocks[ink].resize((self.width, self.height), Image.Resampling.BOX)
            # The knife wanders: a little noise moves the edge where the blurred block is half grey.
            block = block.filter(ImageFilter.GaussianBlur(1.6))
            rough = Image.blend(block, self._noise(7), 0.16)
            block = rough.point(lambda v: max(0, min(255, (v - 112) * 9)))
            # The roller misses: rare specks without ink, and a density that is never quite even.
            specks = self._noise(3).point(lambda v: 255 if v > 20 else 130 + v * 5)
            even = self._noise(90).point(lambda v: 226 + v // 9)
            block = ImageChops.multiply(ImageChops.multiply(block, specks), even)
            shift = [self.random.choice((-2, -1, 0, 1, 2)) for _ in range(2)]
            shifted = Image.new("L", block.size)
            shifted.paste(block)
            shifted.paste(block, (shift[0], shift[1]))
            block = shifted
            inked = ImageChops.multiply(sheet, Image.new("RGB", sheet.size, colour))
            sheet = Image.composite(inked, sheet, block)
        return sheet
