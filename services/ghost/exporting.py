"""Writing the whole site as a Ghost export, which `quart import-ghost` and Ghost itself take.

All is read from one snapshot of the database, a batch at a time, so neither what is written
meanwhile nor the size of the site matters. What is deleted stays out, as do secrets. An object that
never was in a Ghost gets an id that follows from the object, so each export names it the same.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, load_only

from infrastructure.database import Database
from models.content import Author, Newsletter, Post, PostAuthor, PostTag, PostTier, Tag, Tier
from models.detachment import FormerGhostId
from models.editing import WorkingCopy
from models.site import SiteSetting
from models.snippets import Snippet
from services.ghost.decoding import format_time
from services.ghost.export import BOOLEANS, is_secret, no_address
from services.ghost.export_file import ExportFile
from services.ghost.mapping import NEWSLETTERS, PAGES, POSTS, TAGS, TIERS, USERS, Mapping

_AT_ONCE: Final = 100

# What Ghost has of a post in a second table.
_META: Final = (
    "og_image",
    "og_title",
    "og_description",
    "twitter_image",
    "twitter_title",
    "twitter_description",
    "meta_title",
    "meta_description",
    "email_subject",
    "frontmatter",
    "feature_image_alt",
    "feature_image_caption",
    "email_only",
)

# What Ghost's API says of an object and its tables do not: it is derived, or stands elsewhere.
_NO_COLUMNS: Final = {
    "posts": {
        *("url", "excerpt", "access", "comments", "email", "newsletter"),
        *("author_ids", "tag_ids", "tier_ids", *_META),
    },
    "users": {"url", "count", "permissions", "password"},
    "tags": {"url", "count"},
    "products": {"count"},
    "newsletters": {"count"},
}

# A post and its id.
_Found = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written."""

    pages: int
    tables: dict[str, int]
    unsaved: int

    @property
    def sentence(self) -> str:
        """Say it."""
        shown = (
            ("posts", self.tables["posts"] - self.pages),
            ("pages", self.pages),
            ("tags", self.tables["tags"]),
            ("authors", self.tables["users"]),
            ("tiers", self.tables["products"]),
            ("newsletters", self.tables["newsletters"]),
            ("snippets", self.tables["snippets"]),
            ("settings", self.tables["settings"]),
        )
        return "Exported: " + ", ".join(f"{name} {count}" for name, count in shown) + "."

    @property
    def warning(self) -> str | None:
        """Say what somebody might look for in the file in vain."""
        if not self.unsaved:
            return None
        return (
            "What was written in the editor and not published or saved as a draft yet, "
            f"in {self.unsaved} posts and pages, is not in it."
        )


async def export_site(database: Database, path: Path, *, may_overwrite: bool = False) -> Exported:
    """Write the site into a file.

    Args:
        database: whose.
        path: where to; the file is there when it is whole, and not before.
        may_overwrite: whether it may take the place of another one.

    Raises:
        ExportError: there is a file already, or it cannot be written.
    """
    with ExportFile(path, may_overwrite=may_overwrite) as file:
        async with (
            database.snapshot() as connection,
            AsyncSession(connection, expire_on_commit=False) as session,
        ):
            writing = _Writing(session, file)
            await writing.small_tables()
            await writing.posts()
            unsaved = await session.scalar(
                select(func.count())
                .select_from(WorkingCopy)
                .join(Post, Post.id == WorkingCopy.post_id)
                .where(WorkingCopy.is_dirty, Post.deleted_at.is_(None))
            )
        file.end()
    return Exported(writing.pages, file.counts, unsaved or 0)


