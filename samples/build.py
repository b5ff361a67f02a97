"""Write `samples/site.json`, the sample site in the format of Ghost's own export.

The sources are `site.yaml` (people, tags, tiers, settings), `posts/*.md` and `pages/*.md`; the
pictures come from `samples.pictures`, the other files from `samples.media`. The documents have no
html: whoever imports them renders them. The same sources always give the same bytes.

    python -m samples.build
"""

import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from samples.document import build_document, image_url
from samples.inline import GHOST_URL, plain_html

HERE = Path(__file__).resolve().parent
OUTPUT = HERE / "site.json"
GHOST_VERSION = "6.65.0"
FOUNDED = datetime(2025, 9, 1, 8, 0, tzinfo=UTC)
EXPORTED = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
SOCIAL = ("facebook", "twitter", "threads", "bluesky", "mastodon", "tiktok", "youtube")
META = (
    "og_image",
    "og_title",
    "og_description",
    "twitter_image",
    "twitter_title",
    "twitter_description",
    "meta_title",
    "meta_description",
)
Row = dict[str, Any]


def object_id(kind: str, name: str, moment: datetime = FOUNDED) -> str:
    """Return a MongoDB-like id, as Ghost has: 4 bytes of time and 8 bytes of the name's hash."""
    digest = hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()
    return f"{int(moment.timestamp()):08x}{digest[:16]}"


