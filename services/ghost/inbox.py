"""The inbox of Ghost's webhooks: checked, stored together with the job that acts on them, counted.

A payload is only a hint that something happened to an object: what did is asked of Ghost by the job
(`applying.py`). Ghost sends each webhook once, waits two seconds and forgets it, so nothing is done
before it is stored. What arrives while one transaction commits is stored together by the next: a
burst (Ghost sends several for each object of a bulk change) waits for few commits, not for many.

Source: Ghost's `webhook-trigger.js`: `X-Ghost-Signature: sha256=<hex>, t=<milliseconds>`, an
HMAC-SHA256 over the body followed by the decimal milliseconds (seen with Ghost 5.130 and 6.65).
"""

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from prometheus_client import Counter
from sqlalchemy import Text, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.jobs import Job, enqueue_many
from models.inbox import GhostWebhook
from services.ghost.events import EVENTS

# The kind of object that an event is about, by the first word of its name.
_KINDS: Final = {
    "post": "posts",
    "page": "pages",
    "tag": "tags",
    "member": "members",
    "site": "settings",
}

LARGEST: Final = 10 * 1024 * 1024

# How far Ghost's clock may be off, and how old a webhook may be.
_WINDOW_SECONDS: Final = 300

_SIGNATURE: Final = re.compile(r"sha256=([0-9a-f]{64}), ?t=([0-9]{1,15})")
_GHOST_ID: Final = re.compile(r"[0-9a-f]{24}")

# Together in one transaction; a larger one would keep the first waiting for the last.
_ROWS_AT_ONCE: Final = 100
_BYTES_AT_ONCE: Final = 4 * 1024 * 1024

_received: Final = Counter(
    "blog_ghost_webhooks",
    "Webhooks that arrived in this process: stored, replayed",
    ["what"],
)


class Apply(msgspec.Struct, frozen=True):
    """What a job is told that applies webhooks: of which kind the object is, and which one."""

    kind: str
    ghost_id: str | None = None

    @property
    def key(self) -> str:
        """The key of its job: all that waits about one object is applied together."""
        return f"{self.kind}:{self.ghost_id or ''}"


# Ghost is one process: more at once would only make it slow for its editors.
APPLY: Final = Job(name="ghost.apply", payload=Apply, attempts=12, at_once=4)


class SignatureError(PersonError):
    """A webhook that is not Ghost's, or not from now."""

    status = 401


class _Object(msgspec.Struct):
    id: Any = None


class _Change(msgspec.Struct):
    current: _Object = msgspec.field(default_factory=_Object)
    previous: _Object = msgspec.field(default_factory=_Object)


class _Payload(msgspec.Struct):
    """What is read of a payload: which object it is about. All else is asked of Ghost."""

    post: _Change | None = None
    page: _Change | None = None
    tag: _Change | None = None
    member: _Change | None = None


def _ghost_id(body: bytes) -> str | None:
    """Return which object a payload is about; None where it names none.

    Raises:
        PersonError: it is not JSON.
    """
    try:
        payload = msgspec.json.decode(body, type=_Payload)
    except msgspec.ValidationError:
        # JSON of another shape than any Ghost sends: the object is not known.
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = "The body is not JSON."
        raise PersonError(message) from error
    for change in (payload.post, payload.page, payload.tag, payload.member):
        if change is not None:
            for state in (change.current, change.previous):
                if isinstance(state.id, str) and _GHOST_ID.fullmatch(state.id):
                    return state.id
    return None


