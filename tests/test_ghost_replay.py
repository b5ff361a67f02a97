"""The replayed Ghost itself: as like the real one as the captured answers can tell."""

import hashlib
import hmac
import json
import random
import subprocess
import sys
from typing import Any

import httpx
import msgspec
import pytest

from services.ghost.tokens import AdminKey
from tests.ghost_replay import Fault, GhostSite, Loopback, ReplayGhost
from tests.ghost_replay.history import STEPS, random_step
from tests.ghost_replay.server import lifespan
from tests.ghost_replay.site import Kind
from tests.services.ghost.conftest import captured_folder

KINDS: tuple[Kind, ...] = ("posts", "pages")


def shape(value: Any) -> Any:
    """Return the field names of an object, at every depth."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items()) if name != "count"}
    return None


def captured(name: str) -> Any:
    """Return a captured answer."""
    return json.loads((captured_folder() / f"{name}.json").read_text("utf-8"))


async def asked(ghost: ReplayGhost, path: str, **query: str) -> Any:
    headers = {"Authorization": AdminKey(ghost.admin_key).authorization()}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"{ghost.url}/ghost/api/{path}", params=query, headers=headers)


@pytest.mark.parametrize(
    ("name", "path", "query"),
    [
        ("posts", "admin/posts/", {}),
        ("posts", "admin/posts/", {"formats": "html,lexical,plaintext", "include": "tags,authors"}),
        ("pages", "admin/pages/", {"formats": "html,lexical,plaintext", "include": "tags,authors"}),
        ("tags", "admin/tags/", {}),
        ("users", "admin/users/", {"include": "roles"}),
        ("tiers", "admin/tiers/", {"include": "monthly_price,yearly_price,benefits"}),
        ("newsletters", "admin/newsletters/", {}),
        ("members", "admin/members/", {"include": "newsletters,labels,tiers"}),
    ],
)
async def test_a_list_has_the_fields_of_the_real_one(
    name: str, path: str, query: dict[str, str]
) -> None:
    real = captured(f"api/admin/{name}-browse")["json"]
    async with ReplayGhost(posts=30) as ghost:
        answer = (await asked(ghost, path, **query)).json()
    ours = {key for entry in answer[name] for key in entry}
    theirs = {key for entry in real[name] for key in entry}
    if name in {"posts", "pages"}:
        # Which formats and relations are shown depends on the query, and is tested with the client.
        chosen = {"email", "newsletter", "tiers", "count", "sentiment", "mobiledoc", "html"}
        ours, theirs = (keys - chosen - {"plaintext"} for keys in (ours, theirs))
    if name == "users":
        theirs -= {"count", "permissions"}
    if name in {"tags", "newsletters"}:
        theirs -= {"count"}
    assert ours == theirs
    assert shape(answer["meta"]) == shape(real["meta"])


@pytest.mark.parametrize(
    ("name", "authorization"),
    [("none", ""), ("bearer", "Bearer x"), ("garbage", "Ghost garbage")],
)
async def test_errors_are_worded_as_captured(name: str, authorization: str) -> None:
    real = captured(f"api/admin/auth-err-{name}")
    async with ReplayGhost() as ghost, httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": authorization} if authorization else {}
        answer = await client.get(f"{ghost.url}/ghost/api/admin/posts/", headers=headers)
    assert answer.status_code == real["status"]
    ours, theirs = answer.json()["errors"][0], real["json"]["errors"][0]
    for key in ("message", "code", "type"):
        assert ours[key] == theirs[key]
    assert ours.keys() == theirs.keys()


@pytest.mark.parametrize(("version", "shown", "limit"), [(6, 100, 100), (5, 130, "all")])
async def test_only_ghost_6_caps_a_page(version: int, shown: int, limit: int | str) -> None:
    async with ReplayGhost(posts=130, version=6 if version == 6 else 5) as ghost:
        answer = (await asked(ghost, "admin/posts/", limit="all", fields="id")).json()
        past = (await asked(ghost, "admin/posts/", limit="3", page="999")).json()
    assert len(answer["posts"]) == shown
    assert answer["meta"]["pagination"]["limit"] == limit
    assert answer["meta"]["pagination"]["total"] == 130
    assert past["posts"] == []
    assert past["meta"]["pagination"]["next"] == 1000


async def test_a_filter_in_iso_form_misses_the_day_as_in_sqlite() -> None:
    async with ReplayGhost(posts=1) as ghost:
        ghost.site.create("posts", title="Today")
        today = ghost.site.now().strftime("%Y-%m-%d")
        for form, found in ((f"{today} 00:00:00", 1), (f"{today}T00:00:00.000Z", 0)):
            answer = await asked(ghost, "admin/posts/", filter=f"updated_at:>='{form}'")
            assert len(answer.json()["posts"]) == found


def test_the_same_seed_makes_the_same_site() -> None:
    one, two, other = GhostSite(5, 60), GhostSite(5, 60), GhostSite(6, 60)
    assert one.documents == two.documents
    assert one.documents != other.documents
    assert len(one.ids("posts")) == 60
    everything = list(one.documents.values())
    assert {entry["status"] for entry in everything} == {"published", "draft", "scheduled", "sent"}
    assert {entry["visibility"] for entry in everything} == {"public", "members", "paid", "tiers"}
    unused = {
        name
        for name in everything[0]
        if all(entry.get(name) in (None, [], "") for entry in everything)
    }
    assert unused == {"email_subject"}


def test_each_step_of_a_life_sends_what_a_real_ghost_sent() -> None:
    steps = {entry["step"]: entry["events"] for entry in captured("webhooks_by_step")["post"]}
    site = GhostSite(posts=0)

    def sent(step: str) -> None:
        ours = sorted(event.event for event in site.outbox)
        theirs = sorted(
            name.partition("(")[0] for name in steps[step] if not name.startswith("member")
        )
        if step == "01-draft-create":
            # What came before the first step was captured with it; a new tag announces itself.
            theirs = [name for name in theirs if name != "site.changed"]
            ours = [name for name in ours if name not in {"tag.added", "site.changed"}]
        if step == "05-tags-change":
            ours = [name for name in ours if name != "tag.added"]
        assert sorted(set(ours)) == sorted(set(theirs)), step
        site.outbox.clear()

    ghost_id = site.create("posts", title="Life", tags=["News", "#internal"])
    sent("01-draft-create")
    site.edit(ghost_id, title="Life edited")
    sent("02-draft-edit")
    site.publish(ghost_id)
    sent("03-publish")
    site.edit(ghost_id, text="Other words.")
    sent("04-edit-published")
    before = site.documents[ghost_id]["updated_at"]
    site.set_tags(ghost_id, ["News", "Loaf"])
    assert site.documents[ghost_id]["updated_at"] == before
    sent("05-tags-change")
    site.rename(ghost_id, "another-life")
    sent("06-slug-and-author-change")
    site.unpublish(ghost_id)
    sent("07-unpublish")
    site.edit(ghost_id, status="scheduled", published_at="2040-01-01T00:00:00.000Z")
    sent("08-schedule")
    site.edit(ghost_id, published_at="2041-01-01T00:00:00.000Z")
    sent("09-reschedule")
    site.edit(ghost_id, status="draft")
    sent("10-unschedule")
    site.publish(ghost_id)
    sent("11-publish-again")
    site.delete(ghost_id)
    sent("13-delete")


async def test_webhooks_are_signed_over_body_and_time_and_a_410_ends_them() -> None:
    got: list[tuple[str, bytes, dict[str, str]]] = []
    statuses = iter([202, 202, 410])

    async def receiver(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        message = await receive()
        headers = {key.decode(): value.decode() for key, value in scope["headers"]}
        got.append((scope["path"], message["body"], headers))
        await send({"type": "http.response.start", "status": next(statuses), "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with ReplayGhost(posts=3) as ghost, Loopback(receiver) as sink:
        ghost.register_webhooks(f"{sink.url}/webhooks/ghost", ["post.edited"], secret="s3cret")
        for title in ("One", "Two", "Three", "Four"):
            ghost.site.edit(ghost.site.ids("posts")[0], title=title)
            await ghost.deliver()
    assert [path for path, _, _ in got] == ["/webhooks/ghost/post.edited"] * 3
    _, body, headers = got[0]
    given, _, moment = headers["x-ghost-signature"].partition(", t=")
    wanted = hmac.new(b"s3cret", body + moment.encode(), hashlib.sha256).hexdigest()
    assert given == f"sha256={wanted}"
    payload = json.loads(body)
    assert payload["event"] == "post.edited"
    assert payload["post"]["current"]["title"] == "One"
    assert "lexical" not in payload["post"]["current"]
    assert "title" in payload["post"]["previous"]
    assert ghost.site.webhooks == {}


@pytest.mark.parametrize("seed", range(5))
async def test_any_history_leaves_a_site_that_can_be_read(seed: int) -> None:
    dice = random.Random(seed)
    async with ReplayGhost(seed=seed, posts=20) as ghost:
        made = {random_step(ghost.site, dice) for _ in range(120)}
        assert made == set(STEPS)
        for kind in KINDS:
            shown = (await asked(ghost, f"admin/{kind}/", limit="all")).json()[kind]
            assert sorted(entry["id"] for entry in shown) == ghost.site.ids(kind)
            assert len({entry["slug"] for entry in shown}) == len(shown)
        assert all(msgspec.json.encode(event.payload) for event in ghost.take_outbox())


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.ghost_replay", "--posts", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        answer = httpx.get(f"{told['url']}/ghost/api/admin/site/", trust_env=False)
        process.terminate()
        assert process.wait(10) == 0
    assert answer.json()["site"]["version"] == "6.65"


async def test_a_fault_hits_as_often_as_it_is_told_to() -> None:
    async with ReplayGhost() as ghost:
        ghost.inject(Fault("status", status=503, times=2, path="/tags/"))
        paths = ("admin/users/", "admin/tags/", "admin/tags/", "admin/tags/")
        statuses = [(await asked(ghost, path)).status_code for path in paths]
        assert statuses == [200, 503, 503, 200]
        assert ghost.count("/tags/") == 3
        assert ghost.statuses() == {200: 2, 503: 2}
