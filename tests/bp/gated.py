"""Posts and pages that hold a word back from most: what they are called, who got to see it."""

from uuid import NAMESPACE_URL, UUID, uuid5

from infrastructure.factory import BaseApp
from tests.bp import objects
from tests.bp.conftest import Visitor

VISIBILITIES = ("members", "paid", "tiers")


def word(visibility: str) -> str:
    """The word below the paywall of the post `/<visibility>-post/` and of its page."""
    return f"zyxwsecret{visibility}"


async def reads(visitor: Visitor) -> set[str]:
    """Return which posts a visitor reads to the end; the page of each must agree."""
    found = set()
    for visibility in VISIBILITIES:
        answers = [await visitor.get(f"/{visibility}-{kind}/") for kind in ("post", "page")]
        texts = [await answer.get_data(as_text=True) for answer in answers]
        whole = [word(visibility) in text for text in texts]
        assert whole[0] == whole[1]
        assert all("Teaser bread." in text for text in texts)
        if whole[0]:
            found.add(visibility)
            for answer in answers:
                assert "no-store" in answer.headers["Cache-Control"]
                assert "ETag" not in answer.headers
    return found


def uuid(slug: str) -> UUID:
    """The uuid of a planted post, by which previews find it."""
    return uuid5(NAMESPACE_URL, slug)


def public_paths(app: BaseApp) -> list[str]:
    """Every public GET route, with each argument that leads to the planted posts.

    What other arguments lead to is told in `tests.bp.objects`; without that, the build breaks.
    """
    slugs = [f"{it}-{kind}" for it in VISIBILITIES for kind in ("post", "page")]
    leads = {"slug": [*slugs, "bread", "ada"], "uuid": [str(uuid(it)) for it in slugs]}
    paths = []
    for route in objects.routes(app):
        if route.changes or route.action not in {"public", "sign-in"}:
            continue
        assert not objects.undeclared([route]), route
        known = {name: objects.PLAIN.get(name, "1") for name in route.arguments}
        first = next((it for it in route.arguments if it in leads), None)
        values = [known | {first: it} for it in leads[first]] if first else [known]
        paths += [route.path(it) for it in values]
    return paths
