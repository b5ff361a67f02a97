"""The receiver of Ghost's webhooks: every one that is Ghost's is stored once, and nothing else."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from quart.typing import TestClientProtocol as Client
from sqlalchemy import text

from app import create_app
from bp import blog
from infrastructure.embedded_postgres import EmbeddedPostgres
from infrastructure.factory import BaseApp
from infrastructure.jobs.overview import living_jobs
from infrastructure.settings import load_settings
from services.ghost.events import EVENTS
from services.ghost.inbox import LARGEST, Inbox, inbox_state
from tests.ghost_replay import signing

NOW = 1_795_397_334.0
SECRETS = ("the new secret", "s3cret-webhook")
CAPTURED = Path(__file__).resolve().parents[3] / "shared" / "ghost" / "captured" / "webhooks"
BODY = b'{"post":{"current":{"id":"6507f1f77bcf86cd79943901"},"previous":{}}}'


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Receiver:
    app: BaseApp
    client: Client
    clock: Clock

    async def send(
        self,
        event: str = "post.edited",
        body: bytes = BODY,
        *,
        secret: str = SECRETS[1],
        at: float | None = None,
        signature: str | None = None,
    ) -> int:
        """Send a webhook as Ghost does, and return the status of the answer."""
        moment = int((self.clock.now if at is None else at) * 1000)
        given = signing.signature(secret, body, moment) if signature is None else signature
        headers = {"X-Ghost-Signature": given} if given else {}
        response = await self.client.post(
            f"/webhooks/ghost/{event}",
            data=body,
            headers={"Content-Type": "application/json", **headers},
        )
        return int(response.status_code)

    async def rows(self) -> list[Any]:
        async with self.app.database.read() as connection:
            return list(await connection.execute(text("SELECT * FROM ghost_webhooks ORDER BY id")))


@pytest.fixture(scope="module")
async def receiving(
    postgres_server: EmbeddedPostgres,
    _administrator: asyncpg.Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Receiver]:
    """The app with a clock of its own; nobody acts on what is stored."""
    await _administrator.execute("CREATE DATABASE webhooks TEMPLATE template_of_tests")
    app = create_app(
        load_settings(
            environment="test",
            database_url=postgres_server.url("webhooks"),
            var_folder=tmp_path_factory.mktemp("webhooks") / "var",
            secret_key="a key of the tests alone",
            rate_limits=False,
            run_jobs_in="work",
        )
    )
    clock = Clock()
    blog.receive_webhooks(app, Inbox(app.database, SECRETS, clock))
    async with app.test_app():
        yield Receiver(app, app.test_client(), clock)


@pytest.fixture
async def receiver(receiving: Receiver) -> AsyncIterator[Receiver]:
    """The receiver with an empty inbox."""
    receiving.clock.now = NOW
    yield receiving
    async with receiving.app.database.unit_of_work() as work:
        await work.session.execute(text("TRUNCATE ghost_webhooks, jobs.pgqueuer"))


async def test_a_webhook_is_stored_with_its_job(receiver: Receiver) -> None:
    assert await receiver.send() == 202
    [row] = await receiver.rows()
    assert (row.event, row.kind, row.ghost_id) == (
        "post.edited",
        "posts",
        "6507f1f77bcf86cd79943901",
    )
    assert (row.body, row.done_at, row.outcome) == (BODY, None, None)
    assert row.sent_at.timestamp() == NOW
    async with receiver.app.database.read() as connection:
        [job] = [it for it in await living_jobs(connection) if it.name == "ghost.apply"]
        state = await inbox_state(connection)
    assert json.loads(job.payload) == {"kind": "posts", "ghost_id": "6507f1f77bcf86cd79943901"}
    assert (state.waiting, [it.event for it in state.last]) == (1, ["post.edited"])


async def test_the_answer_says_so(receiver: Receiver) -> None:
    signature = signing.signature(SECRETS[0], BODY, int(NOW * 1000))
    response = await receiver.client.post(
        "/webhooks/ghost/post.edited", data=BODY, headers={"X-Ghost-Signature": signature}
    )
    assert response.status_code == 202
    assert await response.get_json() == {"status": "stored"}
    assert response.headers["Cache-Control"] == "private, no-store"


async def test_every_event_has_its_address(receiver: Receiver) -> None:
    for number, event in enumerate(EVENTS):
        assert await receiver.send(event, b'{"event":"x"}', at=NOW + number) == 202, event


async def test_a_replay_is_one_row_and_each_secret_counts(receiver: Receiver) -> None:
    assert [await receiver.send() for _ in range(3)] == [202, 202, 202]
    assert len(await receiver.rows()) == 1
    assert await receiver.send(secret=SECRETS[0]) == 202
    assert await receiver.send(at=NOW + 1) == 202
    assert len(await receiver.rows()) == 3
    assert await asyncio.gather(*(receiver.send(at=NOW + 2) for _ in range(5))) == [202] * 5
    assert len(await receiver.rows()) == 4


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"secret": "another"}, 401),
        ({"signature": ""}, 401),
        ({"signature": "sha256=zz, t=1795397334000"}, 401),
        ({"signature": "sha256=" + "0" * 64 + ", t=1795397334000"}, 401),
        ({"signature": "sha256=" + "0" * 64 + ", t=" + "9" * 40}, 401),
        ({"at": NOW - 301}, 401),
        ({"at": NOW + 301}, 401),
        ({"at": NOW - 299}, 202),
        ({"at": NOW + 299}, 202),
        ({"body": b"not json"}, 400),
        ({"body": b""}, 400),
        ({"body": b"\xff\xfe"}, 400),
        ({"body": b"[]"}, 202),
        ({"body": b'{"post":{"current":{"id":5}}}'}, 202),
        ({"body": b'{"post":{"current":{"id":"a\\u0000b"}}}'}, 202),
        ({"event": "post.exploded"}, 404),
        ({"event": "subscriber.added"}, 404),
        ({"event": "post"}, 404),
    ],
    ids=lambda value: re.sub(r"\W+", "-", str(value))[:40],
)
async def test_what_is_taken_and_what_is_not(
    receiver: Receiver, given: dict[str, Any], status: int
) -> None:
    assert await receiver.send(**given) == status
    assert len(await receiver.rows()) == (status == 202)


async def test_a_body_may_have_ten_megabytes_and_no_more(receiver: Receiver) -> None:
    largest = b'{"post":"' + b"x" * (LARGEST - 11) + b'"}'
    assert len(largest) == LARGEST
    assert await receiver.send(body=largest) == 202
    assert await receiver.send(body=largest + b" ") == 413


async def test_an_unsigned_body_is_not_even_read(receiver: Receiver) -> None:
    assert await receiver.send(body=b"x" * LARGEST, signature="") == 401


async def test_no_answer_is_410(receiver: Receiver) -> None:
    """Ghost deletes a webhook that is answered so."""
    statuses = set()
    for method in ("get", "head", "post", "put", "delete", "options", "patch"):
        for path in ("post.edited", "post.edited/", "unknown", "", "a/b", "%00", "post.deleted"):
            response = await getattr(receiver.client, method)(f"/webhooks/ghost/{path}")
            statuses.add(response.status_code)
    assert 410 not in statuses
    async with receiver.app.database.unit_of_work() as work:
        await work.session.execute(text("ALTER TABLE ghost_webhooks RENAME TO away"))
    try:
        assert await receiver.send() == 500
    finally:
        async with receiver.app.database.unit_of_work() as work:
            await work.session.execute(text("ALTER TABLE away RENAME TO ghost_webhooks"))


async def test_ghosts_own_are_never_too_many_and_others_are(receiver: Receiver) -> None:
    app = create_app(
        receiver.app.settings.model_copy(update={"rate_limits": True, "run_jobs_in": "work"})
    )
    blog.receive_webhooks(app, Inbox(app.database, SECRETS, receiver.clock))
    async with app.test_app():
        limited = Receiver(app, app.test_client(), receiver.clock)
        for number in range(150):
            if await limited.send(at=NOW + number / 1000) != 202:
                pytest.fail(f"the webhook {number} was refused")
        statuses = [await limited.send(signature="") for _ in range(300)]
    assert statuses[:100] == [401] * 100
    assert 429 in statuses


@pytest.mark.skipif(not CAPTURED.is_dir(), reason=f"no captured webhooks lie at {CAPTURED}")
async def test_every_captured_webhook_is_taken_with_its_own_signature(receiver: Receiver) -> None:
    unsigned, taken = 0, 0
    for path in sorted(CAPTURED.glob("*.json")):
        captured = json.loads(path.read_text("utf-8"))
        signature = captured["headers"].get("x-ghost-signature", "")
        event = captured["path"].strip("/").rpartition("_")[2]
        receiver.clock.now = captured["received_at"]
        status = await receiver.send(
            event, captured["raw_body"].encode(), signature=signature, at=NOW
        )
        assert status == (202 if signature else 401), path.name
        unsigned += not signature
        taken += status == 202
        if signature:
            about: dict[str, Any] = next(
                (it for it in captured["body"].values() if isinstance(it, dict)), {"current": {}}
            )
            wanted = about["current"].get("id") or about.get("previous", {}).get("id")
            row = (await receiver.rows())[-1]
            assert (row.event, row.ghost_id) == (event, wanted), path.name
    assert taken > 100
    assert len(await receiver.rows()) == taken
    assert taken + unsigned == len(list(CAPTURED.glob("*.json")))
