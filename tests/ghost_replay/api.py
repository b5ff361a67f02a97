"""The HTTP side of the replayed Ghost: paths, keys, reading and writing, errors as captured.

It answers a parsed request with a parsed answer; sockets and misbehaviour are left to ``server``.
"""

import io
import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from werkzeug.formparser import parse_form_data

from tests.ghost_replay import signing
from tests.ghost_replay.query import BadFilterError, compile_filter, id_bound, page_of
from tests.ghost_replay.records import Record, stamp, template
from tests.ghost_replay.site import STATUSES, GhostSite, Webhook
from tests.ghost_replay.views import Views

_LISTS = frozenset(
    {"posts", "pages", "tags", "users", "tiers", "newsletters", "labels", "members", "actions"}
)
_PUBLIC_LISTS = frozenset({"posts", "pages", "tags", "authors", "tiers", "newsletters"})
_NOUNS = {"posts": "post", "pages": "page", "tags": "tag", "users": "user", "members": "member"}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """``shown``: the ids of the documents in it, for the poison; ``bare``: only some fields of
    them."""

    status: int
    body: bytes = b""
    media_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    bare: bool = False


class Refusal(Exception):
    def __init__(self, status: int, message: str, kind: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answer(status, signing.error_body(message, kind, **more))


def _invalid(message: str, context: str, field: str | None = None, details: Any = None) -> Refusal:
    return Refusal(422, message, "ValidationError", context=context, field=field, details=details)


def _missing(action: str, noun: str) -> Refusal:
    return Refusal(
        404,
        f"Resource not found error, cannot {action} {noun}.",
        "NotFoundError",
        context=f"{noun.capitalize()} not found.",
    )


class GhostApi:
    """Answers requests to one site."""

    def __init__(self, site: GhostSite) -> None:
        self.site = site
        self.views = Views(site)

    @property
    def version(self) -> str:
        return "v6.65" if self.site.version == 6 else "v5.130"

    def answer(self, request: Request) -> Answer:
        """Answer anything that is asked of the site."""
        try:
            if request.path.startswith("/ghost/api/admin/"):
                return self._admin(request, request.path.removeprefix("/ghost/api/admin/"))
            if request.path.startswith("/ghost/api/content/"):
                return self._content(request, request.path.removeprefix("/ghost/api/content/"))
        except Refusal as refusal:
            return refusal.answer
        except BadFilterError:
            message = "Request not understood error, cannot list posts."
            body = signing.error_body(message, "BadRequestError", context="Error parsing filter")
            return Answer(400, body)
        if request.path in self.site.uploads:
            media_type, content = self.site.uploads[request.path]
            return Answer(200, content, media_type)
        return Answer(404, b"<!DOCTYPE html><title>404</title>", "text/html; charset=utf-8")

    # The Admin API.

    def _admin(self, request: Request, path: str) -> Answer:
        if path == "site/":
            return _json(200, {"site": self._site()})
        failure = signing.admin_failure(request.headers.get("authorization"))
        if failure is not None:
            status, message, code, kind = failure
            raise Refusal(status, message, str(kind), code=code)
        resource, _, rest = path.rstrip("/").partition("/")
        if resource in _LISTS and request.method == "GET":
            return self._read(resource, rest, request)
        special: dict[tuple[str, str], Callable[[Request, str], Answer]] = {
            ("GET", "config"): lambda _request, _rest: _json(200, {"config": self._config()}),
            ("GET", "settings"): lambda _request, _rest: _json(
                200, {"settings": self.site.settings, "meta": {}}
            ),
            ("GET", "oembed"): self._oembed,
            ("POST", "images"): self._upload,
            ("POST", "media"): self._upload,
            ("POST", "files"): self._upload,
            ("POST", "webhooks"): self._create_webhook,
            ("PUT", "webhooks"): self._edit_webhook,
            ("DELETE", "webhooks"): self._delete_webhook,
            ("POST", "tags"): self._write_tag,
            ("PUT", "tags"): self._write_tag,
        }
        handler = special.get((request.method, resource))
        if handler is None and resource in {"posts", "pages"}:
            writers = {"POST": self._create, "PUT": self._edit}
            handler = writers.get(request.method)
        if handler is None and request.method == "DELETE" and resource in _NOUNS:
            handler = self._delete
        if handler is None:
            raise Refusal(
                406,
                "Request could not be served, the endpoint was not found.",
                "RequestNotAcceptableError",
                code="UPDATE_CLIENT",
            )
        return handler(request, path.rstrip("/"))

    def _read(self, resource: str, rest: str, request: Request) -> Answer:
        query = request.query
        rows = self.views.rows(resource)
        if rest:
            field_name, _, wanted = rest.rpartition("/")
            rows = [row for row in rows if row.get(field_name or "id") == wanted]
            if not rows:
                raise _missing("read", _NOUNS.get(resource, resource))
            shown = [self.views.show(resource, rows[0], query)]
            return self._objects(resource, rows, shown, query, None)
        if "filter" in query:
            bound = id_bound(query["filter"])
            if bound is not None:
                rows = rows[bisect_right(rows, bound, key=lambda row: str(row["id"])) :]
            if query["filter"] != f"id:>'{bound}'":
                matches = compile_filter(query["filter"], self.views.field)
                rows = [row for row in rows if matches(row)]
        rows = _ordered(rows, query.get("order", "created_at desc"))
        if resource == "tiers":
            # A real Ghost gives all tiers whatever the limit.
            query = {**query, "limit": str(max(1, len(rows))), "page": "1"}
        page, meta = page_of(rows, query, self.site.version)
        shown = [self.views.show(resource, row, query) for row in page]
        return self._objects(resource, page, shown, query, meta)

    def _objects(
        self,
        resource: str,
        rows: list[Record],
        shown: list[Record],
        query: dict[str, str],
        meta: Record | None,
    ) -> Answer:
        answer: Record = {resource: shown}
        if meta is not None:
            answer["meta"] = {"pagination": meta}
        made = _json(200, answer)
        made.shown = [str(row["id"]) for row in rows]
        made.bare = "fields" in query
        return made

    def _site(self) -> Record:
        shown: Record = template("site")
        return shown | {"url": "__SITE__/", "version": self.version.removeprefix("v")}

    def _config(self) -> Record:
        shown: Record = template("config")
        return shown | {"version": self.version.removeprefix("v") + ".0"}

    # Writing.

    def _wrapped(self, request: Request, resource: str) -> Record:
        """Return the one object of a body, or refuse as Ghost's schema does."""
        noun = _NOUNS.get(resource, resource[:-1])
        try:
            entries = json.loads(request.body)[resource]
        except (ValueError, KeyError, TypeError):
            details = [{"message": f"must have required property '{resource}'"}]
            message = f"Validation error, cannot save {noun}."
            context = f"Validation failed for {resource}."
            raise _invalid(message, context, resource, details) from None
        if not entries:
            details = [{"message": "must NOT have fewer than 1 items"}]
            message = f"Validation error, cannot save {noun}."
            raise _invalid(message, f"Validation failed for {resource}.", resource, details)
        found: Record = entries[0]
        return found

    def _checked(self, fields: Record, noun: str) -> Record:
        message = f"Validation error, cannot save {noun}."
        if fields.get("status", "draft") not in STATUSES:
            details = [{"message": "must be equal to one of the allowed values"}]
            raise _invalid(message, "Validation failed for status.", "status", details)
        if fields.get("lexical"):
            try:
                root = json.loads(fields["lexical"])["root"]
            except (ValueError, KeyError, TypeError):
                details = [{"message": 'must match format "json-string"'}]
                context = "Validation failed for lexical."
                raise _invalid(message, context, "lexical", details) from None
            if not root.get("children"):
                raise _invalid(message, "Invalid lexical structure.", "lexical")
        if fields.get("title") == "":
            fields = {**fields, "title": "(Untitled)"}
        known = {"updated_at", "id", "uuid", "url", "primary_tag", "primary_author", "count"}
        return {key: value for key, value in fields.items() if key not in known}

    def _create(self, request: Request, path: str) -> Answer:
        kind: Any = path
        noun = _NOUNS[kind]
        fields = self._wrapped(request, kind)
        if "title" not in fields:
            details = [{"message": "must have required property 'title'"}]
            message = f"Validation error, cannot save {noun}."
            raise _invalid(message, "Validation failed for 0.", "0", details)
        if request.query.get("source") == "html":
            card = {"type": "html", "version": 1, "html": fields["html"]}
            fields["lexical"] = json.dumps({"root": {"children": [card], "type": "root"}})
        ghost_id = self.site.create(kind, **self._checked(fields, noun))
        return self._written(kind, ghost_id, request, 201)

    def _edit(self, request: Request, path: str) -> Answer:
        kind, _, ghost_id = path.partition("/")
        noun = _NOUNS[kind]
        fields = self._wrapped(request, kind)
        record = self.site.documents.get(ghost_id)
        if record is None or record["kind"] != kind:
            raise _missing("edit", noun)
        if "updated_at" not in fields:
            details = [{"message": "must have required property 'updated_at'"}]
            message = f"Validation error, cannot edit {noun}."
            raise _invalid(message, "Validation failed for 0.", "0", details)
        if fields["updated_at"][:19] != record["updated_at"][:19]:
            text = "Saving failed! Someone else is editing this post."
            code = "UPDATE_COLLISION"
            raise Refusal(409, text, "UpdateCollisionError", context=text, code=code)
        changes = self._checked(fields, noun)
        newsletter = request.query.get("newsletter")
        if newsletter:
            letters = self.site.newsletters.values()
            found = [entry["id"] for entry in letters if entry["slug"] == newsletter]
            changes["newsletter_id"] = found[0] if found else None
            changes["email_segment"] = request.query.get("email_segment", "all")
            changes["email"] = self.site.new_email(record, changes)
            if changes.get("status") == "published" and (record | changes)["email_only"]:
                changes["status"] = "sent"
        self.site.edit(ghost_id, **changes)
        return self._written(kind, ghost_id, request, 200)

    def _written(self, kind: str, ghost_id: str, request: Request, status: int) -> Answer:
        shown = self.views.document(self.site.documents[ghost_id], request.query)
        return _json(status, {kind: [shown]})

    def _delete(self, request: Request, path: str) -> Answer:
        del request
        resource, _, ghost_id = path.partition("/")
        rows = {row["id"] for row in self.views.rows(resource)}
        if ghost_id not in rows:
            raise _missing("delete", _NOUNS[resource])
        removers = {"tags": self.site.delete_tag, "members": self.site.delete_member}
        removers.get(resource, self.site.delete)(ghost_id)
        return Answer(204)

    def _write_tag(self, request: Request, path: str) -> Answer:
        _, _, ghost_id = path.partition("/")
        fields = self._wrapped(request, "tags")
        if not ghost_id:
            if not fields.get("name"):
                message = "Validation error, cannot save tag."
                raise _invalid(message, "Validation failed for name.", "name")
            ghost_id = self.site.create_tag(**fields)
            return _json(201, {"tags": [self.views.tag(self.site.tags[ghost_id])]})
        if ghost_id not in self.site.tags:
            raise _missing("edit", "tag")
        self.site.edit_tag(ghost_id, **fields)
        return _json(200, {"tags": [self.views.tag(self.site.tags[ghost_id])]})

    def _oembed(self, request: Request, path: str) -> Answer:
        del path
        url = request.query.get("url", "")
        metadata = {"url": url, "title": "A linked page", "description": None, "publisher": None}
        return _json(200, {"version": "1.0", "type": "bookmark", "url": url, "metadata": metadata})

    def _upload(self, request: Request, path: str) -> Answer:
        resource = path.partition("/")[0]
        environ = {
            "wsgi.input": io.BytesIO(request.body),
            "CONTENT_LENGTH": str(len(request.body)),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "REQUEST_METHOD": "POST",
        }
        _, form, files = parse_form_data(environ)
        sent = files.get("file")
        if sent is None:
            raise _invalid("Validation error, cannot upload.", "Please select a file.")
        if resource == "images" and not str(sent.mimetype).startswith("image/"):
            sent.close()
            raise Refusal(415, "Please select a valid image.", "UnsupportedMediaTypeError")
        stem, dot, ending = (sent.filename or "file").rpartition(".")
        target = f"/content/{resource}/2026/11/{stem}{dot}{ending}"
        number = 1
        while target in self.site.uploads:
            number += 1
            target = f"/content/{resource}/2026/11/{stem}-{number}{dot}{ending}"
        self.site.uploads[target] = (str(sent.mimetype), sent.read())
        for part in files.values():
            part.close()
        stored: Record = {"url": f"__SITE__{target}", "ref": form.get("ref")}
        if resource == "media":
            stored["thumbnail_url"] = None
        return _json(201, {resource: [stored]})

    def _create_webhook(self, request: Request, path: str) -> Answer:
        del path
        fields = self._wrapped(request, "webhooks")
        taken = {(hook.event, hook.target_url) for hook in self.site.webhooks.values()}
        if (fields["event"], fields["target_url"]) in taken:
            message = "Validation error, cannot save webhook."
            raise _invalid(message, "Target URL has already been used for this event.")
        moment = self.site.now()
        allowed = {key: fields.get(key) for key in ("event", "target_url", "secret", "name")}
        hook = Webhook(
            id=self.site.maker.object_id(moment),
            created_at=stamp(moment),
            updated_at=stamp(moment),
            **allowed,  # type: ignore[arg-type] # Ghost takes nonsense here as well
        )
        self.site.webhooks[hook.id] = hook
        self._record("added", hook)
        return _json(201, {"webhooks": [self._webhook(hook)]})

    def _edit_webhook(self, request: Request, path: str) -> Answer:
        hook = self._found_webhook(path, "edit")
        fields = self._wrapped(request, "webhooks")
        for name in ("event", "target_url", "secret", "name"):
            if name in fields:
                setattr(hook, name, fields[name])
        return _json(200, {"webhooks": [self._webhook(hook)]})

    def _delete_webhook(self, request: Request, path: str) -> Answer:
        del request
        hook = self._found_webhook(path, "delete")
        self.site.webhooks.pop(hook.id)
        self._record("deleted", hook)
        return Answer(204)

    def _record(self, event: str, hook: Webhook) -> None:
        """Write into the site's history, which an integration may read."""
        moment = self.site.now()
        self.site.actions.append(
            {
                "id": self.site.maker.object_id(moment),
                "resource_id": hook.id,
                "resource_type": "webhook",
                "actor_id": "6b0396d1c403194fef11d8cc",
                "actor_type": "integration",
                "event": event,
                "context": "{}",
                "created_at": stamp(moment),
            }
        )

    def _found_webhook(self, path: str, action: str) -> Webhook:
        hook = self.site.webhooks.get(path.partition("/")[2])
        if hook is None:
            raise _missing(action, "webhook")
        return hook

    def _webhook(self, hook: Webhook) -> Record:
        integration = "6b0396d1c403194fef11d8cc"
        return {**asdict(hook), "api_version": self.version, "integration_id": integration}

    # The Content API.

    def _content(self, request: Request, path: str) -> Answer:
        key = request.query.get("key")
        if key is None:
            raise Refusal(403, "Authorization failed", "NoPermissionError")
        if key != signing.CONTENT_KEY:
            code = "UNKNOWN_CONTENT_API_KEY"
            raise Refusal(401, "Unknown Content API Key", "UnauthorizedError", code=code)
        resource, _, rest = path.rstrip("/").partition("/")
        if resource == "settings":
            return _json(200, {"settings": template("content_settings"), "meta": {}})
        if resource not in _PUBLIC_LISTS or request.method != "GET":
            raise Refusal(404, "Resource not found", "NotFoundError")
        rows = self.views.rows(resource)
        if resource in {"posts", "pages"}:
            rows = [row for row in rows if row["status"] == "published"]
        if "filter" in request.query:
            matches = compile_filter(request.query["filter"], self.views.field)
            rows = [row for row in rows if matches(row)]
        if rest:
            field_name, _, wanted = rest.rpartition("/")
            rows = [row for row in rows if row.get(field_name or "id") == wanted]
            if not rows:
                raise _missing("read", _NOUNS.get(resource, resource))
        rows = _ordered(rows, request.query.get("order", "published_at desc"))
        page, meta = page_of(rows, request.query, self.site.version)
        if resource in {"posts", "pages"}:
            shown = [self.views.public_document(row, request.query) for row in page]
        elif resource == "authors":
            shown = [self.views.public_user(row) for row in page]
        else:
            shown = [self.views.show(resource, row, request.query) for row in page]
        return self._objects(resource, page, shown, request.query, None if rest else meta)


def _ordered(rows: list[Record], order: str) -> list[Record]:
    if order == "id asc":
        return rows
    for part in reversed(order.split(",")):
        name, _, direction = part.strip().partition(" ")
        if any(name in row for row in rows):
            present = lambda row, name=name: str(row.get(name) or "")  # noqa: E731
            rows = sorted(rows, key=present, reverse=direction.lower() == "desc")
    return rows


def _json(status: int, content: object) -> Answer:
    return Answer(status, msgspec.json.encode(content))
