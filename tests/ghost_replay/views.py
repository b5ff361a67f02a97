"""How the rows of the replayed site look: in the Admin API, in the Content API, in webhooks."""

from typing import Any

from tests.ghost_replay.records import Record
from tests.ghost_replay.site import GhostSite

_PRIVATE_DOCUMENT = frozenset(
    {"lexical", "mobiledoc", "status", "email_segment", "email_only", "email", "newsletter"}
    | {"show_title_and_feature_image"}
)
_PUBLIC_USER = (
    "id",
    "name",
    "slug",
    "profile_image",
    "cover_image",
    "bio",
    "website",
    "location",
    "facebook",
    "twitter",
    "threads",
    "bluesky",
    "mastodon",
    "tiktok",
    "youtube",
    "instagram",
    "linkedin",
    "meta_title",
    "meta_description",
    "url",
)
_NOT_COLUMNS = frozenset({"kind", "tag_ids", "author_ids", "tier_ids", "newsletter_id"})
_PRICES = ("currency", "monthly_price", "yearly_price")
_ALL_FORMATS = ("mobiledoc", "lexical", "html", "plaintext")


def _split(text: str | None) -> list[str]:
    return [part for part in (text or "").split(",") if part]


class Views:
    """Shows one site; its address is written ``__SITE__`` until the answer goes out."""

    def __init__(self, site: GhostSite) -> None:
        self.site = site
        self._sorted: dict[str, tuple[int, list[Record]]] = {}
        site.payload_of = self.payload

    # The Admin API.

    def document(self, record: Record, query: dict[str, str]) -> Record:
        """Show a post or page with the formats, relations and fields that ``query`` asks for."""
        fields = _split(query.get("fields"))
        include = _split(query.get("include"))
        if "include" not in query and not fields:
            include = ["tags", "authors", "tiers", "email", "newsletter", "count"]
        formats = _split(query.get("formats")) or ["mobiledoc", "lexical"]
        shown = {key: value for key, value in record.items() if key not in _NOT_COLUMNS}
        shown.pop("email", None)
        for name in _ALL_FORMATS:
            if name not in formats and name not in fields:
                shown.pop(name, None)
        shown |= self._derived(record)
        if fields:
            shown = {name: shown[name] for name in fields if name in shown}
        self._relate(shown, record, include, bare=bool(fields))
        if self.site.version == 5:
            shown.pop("frontmatter", None)
        return shown

    def _relate(self, shown: Record, record: Record, include: list[str], *, bare: bool) -> None:
        site = self.site
        is_post = record["kind"] == "posts"
        if "authors" in include:
            shown["authors"] = [self.user(site.users[key], bare) for key in record["author_ids"]]
        if "tags" in include:
            shown["tags"] = [self.tag(site.tags[key], bare) for key in record["tag_ids"]]
        if "tiers" in include:
            shown["tiers"] = self._tiers_of(record, exact=bare and "visibility" not in shown)
        if not bare and "authors" in include:
            shown["primary_author"] = shown["authors"][0] if shown["authors"] else None
        if not bare and "tags" in include:
            first = shown["tags"][0] if shown["tags"] else None
            shown["primary_tag"] = first if first and first["visibility"] == "public" else None
        if is_post and "email" in include:
            shown["email"] = record["email"]
        if is_post and "newsletter" in include:
            shown["newsletter"] = site.newsletters.get(record["newsletter_id"])
        if "count" in include:
            shown["count"] = {"clicks": 0, "positive_feedback": 0, "negative_feedback": 0}

    def _derived(self, record: Record) -> Record:
        if record["status"] == "published":
            url = f"__SITE__/{record['slug']}/"
        elif record["status"] == "sent":
            url = f"__SITE__/email/{record['uuid']}/"
        else:
            url = f"__SITE__/p/{record['uuid']}/"
        excerpt = record["custom_excerpt"] or (record["plaintext"] or "")[:500] or None
        return {"url": url, "excerpt": excerpt}

    def _tiers_of(self, record: Record, *, exact: bool) -> list[Record]:
        visibility = record["visibility"]
        if exact or visibility == "tiers":
            chosen = [self.site.tiers[key] for key in record["tier_ids"]]
        elif visibility == "paid":
            chosen = [tier for tier in self.site.tiers.values() if tier["type"] == "paid"]
        else:
            chosen = list(self.site.tiers.values())
        nothing = {**dict.fromkeys(_PRICES), "monthly_price_id": None, "yearly_price_id": None}
        hidden = {"benefits"}
        return [
            {key: value for key, value in (nothing | tier).items() if key not in hidden}
            for tier in chosen
        ]

    def tag(self, record: Record, bare: bool = False) -> Record:
        return dict(record) if bare else {**record, "url": f"__SITE__/tag/{record['slug']}/"}

    def user(self, record: Record, bare: bool = False, roles: bool = True) -> Record:
        shown = dict(record)
        if not roles:
            shown.pop("roles")
        if self.site.version == 5:
            shown.pop("gift_subscription_notifications", None)
        return shown if bare else {**shown, "url": f"__SITE__/author/{record['slug']}/"}

    def tier(self, record: Record, include: list[str]) -> Record:
        hidden = set() if {"monthly_price", "yearly_price"} & set(include) else set(_PRICES)
        return {key: value for key, value in record.items() if key not in hidden}

    def member(self, record: Record, include: list[str]) -> Record:
        shown = dict(record)
        if "tiers" not in include:
            shown.pop("tiers")
        return shown

    def rows(self, resource: str) -> list[Record]:
        """Return all rows of a resource, in the order of their ids."""
        site = self.site
        if resource in {"posts", "pages"}:
            # A walk through ten thousand posts asks for this at every page.
            if self._sorted.get(resource, (0, []))[0] != site.generation:
                fresh = [entry for entry in site.documents.values() if entry["kind"] == resource]
                fresh.sort(key=lambda entry: str(entry["id"]))
                self._sorted[resource] = (site.generation, fresh)
            return self._sorted[resource][1]
        if resource == "actions":
            return list(site.actions)
        tables: dict[str, dict[str, Record]] = {
            "tags": site.tags,
            "users": site.users,
            "authors": site.users,
            "tiers": site.tiers,
            "newsletters": site.newsletters,
            "labels": site.labels,
            "members": site.people,
        }
        found = list(tables[resource].values())
        return sorted(found, key=lambda entry: str(entry["id"]))

    def show(self, resource: str, record: Record, query: dict[str, str]) -> Record:
        """Show a row of any resource in the Admin API."""
        include = _split(query.get("include"))
        if resource in {"posts", "pages"}:
            return self.document(record, query)
        if resource == "tags":
            return self.tag(record)
        if resource == "users":
            return self.user(record, roles="roles" in include)
        if resource == "tiers":
            return self.tier(record, include)
        if resource == "members":
            return self.member(record, include)
        return dict(record)

    def field(self, record: Record, name: str) -> Any:
        """Return a field as a filter sees it."""
        site = self.site
        if name in {"tag", "tags", "primary_tag"}:
            slugs = [site.tags[key]["slug"] for key in record.get("tag_ids", ())]
            return slugs[:1] if name == "primary_tag" else slugs
        if name in {"author", "authors"}:
            return [site.users[key]["slug"] for key in record.get("author_ids", ())]
        if name == "label":
            return [label["slug"] for label in record.get("labels", ())]
        if name == "type":
            return str(record.get("kind", ""))[:-1]
        return record.get(name)

    # The Content API.

    def public_document(self, record: Record, query: dict[str, str]) -> Record:
        """Show a published post or page to readers: a gated one only up to its paywall marker."""
        wanted = {"formats": query.get("formats") or "html"}
        wanted |= {key: query[key] for key in ("fields", "include") if key in query}
        if "include" not in wanted:
            wanted["include"] = ""
        shown = self.document(record, wanted)
        shown = {key: value for key, value in shown.items() if key not in _PRIVATE_DOCUMENT}
        if "authors" in shown:
            shown["authors"] = [self.public_user(user) for user in shown["authors"]]
            shown["primary_author"] = shown["authors"][0] if shown["authors"] else None
        if "fields" not in query:
            shown |= {"access": record["visibility"] == "public", "comments": False}
            if not shown["access"]:
                shown["html"] = (record["html"] or "").partition("<!--members-only-->")[0]
        for name in ("created_at", "updated_at", "published_at"):
            if shown.get(name):
                shown[name] = shown[name].replace("Z", "+00:00")
        return shown

    def public_user(self, record: Record) -> Record:
        shown = self.user(record) if "url" not in record else record
        return {key: shown[key] for key in _PUBLIC_USER}

    # Webhooks.

    def payload(self, kind: str, record: Record) -> Record:
        """Show an object as a webhook does: html and plaintext, but no lexical."""
        if kind in {"posts", "pages"}:
            shown = self.document(
                record, {"formats": "html,plaintext", "include": "tags,authors,tiers,count"}
            )
            shown["post_revisions"] = []
            return shown
        return self.tag(record) if kind == "tags" else dict(record)
