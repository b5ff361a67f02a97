import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from services.ghost import results
from services.ghost.decoding import GhostObject, decode, encode, ghost_id_of
from tests.services.ghost.conftest import captured_folder

TYPES: dict[str, type[GhostObject]] = {
    "posts": results.GhostPost,
    "pages": results.GhostPage,
    "tags": results.GhostTag,
    "authors": results.GhostUser,
    "users": results.GhostUser,
    "roles": results.GhostRole,
    "tiers": results.GhostTier,
    "newsletters": results.GhostNewsletter,
    "members": results.GhostMember,
    "labels": results.GhostLabel,
    "webhooks": results.GhostWebhook,
    "images": results.GhostUpload,
    "media": results.GhostUpload,
    "files": results.GhostUpload,
    "site": results.GhostSite,
    "config": results.GhostInstallation,
}
# What a later Ghost may know and we keep unseen; everything else of today's is a field of ours.
EXPECTED_EXTRA = {
    "config": {
        "useGravatar", "clientExtensions", "enableDeveloperExperiments", "stripeDirect",
        "emailAnalytics", "klipy", "signupForm",
    },
}  # fmt: skip


def same(ours: Any, theirs: Any) -> bool:
    """Compare two JSON values; two texts that are the same moment are the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if ours != theirs and isinstance(ours, str) and isinstance(theirs, str):
        try:
            return datetime.fromisoformat(ours) == datetime.fromisoformat(theirs)
        except (ValueError, TypeError):
            return False
    return bool(ours == theirs and type(ours) is type(theirs))


def captured_objects() -> list[tuple[str, str, dict[str, Any]]]:
    """Return (file, kind, object) of all answers, without those that show only chosen fields."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    folder = captured_folder()
    for path in sorted([*folder.glob("api/*/*.json"), *folder.glob("v5/api/*/*.json")]):
        captured = json.loads(path.read_text("utf-8"))
        answer = captured["json"]
        if not isinstance(answer, dict) or "search-index" in captured["request"]["url"]:
            continue
        for kind in TYPES.keys() & answer.keys():
            entries = answer[kind] if isinstance(answer[kind], list) else [answer[kind]]
            anonymous = kind in {"site", "config", "images", "media", "files"}
            found += [(path.name, kind, entry) for entry in entries if "id" in entry or anonymous]
    for path in sorted(folder.glob("webhooks/*.json")):
        body = json.loads(path.read_text("utf-8"))["body"]
        for word, state in body.items():
            if isinstance(state, dict) and state["current"]:
                found.append((path.name, f"{word}s", state["current"]))
    return found


def test_every_captured_object_comes_back_as_it_was_and_every_field_is_known() -> None:
    objects = captured_objects()
    assert len(objects) > 600
    lost = []
    extras: dict[str, set[str]] = {}
    for name, kind, raw in objects:
        decoded = decode(TYPES[kind], raw)
        if not same(encode(decoded), raw):
            lost.append(f"{name}: {kind}")
        extras.setdefault(kind, set()).update(decoded.extra)
    assert lost == []
    assert {kind: names for kind, names in extras.items() if names} == EXPECTED_EXTRA


def test_unknown_fields_are_kept_at_every_depth() -> None:
    raw = {
        "id": "1",
        "future": {"a": 1},
        "extra": "a field of that name",
        "given": 5,
        "tags": [{"id": "2", "name": "Bread", "shape": "round"}],
        "primary_author": {"id": "3", "roles": [{"id": "4", "name": "Owner", "rank": 1}]},
    }
    post = decode(results.GhostPost, raw)
    assert post.extra == {"future": {"a": 1}, "extra": "a field of that name", "given": 5}
    assert post.tags is not None
    assert post.tags[0].extra == {"shape": "round"}
    assert post.primary_author is not None
    assert post.primary_author.roles is not None
    assert post.primary_author.roles[0].extra == {"rank": 1}
    assert encode(post) == raw


def test_a_field_that_was_not_asked_for_is_told_from_null() -> None:
    post = decode(results.GhostPost, {"id": "1", "html": None})
    assert post.html is None
    assert post.lexical is None
    assert post.given == {"id", "html"}


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T01:29:42.000Z",
        "2026-11-23T01:29:42.000+00:00",
        "2026-11-23T03:29:42.000+02:00",
        "2026-11-23 01:29:42",
    ],
)
def test_times_are_aware_and_in_utc(text: str) -> None:
    moment = decode(results.GhostPost, {"id": "1", "updated_at": text}).updated_at
    assert moment == datetime(2026, 11, 23, 1, 29, 42, tzinfo=UTC)
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "raw",
    [None, [], "post", {}, {"id": 5}, {"id": "1", "tags": {}}, {"id": "1", "featured": "yes"}],
)
def test_another_shape_is_an_error(raw: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(results.GhostPost, raw)


def test_an_id_is_found_only_where_there_is_one() -> None:
    assert ghost_id_of({"id": "5"}) == "5"
    assert [ghost_id_of(raw) for raw in ({}, {"id": 5}, {"id": ""}, None, ["id"])] == [None] * 5
