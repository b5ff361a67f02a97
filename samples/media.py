"""Make the sample site's small media and files: two sounds, one video, a PDF and two texts.

The sounds are computed here; `ffmpeg` must be on the PATH to turn them into MP3 and the drawn
frames into MP4. Run it only to make the files again: they are kept beside the posts.

    python -m samples.media
"""

import math
import random
import subprocess
import tempfile
import wave
from array import array
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

CONTENT = Path(__file__).resolve().parent / "content"
MEDIA = CONTENT / "media" / "sample"
FILES = CONTENT / "files" / "sample"
RATE = 22_050
FRAMES = 72
PAPER, ASH, ROSE, AMBER = "#f3ecdf", "#3b3633", "#b8324c", "#dc9a35"
MARCH = (392, 392, 523, 523, 659, 523, 392, 330, 349, 349, 440, 440, 523, 440, 349, 294)
CATALOGUE = """\
shelf,tool,how many,note
1 Measuring,steel rule 30 cm,6,
1 Measuring,surveyor's tape 30 m,1,wind it in dry
1 Measuring,spirit level,4,the long one is true
2 Cutting wood,handsaw,9,
2 Cutting wood,tenon saw,3,two for people who know why
3 Striking,claw hammer,11,one more than we thought
3 Striking,club hammer,4,
4 Holding,G-cramp,41,they ring
5 Turning,spanner set (metric),5,
5 Turning,spanner set (imperial),3,
6 Drilling,hand drill,7,
6 Drilling,box of forty bits,1,counted as one tool
7 Painting,good steps,1,ask first
8 Garden,spade,12,
8 Garden,apple picker,2,
8 Garden,shears,4,please dry them
9 Plumbing,drain rods,1,
9 Plumbing,plunger,1,famous
10 Sewing,leather punch,2,
11 Unnamed,thing with two cogs and a strap,1,there is a loaf in it for you
"""
DIRECTIONS = """\
How to find Rose Ash, in words

From the station: leave by the front door and turn left. You are at the top of Chapel Hill. The
pavement is on your right. Go down for about four hundred metres, to the chapel; it has a hand rail.

At the chapel turn right into Cross Street. After sixty metres there is a green gate on your left.
It is open from seven in the morning. The ground is smooth from here on.

Inside the gate, the bakery hatch is straight ahead, twenty metres. The kitchen is on the right:
one step, with a bell on the left of the door at the height of a wheelchair, and a ramp beside it.

For taxi drivers: Cross Street, not Mill Lane. Mill Lane has a bollard.
"""
SHEET = (
    ("January", "sharpen", "leeks, kale"),
    ("February", "broad beans, onions", "leeks, parsnips"),
    ("March", "peas, spinach, leeks", "purple sprouting"),
    ("April", "beetroot, chard, carrots", "rhubarb"),
    ("May", "beans, squash; tomatoes out after the 12th", "asparagus, radish"),
    ("June", "carrots again, chicory", "broad beans, strawberries"),
    ("July", "kale, turnips", "peas, currants, potatoes"),
    ("August", "spinach, winter salad", "everything; call your friends"),
    ("September", "broad beans, if brave", "beans, tomatoes, apples"),
    ("October", "garlic", "squash, pears"),
    ("November", "trees, currants", "leeks, roots"),
    ("December", "put the kettle on", "sprouts"),
)


