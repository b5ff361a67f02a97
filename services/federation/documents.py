"""Writing ActivityStreams documents: the actor, articles, tombstones, activities.

Sources: ActivityStreams 2.0 vocabulary (https://www.w3.org/TR/activitystreams-vocabulary/),
ActivityPub (https://www.w3.org/TR/activitypub/), and how Mastodon reads an `Article`
(https://docs.joinmastodon.org/spec/activitypub/). Nothing here reads or keeps anything.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

import nh3

from services.contracts.federation import PublicPost

CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"

ACTOR_PATH: Final = "/federation/actor"
HANDLE: Final = "blog"
"""The site's actor is `@blog@<host>`: one for all that it publishes."""


class Addresses:
    """The addresses of the actor and of what it says; they may never change once told."""

    def __init__(self, site_url: str) -> None:
        """Derive them from the site's public address, without a closing slash."""
        self.site = site_url
        self.host = urlsplit(site_url).netloc
        self.actor = f"{site_url}{ACTOR_PATH}"
        self.inbox = f"{self.actor}/inbox"
        self.outbox = f"{self.actor}/outbox"
        self.followers = f"{self.actor}/followers"

    @property
    def account(self) -> str:
        """The actor as WebFinger names it (RFC 7565)."""
        return f"acct:{HANDLE}@{self.host}"

    def activity(self, uuid: str) -> str:
        """Return where an activity is read."""
        return f"{self.site}/federation/activities/{uuid}"

    def object(self, uuid: str, generation: int) -> str:
        """Return where an article is read; each time a post comes back it is a new one."""
        return f"{self.site}/federation/objects/{uuid}/{generation}"


def timestamp(time: datetime) -> str:
    """Write a time as ActivityStreams wants it (xsd:dateTime, UTC)."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def actor(
    at: Addresses, *, name: str, summary: str, icon: str | None, image: str | None
) -> dict[str, Any]:
    """Write the site's actor. `icon` and `image` are absolute addresses."""
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": at.actor,
        "type": "Application",
        "preferredUsername": HANDLE,
        "name": name,
        "summary": summary,
        "url": f"{at.site}/",
        "inbox": at.inbox,
        "outbox": at.outbox,
        "followers": at.followers,
        "manuallyApprovesFollowers": False,
        "discoverable": True,
    }
    if icon:
        document["icon"] = {"type": "Image", "url": icon}
    if image:
        document["image"] = {"type": "Image", "url": image}
    return document


def article(at: Addresses, post: PublicPost, generation: int) -> dict[str, Any]:
    """Write a post as an `Article`; without a context of its own, to be put into an activity."""
    content = _content(post)
    document: dict[str, Any] = {
        "id": at.object(post.uuid, generation),
        "type": "Article",
        "attributedTo": at.actor,
        "name": post.title,
        "summary": post.summary,
        "content": content,
        "url": post.url,
        "published": timestamp(post.published_at),
        "to": [PUBLIC],
        "cc": [at.followers],
        "tag": [_hashtag(at, name) for name in post.tags],
    }
    if post.updated_at is not None and post.updated_at > post.published_at:
        document["updated"] = timestamp(post.updated_at)
    if post.image:
        document["image"] = {"type": "Image", "url": post.image}
    if post.language:
        document["contentMap"] = {post.language: content}
    return document


def _content(post: PublicPost) -> str:
    """Return a text as it can be read anywhere: simple elements, and addresses that are whole."""
    return nh3.clean(
        post.html,
        attributes={"a": {"href", "title"}, "img": {"alt", "height", "src", "width"}},
        link_rel=None,
        url_relative=("rewrite_with_base", post.url),
    )


def _hashtag(at: Addresses, name: str) -> dict[str, str]:
    # A hashtag ends at the first space, so "sour dough" is told as #SourDough.
    words = [word for word in name.split() if word]
    joined = "".join(word[0].upper() + word[1:] for word in words) if len(words) > 1 else name
    return {
        "type": "Hashtag",
        "name": f"#{joined.strip()}",
        "href": f"{at.site}/search/?q={quote(name)}",
    }


def tombstone(at: Addresses, uuid: str, generation: int, deleted_at: datetime) -> dict[str, Any]:
    """Write what stands where an article stood."""
    return {
        "id": at.object(uuid, generation),
        "type": "Tombstone",
        "formerType": "Article",
        "deleted": timestamp(deleted_at),
    }


def activity(
    at: Addresses, uuid: str, kind: str, obj: dict[str, Any], published: datetime
) -> dict[str, Any]:
    """Write an activity of the actor; `kind` is `Create`, `Update` or `Delete`."""
    return {
        "@context": CONTEXT,
        "id": at.activity(uuid),
        "type": kind,
        "actor": at.actor,
        "published": timestamp(published),
        "to": [PUBLIC],
        "cc": [at.followers],
        "object": obj,
    }


def digest(post: PublicPost) -> bytes:
    """Return what changes when something of a post changes that the fediverse would see.

    The time of the last change is left out: Ghost changes it for things that nobody sees.
    """
    seen = [
        post.url,
        post.title,
        post.summary,
        post.html,
        timestamp(post.published_at),
        post.tags,
        post.image,
        post.language,
    ]
    return hashlib.sha256(json.dumps(seen).encode()).digest()
