"""Reading a Ghost export: the JSON file that Ghost's own export makes, as Ghost's objects.

The tables of the file are put together to what the Admin API would give of the same site, so that
an import takes the same way into our rows as a sync. Source of the format: exports of Ghost 5 and
6 (`{"db": [{"meta": {…}, "data": {table: [rows]}}]}`).
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from services.ghost import results
from services.ghost.decoding import GhostObject, decode, ghost_id_of
from services.ghost.errors import GhostObjectFailure

T = TypeVar("T", bound=GhostObject)
Row = dict[str, Any]

# What Ghost writes into its tables for its own address.
PLACEHOLDER = "__GHOST_URL__"

# Columns that say nothing of a post, or what nobody else is to know.
_LEFT_OUT = {
    "posts": {"type", "newsletter_id", "auto_excerpt"},
    "users": {"password", "visibility", "locale"},
    "posts_meta": {"id", "post_id"},
    "tags": {"parent_id"},
}

# Columns of posts that Ghost fills in late, or never.
_ONLY_WHERE_GIVEN = {"reading_time", "locale"}


def _booleans_of(cls: type[GhostObject]) -> frozenset[str]:
    """Return the fields of a class that say yes or no; a database has 0 and 1 for them."""
    fields = msgspec.structs.fields(cls)
    return frozenset(it.encode_name for it in fields if bool in (it.type, *get_args(it.type)))


# By table, the columns that say yes or no.
BOOLEANS = {
    "users": _booleans_of(results.GhostUser),
    "products": _booleans_of(results.GhostTier),
    "newsletters": _booleans_of(results.GhostNewsletter),
    "posts": _booleans_of(results.GhostPage),
    "posts_meta": _booleans_of(results.GhostPage),
}

# Settings that must not leave the database of the Ghost they belong to, whatever an export has.
_SECRET_SETTINGS = (
    *("secret", "password", "private_key", "public_key", "public_hash", "api_key", "token"),
    *("stripe", "mailgun", "slack_url"),
)

# Ghost takes no user without an e-mail address; this domain can never have one (RFC 2606).
_NO_ADDRESS = "@no-address.invalid"


def is_secret(key: str) -> bool:
    """Whether a setting is nobody else's business."""
    return any(word in key for word in _SECRET_SETTINGS)


def no_address(slug: str) -> str:
    """Return what stands in an export for the e-mail address of a user who has none."""
    return f"{slug}{_NO_ADDRESS}"


def _setting(row: Row) -> Any:
    """Return a setting's value as the Admin API gives it; the table has text for every type."""
    value = row.get("value")
    if row.get("type") == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value


class ExportError(Exception):
    """A file is not a Ghost export; the message is one sentence for the operator."""


