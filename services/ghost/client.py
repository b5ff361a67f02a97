"""The client of a Ghost: what can be read and written there, in types.

Every method is one thing to ask of Ghost 5 or 6. Sending, retries and errors are left to
``services.ghost.caller``, long lists to ``services.ghost.paging``, and what the answers mean for
our own tables to the mirror.

Source: Ghost's Admin and Content API, as Ghost 5.130 and 6.65 answer. Worth knowing: a list has at
most 100 objects; a date in a filter must have the form of the database (``2026-11-23 01:29:42``),
because Ghost compares texts and with ``T`` and ``Z`` a day's changes are missed; webhooks can be
made, edited and deleted with an integration's key, but not listed.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

import httpx
import msgspec

from services.ghost import results
from services.ghost.caller import Api, Content, GhostCaller, GhostConfig
from services.ghost.decoding import GhostObject, decode, format_time
from services.ghost.errors import GhostAnswerInvalid, GhostNotFound
from services.ghost.paging import GhostBatch, Walk, objects_of, pages_of

T = TypeVar("T", bound=GhostObject)
DocumentKind = Literal["posts", "pages"]

_FORMATS: Final = "mobiledoc,lexical,html,plaintext"
_DOCUMENT: Final[dict[str, str | int]] = {
    "formats": _FORMATS,
    "include": "authors,tags,tiers,newsletter,email",
}
_LISTING: Final[dict[str, str | int]] = {
    "fields": "id,updated_at,status,visibility",
    "include": "authors,tags,tiers",
}
_DOCUMENT_TYPES: Final[dict[DocumentKind, type[results.GhostPost]]] = {
    "posts": results.GhostPost,
    "pages": results.GhostPage,
}


class GhostClient:
    """All that this app asks of one Ghost.

    :param http: a client of ``infrastructure.http.create_client``; whoever made it closes it.

    Every method raises ``GhostError``; its subclasses tell what happened.
    """

    def __init__(self, http: httpx.AsyncClient, config: GhostConfig) -> None:
        self.config = config
        self._caller = GhostCaller(http, config)

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far, repeated ones included."""
        return self._caller.requests

    @property
    def ghosts_time(self) -> datetime | None:
        """Return the time by Ghost's own clock when it answered last; None where it tells none."""
        return self._caller.ghosts_time

    # Reading: the site.

    async def read_site(self) -> results.GhostSite:
        """Return the public face of the site; needs no permission, so it shows who answers."""
        return _one(results.GhostSite, await self._caller.call("GET", "/site/"), "site")

    async def read_installation(self) -> results.GhostInstallation:
        """Return version and set-up of this Ghost."""
        return _one(results.GhostInstallation, await self._caller.call("GET", "/config/"), "config")

    async def read_settings(self) -> dict[str, Any]:
        """Return all settings that the key may see, by their key."""
        answer = await self._caller.call("GET", "/settings/")
        try:
            return {entry["key"]: entry["value"] for entry in objects_of(answer, "settings")}
        except (KeyError, TypeError):
            raise GhostAnswerInvalid from None

    # Reading: lists, page by page.

    def read_posts(
        self, *, updated_since: datetime | None = None, only: Collection[str] = ()
    ) -> AsyncIterator[GhostBatch[results.GhostPost]]:
        """Walk through all posts (drafts, scheduled and sent ones too) with their whole text.

        :param updated_since: only those whose ``updated_at`` (whole seconds) is not before it. A
            change of tags, authors or tiers alone does not touch ``updated_at``: see
            ``list_posts``.
        :param only: only those with these ids; what is gone is left out.
        """
        return self._documents("posts", results.GhostPost, _since(updated_since) or _among(only))

    def read_pages(
        self, *, updated_since: datetime | None = None, only: Collection[str] = ()
    ) -> AsyncIterator[GhostBatch[results.GhostPage]]:
        """Walk through all pages; otherwise as ``read_posts``."""
        return self._documents("pages", results.GhostPage, _since(updated_since) or _among(only))

    def list_posts(self) -> AsyncIterator[GhostBatch[results.GhostListing]]:
        """Walk through the ids of all posts and what shows a change, 100 to a request."""
        return self._listing("posts")

    def list_pages(self) -> AsyncIterator[GhostBatch[results.GhostListing]]:
        """Walk through the ids of all pages; otherwise as ``list_posts``."""
        return self._listing("pages")

    def read_tags(
        self, *, updated_since: datetime | None = None
    ) -> AsyncIterator[GhostBatch[results.GhostTag]]:
        """Walk through all tags, internal ones too."""
        return self._walk("tags", results.GhostTag, where=_since(updated_since))

    def read_users(self) -> AsyncIterator[GhostBatch[results.GhostUser]]:
        """Walk through all staff users with their roles."""
        return self._walk("users", results.GhostUser, {"include": "roles"})

    def read_newsletters(self) -> AsyncIterator[GhostBatch[results.GhostNewsletter]]:
        """Walk through all newsletters, archived ones too."""
        return self._walk("newsletters", results.GhostNewsletter)

    def read_labels(self) -> AsyncIterator[GhostBatch[results.GhostLabel]]:
        """Walk through all labels of members."""
        return self._walk("labels", results.GhostLabel)

    def read_members(
        self, *, updated_since: datetime | None = None
    ) -> AsyncIterator[GhostBatch[results.GhostMember]]:
        """Walk through all members with labels, newsletters, tiers and subscriptions."""
        return self._walk(
            "members",
            results.GhostMember,
            {"include": "newsletters,labels,tiers"},
            where=_since(updated_since),
        )

    async def read_tiers(self) -> tuple[results.GhostTier, ...]:
        """Return all tiers, the free and the archived ones too; Ghost gives them in one answer."""
        answer = await self._caller.call(
            "GET", "/tiers/", params={"include": "monthly_price,yearly_price,benefits"}
        )
        return tuple(_decoded(results.GhostTier, raw) for raw in objects_of(answer, "tiers"))

    # Reading: one object.

    async def read_post(self, ghost_id: str) -> results.GhostPost:
        """Return one post as ``read_posts`` gives it; ``GhostNotFound`` when it is gone."""
        return await self._read("posts", ghost_id, results.GhostPost, _DOCUMENT)

    async def read_page(self, ghost_id: str) -> results.GhostPage:
        """Return one page; ``GhostNotFound`` when it is gone."""
        return await self._read("pages", ghost_id, results.GhostPage, _DOCUMENT)

    async def read_document(self, kind: DocumentKind, ghost_id: str) -> results.GhostPost:
        """Return one post or page, whichever is asked for; ``GhostNotFound`` when it is gone."""
        return await self._read(kind, ghost_id, _DOCUMENT_TYPES[kind], _DOCUMENT)

    async def find_documents(self, kind: DocumentKind, title: str) -> list[results.GhostPost]:
        """Return the newest posts or pages of this very title, at most a dozen."""
        quoted = title.replace("\\", "\\\\").replace("'", "\\'")
        params: dict[str, str | int] = {
            **_DOCUMENT,
            "filter": f"title:'{quoted}'",
            "order": "created_at desc",
            "limit": 12,
        }
        answer = await self._caller.call("GET", f"/{kind}/", params=params)
        return [_decoded(_DOCUMENT_TYPES[kind], raw) for raw in objects_of(answer, kind)]

    async def read_tag(self, ghost_id: str) -> results.GhostTag:
        """Return one tag; ``GhostNotFound`` when it is gone."""
        return await self._read("tags", ghost_id, results.GhostTag)

    async def read_user(self, ghost_id: str) -> results.GhostUser:
        """Return one staff user with roles; ``GhostNotFound`` when it is gone."""
        return await self._read("users", ghost_id, results.GhostUser, {"include": "roles"})

    async def read_tier(self, ghost_id: str) -> results.GhostTier:
        """Return one tier; ``GhostNotFound`` when it is gone.

        It is looked for among all: asked for one that it does not have, Ghost 6 fails (500).
        """
        found = [tier for tier in await self.read_tiers() if tier.id == ghost_id]
        if not found:
            raise GhostNotFound
        return found[0]

    async def read_newsletter(self, ghost_id: str) -> results.GhostNewsletter:
        """Return one newsletter; ``GhostNotFound`` when it is gone."""
        return await self._read("newsletters", ghost_id, results.GhostNewsletter)

    async def read_label(self, ghost_id: str) -> results.GhostLabel:
        """Return one label; ``GhostNotFound`` when it is gone."""
        return await self._read("labels", ghost_id, results.GhostLabel)

    async def read_member(self, ghost_id: str) -> results.GhostMember:
        """Return one member as ``read_members`` gives it; ``GhostNotFound`` when it is gone."""
        return await self._read(
            "members", ghost_id, results.GhostMember, {"include": "newsletters,labels,tiers"}
        )

    # Reading: what readers may see, through the Content API.

    def read_public_posts(self) -> AsyncIterator[GhostBatch[results.GhostPost]]:
        """Walk through the published posts; the body of a gated one ends at its paywall marker."""
        return Walk(
            self._caller,
            "posts",
            lambda raw: decode(results.GhostPost, raw),
            params={"formats": "html,plaintext", "include": "authors,tags,tiers"},
            page_size=self.config.document_page_size,
            api="content",
        ).batches()

    async def read_public_settings(self) -> dict[str, Any]:
        """Return the settings that themes may see: title, navigation, colours, social accounts."""
        answer = await self._caller.call("GET", "/settings/", api="content")
        found = answer.get("settings") if isinstance(answer, dict) else None
        if not isinstance(found, dict):
            raise GhostAnswerInvalid
        return found

    # Writing.

    async def create_document(
        self, kind: DocumentKind, fields: Mapping[str, Any], *, source_html: bool = False
    ) -> results.GhostPost:
        """Create a post or page.

        :param fields: Ghost's fields; ``title`` is required. Times may be ``datetime``.
        :param source_html: ``fields["html"]`` is to be turned into a Lexical document by Ghost.
        :raises GhostRefused: with Ghost's reasons.
        """
        params: dict[str, str | int] = {**_DOCUMENT}
        if source_html:
            params["source"] = "html"
        answer = await self._write("POST", f"/{kind}/", kind, fields, params)
        return _one(_DOCUMENT_TYPES[kind], answer, kind)

    async def edit_document(
        self,
        kind: DocumentKind,
        ghost_id: str,
        fields: Mapping[str, Any],
        *,
        newsletter: str | None = None,
        email_segment: str | None = None,
        save_revision: bool = False,
    ) -> results.GhostPost:
        """Change a post or page.

        :param fields: what changes, and ``updated_at`` as it was last read: Ghost compares it.
        :param newsletter: slug of the newsletter that a post is sent to as it is published, to the
            members of ``email_segment`` (a filter of members, or ``all``).
        :param save_revision: keep the former state among Ghost's revisions.
        :raises GhostConflict: when somebody saved it since.
        :raises GhostNotFound: when it is gone.
        :raises GhostRefused: with Ghost's reasons.
        """
        params: dict[str, str | int] = {**_DOCUMENT}
        if newsletter is not None:
            params["newsletter"] = newsletter
        if email_segment is not None:
            params["email_segment"] = email_segment
        if save_revision:
            params["save_revision"] = "true"
        answer = await self._write("PUT", f"/{kind}/{ghost_id}/", kind, fields, params)
        return _one(_DOCUMENT_TYPES[kind], answer, kind)

    async def delete_document(self, kind: DocumentKind, ghost_id: str) -> None:
        """Delete a post or page for good; ``GhostNotFound`` when it was gone before."""
        await self._caller.call("DELETE", f"/{kind}/{ghost_id}/")

    async def create_tag(self, fields: Mapping[str, Any]) -> results.GhostTag:
        """Create a tag; ``name`` is required, and one that begins with ``#`` is internal."""
        return _one(results.GhostTag, await self._write("POST", "/tags/", "tags", fields), "tags")

    async def edit_tag(self, ghost_id: str, fields: Mapping[str, Any]) -> results.GhostTag:
        """Change a tag."""
        answer = await self._write("PUT", f"/tags/{ghost_id}/", "tags", fields)
        return _one(results.GhostTag, answer, "tags")

    async def delete_tag(self, ghost_id: str) -> None:
        """Delete a tag and take it off all posts."""
        await self._caller.call("DELETE", f"/tags/{ghost_id}/")

    async def upload_image(
        self, name: str, content: Content, media_type: str, *, purpose: str = "image"
    ) -> results.GhostUpload:
        """Store a picture; ``purpose`` is ``image``, ``profile_image`` or ``icon``."""
        return await self._upload("images", name, content, media_type, form={"purpose": purpose})

    async def upload_media(
        self,
        name: str,
        content: Content,
        media_type: str,
        *,
        thumbnail: tuple[str, bytes, str] | None = None,
    ) -> results.GhostUpload:
        """Store audio or video, with an optional still picture (name, content, media type)."""
        return await self._upload("media", name, content, media_type, thumbnail=thumbnail)

    async def upload_file(
        self, name: str, content: Content, media_type: str
    ) -> results.GhostUpload:
        """Store any other file."""
        return await self._upload("files", name, content, media_type)

    async def read_oembed(self, url: str, kind: str | None = None) -> dict[str, Any]:
        """Let Ghost look up what a link can be shown as.

        :param kind: ``embed``, ``bookmark`` or ``mention``; Ghost chooses when None.
        :return: an oEmbed object, or ``{"type": "bookmark", "url", "metadata": {…}}``.
        :raises GhostRefused: when Ghost could not fetch it.
        """
        params: dict[str, str | int] = {"url": url}
        if kind is not None:
            params["type"] = kind
        answer = await self._caller.call("GET", "/oembed/", params=params)
        if not isinstance(answer, dict):
            raise GhostAnswerInvalid
        return answer

    async def create_webhook(
        self, event: str, target_url: str, *, secret: str | None = None, name: str | None = None
    ) -> results.GhostWebhook:
        """Register a webhook of this key's integration.

        Its id is told only here, so keep it: an integration's key cannot list webhooks.

        :raises GhostRefused: also when the same event and address are registered already.
        """
        fields = {"event": event, "target_url": target_url, "secret": secret, "name": name}
        given = {key: value for key, value in fields.items() if value is not None}
        answer = await self._write("POST", "/webhooks/", "webhooks", given)
        return _one(results.GhostWebhook, answer, "webhooks")

    async def read_webhook_ids(self) -> tuple[str, ...]:
        """Return the ids of webhooks that integrations registered and did not remove since.

        An integration's key may not list webhooks, but it may read Ghost's history. Those of other
        integrations are among them; ``edit_webhook`` answers for one's own with its address. Those
        that Ghost removed by itself (after a 410) are among them as well, and not found when
        edited.
        """
        ids: dict[str, dict[str, None]] = {"added": {}, "deleted": {}}
        page, pages = 1, 1
        while page <= pages:
            # The history is the one list that Ghost 6 gives in no order but its own, newest first.
            # What is added meanwhile repeats an entry on the next page, which does no harm.
            params: dict[str, str | int] = {
                "filter": "resource_type:webhook",
                "limit": 100,
                "page": page,
            }
            answer = await self._caller.call("GET", "/actions/", params=params)
            for raw in objects_of(answer, "actions"):
                action = _decoded(results.GhostAction, raw)
                if action.event in ids and action.resource_id is not None:
                    ids[action.event][action.resource_id] = None
            pages = pages_of(answer)
            page += 1
        return tuple(key for key in ids["added"] if key not in ids["deleted"])

    async def edit_webhook(self, ghost_id: str, fields: Mapping[str, Any]) -> results.GhostWebhook:
        """Change a webhook (event, target_url, secret, name); ``GhostNotFound`` when it is gone."""
        answer = await self._write("PUT", f"/webhooks/{ghost_id}/", "webhooks", fields)
        return _one(results.GhostWebhook, answer, "webhooks")

    async def delete_webhook(self, ghost_id: str) -> None:
        """Remove a webhook; ``GhostNotFound`` when it is gone already."""
        await self._caller.call("DELETE", f"/webhooks/{ghost_id}/")

    # The common shapes of the above.

    def _walk(
        self,
        resource: str,
        cls: type[T],
        params: dict[str, str | int] | None = None,
        *,
        where: str | None = None,
    ) -> AsyncIterator[GhostBatch[T]]:
        return Walk(
            self._caller, resource, lambda raw: decode(cls, raw), params=params, where=where
        ).batches()

    def _documents(
        self, kind: DocumentKind, cls: type[T], where: str | None
    ) -> AsyncIterator[GhostBatch[T]]:
        return Walk(
            self._caller,
            kind,
            lambda raw: decode(cls, raw),
            params=_DOCUMENT,
            where=where,
            page_size=self.config.document_page_size,
        ).batches()

    def _listing(self, kind: DocumentKind) -> AsyncIterator[GhostBatch[results.GhostListing]]:
        return Walk(self._caller, kind, _decode_listing, params=_LISTING).batches()

    async def _read(
        self,
        resource: str,
        ghost_id: str,
        cls: type[T],
        params: Mapping[str, str | int] | None = None,
        api: Api = "admin",
    ) -> T:
        path = f"/{resource}/{ghost_id}/"
        return _one(cls, await self._caller.call("GET", path, api=api, params=params), resource)

    async def _write(
        self,
        method: str,
        path: str,
        resource: str,
        fields: Mapping[str, Any],
        params: Mapping[str, str | int] | None = None,
    ) -> Any:
        plain = {
            key: format_time(value) if isinstance(value, datetime) else value
            for key, value in fields.items()
        }
        return await self._caller.call(method, path, params=params, body={resource: [plain]})

    async def _upload(
        self,
        resource: str,
        name: str,
        content: Content,
        media_type: str,
        *,
        form: Mapping[str, str] | None = None,
        thumbnail: tuple[str, bytes, str] | None = None,
    ) -> results.GhostUpload:
        files: dict[str, tuple[str, Content, str]] = {"file": (name, content, media_type)}
        if thumbnail is not None:
            files["thumbnail"] = thumbnail
        answer = await self._caller.call(
            "POST", f"/{resource}/upload/", files=files, form={**(form or {}), "ref": name}
        )
        return _one(results.GhostUpload, answer, resource)