def unique_id(kind: str, name: str) -> str:
    """Return a UUID that depends on nothing but `kind` and `name`."""
    digest = hashlib.sha256(f"uuid:{kind}:{name}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def stamp(moment: datetime) -> str:
    """Return a moment as Ghost's export writes it: UTC, to the second, without a zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def dated(row: Row, created: datetime = FOUNDED, updated: datetime | None = None) -> Row:
    """Return `row` with the two times that every table of Ghost has."""
    return {**row, "created_at": stamp(created), "updated_at": stamp(updated or created)}


def link_row(kind: str, left: tuple[str, str], right: tuple[str, str], order: int) -> Row:
    """Return a row that joins two tables in order; each side is a column and an id."""
    name = f"{left[1]}:{right[1]}"
    row = {"id": object_id(kind, name), left[0]: left[1], right[0]: right[1]}
    return {**row, "sort_order": order}


def picture(entry: Row, key: str) -> str | None:
    """Return the address of the picture that `entry` names under `key`, if it names one."""
    return image_url(entry[key]) if key in entry else None


def users_and_roles(site: Row) -> dict[str, list[Row]]:
    """Return Ghost's tables `users`, `roles` and `roles_users`."""
    roles = [
        dated({"id": object_id("role", name), "name": name, "description": f"{name}s"})
        for name in ("Administrator", "Editor", "Author", "Contributor", "Owner")
    ]
    users, roles_users = [], []
    for author in site["authors"]:
        user_id = object_id("user", author["slug"])
        row = {
            "id": user_id,
            "name": author["name"],
            "slug": author["slug"],
            "password": None,
            "email": author["email"],
            "profile_image": picture(author, "portrait"),
            "cover_image": picture(author, "cover"),
            "bio": author["bio"].strip(),
            "website": author.get("website"),
            "location": author.get("location"),
            **dict.fromkeys(SOCIAL),
            "instagram": None,
            "linkedin": None,
            "status": "active",
            "locale": None,
            "visibility": "public",
            "meta_title": None,
            "meta_description": None,
        }
        users.append(dated(row))
        role_id = object_id("role", author["role"])
        joined = object_id("roles_users", author["slug"])
        roles_users.append({"id": joined, "role_id": role_id, "user_id": user_id})
    return {"users": users, "roles": roles, "roles_users": roles_users}


def tags_table(site: Row) -> list[Row]:
    """Return Ghost's table `tags`; a name that begins with `#` is an internal tag."""
    rows = []
    for place, tag in enumerate(site["tags"]):
        internal = tag["name"].startswith("#")
        row = {
            "id": object_id("tag", tag["slug"]),
            "name": tag["name"],
            "slug": tag["slug"],
            "description": tag["description"].strip(),
            "feature_image": picture(tag, "image"),
            "parent_id": None,
            "visibility": "internal" if internal else "public",
            **dict.fromkeys(META),
            "meta_title": tag.get("meta_title"),
            "meta_description": tag.get("meta_description"),
            "codeinjection_head": None,
            "codeinjection_foot": None,
            "canonical_url": None,
            "accent_color": tag.get("color"),
        }
        rows.append(dated(row, FOUNDED + timedelta(minutes=place)))
    return rows


def tiers_and_benefits(site: Row) -> dict[str, list[Row]]:
    """Return Ghost's tables `products` (tiers), `benefits` and `products_benefits`."""
    products: list[Row] = []
    benefits: dict[str, Row] = {}
    joins: list[Row] = []
    for tier in site["tiers"]:
        tier_id = object_id("product", tier["slug"])
        row = {
            "id": tier_id,
            "name": tier["name"],
            "slug": tier["slug"],
            "active": 1,
            "welcome_page_url": tier.get("welcome"),
            "visibility": "public",
            "trial_days": tier.get("trial_days", 0),
            "description": tier["description"].strip(),
            "type": "paid" if "monthly" in tier else "free",
            "currency": "GBP" if "monthly" in tier else None,
            "monthly_price": tier.get("monthly"),
            "yearly_price": tier.get("yearly"),
            "monthly_price_id": None,
            "yearly_price_id": None,
        }
        products.append(dated(row))
        for order, name in enumerate(tier.get("benefits", [])):
            benefit_id = object_id("benefit", name)
            slug = "-".join(name.lower().replace(",", "").replace("’", "").split())
            benefits[name] = dated({"id": benefit_id, "name": name, "slug": slug})
            pair = ("product_id", tier_id), ("benefit_id", benefit_id)
            joins.append(link_row("products_benefits", *pair, order))
    return {
        "products": products,
        "benefits": list(benefits.values()),
        "products_benefits": joins,
    }


def newsletter_row(site: Row) -> Row:
    """Return the only row of Ghost's table `newsletters`."""
    newsletter = site["newsletter"]
    row = {
        "id": object_id("newsletter", newsletter["slug"]),
        "uuid": unique_id("newsletter", newsletter["slug"]),
        "name": newsletter["name"],
        "description": newsletter["description"].strip(),
        "feedback_enabled": 0,
        "slug": newsletter["slug"],
        "sender_name": newsletter["sender"],
        "sender_email": None,
        "sender_reply_to": "newsletter",
        "status": "active",
        "visibility": "members",
        "subscribe_on_signup": 1,
        "sort_order": 0,
        "header_image": None,
        "show_header_icon": 1,
        "show_header_title": 1,
        "show_excerpt": 1,
        "title_font_category": "serif",
        "title_alignment": "left",
        "show_feature_image": 1,
        "body_font_category": "serif",
        "footer_content": newsletter["footer"].strip(),
        "show_badge": 0,
    }
    return dated(row)


def settings_table(site: Row) -> list[Row]:
    """Return Ghost's table `settings`, as far as the sample site says anything of it."""
    rows = []
    for key, value in site["settings"].items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
        if key in {"logo", "icon", "cover_image", "og_image"}:
            text = image_url(value)
        kind = "array" if isinstance(value, list) else "string"
        row = {"id": object_id("setting", key), "group": "site", "key": key, "value": text}
        rows.append(dated({**row, "type": kind, "flags": None}))
    return rows


def read_source(path: Path) -> tuple[Row, str]:
    """Return the front matter and the text of one document.

    Raises ValueError when the front matter is not closed.
    """
    _, front, text = path.read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def post_tables(kind: str, path: Path) -> dict[str, list[Row]]:
    """Return the rows of one post or page: its own, its meta data and its joins."""
    front, text = read_source(path)
    slug = path.stem
    status = front.get("status", "published")
    moment: datetime = front["date"].replace(tzinfo=UTC)
    created = min(moment, EXPORTED) - timedelta(days=2, minutes=len(slug))
    updated = front["updated"].replace(tzinfo=UTC) if "updated" in front else moment
    post_id = object_id("post", slug, created)
    newsletter = object_id("newsletter", "letter") if front.get("newsletter") else None
    row = {
        "id": post_id,
        "uuid": unique_id("post", slug),
        "title": front["title"],
        "slug": slug,
        "mobiledoc": None,
        "lexical": json.dumps(build_document(text), ensure_ascii=False, separators=(",", ":")),
        "html": None,
        "comment_id": post_id,
        "plaintext": None,
        "feature_image": picture(front, "image"),
        "featured": int(front.get("featured", False)),
        "type": kind,
        "status": status,
        "locale": None,
        "visibility": front.get("visibility", "public"),
        "email_recipient_filter": "all",
        "published_at": None if status == "draft" else stamp(moment),
        "custom_excerpt": front.get("excerpt"),
        "codeinjection_head": None,
        "codeinjection_foot": None,
        "custom_template": None,
        "canonical_url": front.get("canonical_url"),
        "newsletter_id": newsletter,
        "show_title_and_feature_image": 1,
    }
    caption = plain_html(front["caption"]) if "caption" in front else None
    meta = {
        "id": object_id("posts_meta", slug, created),
        "post_id": post_id,
        **dict.fromkeys(META),
        **{key: value for key, value in front.get("meta", {}).items() if "image" not in key},
        "og_image": picture(front.get("meta", {}), "og_image"),
        "email_subject": front.get("email_subject"),
        "frontmatter": None,
        "feature_image_alt": front.get("alt"),
        "feature_image_caption": caption,
        "email_only": 0,
    }
    left = ("post_id", post_id)
    joins = {
        table: [
            link_row(table, left, (column, object_id(target, name)), order)
            for order, name in enumerate(front.get(key, []))
        ]
        for table, column, target, key in (
            ("posts_authors", "author_id", "user", "authors"),
            ("posts_tags", "tag_id", "tag", "tags"),
            ("posts_products", "product_id", "product", "tiers"),
        )
    }
    updated = min(max(updated, created), EXPORTED)
    return {"posts": [dated(row, created, updated)], "posts_meta": [meta], **joins}


def build_site() -> dict[str, Any]:
    """Return the whole export.

    Raises what `samples.document.build_document` raises.
    """
    site = yaml.safe_load((HERE / "site.yaml").read_text("utf-8"))
    data: dict[str, list[Row]] = {
        "posts": [],
        "posts_meta": [],
        "posts_authors": [],
        "posts_tags": [],
        "posts_products": [],
        "tags": tags_table(site),
        "newsletters": [newsletter_row(site)],
        "settings": settings_table(site),
        **users_and_roles(site),
        **tiers_and_benefits(site),
    }
    for folder, kind in (("posts", "post"), ("pages", "page")):
        for path in sorted((HERE / folder).glob("*.md")):
            for table, rows in post_tables(kind, path).items():
                data[table].extend(rows)
    data["posts"].sort(key=lambda row: (row["type"], row["created_at"], row["slug"]))
    meta = {"exported_on": int(EXPORTED.timestamp() * 1000), "version": GHOST_VERSION}
    return {"db": [{"meta": meta, "data": data}]}


def main() -> None:
    """Write the export beside its sources."""
    text = json.dumps(build_site(), ensure_ascii=False, indent=1) + "\n"
    text = text.replace(f"{GHOST_URL}//", f"{GHOST_URL}/")
    OUTPUT.write_text(text, "utf-8")
    print(f"{OUTPUT.name}: {len(text) // 1024} kB")


if __name__ == "__main__":
    main()
