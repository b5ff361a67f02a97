"""Who may call a route: each names its action beside itself.

This module only carries the declaration; what an action means for whom is decided where people are
known. A route without one fails a test that walks the URL map.
"""

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])

_ATTRIBUTE = "access_action"


def access(action: str) -> Callable[[View], View]:
    """Declare that calling a route is `action`, e.g. `public` or `post.edit`."""

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, action)
        return view

    return declare


def action_of(view: Callable[..., object]) -> str | None:
    """Return the action that a view declared, None where it declared none."""
    action: str | None = getattr(view, _ATTRIBUTE, None)
    return action
