"""The rows of the replayed site and how they are made: ids, times, and objects out of templates.

``templates.json`` holds objects as a real Ghost 6 gave them, so that no field is forgotten here.
"""

import copy
import json
import random
import uuid
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

Record = dict[str, Any]

TEXT_FIELDS = (
    "custom_excerpt",
    "codeinjection_head",
    "codeinjection_foot",
    "custom_template",
    "canonical_url",
    "og_image",
    "og_title",
    "og_description",
    "twitter_image",
    "twitter_title",
    "twitter_description",
    "meta_title",
    "meta_description",
    "feature_image",
    "feature_image_alt",
    "feature_image_caption",
    "frontmatter",
)
WORDS = (
    "bread",
    "flour",
    "rose",
    "ash",
    "coop",
    "table",
    "winter",
    "market",
    "river",
    "stone",
    "garden",
    "letter",
    "morning",
    "baker",
    "oven",
    "barrow",
    "field",
    "meeting",
    "member",
    "harvest",
    "salt",
    "rye",
    "song",
    "window",
    "kettle",
)


@cache
def _templates() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        (Path(__file__).parent / "templates.json").read_text("utf-8")
    )
    return loaded


def template(name: str) -> Any:
    """Return a fresh copy of a captured object."""
    return copy.deepcopy(_templates()[name])


def stamp(moment: datetime) -> str:
    """Write a time as the Admin API does; Ghost keeps whole seconds only."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Maker:
    """Makes ids and objects from one seed: the same seed gives the same site."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._machine = f"{self.random.getrandbits(40):010x}"
        self._counter = 0

    def object_id(self, moment: datetime) -> str:
        """Return an id as MongoDB's ObjectId: seconds, a machine, a counter; so it grows with
        time."""
        self._counter += 1
        return f"{int(moment.timestamp()):08x}{self._machine}{self._counter:06x}"

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def words(self, count: int) -> str:
        return " ".join(self.random.choice(WORDS) for _ in range(count))

    def sentence(self, count: int) -> str:
        return self.words(count).capitalize() + "."

    def base(self, name: str, moment: datetime) -> Record:
        """Return a copy of a template with an id and times of its own."""
        record: Record = template(name)
        record["id"] = self.object_id(moment)
        record["created_at"] = record["updated_at"] = stamp(moment)
        if "uuid" in record:
            record["uuid"] = self.uuid()
        return record

    def body(self, paragraphs: list[str]) -> Record:
        """Return the four formats of a document with these paragraphs and a rule between them."""
        children: list[Record] = []
        for text in paragraphs:
            leaf = {
                "detail": 0,
                "format": 0,
                "mode": "normal",
                "style": "",
                "text": text,
                "type": "extended-text",
                "version": 1,
            }
            children.append(
                {
                    "children": [leaf],
                    "direction": "ltr",
                    "format": "",
                    "indent": 0,
                    "type": "paragraph",
                    "version": 1,
                }
            )
        children.append({"type": "horizontalrule", "version": 1})
        root = {
            "children": children,
            "direction": "ltr",
            "format": "",
            "indent": 0,
            "type": "root",
            "version": 1,
        }
        return {
            "lexical": json.dumps({"root": root}, separators=(",", ":")),
            "mobiledoc": None,
            "html": "".join(f"<p>{text}</p>" for text in paragraphs) + "<hr>",
            "plaintext": "\n\n".join(paragraphs) + "\n\n",
            "reading_time": sum(len(text.split()) for text in paragraphs) // 275,
        }
