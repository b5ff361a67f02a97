"""What each page says of itself to machines: title, description, Open Graph, Twitter, JSON-LD.

The same words in the same places as Ghost's `{{ghost_head}}`, so that a site which changes over
looks the same to search engines. Of a post that is not public only the excerpt is known here, which
is made of its teaser.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from markupsafe import Markup
from msgspec import Struct

from bp.chrome import Chrome
from bp.social import profiles
from services.posts.rows import AuthorPage, Listing, Meta, PostDocument, TagGroupRow, TagPage

Pairs = tuple[tuple[str, str], ...]

_RSS = "application/rss+xml"
_JSON_FEED = "application/feed+json"

# A description longer than this is cut by whoever shows it.
_DESCRIPTION = 300


class FeedLink(Struct, frozen=True):
    """A feed that a page leads to."""

    type: str
    title: str
    url: str


class Head(Struct, frozen=True, kw_only=True):
    """The words in a page's head; `properties` are Open Graph's, `names` Twitter's."""

    title: str
    description: str | None = None
    canonical: str
    is_indexed: bool = True
    properties: Pairs = ()
    names: Pairs = ()
    json_ld: Markup | None = None
    feeds: tuple[FeedLink, ...] = ()
    next_path: str | None = None
    codeinjection_head: str | None = None
    codeinjection_foot: str | None = None

    @property
    def loads_more(self) -> bool:
        """Whether the page can put in older posts in place."""
        return self.next_path is not None


def stamp(time: datetime) -> str:
    """Return an instant as Ghost writes it: UTC, milliseconds, `Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def _short(text: str | None) -> str | None:
    plain = " ".join((text or "").split())
    if len(plain) <= _DESCRIPTION:
        return plain or None
    return plain[:_DESCRIPTION].rsplit(" ", 1)[0] + "…"


def _script(data: dict[str, Any]) -> Markup:
    """Return JSON-LD; nothing in it can end the script element that it stands in."""
    filled = {key: value for key, value in data.items() if value not in (None, "", [])}
    text = msgspec.json.encode({"@context": "https://schema.org"} | filled).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped just above


def _filled(*pairs: tuple[str, str | None]) -> Pairs:
    return tuple((name, value) for name, value in pairs if value)


class _Words(Struct, kw_only=True):
    """What is said of a page in several places, before it is put where it belongs."""

    title: str
    description: str | None
    canonical: str
    kind: str
    image: str | None
    meta: Meta


def _open_graph(around: Chrome, words: _Words, *more: tuple[str, str | None]) -> Pairs:
    image = words.meta.og_image or words.image
    facebook = around.site.social.get("facebook")
    return _filled(
        ("og:site_name", around.site.title),
        ("og:type", words.kind),
        ("og:title", words.meta.og_title or words.title),
        ("og:description", words.meta.og_description or words.description),
        ("og:url", words.canonical),
        ("og:image", around.absolute(image) if image else None),
        *more,
        ("article:publisher", profiles({"facebook": facebook})[0].url if facebook else None),
    )


def _twitter(around: Chrome, words: _Words, *more: tuple[str, str | None]) -> Pairs:
    image = words.meta.twitter_image or words.image
    handle = around.site.social.get("twitter")
    return _filled(
        ("twitter:card", "summary_large_image" if image else "summary"),
        ("twitter:title", words.meta.twitter_title or words.title),
        ("twitter:description", words.meta.twitter_description or words.description),
        ("twitter:url", words.canonical),
        ("twitter:image", around.absolute(image) if image else None),
        *more,
        ("twitter:site", f"@{handle.lstrip('@')}" if handle else None),
    )


def _publisher(around: Chrome) -> dict[str, Any]:
    logo = around.site.logo or around.site.icon
    publisher = {"@type": "Organization", "name": around.site.title, "url": f"{around.site_url}/"}
    if not logo:
        return publisher
    return publisher | {"logo": {"@type": "ImageObject", "url": around.absolute(logo)}}


def _image(around: Chrome, url: str | None) -> dict[str, Any] | None:
    return {"@type": "ImageObject", "url": around.absolute(url)} if url else None


def _feeds(around: Chrome, *own: FeedLink) -> tuple[FeedLink, ...]:
    title = around.site.title
    return (
        *own,
        FeedLink(_RSS, title, f"{around.site_url}/rss/"),
        FeedLink(_JSON_FEED, title, f"{around.site_url}/feed.json"),
    )


def _older(around: Chrome, listing: Listing) -> str | None:
    return f"{around.path}?after={listing.after}" if listing.after else None


def _listing_address(around: Chrome, after: str | None) -> str:
    return f"{around.site_url}{around.path}" + (f"?after={after}" if after else "")


def for_home(around: Chrome, listing: Listing, after: str | None) -> Head:
    """Say what the listing of all posts is; `after` is the cursor that it was asked for with."""
    site = around.site
    words = _Words(
        title=site.meta.title or site.title,
        description=_short(site.meta.description or site.description),
        canonical=_listing_address(around, after),
        kind="website",
        image=site.meta.og_image or site.cover_image,
        meta=site.meta,
    )
    if after:
        words.title += " (older posts)"
    return Head(
        title=words.title,
        description=words.description,
        canonical=words.canonical,
        properties=_open_graph(around, words),
        names=_twitter(around, words),
        json_ld=_script(
            {
                "@type": "WebSite",
                "publisher": _publisher(around),
                "url": f"{around.site_url}/",
                "name": site.title,
                "image": _image(around, site.meta.og_image or site.cover_image),
                "mainEntityOfPage": f"{around.site_url}/",
                "description": words.description,
            }
        ),
        feeds=_feeds(around),
        next_path=_older(around, listing),
    )


def for_tag(around: Chrome, tag: TagPage, listing: Listing, after: str | None) -> Head:
    """Say what a tag's listing is."""
    site = around.site
    words = _Words(
        title=tag.meta.title or f"{tag.name} - {site.title}",
        description=_short(tag.meta.description or tag.description),
        canonical=tag.meta.canonical_url or _listing_address(around, after),
        kind="website",
        image=tag.feature_image or site.cover_image,
        meta=tag.meta,
    )
    return Head(
        title=words.title,
        description=words.description,
        canonical=words.canonical,
        properties=_open_graph(around, words),
        names=_twitter(around, words),
        json_ld=_script(
            {
                "@type": "Series",
                "publisher": _publisher(around),
                "url": f"{around.site_url}{tag.path}",
                "image": _image(around, tag.feature_image),
                "name": tag.name,
                "mainEntityOfPage": f"{around.site_url}{tag.path}",
                "description": words.description,
            }
        ),
        feeds=_feeds(around, FeedLink(_RSS, tag.name, f"{around.site_url}{tag.path}rss/")),
        next_path=_older(around, listing),
        codeinjection_head=tag.meta.codeinjection_head,
        codeinjection_foot=tag.meta.codeinjection_foot,
    )


