"""How a route declares, beside itself, whether and how it may be cached.

`@public(...)` or `@private` on a view; `surrogate_tags(...)` inside it (or in any service that it
calls) as the things that the page shows become known. What is done with it is the layer's part.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from infrastructure.page_cache.epochs import checked_tags

View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE = "__page_cache_policy__"


@dataclass(frozen=True, slots=True)
class Policy:
    """How the answers of one route may be cached.

    Attributes:
        public: the same bytes for everybody; false: never cached, never shared.
        query: the query parameters that change the answer; no other reaches the view.
        fragment_of_htmx: the view answers `HX-Request` with a part of the page.
        representations: the media types between which the view chooses by `Accept`, the default
            first; empty: one only.
        required_header: a header and its value without which a request is not served from the
            cache but left to the view.
        fresh: seconds after which a page is rendered again even if nothing touched its tags;
            None: it is fresh until it is purged.
        stale: seconds after `fresh` during which the old page is still served while one render
            replaces it. A purged page is never served.
        browser: seconds for which a browser may show the page without asking; 0: it always asks
            (and gets a 304).
    """

    public: bool
    query: tuple[str, ...] = ()
    fragment_of_htmx: bool = False
    representations: tuple[str, ...] = ()
    required_header: tuple[str, str] | None = None
    fresh: float | None = None
    stale: float = 0
    browser: int = 0


PRIVATE: Final = Policy(public=False)

# A path that leads nowhere: its 404 is the same for everybody.
UNROUTED: Final = Policy(public=True)


def public(
    *,
    query: tuple[str, ...] = (),
    fragment_of_htmx: bool = False,
    representations: tuple[str, ...] = (),
    required_header: tuple[str, str] | None = None,
    fresh: float | None = None,
    stale: float | None = None,
    browser: int = 0,
) -> Callable[[View], View]:
    """Declare a view whose GET answer is the same for everybody; see `Policy` for the arguments.

    `stale` defaults to ten times `fresh`. The view never sees the reader's cookies.
    """
    policy = Policy(
        public=True,
        query=query,
        fragment_of_htmx=fragment_of_htmx,
        representations=representations,
        required_header=required_header,
        fresh=fresh,
        stale=10 * (fresh or 0) if stale is None else stale,
        browser=browser,
    )

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, policy)
        return view

    return declare


def private(view: View) -> View:
    """Declare a view whose answers are for one person alone, or change with every request."""
    setattr(view, _ATTRIBUTE, PRIVATE)
    return view


def policy_of(view: Callable[..., Any]) -> Policy | None:
    """Return what a view declared, or None where it declared nothing."""
    policy: Policy | None = getattr(view, _ATTRIBUTE, None)
    return policy


@dataclass(slots=True)
class Render:
    """What one render tells about itself while it runs."""

    tags: set[str] = field(default_factory=set)
    viewer_may_differ: bool = False
    fresh: float | None = None


current_render: Final[ContextVar[Render | None]] = ContextVar("current_render", default=None)


def surrogate_tags(*tags: str) -> None:
    """Say what the page that is being rendered shows: it is purged when one of these is touched.

    Outside a render that could be cached this does nothing.

    Raises:
        ValueError: a tag has a space or a character outside printable ASCII.
    """
    render = current_render.get()
    if render is not None:
        render.tags |= checked_tags(tags)


def viewer_may_differ() -> None:
    """Say that a signed-in reader may see more on this page than everybody does.

    The page is cached for everybody else; whoever brings a personal cookie gets a render of his own
    that is kept nowhere.
    """
    render = current_render.get()
    if render is not None:
        render.viewer_may_differ = True


def fresh_for(seconds: float) -> None:
    """Say that the page that is being rendered is true for at most so long.

    It shows something that no purge reaches. After that, and for as long again, it is served while
    one render replaces it; the shortest time that is said counts, the route's own included.
    """
    render = current_render.get()
    if render is not None:
        render.fresh = seconds if render.fresh is None else min(render.fresh, seconds)
