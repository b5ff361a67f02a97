"""How others find the actor and learn what runs here: WebFinger and NodeInfo.

Specifications: RFC 7033 (WebFinger), https://nodeinfo.diaspora.software/protocol (NodeInfo 2.1).
"""

from quart import Response, request

from bp.domains import services
from bp.federation.routes import ACTIVITY_JSON, addresses, answer, blueprint
from infrastructure.access import access
from infrastructure.errors import NotFoundError, PersonError
from infrastructure.factory import base_app
from infrastructure.page_cache import public, surrogate_tags

_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.1"


@blueprint.get("/.well-known/webfinger")
@access("public")
@public(query=("resource",))
async def webfinger() -> Response:
    """Tell who an account is: the site's actor, by its account or any of its addresses."""
    surrogate_tags("site")
    resource = request.args.get("resource")
    if not resource:
        message = "Say about whom: resource=acct:…"
        raise PersonError(message)
    at = addresses()
    if resource.rstrip("/").lower() not in {at.account.lower(), at.actor, at.site}:
        raise NotFoundError
    document = {
        "subject": at.account,
        "aliases": [at.actor, f"{at.site}/"],
        "links": [
            {"rel": "self", "type": ACTIVITY_JSON, "href": at.actor},
            {
                "rel": "http://webfinger.net/rel/profile-page",
                "type": "text/html",
                "href": f"{at.site}/",
            },
        ],
    }
    response = answer(document, media_type="application/jrd+json")
    # RFC 7033, section 5: any page may ask.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/.well-known/nodeinfo")
@access("public")
@public()
async def nodeinfo_links() -> Response:
    """Tell where the description of this server is."""
    surrogate_tags("site")
    link = {"rel": _SCHEMA, "href": f"{addresses().site}/nodeinfo/2.1"}
    return answer({"links": [link]}, media_type="application/json")


@blueprint.get("/nodeinfo/2.1")
@access("public")
@public()
async def nodeinfo() -> Response:
    """Describe this server: what it runs, what it speaks, how much is told here."""
    surrogate_tags("site", "outbox")
    async with base_app().database.read() as connection:
        told = await services().federation.outbox_count(connection)
    document = {
        "version": "2.1",
        "software": {"name": "blog-app", "version": "0.1.0"},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": ["rss2.0"]},
        "openRegistrations": False,
        "usage": {"users": {"total": 1}, "localPosts": told},
        "metadata": {},
    }
    return answer(document, media_type=f'application/json; profile="{_SCHEMA}#"')
