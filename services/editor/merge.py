"""Two changes of one post become one: the text by block, tags and the like by item, else by field."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from lexical import merging
from services.content_store.protocol import PostEdit
from services.editor.fields import EMPTY_DOCUMENT

_LISTS: Final = ("tags", "author_ids", "tier_ids")


class Conflict(Struct, frozen=True):
    """What only a person can decide.

    Attributes:
        field: of the post.
        key: of a text's block, the place in the document that both began with; else empty.
        base: what both began with; of a block its node.
        mine: what the one made of it; of a block None where it is taken out.
        theirs: what the other made of it.
    """

    field: str
    key: str
    base: Any
    mine: Any
    theirs: Any


class Merge(Struct, frozen=True):
    """What two changes make together.

    Attributes:
        edit: all that could be merged; of a conflict it has theirs, and in a text a node of type
            `conflict` with the conflict's key in the place of each block to be chosen.
        conflicts: what is left to a person.
    """

    edit: PostEdit
    conflicts: tuple[Conflict, ...]

    @property
    def merged(self) -> PostEdit | None:
        """The whole, where nothing is left to a person."""
        return None if self.conflicts else self.edit


def merge(base: PostEdit | None, mine: PostEdit, theirs: PostEdit) -> Merge:
    """Merge two changes of a post.

    Args:
        base: what both began with; None where that is not known any more: then whatever differs is
            left to a person.
        mine: the one.
        theirs: the other, which is saved already.
    """
    found: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    for name in PostEdit.__struct_fields__:
        one, other = getattr(mine, name), getattr(theirs, name)
        begun = None if base is None else getattr(base, name)
        if one == other or (base is not None and one == begun):
            found[name] = other
        elif base is not None and other == begun:
            found[name] = one
        elif base is None:
            found[name] = other
            conflicts.append(Conflict(name, "", None, one, other))
        elif name == "lexical":
            found[name], more = _text(begun, one, other)
            conflicts += more
        elif name in _LISTS:
            found[name] = _items(begun or (), one, other)
        else:
            found[name] = other
            conflicts.append(Conflict(name, "", begun, one, other))
    edit = msgspec.structs.replace(theirs, **found)
    # As JSON: this is what a program gets.
    plain = (msgspec.to_builtins(it) for it in conflicts)
    return Merge(edit, tuple(Conflict(**it) for it in plain))


def _text(base: str | None, mine: str | None, theirs: str | None) -> tuple[str, list[Conflict]]:
    made = merging.merge(
        *(msgspec.json.decode(text or EMPTY_DOCUMENT) for text in (base, mine, theirs))
    )
    conflicts = [Conflict("lexical", it.key, it.base, it.mine, it.theirs) for it in made.conflicts]
    return msgspec.json.encode(made.document).decode(), conflicts


def _items(base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any]) -> tuple[Any, ...]:
    """Take what either added, without what either took away, in the order of whoever changed it."""
    stayed = [it for it in base if it in mine and it in theirs]
    they_kept_order = [it for it in theirs if it in stayed] == stayed
    first, second = (mine, theirs) if they_kept_order else (theirs, mine)
    kept = [it for it in first if it in stayed or it not in base]
    return (*kept, *(it for it in second if it not in base and it not in kept))
