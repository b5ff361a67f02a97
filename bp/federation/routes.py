"""The actor, its outbox in pages, its followers as a number, its activities and articles.

Specifications: ActivityPub (https://www.w3.org/TR/activitypub/) and ActivityStreams 2.0. What the
inbox takes and who is delivered to is work of its own; its address is there and says so.
"""

from typing import Any, Final

from quart import Blueprint, Response, current_app, redirect, request
from werkzeug.wrappers import Response as Redirect

from bp.domains import services
from infrastructure.access import access
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.factory import base_app
from infrastructure.page_cache import private, public, surrogate_tags
from services.federation import documents
from services.federation.documents import Addresses
from services.site.reader import site

blueprint = Blueprint("federation", __name__)

ACTIVITY_JSON: Final = "application/activity+json"

# With the profile as a parameter it is the other name of the same (ActivityPub, 3.2); the cache
# layer compares names alone.
_REPRESENTATIONS: Final = (ACTIVITY_JSON, "application/ld+json", "application/json", "text/html")

_PAGE: Final = 20


class DeafError(PersonError):
    """The address is right, but nobody takes what is sent there (ActivityPub, section 7)."""

    status = 405


def addresses() -> Addresses:
    """Return the addresses of the site's actor."""
    return Addresses(base_app().settings.public_url)


def answer(
    document: dict[str, Any], status: int = 200, media_type: str = ACTIVITY_JSON
) -> Response:
    """Answer with a document."""
    text = current_app.json.dumps(document)
    return Response(text, status=status, content_type=f"{media_type}; charset=utf-8")


def _wants_page() -> bool:
    """Whether a person's browser asks, who would rather read the site."""
    return request.accept_mimetypes.best_match(_REPRESENTATIONS) == "text/html"


@blueprint.get(documents.ACTOR_PATH)
@access("public")
@public(representations=_REPRESENTATIONS)
async def actor() -> Response | Redirect:
    """Give the site's actor; a browser is led to the site."""
    surrogate_tags("site")
    if _wants_page():
        return redirect("/", 302)
    at = addresses()
    async with base_app().database.read() as connection:
        of_site = await site(connection)
    return answer(
        documents.actor(
            at,
            name=of_site.title,
            summary=of_site.description,
            icon=_absolute(at, of_site.icon or of_site.logo),
            image=_absolute(at, of_site.cover_image),
        )
    )


def _absolute(at: Addresses, address: str | None) -> str | None:
    return f"{at.site}{address}" if address and address.startswith("/") else address


@blueprint.get(f"{documents.ACTOR_PATH}/outbox")
@access("public")
@public(query=("page", "before"))
async def outbox() -> Response:
    """Give the outbox, or with `page` a stretch of it, newest first."""
    surrogate_tags("outbox")
    at = addresses()
    federation = services().federation
    async with base_app().database.read() as connection:
        if not request.args.get("page"):
            count = await federation.outbox_count(connection)
            return answer(
                {
                    "@context": documents.CONTEXT,
                    "id": at.outbox,
                    "type": "OrderedCollection",
                    "totalItems": count,
                    "first": f"{at.outbox}?page=true",
                }
            )
        before = _cursor(request.args.get("before"))
        page = await federation.outbox(connection, before=before, limit=_PAGE)
    address = f"{at.outbox}?page=true"
    document = {
        "@context": documents.CONTEXT,
        "id": address if before is None else f"{address}&before={before}",
        "type": "OrderedCollectionPage",
        "partOf": at.outbox,
        "orderedItems": [_without_context(activity) for activity in page.activities],
    }
    if page.before is not None:
        document["next"] = f"{address}&before={page.before}"
    return answer(document)


def _without_context(activity: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in activity.items() if name != "@context"}


def _cursor(given: str | None) -> int | None:
    """Return where a page begins.

    Raises:
        NotFoundError: there is no such page.
    """
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 18:
        raise NotFoundError
    return int(given)


@blueprint.get(f"{documents.ACTOR_PATH}/followers")
@access("public")
@public()
async def followers() -> Response:
    """Say how many follow; who they are is theirs to tell."""
    surrogate_tags("followers")
    async with base_app().database.read() as connection:
        count = await services().federation.follower_count(connection)
    document = {"id": addresses().followers, "type": "OrderedCollection", "totalItems": count}
    return answer({"@context": documents.CONTEXT, **document})


@blueprint.post(f"{documents.ACTOR_PATH}/inbox")
@access("public")
@private
async def inbox() -> Response:
    """Refuse what is sent: nobody can follow yet.

    Raises:
        DeafError: always.
    """
    message = "This site tells, but does not listen yet."
    raise DeafError(message)


@blueprint.get("/federation/activities/<uuid>")
@access("public")
@public()
async def activity(uuid: str) -> Response:
    """Give one activity."""
    surrogate_tags("outbox")
    async with base_app().database.read() as connection:
        found = await services().federation.activity(connection, uuid)
    if found is None:
        raise NotFoundError
    return answer(found)


@blueprint.get("/federation/objects/<uuid>/<int:generation>")
@access("public")
@public(representations=_REPRESENTATIONS)
async def object_(uuid: str, generation: int) -> Response | Redirect:
    """Give an article, or what is left of it; a browser is led to the post."""
    surrogate_tags("outbox")
    async with base_app().database.read() as connection:
        found = await services().federation.object(connection, uuid, generation)
    if found is None:
        raise NotFoundError
    if found["type"] == "Tombstone":
        return answer(found, 410)
    if _wants_page():
        return redirect(found["url"], 302)
    return answer(found)
