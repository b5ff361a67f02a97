"""An open window of the editor's program, and drafts to write into."""

import json
from typing import Any
from uuid import uuid4

from tests.bp.conftest import Visitor
from tests.lexical.test_merging import document


def text(*lines: str) -> str:
    return json.dumps(document(*lines))


class Window:
    """One open window of the editor's program: knows its post and the version that it saw last."""

    def __init__(self, visitor: Visitor, post_id: int, version: int) -> None:
        self.visitor = visitor
        self.post_id = post_id
        self.version = version
        self.client = str(uuid4())
        self.seq = 0

    async def ask(self, method: str, what: str, content: Any = None) -> tuple[int, Any]:
        answer = await self.visitor.send(method, f"/admin/posts/{self.post_id}/{what}", content)
        return answer.status_code, await answer.get_json()

    async def save(self, **fields: Any) -> tuple[int, Any]:
        self.seq += 1
        wanted = {"base": self.version, "client": self.client, "seq": self.seq, "fields": fields}
        status, found = await self.ask("PUT", "copy", wanted)
        if status == 200:
            self.version = found["copy_version"]
        return status, found

    async def copy(self) -> dict[str, Any]:
        answer = await self.visitor.get(f"/admin/posts/{self.post_id}/copy")
        assert answer.status_code == 200
        found: dict[str, Any] = await answer.get_json()
        return found

    async def act(self, what: str, **more: Any) -> tuple[int, Any]:
        status, found = await self.ask("POST", what, {"copy_version": self.version, **more})
        if status == 200:
            self.version = found["copy_version"]
        return status, found


async def opened(visitor: Visitor, post_id: int) -> Window:
    window = Window(visitor, post_id, 0)
    window.version = (await window.copy())["copy_version"]
    return window


async def draft(visitor: Visitor, **fields: Any) -> Window:
    answer = await visitor.send("POST", "/admin/posts/")
    assert answer.status_code == 201, await answer.get_data(as_text=True)
    window = await opened(visitor, (await answer.get_json())["id"])
    if fields:
        assert (await window.save(**fields))[0] == 200
    return window
