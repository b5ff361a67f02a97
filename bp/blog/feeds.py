"""Feeds: RSS 2.0 of the site, of a tag and of an author, as Ghost gives them, and a JSON Feed 1.1.

A feed carries what anyone may read: of a post that is not public, its teaser. Specifications:
https://www.rssboard.org/rss-specification and https://www.jsonfeed.org/version/1.1/.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from markupsafe import Markup
from quart import Response
from werkzeug.wrappers import Response as Redirect

from bp.blog.routes import blueprint, moved
from bp.chrome import Chrome
from bp.head import stamp
from bp.pages import chrome, shows_cards
from infrastructure.access import access
from infrastructure.factory import base_app
from infrastructure.page_cache import public, surrogate_tags
from services.posts import reader, syndication
from services.posts.gated_blocks import for_everybody
from services.posts.rows import FeedEntry

# Whatever XML 1.0 does not allow, written or escaped (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ATTRIBUTE = re.compile(r"""(\s(?:href|src|poster|action|data-kg-[\w-]+)=)(["'])(/(?!/)|\#)""")
_SRCSET = re.compile(r"""(\ssrcset=)(["'])(.*?)\2""", re.DOTALL)
_IN_SRCSET = re.compile(r"(^|,\s*)/(?!/)")
_IN_STYLE = re.compile(r"""(url\((?:&quot;|["'])?)/(?!/)""")


def absolute_html(html: str, site_url: str, page_url: str) -> str:
    """Return HTML whose links and pictures have their origin, to be read anywhere.

    Args:
        html: of a document.
        site_url: the origin, without a closing slash.
        page_url: the document's own address, for links inside it.
    """

    def lead_home(match: re.Match[str]) -> str:
        target = f"{page_url}#" if match[3] == "#" else f"{site_url}/"
        return f"{match[1]}{match[2]}{target}"

    def absolute_copies(match: re.Match[str]) -> str:
        copies = _IN_SRCSET.sub(rf"\1{site_url}/", match[3])
        return f"{match[1]}{match[2]}{copies}{match[2]}"

    html = _ATTRIBUTE.sub(lead_home, html)
    html = _SRCSET.sub(absolute_copies, html)
    return _IN_STYLE.sub(rf"\1{site_url}/", html)


def _html(around: Chrome, entry: FeedEntry) -> str:
    """Return the text of an entry, its picture first, as Ghost's feeds have it."""
    card = entry.card
    shows_cards((card,))
    surrogate_tags(f"post:{card.id}")
    image = Markup('<img src="{}" alt="{}">') if card.feature_image else Markup()
    picture = image.format(card.feature_image, card.feature_image_alt or "")
    page_url = f"{around.site_url}{card.path}"
    return absolute_html(str(picture) + for_everybody(entry.html), around.site_url, page_url)


def _rfc_822(time: datetime) -> str:
    return format_datetime(time.astimezone(UTC), usegmt=True)


def _rss(around: Chrome, entries: tuple[FeedEntry, ...], title: str, page: str) -> Response:
    """Answer with RSS; `page` is the path of the listing that the feed belongs to."""
    changed = [entry.card.updated_at or entry.card.published_at for entry in entries]
    feed = base_app().templates.render(
        "blog/rss.xml",
        site=around.site,
        absolute=around.absolute,
        rfc_822=_rfc_822,
        title=title,
        page=page,
        built_at=max(changed, default=None),
        entries=[(entry.card, entry.guid, _html(around, entry)) for entry in entries],
    )
    return Response(_NOT_XML.sub("", feed), content_type="application/rss+xml; charset=utf-8")


@blueprint.get("/rss/")
@access("public")
@public()
async def rss() -> Response:
    """Give the feed of the site."""
    surrogate_tags("list:home")
    around = await chrome()
    async with base_app().database.read() as connection:
        entries = await syndication.newest(connection)
    return _rss(around, entries, around.site.title, "/")


@blueprint.get("/tag/<slug>/rss/")
@access("public")
@public()
async def tag_rss(slug: str) -> Response | Redirect:
    """Give the feed of a tag."""
    around = await chrome()
    async with base_app().database.read() as connection:
        found = await reader.tag(connection, slug)
        if found is None:
            return await moved(connection, "tag", slug, "rss/")
        surrogate_tags(f"tag:{found.id}", f"list:tag:{found.id}")
        entries = await syndication.newest(connection, tag_id=found.id)
    return _rss(around, entries, f"{found.name} - {around.site.title}", found.path)


@blueprint.get("/author/<slug>/rss/")
@access("public")
@public()
async def author_rss(slug: str) -> Response | Redirect:
    """Give the feed of an author."""
    around = await chrome()
    async with base_app().database.read() as connection:
        found = await reader.author(connection, slug)
        if found is None:
            return await moved(connection, "author", slug, "rss/")
        surrogate_tags(f"author:{found.id}", f"list:author:{found.id}")
        entries = await syndication.newest(connection, author_id=found.id)
    return _rss(around, entries, f"{found.name} - {around.site.title}", found.path)


def _without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _item(around: Chrome, entry: FeedEntry) -> dict[str, Any]:
    card = entry.card
    url = f"{around.site_url}{card.path}"
    authors = [
        _without_nothing(
            {
                "name": author.name,
                "url": f"{around.site_url}{author.path}",
                "avatar": around.absolute(author.profile_image) if author.profile_image else None,
            }
        )
        for author in card.authors
    ]
    return {"id": entry.guid, "url": url, "content_html": _html(around, entry)} | _without_nothing(
        {
            "title": card.title,
            "summary": card.excerpt,
            "image": around.absolute(card.feature_image) if card.feature_image else None,
            "date_published": stamp(card.published_at),
            "date_modified": stamp(card.updated_at) if card.updated_at else None,
            "authors": authors,
            "tags": [tag.name for tag in card.tags],
        }
    )


@blueprint.get("/feed.json")
@access("public")
@public()
async def json_feed() -> Response:
    """Give the feed of the site as JSON."""
    surrogate_tags("list:home")
    around = await chrome()
    async with base_app().database.read() as connection:
        entries = await syndication.newest(connection)
    site = around.site
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.title,
        "home_page_url": f"{around.site_url}/",
        "feed_url": f"{around.site_url}/feed.json",
    } | _without_nothing(
        {
            "description": site.description,
            "icon": around.absolute(site.icon) if site.icon else None,
            "language": site.locale,
        }
    )
    feed["items"] = [_item(around, entry) for entry in entries]
    return Response(msgspec.json.encode(feed), content_type="application/feed+json; charset=utf-8")
