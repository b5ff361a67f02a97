"""What of a menu somebody sees: entries whose target is there and theirs to read, for their eyes.

An entry that is not served takes what is below it along; a heading with nothing below it is not
served either. This is asked whenever a menu is shown, not only when it is published: a post may be
unpublished on any later day.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from services.accounts.policy import may_read
from services.accounts.viewer import ANONYMOUS, Role, Viewer
from services.navigation.rows import Entry


class Item(Struct, frozen=True):
    """A served entry; its `url` is a path where it leads to this site, None for a heading."""

    label: str
    url: str | None
    icon: str | None = None
    new_tab: bool = False
    children: "tuple[Item, ...]" = ()


def url_of(entry: Entry, apps: Mapping[str, str]) -> str | None:
    """Return where an entry leads; None for a heading, and where its sibling app is absent.

    Args:
        entry: which.
        apps: the public addresses of the sibling apps that there are, without closing slashes.
    """
    if entry.kind == "app":
        home = apps.get(entry.app or "")
        return f"{home}{entry.address or '/'}" if home else None
    return entry.address if entry.kind == "url" else entry.path


def trouble(entry: Entry, apps: Mapping[str, str]) -> str | None:
    """Return why nobody sees an entry, as a sentence for its editor; None where it can be seen."""
    match entry.state:
        case "gone":
            return "What it leads to is gone."
        case "draft":
            return "It leads to a draft; it shows once that is published."
        case "scheduled":
            return "It leads to a post that is scheduled; it shows once that is published."
        case "sent":
            return "It leads to a post that was sent by mail only."
        case "internal":
            return "It leads to an internal tag, which readers never see."
    if entry.kind == "app" and entry.app not in apps:
        return f"The {entry.app} app is not set up here."
    return None


def troubles(entries: Iterable[Entry], apps: Mapping[str, str]) -> dict[int, str]:
    """Return for each entry that nobody sees the reason, as a sentence for its editor.

    Args:
        entries: from top to bottom, parents first.
        apps: see `url_of`.
    """
    all_of_them = tuple(entries)
    names = {entry.id: entry.name for entry in all_of_them}
    found: dict[int, str] = {}
    for entry in all_of_them:
        why = trouble(entry, apps)
        if why is None and entry.parent_id in found:
            why = f"It is not shown, because “{names[entry.parent_id]}” above it is not."
        if why is not None:
            found[entry.id] = why
    # From the bottom up: a heading is as good as what is left below it.
    with_something = {
        it.parent_id for it in all_of_them if it.id not in found and it.kind != "heading"
    }
    for entry in reversed(all_of_them):
        if entry.kind != "heading" or entry.id in found:
            continue
        if entry.id in with_something:
            with_something.add(entry.parent_id)
        else:
            found[entry.id] = "A heading shows once something below it does."
    return found


def is_for(viewer: Viewer, entry: Entry) -> bool:
    """Whether somebody is among those whom an entry is for."""
    return viewer.role >= Role.of(entry.audience) and may_read(
        viewer, entry.visibility, entry.tier_ids
    )


def served(
    entries: Iterable[Entry], apps: Mapping[str, str], viewer: Viewer = ANONYMOUS
) -> tuple[Item, ...]:
    """Return what somebody sees of a menu.

    Args:
        entries: from top to bottom, parents first.
        apps: see `url_of`.
        viewer: who looks; by default, only what everyone may see.
    """
    below: dict[int | None, list[Entry]] = {}
    for entry in entries:
        below.setdefault(entry.parent_id, []).append(entry)

    def level(parent_id: int | None) -> tuple[Item, ...]:
        found = []
        for entry in below.get(parent_id, ()):
            if trouble(entry, apps) is not None or not is_for(viewer, entry):
                continue
            children = level(entry.id)
            if entry.kind == "heading" and not children:
                continue
            url = url_of(entry, apps)
            found.append(Item(entry.name, url, entry.icon, entry.new_tab, children))
        return tuple(found)

    return level(None)
