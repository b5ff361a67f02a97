"""What is asked for: the pages, their modes, and the address of each at each of the compared."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Mode(StrEnum):
    """In what state a page is asked for."""

    WARM = "warm"
    COLD = "cold"
    UNCHANGED = "304"


class Page(Struct, frozen=True):
    """One kind of page.

    Attributes:
        name: in the table.
        path: ours.
        ghost: Ghost's; None where Ghost has nothing like it.
        headers: sent with each request to us.
        modes: in which it can be asked for. A page for one person is rendered each time.
    """

    name: str
    path: str
    ghost: str | None
    headers: Mapping[str, str] = {}
    modes: tuple[Mode, ...] = tuple(Mode)


def pages(post: str, tag: str, session: str) -> list[Page]:
    """Return all pages that are measured.

    Args:
        post: the slug of a post.
        tag: the slug of a tag.
        session: the cookie of an editor who is signed in, `name=value`.
    """
    own = (Mode.COLD,)
    return [
        Page("home", "/", "/"),
        Page("tag", f"/tag/{tag}/", f"/tag/{tag}/"),
        Page("post", f"/{post}/", f"/{post}/"),
        Page("feed", "/rss/", "/rss/"),
        Page(
            "nav-tree",
            "/internal/fragments/nav-tree?app=market&path=/",
            None,
            {"X-Fragment-Request": "1"},
        ),
        Page("login page", "/auth/login/", None, modes=own),
        Page(
            "admin list",
            "/admin/posts/",
            "/ghost/api/admin/posts/?limit=15&include=tags,authors",
            {"Cookie": session},
            modes=own,
        ),
    ]