class Export:
    """One export, taken apart.

    `failures` lists what could not be understood; it grows while objects are read.
    """

    def __init__(self, data: dict[str, list[Row]], *, address: str) -> None:
        """Hold the tables; `address` is what stands for the exported site's own address."""
        self._data = data
        self._address = address
        self.failures: list[GhostObjectFailure] = []

    @classmethod
    def read(cls, path: Path, *, address: str = "") -> "Export":
        """Read a file.

        Args:
            path: where it is.
            address: what takes the place of `__GHOST_URL__`; the default makes links relative.

        Raises:
            ExportError: it cannot be read, or is no Ghost export.
        """
        try:
            content = json.loads(path.read_bytes())
        except OSError as error:
            msg = f"{path} cannot be read ({error.strerror})."
            raise ExportError(msg) from error
        except (ValueError, RecursionError) as error:
            msg = f"{path} is not JSON, so it is no Ghost export ({error})."
            raise ExportError(msg) from error
        try:
            [whole, *_] = content.get("db", [content])
            data = whole["data"]
            tables = [data["posts"], *(rows for rows in data.values() if rows is not None)]
            if not all(isinstance(row, dict) for rows in tables for row in rows):
                raise TypeError
        except (AttributeError, KeyError, TypeError, ValueError):
            msg = f"{path} has no posts where a Ghost export has them (db[0].data.posts)."
            raise ExportError(msg) from None
        return cls(data, address=address)

    def _rows(self, table: str) -> list[Row]:
        return self._data.get(table) or []

    def _clean(self, table: str, row: Row) -> Row:
        left_out = _LEFT_OUT.get(table, set())
        booleans = BOOLEANS.get(table, frozenset())
        found: Row = {}
        for name, value in row.items():
            if name in left_out or (value is None and name in _ONLY_WHERE_GIVEN):
                continue
            if table == "users" and name == "email" and str(value).endswith(_NO_ADDRESS):
                found[name] = None
                continue
            if isinstance(value, str) and PLACEHOLDER in value:
                found[name] = value.replace(PLACEHOLDER, self._address)
            elif name in booleans and value in (0, 1):
                found[name] = bool(value)
            else:
                found[name] = value
        return found

    def _links(self, table: str, owner: str, target: str) -> dict[str, list[str]]:
        """Return the ids that a link table leads to, in order, by the id of the owner."""
        links: defaultdict[str, list[str]] = defaultdict(list)
        for row in sorted(self._rows(table), key=lambda row: row.get("sort_order") or 0):
            links[str(row.get(owner))].append(str(row.get(target)))
        return links

    def _decoded(self, kind: str, cls: type[T], rows: list[Row]) -> Iterator[T]:
        for row in rows:
            try:
                yield decode(cls, row)
            except msgspec.ValidationError as error:
                self.failures.append(GhostObjectFailure(kind, ghost_id_of(row), str(error)))

    def settings(self) -> dict[str, Any]:
        """Return the site's settings by their key, without secrets."""
        return {
            row["key"]: _setting(self._clean("settings", row))
            for row in self._rows("settings")
            if isinstance(row.get("key"), str) and not is_secret(row["key"])
        }

    def users(self) -> Iterator[results.GhostUser]:
        """Yield the staff users with their roles."""
        roles = {row.get("id"): row for row in self._rows("roles")}
        held = self._links("roles_users", "user_id", "role_id")
        rows = [
            self._clean("users", row)
            | {"roles": [roles[role] for role in held[str(row.get("id"))] if role in roles]}
            for row in self._rows("users")
        ]
        return self._decoded("users", results.GhostUser, rows)

    def tags(self) -> Iterator[results.GhostTag]:
        """Yield the tags."""
        rows = [self._clean("tags", row) for row in self._rows("tags")]
        return self._decoded("tags", results.GhostTag, rows)

    def snippets(self) -> Iterator[results.GhostSnippet]:
        """Yield the snippets."""
        rows = [self._clean("snippets", row) for row in self._rows("snippets")]
        return self._decoded("snippets", results.GhostSnippet, rows)

    def tiers(self) -> Iterator[results.GhostTier]:
        """Yield the tiers with the names of their benefits."""
        names = {row.get("id"): row.get("name") for row in self._rows("benefits")}
        given = self._links("products_benefits", "product_id", "benefit_id")
        rows = [
            self._clean("products", row)
            | {"benefits": [names[b] for b in given[str(row.get("id"))] if b in names]}
            for row in self._rows("products")
        ]
        return self._decoded("tiers", results.GhostTier, rows)

    def newsletters(self) -> Iterator[results.GhostNewsletter]:
        """Yield the newsletters."""
        rows = [self._clean("newsletters", row) for row in self._rows("newsletters")]
        return self._decoded("newsletters", results.GhostNewsletter, rows)

    def posts(self) -> Iterator[results.GhostPost]:
        """Yield the posts with their authors, tags and tiers in order."""
        return self._documents("posts", results.GhostPost, lambda row: row.get("type") != "page")

    def pages(self) -> Iterator[results.GhostPage]:
        """Yield the pages; otherwise as `posts`."""
        return self._documents("pages", results.GhostPage, lambda row: row.get("type") == "page")

    def _documents(self, kind: str, cls: type[T], is_wanted: Callable[[Row], bool]) -> Iterator[T]:
        linked = [
            ("authors", self._links("posts_authors", "post_id", "author_id"), "users"),
            ("tags", self._links("posts_tags", "post_id", "tag_id"), "tags"),
            ("tiers", self._links("posts_products", "post_id", "product_id"), "products"),
        ]
        objects = {
            table: {row.get("id"): self._clean(table, row) for row in self._rows(table)}
            for table in ("users", "tags", "products", "newsletters")
        }
        meta = {
            row.get("post_id"): self._clean("posts_meta", row) for row in self._rows("posts_meta")
        }
        rows: list[Row] = []
        for row in filter(is_wanted, self._rows("posts")):
            ghost_id = row.get("id")
            found = self._clean("posts", row) | meta.get(ghost_id, {})
            found["email_segment"] = found.pop("email_recipient_filter", None)
            found["newsletter"] = objects["newsletters"].get(row.get("newsletter_id"))
            for name, links, table in linked:
                found[name] = [
                    objects[table][target]
                    for target in links.get(str(ghost_id), ())
                    if target in objects[table]
                ]
            rows.append(found)
        return self._decoded(kind, cls, rows)
