"""Memory stays bounded whatever is sent: measured in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

_PROGRAM = """
import asyncio, json, sys
from pathlib import Path

from infrastructure.errors import InvalidError
from services.media.intake import Caps, Intake
from services.media.paths import MediaKind
from services.media.store import FolderMediaStore
from tests.services.media import corpus

MEGABYTE = 1024 * 1024

def used():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024

async def gigabyte(start, seen):
    yield start
    piece = bytes(MEGABYTE)
    for _ in range(1024):
        seen[0] += 1
        yield piece

async def main():
    folder = Path(sys.argv[1])
    intake = Intake(FolderMediaStore(folder), Caps(media=64 * MEGABYTE, file=64 * MEGABYTE))
    before = used()
    told = []
    for kind, start, name in (
        (MediaKind.IMAGE, corpus.encoded("JPEG"), "a.jpg"),
        (MediaKind.MEDIA, corpus.mp4(), "a.mp4"),
        (MediaKind.FILE, b"%PDF-1.7", "a.pdf"),
        (MediaKind.IMAGE, b"<html>", "a.jpg"),
    ):
        seen = [0]
        try:
            await intake.take(gigabyte(start, seen), name=name, kind=kind)
        except InvalidError as error:
            told.append([str(error), seen[0]])
    streams = used()
    for data in (
        corpus.png_bomb(), corpus.gif_bomb(), corpus.webp_bomb(), corpus.frame_bomb()
    ):
        async def one():
            yield data
        try:
            await intake.take(one(), name="a", kind=MediaKind.IMAGE)
        except InvalidError as error:
            told.append([str(error), 0])
    left = sum(1 for it in folder.rglob("*") if it.is_file())
    print(json.dumps({"grown": [streams - before, used() - before], "told": told, "left": left}))

asyncio.run(main())
"""


def test_a_gigabyte_and_every_bomb_are_refused_in_little_memory(tmp_path: Path) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("This system does not tell how much memory a process used at most.")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(done.stdout)
    print(found)
    assert max(found["grown"]) < 64, "megabytes"
    sentences = [it[0] for it in found["told"]]
    assert len(sentences) == 8
    assert all(it.endswith(".") for it in sentences)
    assert [it[1] for it in found["told"]][:4] == [32, 64, 64, 1]
    assert found["left"] == 0