@dataclass
class _Writing:
    """One export on its way: the ids that the posts' links lead to, by ours."""

    session: AsyncSession
    file: ExportFile
    ids: dict[type[Any], dict[int, str]] = field(default_factory=dict)
    pages: int = 0

    async def small_tables(self) -> None:
        """Write all but the posts, which name what is written here."""
        await self._objects("newsletters", NEWSLETTERS)
        await self._objects("tags", TAGS)
        roles: dict[str, list[Any]] = {}
        await self._objects("users", USERS, "roles", roles)
        self._table("roles", {role["id"]: role for role in chain(*roles.values())}.values())
        self._table(
            "roles_users",
            (
                {"id": _derived("roles_users", user, role["id"])}
                | {"user_id": user, "role_id": role["id"]}
                for user, held in roles.items()
                for role in held
            ),
        )
        benefits: dict[str, list[Any]] = {}
        await self._objects("products", TIERS, "benefits", benefits)
        self._table("benefits", map(_benefit, dict.fromkeys(chain(*benefits.values()))))
        self._table(
            "products_benefits",
            (
                {"id": _derived("products_benefits", tier, place), "product_id": tier}
                | {"benefit_id": _benefit(name)["id"], "sort_order": place}
                for tier, names in benefits.items()
                for place, name in enumerate(names)
            ),
        )
        settings = await self.session.execute(
            select(SiteSetting.key, SiteSetting.value).order_by(SiteSetting.key)
        )
        self._table(
            "settings", (_setting(key, value) for key, value in settings if not is_secret(key))
        )
        self.file.table("snippets")
        async for batch in _batches(self.session, Snippet, Snippet.visibility == "everyone"):
            for row, key in batch:
                self.file.row(_snippet(row, key))

    async def posts(self) -> None:
        """Write the posts and then the pages, and all that Ghost has of them in other tables."""
        self.file.table("posts")
        async for batch in self._posts():
            for row, key in batch:
                newsletter = self.ids[Newsletter].get(row.newsletter_id)
                self.file.row(_post(row, key) | {"newsletter_id": newsletter})
                self.pages += row.is_page
        self.file.table("posts_meta")
        async for batch in self._posts(*_META):
            for row, key in batch:
                meta = {name: getattr(row, name) for name in _META}
                if any(meta.values()):
                    meta |= {"id": _derived("posts_meta", key), "post_id": key}
                    self.file.row(_with_numbers("posts_meta", meta))
        await self._links("posts_authors", PostAuthor, Author, "author_id", "author_id")
        await self._links("posts_tags", PostTag, Tag, "tag_id", "tag_id")
        await self._links("posts_products", PostTier, Tier, "tier_id", "product_id")

    def _table(self, name: str, rows: Any) -> None:
        self.file.table(name)
        for row in rows:
            self.file.row(row)

    async def _objects(
        self,
        table: str,
        mapping: Mapping[Any],
        apart: str | None = None,
        lists: dict[str, list[Any]] | None = None,
    ) -> None:
        """Write the objects of a kind; the field `apart`, a list, is laid into `lists` by id."""
        self.file.table(table)
        ids = self.ids[mapping.model] = {}
        async for batch in _batches(self.session, mapping.model):
            for row, key in batch:
                ids[row.id] = key
                found = _columns(table, mapping, row) | {"id": key}
                if apart is not None and lists is not None:
                    lists[key] = found.pop(apart)
                if table == "users" and found["email"] is None:
                    found["email"] = no_address(found["slug"])
                self.file.row(found)

    async def _posts(self, *only: str) -> AsyncIterator[list[_Found]]:
        for is_page in (False, True):
            async for batch in _batches(self.session, Post, Post.is_page == is_page, only=only):
                yield batch

    async def _links(self, table: str, link: Any, target: type[Any], key: str, name: str) -> None:
        """Write what posts are linked to, in their order; a deleted object leaves no gap."""
        self.file.table(table)
        targets, column = self.ids[target], getattr(link, key)
        async for batch in self._posts("id"):
            posts = {row.id: post for row, post in batch}
            rows = await self.session.execute(
                select(link.post_id, column)
                .where(link.post_id.in_(posts))
                .order_by(link.post_id, link.position)
            )
            places: Counter[int] = Counter()
            for post_id, target_id in rows:
                if target_id not in targets:
                    continue
                post, other = posts[post_id], targets[target_id]
                self.file.row(
                    {"id": _derived(table, post, other), "post_id": post, name: other}
                    | {"sort_order": places[post_id]}
                )
                places[post_id] += 1


