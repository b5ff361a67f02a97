"""Finished, typed rows: a menu's entries with what is known of their targets."""

from datetime import datetime
from typing import Final

from msgspec import Struct

KINDS: Final = ("page", "post", "tag", "app", "url", "heading")

# From which role on an entry is shown, in the words of the roles; the first is for all.
AUDIENCES: Final = {
    "everyone": "Everyone",
    "reader": "Who is signed in",
    "member": "Members",
    "contributor": "Contributors and up",
    "author": "Authors and up",
    "editor": "Editors and up",
    "administrator": "Administrators",
    "owner": "The owner",
}

# The pictures that an entry may have before its label; drawn in `static/css/nav_icons.css`.
ICONS: Final = (
    "home",
    "bread",
    "bicycle",
    "tools",
    "leaf",
    "book",
    "calendar",
    "basket",
    "people",
    "heart",
    "mail",
    "map",
    "star",
    "info",
)

# What of a node is kept of it in a published version, beside its id and its parent's.
FIELDS: Final = (
    "kind",
    "target_id",
    "app",
    "address",
    "label",
    "title",
    "icon",
    "audience",
    "new_tab",
)


class Entry(Struct, frozen=True):
    """A node of a menu, and its target as it is now.

    `state` says why the target cannot be shown to anyone: `gone`, `draft`, `scheduled`, `sent` (by
    mail alone) or `internal` (a tag of the editors'); empty where it can. `path` leads to a target
    of this site; `visibility` and `tier_ids` say who may read it.
    """

    id: int
    parent_id: int | None
    kind: str
    target_id: int | None = None
    app: str | None = None
    address: str | None = None
    label: str | None = None
    title: str = ""
    icon: str | None = None
    audience: str = "everyone"
    new_tab: bool = False
    state: str = ""
    path: str | None = None
    visibility: str = "public"
    tier_ids: frozenset[int] = frozenset()
    current_title: str = ""

    @property
    def name(self) -> str:
        """What the entry is called: by hand, or as its target is called."""
        return self.label or self.current_title or self.title or (self.app or "").capitalize()

    @property
    def is_personal(self) -> bool:
        """Whether not everybody sees it."""
        return self.audience != "everyone" or self.visibility != "public"


class PublishedMenu(Struct, frozen=True):
    """A menu as readers get it: its entries from top to bottom, parents first."""

    name: str
    number: int
    entries: tuple[Entry, ...]


class Menus(Struct, frozen=True):
    """The site's menus: the names of all, and those of which something is published.

    A menu that follows Ghost's navigation is among the names alone.
    """

    names: frozenset[str]
    published: dict[str, PublishedMenu]


class MenuRow(Struct, frozen=True):
    """A menu, as the list of menus shows it."""

    id: int
    name: str
    title: str
    version: int
    follows_ghost: bool
    published_number: int | None
    published_at: datetime | None
    published_by: str | None
    count: int
    undo: str | None = None

    @property
    def is_standing(self) -> bool:
        """Whether every site has it: it cannot be deleted."""
        return self.name in {"main", "footer"}


class Draft(Struct, frozen=True):
    """A menu with the tree that editors work on, from top to bottom."""

    menu: MenuRow
    entries: tuple[Entry, ...]
    published: tuple[Entry, ...]


class VersionRow(Struct, frozen=True):
    """A published version, as the history shows it."""

    number: int
    published_at: datetime
    published_by: str
    note: str
    entries: tuple[Entry, ...]
