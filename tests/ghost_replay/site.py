"""The replayed site itself: posts, pages, tags, people; editing them as Ghost's editors would.

Each edit does what a real Ghost does to the rows (whole-second ``updated_at``, which a change of
tags or authors alone leaves as it was) and puts the webhooks that Ghost would send into
``outbox``. How rows look over HTTP is left to ``views``.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.ghost_replay.records import TEXT_FIELDS, Maker, Record, stamp, template

Kind = Literal["posts", "pages"]
# Fields that are relations: they change without touching ``updated_at``.
_QUIET = frozenset({"tag_ids", "author_ids", "tier_ids"})
_HTML_CARD = r'"html":\s*("(?:[^"\\]|\\.)*")'
STATUSES = ("published", "draft", "scheduled", "sent")


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One call that Ghost would make: ``event`` and the object's state then (None for the site)."""

    event: str
    payload: dict[str, Any]


@dataclass(slots=True)
class Webhook:
    id: str
    event: str
    target_url: str
    secret: str | None = None
    name: str | None = None
    created_at: str = ""
    updated_at: str = ""
    last_triggered_at: str | None = None
    last_triggered_status: str | None = None
    last_triggered_error: str | None = None


def real_clock() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)


@dataclass
class GhostSite:
    """The rows of one site, made from ``seed``.

    ``posts``: how many posts to make; about a twentieth as many pages come with them. ``members``:
    how many members. ``clock``: the site's time; a test that wants its own sets it.
    """

    seed: int = 1
    posts: int = 15
    members: int = 20
    version: Literal[5, 6] = 6
    clock: Callable[[], datetime] = real_clock
    documents: dict[str, Record] = field(init=False, default_factory=dict)
    tags: dict[str, Record] = field(init=False, default_factory=dict)
    users: dict[str, Record] = field(init=False, default_factory=dict)
    tiers: dict[str, Record] = field(init=False, default_factory=dict)
    newsletters: dict[str, Record] = field(init=False, default_factory=dict)
    labels: dict[str, Record] = field(init=False, default_factory=dict)
    people: dict[str, Record] = field(init=False, default_factory=dict)
    webhooks: dict[str, Webhook] = field(init=False, default_factory=dict)
    actions: list[Record] = field(init=False, default_factory=list)
    uploads: dict[str, tuple[str, bytes]] = field(init=False, default_factory=dict)
    settings: list[Record] = field(init=False, default_factory=list)
    outbox: list[WebhookEvent] = field(init=False, default_factory=list)
    # Counts how often the set of documents changed.
    generation: int = field(init=False, default=0)
    # Set by the views: how an object looks in a webhook.
    payload_of: Callable[[str, Record], Record] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.maker = Maker(self.seed)
        self.payload_of = lambda _kind, record: dict(record)
        self.settings = template("settings")
        self._fill()
        self.outbox.clear()

    # Making the site.

    def _fill(self) -> None:
        maker = self.maker
        start = datetime(2019, 3, 1, 8, tzinfo=UTC)
        for raw in template("tiers"):
            raw["id"] = maker.object_id(start)
            self.tiers[raw["id"]] = raw
        gold = {**raw, "id": maker.object_id(start), "name": "Gold", "slug": "gold"}
        gold |= {"description": "For the oven fund", "benefits": ["A loaf", "A song"]}
        self.tiers[gold["id"]] = gold
        for index, name in enumerate(("Rose", "Asher", "Bran", "Maia")):
            user = maker.base("user", start)
            user |= {"name": f"{name} Baker", "slug": name.lower(), "bio": maker.sentence(8)}
            user["email"] = f"{name.lower()}@example.org"
            if index:
                user["roles"] = [template("author_role")]
            self.users[user["id"]] = user
        for index, name in enumerate(("The weekly loaf", "Minutes")):
            letter = maker.base("newsletter", start)
            letter |= {"name": name, "slug": self._slug(name), "sort_order": index}
            self.newsletters[letter["id"]] = letter
        for name in ("VIP", "Founders"):
            moment = start + timedelta(minutes=1)
            label = {"id": maker.object_id(moment), "name": name, "slug": self._slug(name)}
            label |= {"created_at": stamp(moment), "updated_at": stamp(moment)}
            self.labels[label["id"]] = label
        for index in range(15):
            name = f"{maker.words(1).capitalize()} {index}"
            self._new_tag(f"#internal-{index}" if index % 5 == 4 else name, start)
        for index in range(self.members):
            self._new_member(index, start + timedelta(days=index))
        step = timedelta(days=2000) / max(1, self.posts)
        for index in range(self.posts):
            self._new_generated("posts", start + timedelta(days=1) + step * index)
        for _ in range(2 + self.posts // 20):
            self._new_generated("pages", start + timedelta(days=2))

    def _new_generated(self, kind: Kind, moment: datetime) -> None:
        maker, dice = self.maker, self.maker.random
        record = self._blank(kind, moment)
        record["title"] = maker.sentence(5)[:-1]
        record["slug"] = f"{self._slug(record['title'])}-{len(self.documents)}"
        record |= maker.body([maker.sentence(30) for _ in range(dice.randint(2, 8))])
        record["status"] = dice.choices(STATUSES, (80, 10, 5, 5 if kind == "posts" else 0))[0]
        record["visibility"] = dice.choices(("public", "members", "paid", "tiers"), (7, 1, 1, 1))[0]
        record["featured"] = dice.random() < 0.1
        for name in TEXT_FIELDS:
            if dice.random() < 0.25:
                record[name] = self._text_for(name)
        record["published_at"] = stamp(moment + timedelta(hours=1))
        if record["status"] == "draft":
            record["published_at"] = None
        elif record["status"] == "scheduled":
            record["published_at"] = "2040-01-01T08:00:00.000Z"
        elif record["status"] == "sent":
            self._as_email(record)
        if dice.random() < 0.05:
            record |= {"mobiledoc": template("mobiledoc"), "lexical": None}
        record["updated_at"] = stamp(moment + timedelta(hours=dice.randint(1, 5000)))
        record["tag_ids"] = dice.sample(list(self.tags), dice.randint(0, 4))
        record["author_ids"] = dice.sample(list(self.users), 1 + (dice.random() < 0.2))
        if record["visibility"] == "tiers":
            record["tier_ids"] = [list(self.tiers)[-1]]

    def _text_for(self, name: str) -> str:
        if name.endswith("_image"):
            return f"__SITE__/content/images/2024/05/{self.maker.words(1)}.jpg"
        if name == "canonical_url":
            return f"https://example.org/{self.maker.words(1)}/"
        if name == "custom_template":
            return "custom-wide"
        if name.startswith("codeinjection"):
            return f"<style>/* {self.maker.words(2)} */</style>"
        return self.maker.sentence(6)

    def _as_email(self, record: Record) -> None:
        record |= {"newsletter_id": next(iter(self.newsletters)), "email_only": True}
        record["email"] = self.new_email(record, record)

    def new_email(self, record: Record, sending: Record) -> Record:
        """Return the e-mail that a post is sent as; ``sending`` says to whom."""
        email: Record = template("email")
        email |= {"id": self.maker.object_id(self.now()), "post_id": record["id"]}
        email |= {"newsletter_id": sending["newsletter_id"], "subject": record["title"]}
        return email | {"recipient_filter": sending["email_segment"]}

    def _new_member(self, index: int, moment: datetime) -> None:
        member = self.maker.base("member_comped" if index % 5 == 0 else "member_free", moment)
        member |= {"email": f"member{index}@example.org", "name": f"Member {index}"}
        member["labels"] = [next(iter(self.labels.values()))] if index % 3 == 0 else []
        paid = [tier for tier in self.tiers.values() if tier["type"] == "paid"]
        if member["status"] == "comped":
            for tier in (*member["tiers"], *(entry["tier"] for entry in member["subscriptions"])):
                tier |= {key: paid[-1][key] for key in ("id", "name", "slug")}
        self.people[member["id"]] = member

    def _blank(self, kind: Kind, moment: datetime) -> Record:
        record = self.maker.base("post" if kind == "posts" else "page", moment)
        record |= {"comment_id": record["id"], "kind": kind, "featured": False, "tag_ids": []}
        record |= {"author_ids": [], "tier_ids": [], "email": None, "newsletter_id": None}
        self.documents[record["id"]] = record
        self.generation += 1
        return record

    def _new_tag(self, name: str, moment: datetime) -> Record:
        tag = self.maker.base("tag", moment)
        slug = self._slug("hash-" + name[1:] if name.startswith("#") else name)
        taken = {other["slug"] for other in self.tags.values()}
        tag |= {"name": name, "slug": slug if slug not in taken else f"{slug}-{len(taken)}"}
        tag |= {"visibility": "internal" if name.startswith("#") else "public"}
        tag |= {"description": None, "accent_color": None, "feature_image": None}
        self.tags[tag["id"]] = tag
        return tag

    @staticmethod
    def _slug(text: str) -> str:
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
        return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "untitled"

    def now(self) -> datetime:
        """Return the site's time in whole seconds."""
        return self.clock().astimezone(UTC).replace(microsecond=0)

    # Editing, as Ghost's editors would; every method leaves webhooks in ``outbox``.

    def ids(self, kind: Kind, status: str | None = None) -> list[str]:
        """Return the ids of all posts or pages, or of those with a status, sorted."""
        found = self.documents.values()
        return sorted(
            entry["id"]
            for entry in found
            if entry["kind"] == kind and status in {None, entry["status"]}
        )

    def create(self, kind: Kind = "posts", **fields: Any) -> str:
        """Create a post or page (a draft unless ``status`` says otherwise) and return its id.

        ``fields``: Ghost's own; ``tags`` and ``authors`` as names or ids, ``text`` for a simple
        body.
        """
        moment = self.now()
        record = self._blank(kind, moment)
        record |= self.maker.body([])
        record |= {"status": "draft", "visibility": "public", "published_at": None}
        record["title"] = fields.get("title", "(Untitled)")
        record["slug"] = self._free_slug(self._slug(record["title"]), record["id"])
        record["author_ids"] = [next(iter(self.users))]
        record |= self._normal(fields, record["id"])
        self._date(record)
        word = kind[:-1]
        events = [f"{word}.added", *[f"{word}.tag.attached" for _ in record["tag_ids"]]]
        events += [f"{word}.published"] if record["status"] == "published" else []
        self._announce(kind, record, {}, events)
        return str(record["id"])

    def edit(self, ghost_id: str, **fields: Any) -> None:
        """Change any fields of a post or page; see ``create``."""
        record = self.documents[ghost_id]
        before = dict(record)
        changes = self._normal(fields, ghost_id)
        changed = {name: value for name, value in changes.items() if record.get(name) != value}
        if not changed:
            return
        record |= changed
        if not set(changed) <= _QUIET:
            record["updated_at"] = stamp(self.now())
        self._date(record)
        previous = {name: value for name, value in before.items() if record.get(name) != value}
        self._announce(record["kind"], record, previous, self._edit_events(before, record))

    def publish(self, ghost_id: str) -> None:
        self.edit(ghost_id, status="published")

    def unpublish(self, ghost_id: str) -> None:
        self.edit(ghost_id, status="draft")

    def schedule(self, ghost_id: str, moment: datetime) -> None:
        self.edit(ghost_id, status="scheduled", published_at=stamp(moment))

    def set_tags(self, ghost_id: str, names: Iterable[str]) -> None:
        """Give a post or page exactly these tags, by name; ``updated_at`` stays as it was."""
        self.edit(ghost_id, tags=list(names))

    def rename(self, ghost_id: str, slug: str) -> None:
        self.edit(ghost_id, slug=slug)

    def delete(self, ghost_id: str) -> None:
        """Delete a post or page for good."""
        record = self.documents.pop(ghost_id)
        self.generation += 1
        word = record["kind"][:-1]
        events = [f"{word}.tag.detached" for _ in record["tag_ids"]]
        events += [f"{word}.unpublished"] if record["status"] == "published" else []
        self._announce(record["kind"], None, record, [*events, f"{word}.deleted"])

    def create_tag(self, name: str, **fields: Any) -> str:
        """Create a tag and return its id."""
        tag = self._new_tag(name, self.now())
        tag |= fields
        self._announce("tags", tag, {}, ["tag.added"])
        return str(tag["id"])

    def edit_tag(self, ghost_id: str, **fields: Any) -> None:
        tag = self.tags[ghost_id]
        before = dict(tag)
        tag |= {**fields, "updated_at": stamp(self.now())}
        previous = {name: value for name, value in before.items() if tag.get(name) != value}
        self._announce("tags", tag, previous, ["tag.edited"])

    def delete_tag(self, ghost_id: str) -> None:
        """Delete a tag and take it off all posts; their ``updated_at`` stays as it was."""
        tag = self.tags.pop(ghost_id)
        for record in self.documents.values():
            if ghost_id in record["tag_ids"]:
                record["tag_ids"] = [other for other in record["tag_ids"] if other != ghost_id]
        self._announce("tags", None, tag, ["tag.deleted"])

    def create_member(self, email: str, *tiers: str, status: str = "", **fields: Any) -> str:
        """Create a member with tiers by slug (comped unless ``status`` says); return its id."""
        moment = self.now()
        member = self.maker.base("member_comped" if tiers else "member_free", moment)
        had = {tier["slug"]: tier for tier in self.tiers.values()}
        dated = member["tiers"][0] if tiers else {}
        member["tiers"] = [
            dated | {key: had[slug][key] for key in ("id", "name", "slug", "type")}
            for slug in tiers
        ]
        subscribed = member["subscriptions"]
        member["subscriptions"] = [{**subscribed[0], "tier": tier} for tier in member["tiers"]]
        member |= {"email": email, "name": email.partition("@")[0], "labels": []}
        member |= {"status": status or member["status"]} | fields
        self.people[member["id"]] = member
        self._announce("members", member, {}, ["member.added"])
        return str(member["id"])

    def edit_member(self, ghost_id: str, **fields: Any) -> None:
        member = self.people[ghost_id]
        before = dict(member)
        member |= {**fields, "updated_at": stamp(self.now())}
        previous = {name: value for name, value in before.items() if member.get(name) != value}
        self._announce("members", member, previous, ["member.edited"])

    def delete_member(self, ghost_id: str) -> None:
        self._announce("members", None, self.people.pop(ghost_id), ["member.deleted"])

    # What lies behind the edits.

    def _normal(self, fields: dict[str, Any], own_id: str) -> Record:
        """Turn what an editor gave into columns: relations into ids, text into the four formats."""
        plain = dict(fields)
        normal: Record = {}
        if "text" in plain:
            normal |= self.maker.body(str(plain.pop("text")).split("\n\n"))
        for many, ids, make in (
            ("tags", "tag_ids", self._tag_id),
            ("authors", "author_ids", self._author_id),
            ("tiers", "tier_ids", self._tier_id),
        ):
            if many in plain:
                normal[ids] = list(dict.fromkeys(make(entry) for entry in plain.pop(many) or []))
        if plain.get("lexical"):
            normal |= self._rendered(plain.pop("lexical"))
        if "slug" in plain:
            plain["slug"] = self._free_slug(self._slug(plain["slug"]), own_id)
        return normal | plain

    @staticmethod
    def _rendered(lexical: str) -> Record:
        """Derive html and plaintext crudely: the texts of a document, paragraph by paragraph."""
        texts = re.findall(r'"text":\s*("(?:[^"\\]|\\.)*")', lexical)
        parts = [json.loads(text) for text in texts]
        # Written anew as JSON.stringify does: without blanks, and nothing escaped that need not be.
        lexical = json.dumps(json.loads(lexical), ensure_ascii=False, separators=(",", ":"))
        html = "".join(f"<p>{part}</p>" for part in parts)
        html += "".join(json.loads(text) for text in re.findall(_HTML_CARD, lexical))
        return {
            "lexical": lexical,
            "mobiledoc": None,
            "html": html,
            "plaintext": "\n\n".join(parts),
        }

    def _free_slug(self, slug: str, own_id: str) -> str:
        taken = {entry["slug"] for key, entry in self.documents.items() if key != own_id}
        free, number = slug, 2
        while free in taken:
            free, number = f"{slug}-{number}", number + 1
        return free

    def _tag_id(self, entry: Any) -> str:
        given = entry if isinstance(entry, dict) else {"name": entry}
        for tag in self.tags.values():
            # A name is compared to the letter, and a slug only where there is no name.
            key = next(name for name in ("id", "name", "slug") if name in given)
            if given[key] == tag[key]:
                return str(tag["id"])
        taken = {tag["slug"] for tag in self.tags.values()}
        wanted = {"slug": given["slug"]} if given.get("slug", "") not in {"", *taken} else {}
        return self.create_tag(str(given.get("name") or given.get("slug")), **wanted)

    def _author_id(self, entry: Any) -> str:
        wanted = entry if isinstance(entry, str) else entry.get("id") or entry.get("slug")
        for user in self.users.values():
            if wanted in {user["id"], user["slug"], user["email"]}:
                return str(user["id"])
        return next(iter(self.users))

    def _tier_id(self, entry: Any) -> str:
        wanted = entry if isinstance(entry, str) else entry.get("id") or entry.get("slug")
        found = [t["id"] for t in self.tiers.values() if wanted in {t["id"], t["slug"]}]
        return str(found[0])

    def _date(self, record: Record) -> None:
        if record["status"] == "published" and record["published_at"] is None:
            record["published_at"] = stamp(self.now())

    @staticmethod
    def _edit_events(before: Record, after: Record) -> list[str]:
        word = after["kind"][:-1]
        old, new = before["status"], after["status"]
        events: list[str] = []
        removed = [tag for tag in before["tag_ids"] if tag not in after["tag_ids"]]
        added = [tag for tag in after["tag_ids"] if tag not in before["tag_ids"]]
        events += [f"{word}.tag.detached" for _ in removed]
        events += [f"{word}.tag.attached" for _ in added]
        if old != "published" and new == "published":
            events.append(f"{word}.published")
        elif old == "published" and new != "published":
            events.append(f"{word}.unpublished")
        elif new == "published":
            events.append(f"{word}.published.edited")
        if old != "scheduled" and new == "scheduled":
            events.append(f"{word}.scheduled")
        elif old == "scheduled" and new == "draft":
            events.append(f"{word}.unscheduled")
        elif old == new == "scheduled" and before["published_at"] != after["published_at"]:
            events.append(f"{word}.rescheduled")
        return [*events, f"{word}.edited"]

    def _announce(
        self, kind: str, current: Record | None, previous: Record, events: list[str]
    ) -> None:
        word = kind[:-1]
        state: Record = {"current": {}, "previous": self._previous(previous)}
        if current is not None:
            state["current"] = self.payload_of(kind, current)
        for event in events:
            named: Record = {"event": event} if self.version == 6 else {}
            self.outbox.append(WebhookEvent(event, {**named, word: state}))
        public = current or previous
        if kind == "tags" or public.get("status") == "published" or ".unpublished" in str(events):
            named = {"event": "site.changed"} if self.version == 6 else {}
            self.outbox.append(WebhookEvent("site.changed", named))

    def _previous(self, columns: Record) -> Record:
        """Show former values under Ghost's names; relations as the objects they pointed to."""
        shown = {
            name: value
            for name, value in columns.items()
            if name not in {"kind", "lexical", "mobiledoc", "newsletter_id", *_QUIET}
        }
        if "tag_ids" in columns:
            shown["tags"] = [self.tags[key] for key in columns["tag_ids"] if key in self.tags]
        if "author_ids" in columns:
            shown["authors"] = [self.users[key] for key in columns["author_ids"]]
        return shown
