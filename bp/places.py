"""The places of the desk, as its navigation and its command palette list them.

A page of the house that somebody should find adds a line here.
"""

from dataclasses import dataclass
from typing import Final

from services.accounts.policy import may
from services.accounts.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the desk: shown to whoever may do `action`."""

    group: str
    label: str
    path: str
    action: str


PLACES: Final = (
    Place("Content", "Posts", "/admin/posts/", "post.list"),
    Place("Content", "My drafts", "/admin/posts/?status=draft&mine=1", "post.list"),
    Place("Content", "Pages", "/admin/pages/", "page.edit"),
    Place("Content", "Snippets", "/admin/snippets/", "snippet.use"),
    Place("Content", "Tags", "/admin/tags/", "tag.edit"),
    Place("Content", "Tag groups", "/admin/tag-groups/", "tag.edit"),
    Place("Content", "Authors", "/admin/authors/", "author.edit"),
    Place("People", "People", "/admin/people/", "people.see"),
    Place("People", "Invitations", "/admin/invitations/", "people.invite"),
    Place("Site", "Menus", "/admin/menus/", "menu.edit"),
    Place("Site", "Settings", "/admin/settings/", "site.edit"),
    Place("Site", "Redirects", "/admin/redirects/", "redirects.edit"),
    Place("Machine room", "Ghost", "/admin/ghost/", "ghost.see"),
    Place("Machine room", "Jobs", "/admin/jobs/", "jobs.see"),
    Place("Machine room", "Page cache", "/admin/cache/", "cache.see"),
    Place("Machine room", "Audit log", "/admin/audit/", "audit.see"),
)


def places_for(viewer: Viewer) -> dict[str, list[Place]]:
    """Return the places that a viewer may go to, by group, in order."""
    found: dict[str, list[Place]] = {}
    for place in PLACES:
        if may(viewer, place.action):
            found.setdefault(place.group, []).append(place)
    return found
