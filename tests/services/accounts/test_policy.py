"""The policy, against expectations that are written out here a second time."""

import pytest

from services.accounts.policy import POLICY, Target, may, may_change, may_give, may_read
from services.accounts.viewer import ANONYMOUS, Role, Viewer

# From which role on: one's own draft, one's own published, another's draft, another's published.
_POSTS = {
    "post.see": ("contributor", "contributor", "editor", "editor"),
    "post.edit": ("contributor", "author", "editor", "editor"),
    "post.publish": ("author", "author", "editor", "editor"),
    "post.delete": ("contributor", "author", "editor", "editor"),
    "snippet.edit": ("contributor", "contributor", "editor", "editor"),
}

_OTHERS = {
    "anonymous": {"public", "sign-in"},
    "reader": {"own-account"},
    "contributor": {
        "desk",
        "post.list",
        "post.create",
        "post.search",
        "media.upload",
        "embed.look-up",
        "snippet.use",
    },
    "editor": {
        "post.feature",
        "post.sign",
        "page.edit",
        "menu.edit",
        "tag.edit",
        "author.edit",
        "people.see",
        "people.invite",
        "ghost.see",
    },
    "administrator": {
        "people.edit",
        "post.inject",
        "site.edit",
        "redirects.edit",
        "ghost.run",
        "cache.see",
        "cache.purge",
        "jobs.see",
        "jobs.run",
        "audit.see",
    },
}


def test_every_action_is_expected_here() -> None:
    assert set(POLICY) == set(_POSTS).union(*_OTHERS.values())


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", _POSTS)
def test_posts(role: Role, action: str) -> None:
    targets = (
        Target(is_own=True, is_published=False),
        Target(is_own=True, is_published=True),
        Target(is_own=False, is_published=False),
        Target(is_own=False, is_published=True),
    )
    for target, least in zip(targets, _POSTS[action], strict=True):
        assert may(Viewer(role), action, target) == (role >= Role.of(least)), target


@pytest.mark.parametrize("role", Role)
def test_what_needs_no_object(role: Role) -> None:
    for least, actions in _OTHERS.items():
        for action in actions:
            assert may(Viewer(role), action) == (role >= Role.of(least)), action


def test_an_unknown_action_is_allowed_to_nobody() -> None:
    assert not may(Viewer(Role.OWNER), "invented")


def test_an_unknown_role_is_no_role() -> None:
    assert Role.of("superuser") is Role.ANONYMOUS


@pytest.mark.parametrize(
    ("visibility", "who"),
    [
        ("public", "anonymous reader member payer friend contributor author editor"),
        ("members", "member payer friend contributor author editor"),
        ("paid", "payer editor"),
        ("tiers", "friend editor"),
        ("invented", "editor"),
    ],
)
def test_who_may_read(visibility: str, who: str) -> None:
    viewers = {
        "anonymous": ANONYMOUS,
        "reader": Viewer(Role.READER, tier_ids=frozenset({7}), has_paid_tier=True),
        "member": Viewer(Role.MEMBER),
        "payer": Viewer(Role.MEMBER, tier_ids=frozenset({3}), has_paid_tier=True),
        "friend": Viewer(Role.MEMBER, tier_ids=frozenset({7})),
        "contributor": Viewer(Role.CONTRIBUTOR),
        "author": Viewer(Role.AUTHOR),
        "editor": Viewer(Role.EDITOR),
    }
    may_see = {name for name, viewer in viewers.items() if may_read(viewer, visibility, {7, 8})}
    assert may_see == set(who.split())


def test_who_gives_which_role() -> None:
    given = {giver: {role for role in Role if may_give(Viewer(giver), role)} for giver in Role}
    nobody: set[Role] = set()
    assert given == {
        **dict.fromkeys(Role, nobody),
        Role.EDITOR: {Role.CONTRIBUTOR, Role.AUTHOR},
        Role.ADMINISTRATOR: set(Role) - {Role.ANONYMOUS, Role.OWNER},
        Role.OWNER: set(Role) - {Role.ANONYMOUS},
    }


def test_only_an_owner_changes_an_owner() -> None:
    assert may_change(Viewer(Role.OWNER), Role.OWNER)
    assert not may_change(Viewer(Role.ADMINISTRATOR), Role.OWNER)
    assert may_change(Viewer(Role.ADMINISTRATOR), Role.ADMINISTRATOR)
    assert not may_change(Viewer(Role.EDITOR), Role.READER)
