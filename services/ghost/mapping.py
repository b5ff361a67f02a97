"""How Ghost's objects become rows and rows become Ghost's objects again, without losing a field.

A field with a column of its own goes there; every other one is kept in `extra`. What the rows are
written with is left to `mirror.py`.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from models.columns import Mirrored
from models.content import Author, Newsletter, Post, Tag, Tier
from models.members import Label
from services.ghost import results
from services.ghost.decoding import GhostObject, encode
from services.site.reader import SOCIAL_NETWORKS

# What has a row of its own here.
G = TypeVar(
    "G",
    bound=results.GhostUser
    | results.GhostTag
    | results.GhostTier
    | results.GhostNewsletter
    | results.GhostLabel
    | results.GhostPost,
)

_DESCRIBED = (
    "meta_title",
    "meta_description",
    "og_image",
    "og_title",
    "og_description",
    "twitter_image",
    "twitter_title",
    "twitter_description",
    "codeinjection_head",
    "codeinjection_foot",
    "canonical_url",
)
_TIMES = ("created_at", "updated_at")

# What a post says of other objects: their ids stand in the link tables.
_LINKS = {"authors": "author_ids", "tags": "tag_ids", "tiers": "tier_ids"}


@dataclass(frozen=True, kw_only=True)
class Mapping(Generic[G]):
    """How one kind of object is mirrored.

    `kind` is Ghost's plural name; `columns` go by the same name on both sides; `named` maps
    Ghost's name to ours where they differ; `packed` fields go together into the JSON column
    `social`; `defaults` stand in for a null that our column does not take.
    """

    kind: str
    ghost: type[G]
    model: type[Any]
    columns: tuple[str, ...]
    named: dict[str, str]
    packed: tuple[str, ...] = ()
    defaults: dict[str, Any]

    def fields(self, item: G) -> dict[str, Any]:
        """Return the values of the row's columns for an object of Ghost's."""
        left = plain(item)
        del left["id"]
        values: dict[str, Any] = {}
        for name, column in [*((name, name) for name in self.columns), *self.named.items()]:
            value = getattr(item, name)
            left.pop(name, None)
            values[column] = self.defaults.get(column) if value is None else _stored(value)
        if self.packed:
            values["social"] = {name: left.pop(name) for name in self.packed if name in left}
        if "uuid" in values and values["uuid"] is not None:
            values["uuid"] = UUID(values["uuid"])
        if isinstance(item, results.GhostPost) and "locale" in left:
            # Only an export has it: what Ghost's API says leaves it as it is.
            values["locale"] = left.pop("locale")
        if values["created_at"] is None:
            del values["created_at"]
        return values | {"ghost_id": item.id, "ghost_digest": digest(item), "extra": left}

    def compared(self, item: G) -> dict[str, Any]:
        """Return the object's fields in the form that `ours` gives a row's."""
        shown = plain(item)
        for name, column in [*((name, name) for name in self.columns), *self.named.items()]:
            if name in shown and shown[name] is None and column in self.defaults:
                shown[name] = _shown(self.defaults[column])
        return shown

    def ours(self, row: Mirrored) -> dict[str, Any]:
        """Return a row as Ghost would give it; links are added by who has read them."""
        found: dict[str, Any] = {"id": row.ghost_id}
        for name, column in [*((name, name) for name in self.columns), *self.named.items()]:
            found[name] = _shown(getattr(row, column))
        if self.packed:
            found |= getattr(row, "social")  # noqa: B009 - only mappings with `packed` have it
        return found | row.extra


def plain(item: GhostObject) -> dict[str, Any]:
    """Return an object as Ghost gave it, with the ids alone of the objects it is linked to."""
    raw = encode(item)
    for name, ids in _LINKS.items():
        if name in raw and isinstance(item, results.GhostPost):
            raw[ids] = [entry["id"] for entry in raw.pop(name) or ()]
    if isinstance(item, results.GhostPost):
        for repeated in ("primary_author", "primary_tag", "post_revisions", "count", "sentiment"):
            raw.pop(repeated, None)
        if "newsletter" in raw:
            raw["newsletter"] = raw["newsletter"] and raw["newsletter"]["id"]
    return raw


def digest(item: GhostObject) -> bytes:
    """Return the SHA-256 of all that an object says; equal digests mean that nothing changed."""
    return hashlib.sha256(msgspec.json.encode(plain(item), order="deterministic")).digest()


def _stored(value: Any) -> Any:
    if isinstance(value, GhostObject):
        return encode(value)
    if isinstance(value, tuple):
        return [_stored(entry) for entry in value]
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


USERS = Mapping(
    kind="users",
    ghost=results.GhostUser,
    model=Author,
    columns=(
        "slug",
        "name",
        "email",
        "profile_image",
        "cover_image",
        "bio",
        "website",
        "location",
        "meta_title",
        "meta_description",
        "status",
        "roles",
        *_TIMES,
    ),
    named={},
    packed=SOCIAL_NETWORKS,
    defaults={"name": "", "status": "active", "roles": []},
)

TAGS = Mapping(
    kind="tags",
    ghost=results.GhostTag,
    model=Tag,
    columns=(
        "slug",
        "name",
        "description",
        "feature_image",
        "visibility",
        "accent_color",
        *_DESCRIBED,
        *_TIMES,
    ),
    named={},
    defaults={"name": "", "visibility": "public"},
)

TIERS = Mapping(
    kind="tiers",
    ghost=results.GhostTier,
    model=Tier,
    columns=(
        "slug",
        "name",
        "description",
        "active",
        "type",
        "visibility",
        "welcome_page_url",
        "trial_days",
        "currency",
        "monthly_price",
        "yearly_price",
        "benefits",
        *_TIMES,
    ),
    named={},
    defaults={
        "name": "",
        "active": True,
        "type": "paid",
        "visibility": "public",
        "trial_days": 0,
        "benefits": [],
    },
)

NEWSLETTERS = Mapping(
    kind="newsletters",
    ghost=results.GhostNewsletter,
    model=Newsletter,
    columns=(
        "uuid",
        "slug",
        "name",
        "description",
        "status",
        "visibility",
        "sort_order",
        *_TIMES,
    ),
    named={},
    defaults={"name": "", "status": "active", "visibility": "members", "sort_order": 0},
)

LABELS = Mapping(
    kind="labels",
    ghost=results.GhostLabel,
    model=Label,
    columns=("slug", "name", *_TIMES),
    named={},
    defaults={"name": ""},
)

_POST_COLUMNS = (
    "uuid",
    "slug",
    "title",
    "status",
    "visibility",
    "featured",
    "published_at",
    "lexical",
    "mobiledoc",
    "html",
    "plaintext",
    "custom_excerpt",
    "feature_image",
    "feature_image_alt",
    "feature_image_caption",
    "custom_template",
    "comment_id",
    "frontmatter",
    "email_subject",
    "email_only",
    "email_segment",
    "email",
    *_DESCRIBED,
    *_TIMES,
)
_POST_DEFAULTS = {
    "title": "",
    "status": "draft",
    "visibility": "public",
    "featured": False,
    "email_only": False,
    "reading_minutes": 0,
    "show_title_and_feature_image": True,
}

POSTS = Mapping(
    kind="posts",
    ghost=results.GhostPost,
    model=Post,
    columns=_POST_COLUMNS,
    named={"reading_time": "reading_minutes"},
    defaults=_POST_DEFAULTS,
)

PAGES = Mapping(
    kind="pages",
    ghost=results.GhostPage,
    model=Post,
    columns=(*_POST_COLUMNS, "show_title_and_feature_image"),
    named={"reading_time": "reading_minutes"},
    defaults=_POST_DEFAULTS,
)
