"""`/sitemap.xml` and `/robots.txt`: where machines find every page, and where they need not look.

The protocol (https://www.sitemaps.org/protocol.html) allows 50,000 addresses in one file. Up to
there the sitemap is one file; a larger site gets an index of several.
"""

import re
from collections.abc import Iterable

from quart import Response

from bp.blog.routes import blueprint
from bp.head import stamp
from infrastructure.access import access
from infrastructure.errors import NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import public, surrogate_tags
from services.posts import syndication
from services.posts.rows import Address
from services.posts.syndication import SitemapPart

_ONE_FILE_EACH = 3

# Pages of people who write, of one person, or that have no end.
_NOT_FOR_MACHINES = ("/admin/", "/auth/", "/internal/", "/p/", "/search/")

_NOT_IN_AN_ADDRESS = re.compile(r"[\s<>\"]")


def _absolute(path: str) -> str:
    plain = _NOT_IN_AN_ADDRESS.sub("", path)
    return f"{base_app().settings.public_url}{plain}" if plain.startswith("/") else plain


def _xml(template: str, **context: object) -> Response:
    text = base_app().templates.render(template, absolute=_absolute, stamp=stamp, **context)
    return Response(text, content_type="application/xml; charset=utf-8")


def _url_set(addresses: Iterable[Address]) -> Response:
    return _xml("blog/sitemap.xml", addresses=addresses)


def _with_front_page(addresses: list[Address]) -> list[Address]:
    changed = [address.changed_at for address in addresses if address.changed_at]
    return [Address("/", max(changed, default=None)), *addresses]


@blueprint.get("/sitemap.xml")
@access("public")
@public()
async def sitemap() -> Response:
    """Give all addresses, or the files that have them."""
    surrogate_tags("posts", "tags", "authors")
    async with base_app().database.read() as connection:
        parts = await syndication.sitemap_parts(connection)
        if len(parts) <= _ONE_FILE_EACH:
            found: list[Address] = []
            for part in parts:
                found += await syndication.addresses(connection, part)
            if len(found) < syndication.SITEMAP_SIZE:
                return _url_set(_with_front_page(found))
    return _xml("blog/sitemap_index.xml", parts=parts)


@blueprint.get("/sitemap-<kind>-<int:number>.xml")
@access("public")
@public()
async def sitemap_part(kind: str, number: int) -> Response:
    """Give the addresses of one file of the sitemap."""
    part = SitemapPart(kind, number)
    surrogate_tags("posts", "tags", "authors")
    async with base_app().database.read() as connection:
        if part not in await syndication.sitemap_parts(connection):
            raise NotFoundError
        return _url_set(await syndication.addresses(connection, part))


@blueprint.get("/robots.txt")
@access("public")
@public()
async def robots() -> Response:
    """Tell machines what to leave alone, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_MACHINES)]
    lines += ["", f"Sitemap: {_absolute('/sitemap.xml')}", ""]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")