def _one(cls: type[T], answer: Any, resource: str) -> T:
    """Return the one object of an answer, which stands in a list or by itself."""
    found = answer.get(resource) if isinstance(answer, dict) else None
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return _decoded(cls, found)


def _decoded(cls: type[T], raw: Any) -> T:
    try:
        return decode(cls, raw)
    except msgspec.ValidationError as error:
        raise GhostAnswerInvalid(f"Ghost's answer is not understood: {error}.") from error


def _decode_listing(raw: Any) -> results.GhostListing:
    """Keep the ids alone of the tags, authors and tiers, in their order."""
    if not isinstance(raw, dict):
        raise msgspec.ValidationError("Expected an object")
    slim = {key: raw[key] for key in ("id", "updated_at", "status", "visibility") if key in raw}
    try:
        for many, ids in (("tags", "tag_ids"), ("authors", "author_ids"), ("tiers", "tier_ids")):
            slim[ids] = [entry["id"] for entry in raw.get(many) or ()]
    except (KeyError, TypeError):
        raise msgspec.ValidationError("Expected tags, authors and tiers with ids") from None
    return decode(results.GhostListing, slim)


def _since(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return f"updated_at:>='{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}'"


def _among(ghost_ids: Collection[str]) -> str | None:
    return f"id:[{','.join(map(repr, ghost_ids))}]" if ghost_ids else None