def write_mp3(name: str, seconds: float, sample: Callable[[float], float]) -> None:
    """Write the sound whose pressure at a time in seconds is `sample(time)`, from -1 to 1."""
    count = int(seconds * RATE)
    values = (max(-1.0, min(1.0, sample(place / RATE))) for place in range(count))
    pressures = array("h", (int(32_000 * value) for value in values))
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "sound.wav"
        with wave.open(str(raw), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.writeframes(pressures.tobytes())
        ffmpeg("-i", str(raw), "-b:a", "48k", str(MEDIA / name))


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg; the last of `arguments` is the file to write, the same for the same input.

    Raises CalledProcessError when it fails, FileNotFoundError when it is not installed.
    """
    exact = ("-map_metadata", "-1", "-fflags", "+bitexact")
    command = ["ffmpeg", "-y", "-loglevel", "error", *arguments[:-1], *exact, arguments[-1]]
    subprocess.run(command, check=True)  # noqa: S603 - the words are fixed in this module


def worn_bearing(time: float) -> float:
    """Return a freewheel's purr with a dry click once in each turn of the pedals."""
    turn = time % 1.1
    click = math.exp(-turn * 70) * math.sin(2 * math.pi * 1_450 * turn)
    second = turn - 0.09
    echo = math.exp(-second * 90) * math.sin(2 * math.pi * 900 * second) if second > 0 else 0.0
    purr = 0.05 * math.sin(2 * math.pi * 58 * time) * (1 + math.sin(2 * math.pi * 24 * time))
    return 0.8 * click + 0.45 * echo + purr


def tuned_radio() -> Callable[[float], float]:
    """Return a hum and hiss out of which, after three seconds, a small march comes."""
    hiss = random.Random(40)

    def sample(time: float) -> float:
        clear = max(0.0, min(1.0, (time - 2.5) / 1.5))
        beat = time * 3.2
        pitch = MARCH[int(beat) % len(MARCH)]
        envelope = min(1.0, 12 * (beat % 1)) * math.exp(-1.6 * (beat % 1))
        tone = sum(math.sin(2 * math.pi * pitch * n * time) / n**1.3 for n in (1, 2, 3, 4))
        bass = math.sin(2 * math.pi * 98 * time) * math.exp(-3 * (beat % 2))
        noise = (1 - 0.9 * clear) * 0.16 * hiss.uniform(-1, 1)
        hum = (1 - 0.8 * clear) * 0.2 * math.sin(2 * math.pi * 100 * time)
        fade = min(1.0, (8 - time) * 2)
        return fade * (clear * (0.22 * envelope * tone + 0.2 * bass) + noise + hum)

    return sample


def flywheel_frame(angle: float) -> Image.Image:
    """Return one picture, 1280 by 720, of a spoked flywheel turned by `angle` radians."""
    picture = Image.new("RGB", (1280, 720), PAPER)
    draw = ImageDraw.Draw(picture)
    centre, radius = (560, 360), 270
    draw.rectangle((0, 640, 1280, 720), fill=ASH)
    draw.polygon([(500, 640), (620, 640), (585, 350), (535, 350)], fill=AMBER)
    box = [centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius]
    draw.ellipse(box, outline=ASH, width=44)
    for spoke in range(6):
        turn = angle + spoke * math.pi / 3
        bend = turn + 0.35
        points = [
            centre,
            (centre[0] + 140 * math.cos(bend), centre[1] + 140 * math.sin(bend)),
            (centre[0] + 240 * math.cos(turn + 0.1), centre[1] + 240 * math.sin(turn + 0.1)),
        ]
        draw.line(points, fill=ASH, width=26, joint="curve")
    draw.ellipse((500, 300, 620, 420), fill=ROSE)
    crank = (centre[0] + 205 * math.cos(angle), centre[1] + 205 * math.sin(angle))
    draw.line([crank, (980, 330)], fill=ROSE, width=20)
    draw.ellipse((crank[0] - 26, crank[1] - 26, crank[0] + 26, crank[1] + 26), fill=ROSE)
    push = 40 * math.cos(angle)
    draw.rounded_rectangle((960 + push, 250, 1150 + push, 410), 18, fill=AMBER)
    draw.rectangle((930, 420, 1230, 460), fill=ASH)
    return picture.resize((960, 540), Image.Resampling.LANCZOS)


def write_video(name: str) -> None:
    """Write six seconds of the flywheel; the last frame leads into the first."""
    with tempfile.TemporaryDirectory() as folder:
        for frame in range(FRAMES):
            flywheel_frame(2 * math.pi * frame / FRAMES).save(Path(folder) / f"{frame:03}.png")
        source = str(Path(folder) / "%03d.png")
        encode = ("-c:v", "libx264", "-crf", "30", "-pix_fmt", "yuv420p", "-threads", "1")
        ffmpeg("-framerate", "12", "-i", source, *encode, "-movflags", "+faststart", name)


def pdf(lines: list[tuple[int, int, int, str]]) -> bytes:
    """Return a one-page A4 PDF with `lines` of (x, y, size, text), in points from below left.

    The text is Latin-1, in Times, one of the fourteen fonts that every reader of PDF 1.4 brings.
    """
    escaped = (
        (x, y, size, text.replace("(", "\\(").replace(")", "\\)")) for x, y, size, text in lines
    )
    stream = "".join(
        f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET\n" for x, y, size, text in escaped
    ).encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%sendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n" % (len(objects) + 1, len(body))
    return body + head + table + trailer + b"%%EOF\n"


def planting_sheet() -> bytes:
    """Return the sheet that hangs in the sheds, as a PDF."""
    lines = [(56, 770, 28, "The allotment year"), (56, 742, 12, "Withybridge, plots 1 to 32")]
    columns = (56, 150, 380)
    for x, text in zip(columns, ("", "sow and plant", "pick"), strict=True):
        lines.append((x, 700, 11, text))
    for place, row in enumerate(SHEET):
        for x, text in zip(columns, row, strict=True):
            lines.append((x, 668 - 42 * place, 13, text))
    lines.append((56, 130, 12, "Last frost: the twelfth of May. Water at the root, seldom, a lot."))
    lines.append((56, 80, 9, "Joss Pellow and the Ash Press, Rose Ash Cooperative, 2026"))
    return pdf(lines)


def main() -> None:
    """Write all of them below `samples/content`."""
    write_mp3("bottom-bracket.mp3", 7, worn_bearing)
    write_mp3("radio-tuning.mp3", 8, tuned_radio())
    write_video(str(MEDIA / "press-turning.mp4"))
    (FILES / "planting-sheet.pdf").write_bytes(planting_sheet())
    (FILES / "tool-catalogue.csv").write_text(CATALOGUE, "utf-8")
    (FILES / "how-to-find-us.txt").write_text(DIRECTIONS, "utf-8")


if __name__ == "__main__":
    main()