def for_author(around: Chrome, author: AuthorPage, listing: Listing, after: str | None) -> Head:
    """Say who an author is."""
    site = around.site
    words = _Words(
        title=author.meta.title or f"{author.name} - {site.title}",
        description=_short(author.meta.description or author.bio),
        canonical=_listing_address(around, after),
        kind="profile",
        image=author.cover_image or author.profile_image,
        meta=author.meta,
    )
    elsewhere = [profile.url for profile in profiles(author.social)]
    return Head(
        title=words.title,
        description=words.description,
        canonical=words.canonical,
        properties=_open_graph(around, words),
        names=_twitter(around, words),
        json_ld=_script(
            {
                "@type": "Person",
                "sameAs": [*([author.website] if author.website else []), *elsewhere],
                "name": author.name,
                "url": f"{around.site_url}{author.path}",
                "image": _image(around, author.profile_image),
                "mainEntityOfPage": f"{around.site_url}{author.path}",
                "description": words.description,
            }
        ),
        feeds=_feeds(around, FeedLink(_RSS, author.name, f"{around.site_url}{author.path}rss/")),
        next_path=_older(around, listing),
    )


def for_topic(around: Chrome, group: TagGroupRow, listing: Listing, after: str | None) -> Head:
    """Say what a tag group's listing is."""
    words = _Words(
        title=f"{group.name} - {around.site.title}",
        description=_short(group.description),
        canonical=_listing_address(around, after),
        kind="website",
        image=around.site.cover_image,
        meta=Meta(),
    )
    return Head(
        title=words.title,
        description=words.description,
        canonical=words.canonical,
        properties=_open_graph(around, words),
        names=_twitter(around, words),
        feeds=_feeds(around),
        next_path=_older(around, listing),
    )


def for_search(around: Chrome, words: str) -> Head:
    """Say what was searched for; such a page is not for other search engines."""
    title = f"“{words}”" if words else "Search"
    return Head(
        title=f"{title} - {around.site.title}",
        canonical=f"{around.site_url}/search/",
        is_indexed=False,
        feeds=_feeds(around),
    )


def for_post(around: Chrome, post: PostDocument) -> Head:
    """Say what a post or page is."""
    site, address = around.site, f"{around.site_url}{post.path}"
    excerpt = post.custom_excerpt or post.excerpt
    words = _Words(
        title=post.meta.title or post.title,
        description=_short(post.meta.description or excerpt),
        canonical=post.meta.canonical_url or address,
        kind="website" if post.is_page else "article",
        image=post.feature_image or site.meta.og_image or site.cover_image,
        meta=post.meta,
    )
    author = post.authors[0] if post.authors else None
    tags = ", ".join(tag.name for tag in post.tags)
    changed_at = post.updated_at or post.published_at
    return Head(
        title=words.title,
        description=words.description,
        canonical=words.canonical,
        properties=_open_graph(
            around,
            words,
            ("article:published_time", stamp(post.published_at)),
            ("article:modified_time", stamp(changed_at)),
            *(("article:tag", tag.name) for tag in post.tags),
        ),
        names=_twitter(
            around,
            words,
            ("twitter:label1", "Written by" if author else None),
            ("twitter:data1", author.name if author else None),
            ("twitter:label2", "Filed under" if tags else None),
            ("twitter:data2", tags),
        ),
        json_ld=_script(
            {
                "@type": "Article",
                "publisher": _publisher(around),
                "author": {
                    "@type": "Person",
                    "name": author.name,
                    "url": f"{around.site_url}{author.path}",
                    "image": _image(around, author.profile_image),
                }
                if author
                else None,
                "headline": words.title,
                "url": address,
                "datePublished": stamp(post.published_at),
                "dateModified": stamp(changed_at),
                "image": _image(around, post.feature_image),
                "keywords": tags,
                "description": excerpt,
                "isAccessibleForFree": False if post.is_gated else None,
                "mainEntityOfPage": address,
            }
        ),
        feeds=_feeds(around),
        codeinjection_head=post.meta.codeinjection_head,
        codeinjection_foot=post.meta.codeinjection_foot,
    )