class Inbox:
    """Takes webhooks in."""

    def __init__(
        self,
        database: Database,
        secrets: Sequence[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Believe what is signed with one of `secrets`, and not long ago by `clock`."""
        self._database = database
        self._secrets = [secret.encode() for secret in secrets]
        self._clock = clock
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._storing: asyncio.Task[None] | None = None

    def is_signed_lately(self, signature: str | None) -> bool:
        """Whether a signature has the form of Ghost's and a time of now; asked before its body."""
        found = _SIGNATURE.fullmatch(signature or "")
        return found is not None and self._is_now(int(found[2]))

    def _is_now(self, milliseconds: int) -> bool:
        return abs(self._clock() - milliseconds / 1000) <= _WINDOW_SECONDS

    async def receive(self, event: str, body: bytes, signature: str | None) -> None:
        """Check a webhook and store it; once it is, a job will act on it. A replay is stored once.

        Args:
            event: the name of the event, from the address.
            body: as it arrived, to the byte.
            signature: the header `X-Ghost-Signature`.

        Raises:
            NotFoundError: Ghost has no such event.
            SignatureError: it is not signed with a secret of ours, or not now.
            PersonError: it is not JSON.
        """
        if event not in EVENTS:
            raise NotFoundError
        digest, milliseconds = self._checked(body, signature)
        row = {
            "event": event,
            "kind": _KINDS[event.partition(".")[0]],
            "ghost_id": _ghost_id(body),
            "signature": digest,
            "body": body,
            "sent_at": datetime.fromtimestamp(milliseconds / 1000, UTC),
        }
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((row, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_all())
        await stored

    def _checked(self, body: bytes, signature: str | None) -> tuple[bytes, int]:
        """Return the signature and its time.

        Raises:
            SignatureError: they are not good.
        """
        found = _SIGNATURE.fullmatch(signature or "")
        if found is None:
            message = "There is no signature of Ghost's (X-Ghost-Signature)."
            raise SignatureError(message)
        given = bytes.fromhex(found[1])
        # Each secret is tried, whatever came of the one before: time must not tell which is right.
        is_ours = False
        for secret in self._secrets:
            made = hmac.new(secret, body, hashlib.sha256)
            made.update(found[2].encode())
            is_ours |= hmac.compare_digest(made.digest(), given)
        if not is_ours:
            message = "The signature does not fit: is GHOST_WEBHOOK_SECRET the one in Ghost?"
            raise SignatureError(message)
        milliseconds = int(found[2])
        if not self._is_now(milliseconds):
            message = "The signature is too old, or from the future: do both clocks go right?"
            raise SignatureError(message)
        return given, milliseconds

    async def _store_all(self) -> None:
        """Store what waits, and what comes meanwhile."""
        while self._waiting:
            taken, size = 0, 0
            for row, _ in self._waiting[:_ROWS_AT_ONCE]:
                size += len(row["body"])
                if taken and size > _BYTES_AT_ONCE:
                    break
                taken += 1
            batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
            await self._settle(batch)

    async def _settle(self, batch: list[tuple[dict[str, Any], asyncio.Future[None]]]) -> None:
        try:
            await self._store([row for row, _ in batch])
        except Exception as error:  # noqa: BLE001 - each sender is told what became of its own
            if len(batch) > 1:
                # One that cannot be stored costs only itself.
                for one in batch:
                    await self._settle([one])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
        else:
            for _, stored in batch:
                if not stored.done():
                    stored.set_result(None)

    async def _store(self, rows: list[dict[str, Any]]) -> None:
        async with self._database.unit_of_work() as work:
            new = await _insert(work, rows)
            await enqueue_many(work, APPLY, {it.key: it for it in new})
        _received.labels("stored").inc(len(new))
        _received.labels("replayed").inc(len(rows) - len(new))


async def _insert(work: UnitOfWork, rows: list[dict[str, Any]]) -> list[Apply]:
    """Store webhooks, and return what those are about that were not there."""
    found = await work.session.execute(
        insert(GhostWebhook)
        .values(rows)
        .on_conflict_do_nothing(index_elements=[GhostWebhook.signature])
        .returning(GhostWebhook.kind, GhostWebhook.ghost_id)
    )
    return [Apply(row.kind, row.ghost_id) for row in found]


# Reading.


class LastWebhook(msgspec.Struct, frozen=True):
    """When an event last arrived."""

    event: str
    received_at: datetime


class InboxState(msgspec.Struct, frozen=True):
    """How the inbox stands.

    `waiting`: webhooks that are not applied yet; `oldest`: when the first of them arrived; `last`:
    of each event that ever arrived (and is still kept) the last one, the newest first.
    """

    waiting: int
    oldest: datetime | None
    last: list[LastWebhook]


async def inbox_state(connection: AsyncConnection) -> InboxState:
    """Read how the inbox stands."""
    counted = (
        await connection.execute(
            select(
                func.count().label("waiting"), func.min(GhostWebhook.received_at).label("oldest")
            ).where(GhostWebhook.done_at.is_(None))
        )
    ).one()
    names = literal(list(EVENTS), ARRAY(Text))
    events = func.unnest(names).table_valued("name").render_derived()
    newest = (
        select(GhostWebhook.received_at)
        .where(GhostWebhook.event == events.c.name)
        .order_by(GhostWebhook.received_at.desc())
        .limit(1)
        .lateral()
    )
    last = await connection.execute(
        select(events.c.name, newest.c.received_at)
        .select_from(events)
        .join(newest, newest.c.received_at.is_not(None))
        .order_by(newest.c.received_at.desc())
    )
    return InboxState(
        counted.waiting, counted.oldest, [LastWebhook(row.name, row.received_at) for row in last]
    )


async def forget_done(work: UnitOfWork, older_than: timedelta) -> None:
    """Remove webhooks that were acted upon long ago."""
    await work.session.execute(
        delete(GhostWebhook).where(GhostWebhook.done_at < func.clock_timestamp() - older_than)
    )
