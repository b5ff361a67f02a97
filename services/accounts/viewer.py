"""Who looks at a page: nobody known, a reader, a member with tiers, or somebody of the house.

A viewer is what sessions and grants come down to; what one may do is decided in `policy`.
"""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What people are here, each with all that the ones before it may do."""

    ANONYMOUS = 0
    READER = 1
    MEMBER = 2
    CONTRIBUTOR = 3
    AUTHOR = 4
    EDITOR = 5
    ADMINISTRATOR = 6
    OWNER = 7

    @property
    def word(self) -> str:
        """The role as the database and the pages call it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Role":
        """Return the role of this name; a name that nobody knows is no role at all."""
        return cls.__members__.get(word.upper(), cls.ANONYMOUS)


STAFF = (Role.CONTRIBUTOR, Role.AUTHOR, Role.EDITOR, Role.ADMINISTRATOR, Role.OWNER)

# How Ghost calls its staff roles; a role of a later Ghost that is not here gives nothing.
GHOST_ROLES = {
    "Contributor": Role.CONTRIBUTOR,
    "Author": Role.AUTHOR,
    "Editor": Role.EDITOR,
    "Super Editor": Role.EDITOR,
    "Administrator": Role.ADMINISTRATOR,
    "Owner": Role.OWNER,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who asks for something.

    Attributes:
        role: what they are here.
        person_id: their row; None for nobody known.
        key: their stable name towards other programs.
        name: what to call them; their address where they gave no name.
        email: their address.
        author_id: as which author they sign.
        tier_ids: the tiers that they have now.
        has_paid_tier: whether one of these costs something.
        session_id: the session that they are signed in with.
    """

    role: Role = Role.ANONYMOUS
    person_id: int | None = None
    key: str = ""
    name: str = ""
    email: str = ""
    author_id: int | None = None
    tier_ids: frozenset[int] = frozenset()
    has_paid_tier: bool = False
    session_id: int | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether we know who it is."""
        return self.role > Role.ANONYMOUS

    @property
    def is_staff(self) -> bool:
        """Whether they work on the site."""
        return self.role >= Role.CONTRIBUTOR


ANONYMOUS = Viewer()
