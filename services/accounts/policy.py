"""The policy: one table, action × role × the state of the object. Nothing is allowed beside it.

A route names its action beside itself (`infrastructure.access`); `bp.guard` asks this table for
every request. An action about a post asks again with the post at hand, because whose it is and
whether it is published decide. What a program proves by itself (a webhook's signature, a fragment's
header) is `public` here and checked in the route.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from services.accounts.viewer import Role, Viewer


@dataclass(frozen=True, slots=True)
class Target:
    """The state of the object that an action is about."""

    is_own: bool
    is_published: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """From which role on an action is allowed, by the state of its object."""

    own_draft: int
    own_published: int
    others_draft: int
    others_published: int
    asks_for_object: bool = True

    def minimum(self, target: Target) -> int:
        """Return the least role that may do this to an object in this state."""
        if target.is_own:
            return self.own_published if target.is_published else self.own_draft
        return self.others_published if target.is_published else self.others_draft

    @property
    def lowest(self) -> int:
        """The least role that may do this to any object at all."""
        return min(self.own_draft, self.own_published, self.others_draft, self.others_published)


def _from(role: Role) -> Rule:
    """Allow an action from a role on, whatever it is done to."""
    return Rule(role, role, role, role, asks_for_object=False)


POLICY: Final[dict[str, Rule]] = {
    # Everybody.
    "public": _from(Role.ANONYMOUS),
    "sign-in": _from(Role.ANONYMOUS),
    # Everybody who is signed in, about themselves.
    "own-account": _from(Role.READER),
    # The house.
    "desk": _from(Role.CONTRIBUTOR),
    "post.list": _from(Role.CONTRIBUTOR),
    "post.create": _from(Role.CONTRIBUTOR),
    "post.see": Rule(Role.CONTRIBUTOR, Role.CONTRIBUTOR, Role.EDITOR, Role.EDITOR),
    "post.edit": Rule(Role.CONTRIBUTOR, Role.AUTHOR, Role.EDITOR, Role.EDITOR),
    "post.publish": Rule(Role.AUTHOR, Role.AUTHOR, Role.EDITOR, Role.EDITOR),
    "post.delete": Rule(Role.CONTRIBUTOR, Role.AUTHOR, Role.EDITOR, Role.EDITOR),
    "post.feature": _from(Role.EDITOR),
    # Naming somebody else as a post's author; letting code run in its readers' browsers.
    "post.sign": _from(Role.EDITOR),
    "post.inject": _from(Role.ADMINISTRATOR),
    "post.search": _from(Role.CONTRIBUTOR),
    "media.upload": _from(Role.CONTRIBUTOR),
    "embed.look-up": _from(Role.CONTRIBUTOR),
    "snippet.use": _from(Role.CONTRIBUTOR),
    "snippet.edit": Rule(Role.CONTRIBUTOR, Role.CONTRIBUTOR, Role.EDITOR, Role.EDITOR),
    "page.edit": _from(Role.EDITOR),
    "menu.edit": _from(Role.EDITOR),
    "tag.edit": _from(Role.EDITOR),
    "author.edit": _from(Role.EDITOR),
    "people.see": _from(Role.EDITOR),
    "people.invite": _from(Role.EDITOR),
    "people.edit": _from(Role.ADMINISTRATOR),
    "site.edit": _from(Role.ADMINISTRATOR),
    "redirects.edit": _from(Role.ADMINISTRATOR),
    "ghost.see": _from(Role.EDITOR),
    "ghost.run": _from(Role.ADMINISTRATOR),
    "cache.see": _from(Role.ADMINISTRATOR),
    "cache.purge": _from(Role.ADMINISTRATOR),
    "jobs.see": _from(Role.ADMINISTRATOR),
    "jobs.run": _from(Role.ADMINISTRATOR),
    "audit.see": _from(Role.ADMINISTRATOR),
}


def may(viewer: Viewer, action: str, target: Target | None = None) -> bool:
    """Decide whether a viewer may do something.

    Args:
        viewer: who.
        action: a key of `POLICY`; one that is not there is allowed to nobody.
        target: the state of the object; None asks whether there could be one that it is allowed to.
    """
    rule = POLICY.get(action)
    if rule is None:
        return False
    return viewer.role >= (rule.lowest if target is None else rule.minimum(target))


def asks_for_object(action: str) -> bool:
    """Whether an action is only decided with its object at hand."""
    rule = POLICY.get(action)
    return rule is None or rule.asks_for_object


def may_read(viewer: Viewer, visibility: str, tier_ids: Collection[int]) -> bool:
    """Decide whether a viewer may read the whole text of a published post.

    Args:
        viewer: who.
        visibility: `public`, `members`, `paid` or `tiers`, as Ghost means them; any other word
            lets nobody read but those who edit.
        tier_ids: the tiers that a post with visibility `tiers` is for.
    """
    if visibility == "public" or viewer.role >= Role.EDITOR:
        return True
    if viewer.role < Role.MEMBER:
        return False
    if visibility == "members":
        return True
    if visibility == "paid":
        return viewer.has_paid_tier
    return visibility == "tiers" and not viewer.tier_ids.isdisjoint(tier_ids)


def may_give(viewer: Viewer, role: Role) -> bool:
    """Decide whether a viewer may give somebody a role.

    Nobody gives more than they have. Editors bring in contributors and authors, administrators
    everybody but the owner, of whom there is one at the start and who alone makes another.
    """
    if viewer.role == Role.OWNER:
        return role > Role.ANONYMOUS
    if viewer.role == Role.ADMINISTRATOR:
        return Role.ANONYMOUS < role < Role.OWNER
    return viewer.role == Role.EDITOR and role in {Role.CONTRIBUTOR, Role.AUTHOR}


def may_change(viewer: Viewer, role: Role) -> bool:
    """Decide whether a viewer may change or end the account of somebody with this role."""
    if viewer.role == Role.OWNER:
        return True
    return viewer.role == Role.ADMINISTRATOR and role < Role.OWNER
