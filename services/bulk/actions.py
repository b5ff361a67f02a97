"""What can be done to many posts at once, and how each of these things is taken back.

An action changes what a post is now, not what it was when the list was shown: two people who tag
the same posts do not undo each other's tags. Its undoing is the opposite change of that moment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError
from services.audit.log import Actor
from services.content_store.protocol import ContentStore, PostEdit, PostState, SavedPost
from services.content_store.restoring import restore

Value = Mapping[str, Any]
Before = dict[str, Any]


@dataclass(frozen=True, slots=True)
class At:
    """A post at hand: where it is kept, the transaction, who changes it, what it is now."""

    store: ContentStore
    work: UnitOfWork
    actor: Actor
    state: PostState

    @property
    def place(self) -> tuple[UnitOfWork, Actor, int, int]:
        """What most methods of a store begin with."""
        return self.work, self.actor, self.state.id, self.state.version

    async def save(self, **fields: Any) -> SavedPost:
        """Change some fields."""
        return await self.store.save(*self.place, replace(self.state.edit, **fields))


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done to many posts.

    Attributes:
        label: on the button.
        did: what became of the posts, after their number.
        policy: the action of the policy that it is.
        apply: does it; returns what the undoing needs, None where there was nothing to do.
        revert: takes it back.
    """

    label: str
    did: str
    policy: str
    apply: Callable[[At, Value], Any]
    revert: Callable[[At, Value, Before], Any]


def _place_of_tag(at: At, value: Value) -> int | None:
    name = str(value["tag"]).lower()
    return next((place for place, it in enumerate(at.state.tags) if it.name.lower() == name), None)


async def _tag(at: At, value: Value) -> Before | None:
    if _place_of_tag(at, value) is not None:
        return None
    await at.save(tags=(*at.state.edit.tags, str(value["tag"])))
    return {}


async def _untag(at: At, value: Value) -> Before | None:
    place = _place_of_tag(at, value)
    if place is None:
        return None
    tags = at.state.edit.tags
    await at.save(tags=tags[:place] + tags[place + 1 :])
    return {"place": place}


async def _untag_again(at: At, value: Value, _before: Before) -> None:
    await _untag(at, value)


async def _tag_again(at: At, value: Value, before: Before) -> None:
    if _place_of_tag(at, value) is None:
        tags, place = at.state.edit.tags, int(before["place"])
        await at.save(tags=(*tags[:place], str(value["tag"]), *tags[place:]))


def _sets(*names: str) -> tuple[Callable[[At, Value], Any], Callable[[At, Value, Before], Any]]:
    """Return how fields are set to what `value` says, and set back."""

    def _fields(values: Value) -> dict[str, Any]:
        return {
            name: tuple(values[name]) if isinstance(values[name], list) else values[name]
            for name in names
        }

    def _present(edit: PostEdit) -> Before:
        return {name: getattr(edit, name) for name in names}

    async def apply(at: At, value: Value) -> Before | None:
        wanted, present = _fields(value), _present(at.state.edit)
        if wanted == present:
            return None
        await at.save(**wanted)
        return present

    async def revert(at: At, value: Value, before: Before) -> None:
        if _present(at.state.edit) != _fields(value):
            message = "Somebody changed this again in the meantime, so it was left as it is."
            raise InvalidError(message)
        await at.save(**_fields(before))

    return apply, revert


def _standing(state: PostState) -> Before:
    time = state.edit.published_at
    return {"status": state.status, "published_at": time.isoformat() if time else None}


async def _publish(at: At, _value: Value) -> Before | None:
    if at.state.status in {"published", "sent"}:
        return None
    before = _standing(at.state)
    await at.store.publish(*at.place)
    return before


async def _unpublish(at: At, _value: Value) -> Before | None:
    if at.state.status == "draft":
        return None
    before = _standing(at.state)
    await at.store.unpublish(*at.place)
    return before


async def _stand_as_before(at: At, _value: Value, before: Before) -> None:
    """Give a post the status and the time back that it had."""
    if at.state.status == before["status"]:
        return
    time = datetime.fromisoformat(before["published_at"]) if before["published_at"] else None
    if before["status"] == "scheduled" and (time is None or time <= datetime.now(UTC)):
        message = "The time that this was scheduled for has passed; schedule it anew."
        raise InvalidError(message)
    saved: SavedPost | PostState = at.state
    if before["status"] != "published" and at.state.status == "published":
        saved = await at.store.unpublish(*at.place)
    place = (at.work, at.actor, saved.id, saved.version)
    match before["status"]:
        case "published":
            await at.store.publish(*place)
        case "scheduled" if time is not None:
            await at.store.schedule(*place, time)
        case _:
            await at.store.save(*place, replace(at.state.edit, published_at=time))


async def _delete(at: At, _value: Value) -> Before:
    await at.store.delete(*at.place)
    return {}


async def _restore(at: At, _value: Value) -> Before:
    await restore(at.store, at.work, at.actor, at.state)
    return {}


async def _restore_again(at: At, value: Value, _before: Before) -> None:
    await _restore(at, value)


async def _delete_again(at: At, value: Value, _before: Before) -> None:
    await _delete(at, value)


ACTIONS: Final = {
    "tag": Action("Add the tag", "tagged", "post.edit", _tag, _untag_again),
    "untag": Action("Take the tag off", "untagged", "post.edit", _untag, _tag_again),
    "publish": Action("Publish", "published", "post.publish", _publish, _stand_as_before),
    "unpublish": Action("Unpublish", "unpublished", "post.publish", _unpublish, _stand_as_before),
    "feature": Action("Feature", "featured", "post.feature", *_sets("featured")),
    "unfeature": Action("Feature no more", "featured no more", "post.feature", *_sets("featured")),
    "visibility": Action(
        "Set who may read", "given other readers", "post.publish", *_sets("visibility", "tier_ids")
    ),
    "author": Action("Set the author", "given another author", "post.sign", *_sets("author_ids")),
    "delete": Action("Delete", "deleted", "post.delete", _delete, _restore_again),
    "restore": Action("Restore", "restored", "post.delete", _restore, _delete_again),
}