async def _batches(
    session: AsyncSession, model: Any, *conditions: ColumnElement[bool], only: tuple[str, ...] = ()
) -> AsyncIterator[list[_Found]]:
    """Yield the rows that are not deleted with their ids, in the order of ours.

    Args:
        session: on the snapshot.
        model: of which table.
        conditions: what else is asked of them.
        only: the columns to read, where not all are wanted.
    """
    other = aliased(model)
    is_free = ~exists(select(other.id).where(other.ghost_id == FormerGhostId.ghost_id))
    statement = (
        select(model, FormerGhostId.ghost_id)
        .outerjoin(
            FormerGhostId,
            and_(
                FormerGhostId.kind == model.__tablename__,
                FormerGhostId.object_id == model.id,
                is_free,
            ),
        )
        .where(model.deleted_at.is_(None), *conditions)
        .order_by(model.id)
        .limit(_AT_ONCE)
    )
    if only:
        columns = (model.ghost_id, model.uuid, *(getattr(model, name) for name in only))
        statement = statement.options(load_only(*columns))
    after = 0
    while rows := (await session.execute(statement.where(model.id > after))).all():
        yield [(row, row.ghost_id or former or _id_of(row)) for row, former in rows]
        after = rows[-1][0].id
        session.expunge_all()


def _derived(*parts: object) -> str:
    """Return an id as Ghost makes them, 24 hexadecimal digits, that follows from the parts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:24]


def _id_of(row: Any) -> str:
    """Return the id of an object that Ghost never had."""
    itself = getattr(row, "uuid", None) or f"{row.id} {row.created_at.timestamp()}"
    return _derived(row.__tablename__, itself)


def _with_numbers(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Say 0 and 1 where Ghost's database does."""
    names = BOOLEANS[table]
    return {
        name: int(value) if name in names and isinstance(value, bool) else value
        for name, value in row.items()
    }


def _columns(table: str, mapping: Mapping[Any], row: Any) -> dict[str, Any]:
    """Return a row as Ghost's table has it; fields that only a later Ghost knows are kept."""
    left_out = _NO_COLUMNS[table]
    fields = {name: it for name, it in mapping.ours(row).items() if name not in left_out}
    return _with_numbers(table, fields) if table in BOOLEANS else fields


def _post(row: Post, key: str) -> dict[str, Any]:
    found = _columns("posts", PAGES if row.is_page else POSTS, row)
    found.setdefault("show_title_and_feature_image", int(row.show_title_and_feature_image))
    segment = found.pop("email_segment")
    if segment is not None:
        # Ghost's column takes no null, and has a default.
        found["email_recipient_filter"] = segment
    kind = "page" if row.is_page else "post"
    return found | {"id": key, "type": kind, "locale": row.locale}


def _benefit(name: str) -> dict[str, Any]:
    key = _derived("benefits", name)
    return {"id": key, "name": name, "slug": f"benefit-{key}"}


def _snippet(row: Snippet, key: str) -> dict[str, Any]:
    """Return a snippet; Ghost does not know `uuid`, `folder` and `mode`, and leaves them out."""
    return {
        "id": key,
        "uuid": row.uuid,
        "name": row.name,
        "folder": row.folder,
        "mode": row.mode,
        "lexical": row.value,
        "mobiledoc": "{}",
        "created_at": format_time(row.created_at),
        "updated_at": format_time(row.updated_at),
    }


def _setting(key: str, value: Any) -> dict[str, Any]:
    """Return a setting; the table has text for every type."""
    kind, text = _typed(value)
    return {"id": _derived("settings", key), "group": "site", "key": key} | {
        "value": text,
        "type": kind,
        "flags": None,
    }


def _typed(value: Any) -> tuple[str, str | None]:
    """Return a setting's type as Ghost calls it, and its value as text."""
    if isinstance(value, bool):
        return "boolean", str(value).lower()
    if value is not None and not isinstance(value, str):
        value = msgspec.json.encode(value).decode()
    # Numbers, lists and objects are text in what Ghost's API gives as well.
    kinds = {"[": "array", "{": "object"}
    return kinds.get((value or "")[:1], "string"), value
