"""The fragments that apps of the platform ask each other for: which there are, and how they age."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of fragment.

    Attributes:
        name: as it stands in its address.
        fresh: for how many seconds it is shown without asking.
        stale: for how many more it is shown while it is asked for again.
        personal: it is one viewer's own.
    """

    name: str
    fresh: float
    stale: float
    personal: bool = False


_KINDS = (
    Kind("auth-menu", fresh=60, stale=60, personal=True),
    # Who has just put something into the cart wants to see it: never an old figure if a new one
    # can be had in time.
    Kind("cart-mini", fresh=10, stale=0, personal=True),
    Kind("container-nav", fresh=30, stale=30),
    Kind("container-cards", fresh=30, stale=30),
    # A menu that was published is seen on every app within a second; unchanged, it is a 304.
    Kind("nav-tree", fresh=1, stale=0),
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _KINDS}

MOST_CONTAINERS: Final = 50
"""How many containers one request for `container-cards` names at most."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a signed-in person by the account's stable id, or an anonymous session."""

    user_id: str | None = None
    session_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse nobody, and two at once.

        Raises:
            ValueError: not exactly one of both is set.
        """
        if bool(self.user_id) == bool(self.session_id):
            msg = "a viewer is a user or a session"
            raise ValueError(msg)

    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Return what tells a sibling app who looks."""
        if self.user_id:
            return (("user_id", self.user_id),)
        return (("session_id", str(self.session_id)),)


@dataclass(frozen=True, slots=True)
class FragmentRequest:
    """One fragment of one app for everybody, or for one viewer. Equal ones get the same answer.

    `parameters` are sorted and hold neither viewer nor anything empty.
    """

    app: str
    kind: Kind
    parameters: tuple[tuple[str, str], ...]
    viewer: Viewer | None

    @property
    def query(self) -> str:
        """The query string of the request."""
        viewer = self.viewer.parameters() if self.viewer else ()
        return urlencode((*self.parameters, *viewer))


def fragment(
    app: str,
    kind: str,
    parameters: Mapping[str, str | int] | None = None,
    *,
    viewer: Viewer | None = None,
) -> FragmentRequest:
    """Describe a fragment that is wanted.

    Args:
        app: the sibling app's name.
        kind: one of `KINDS`.
        parameters: its query parameters without the viewer; empty ones are left out.
        viewer: whose, for a personal one; never given to others.

    Raises:
        KeyError: there is no such type.
        ValueError: a personal one for nobody, or one for everybody with a viewer.
    """
    known = KINDS[kind]
    if known.personal != (viewer is not None):
        msg = f"{kind} is {'one viewer’s own' if known.personal else 'the same for everybody'}"
        raise ValueError(msg)
    given = sorted((name, str(value)) for name, value in (parameters or {}).items() if value != "")
    if any(name in {"user_id", "session_id"} for name, _ in given):
        msg = "the viewer is not a parameter"
        raise ValueError(msg)
    return FragmentRequest(app, known, tuple(given), viewer)
