"""What the sample site promises: every card, whole references, small files, and one build."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from samples import build
from samples.document import CARDS, build_document
from samples.inline import inline_html, parse
from services.ghost.export import Export

ROOT = Path(build.__file__).resolve().parent
URL = re.compile(r"__GHOST_URL__(/[^\"'\\)\s<>]*)")
# All of Koenig but the podcast player, which would ask another host whenever a reader opens it.
TYPES = {
    *CARDS,
    "aside",
    "at-link",
    "at-link-search",
    "codeblock",
    "extended-heading",
    "extended-quote",
    "extended-text",
    "horizontalrule",
    "linebreak",
    "link",
    "list",
    "listitem",
    "paragraph",
    "root",
    "tk",
    "zwnj",
}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def data() -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = json.loads(build.OUTPUT.read_text("utf-8"))["db"][0]["data"]
    return tables


def nodes(node: Any) -> Iterator[Row]:
    """Yield every node of a document that has a type, the outer ones first."""
    if isinstance(node, dict):
        if "type" in node:
            yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def document(row: Row) -> list[Row]:
    return list(nodes(json.loads(row["lexical"])["root"]))


def words(row: Row) -> int:
    text = " ".join(node.get("text", "") for node in document(row))
    return len(text.split())


def test_building_again_gives_the_kept_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "OUTPUT", tmp_path / "site.json")
    build.main()
    assert (tmp_path / "site.json").read_bytes() == (ROOT / "site.json").read_bytes()


def test_every_node_and_card_is_used(data: dict[str, list[Row]]) -> None:
    used = {node["type"] for row in data["posts"] for node in document(row)}
    assert used == TYPES


def test_every_text_format_is_used(data: dict[str, list[Row]]) -> None:
    formats = 0
    for row in data["posts"]:
        for node in document(row):
            if node["type"] == "extended-text":
                formats |= node["format"]
    assert formats == 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128


def test_cards_come_in_their_variants(data: dict[str, list[Row]]) -> None:
    every = [node for row in data["posts"] for node in document(row)]

    def values(kind: str, key: str) -> set[Any]:
        return {node[key] for node in every if node["type"] == kind}

    assert values("image", "cardWidth") == {"regular", "wide", "full"}
    assert values("list", "listType") == {"bullet", "number", "check"}
    assert len(values("callout", "backgroundColor")) >= 6
    assert {2, 3, 4, 5, 6} == {int(tag[1]) for tag in values("extended-heading", "tag")}
    galleries = [len(node["images"]) for node in every if node["type"] == "gallery"]
    assert min(galleries) == 3
    assert max(galleries) == 9
    assert any(node["href"] for node in every if node["type"] == "image")
    assert any(node["indent"] for node in every if node["type"] == "listitem")


def test_there_is_enough_of_it(data: dict[str, list[Row]]) -> None:
    kinds = Counter((row["type"], row["status"]) for row in data["posts"])
    assert kinds["post", "published"] >= 18
    assert kinds["page", "published"] >= 5
    assert kinds["post", "draft"] == 1
    assert kinds["post", "scheduled"] == 1
    assert {row["visibility"] for row in data["posts"]} == {"public", "members", "paid", "tiers"}
    assert len(data["users"]) >= 4
    assert all(user["bio"] and user["profile_image"] for user in data["users"])
    assert sum(tag["visibility"] == "public" for tag in data["tags"]) >= 8
    assert all(tag["description"] for tag in data["tags"])
    assert any(tag["visibility"] == "internal" for tag in data["tags"])
    assert {tier["type"] for tier in data["products"]} == {"free", "paid"}
    assert len(data["newsletters"]) == 1
    assert sum(row["featured"] for row in data["posts"]) >= 3


def test_the_awkward_cases_are_there(data: dict[str, list[Row]]) -> None:
    titles = [row["title"] for row in data["posts"]]
    assert max(map(len, titles)) == 200
    assert any(re.search(r"[\u0600-\u06ff]", title) for title in titles)
    assert any(re.search(r"\w{36}", title) for title in titles)
    assert any(not row["feature_image"] for row in data["posts"] if row["type"] == "post")
    lengths = [words(row) for row in data["posts"] if row["status"] == "published"]
    assert max(lengths) > 1_500
    directions = {node.get("direction") for row in data["posts"] for node in document(row)}
    assert {"ltr", "rtl"} <= directions


def test_what_is_not_public_has_a_teaser_above_a_paywall(data: dict[str, list[Row]]) -> None:
    gated = [row for row in data["posts"] if row["visibility"] != "public"]
    assert gated
    for row in gated:
        kinds = [node["type"] for node in json.loads(row["lexical"])["root"]["children"]]
        assert kinds.count("paywall") == 1
        place = kinds.index("paywall")
        assert place > 0
        assert len(kinds) > place + 1


def test_ids_are_well_formed_and_unique(data: dict[str, list[Row]]) -> None:
    ids = [row["id"] for rows in data.values() for row in rows]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{24}", name) for name in ids)
    for table, key in (("posts", "uuid"), ("posts", "slug"), ("tags", "slug"), ("users", "email")):
        values = [row[key] for row in data[table]]
        assert len(set(values)) == len(values)


def test_every_reference_between_tables_resolves(data: dict[str, list[Row]]) -> None:
    targets = {
        "post_id": "posts",
        "tag_id": "tags",
        "author_id": "users",
        "user_id": "users",
        "role_id": "roles",
        "product_id": "products",
        "benefit_id": "benefits",
        "newsletter_id": "newsletters",
    }
    known = {name: {row["id"] for row in data[table]} for name, table in targets.items()}
    for rows in data.values():
        for row in rows:
            for key, ids in known.items():
                if row.get(key) is not None:
                    assert row[key] in ids
    authored = {row["post_id"] for row in data["posts_authors"]}
    assert authored == {row["id"] for row in data["posts"]}
    restricted = {row["id"] for row in data["posts"] if row["visibility"] == "tiers"}
    assert restricted == {row["post_id"] for row in data["posts_products"]}


def test_every_address_on_the_site_leads_somewhere(data: dict[str, list[Row]]) -> None:
    pages = {f"/{row['slug']}/" for row in data["posts"] if row["status"] == "published"}
    pages |= {f"/tag/{tag['slug']}/" for tag in data["tags"] if tag["visibility"] == "public"}
    menus = [
        entry["url"]
        for row in data["settings"]
        if row["key"].endswith("navigation")
        for entry in json.loads(row["value"])
    ]
    text = json.dumps(data, ensure_ascii=False).replace("\\", "")
    for address in [*URL.findall(text), *menus]:
        if address.startswith("/content/"):
            assert (ROOT / address[1:]).is_file(), address
        else:
            assert address in {*pages, "/"}, address


def test_no_file_lies_there_unused(data: dict[str, list[Row]]) -> None:
    text = json.dumps(data, ensure_ascii=False)
    kept = {path.name for path in (ROOT / "content").rglob("*") if path.is_file()}
    assert {name for name in kept if f"/sample/{name}" not in text} == set()


def test_nothing_asks_another_host_when_it_is_read(data: dict[str, list[Row]]) -> None:
    loads = re.compile(
        r"(?:src|srcset|poster|data)=[\"']?(?:https?:)?//|url\(|<(?:iframe|script|link|object)"
    )
    address_keys = ("Src", "src", "icon", "thumbnail", "imageUrl", "_image")
    for row in data["posts"]:
        for node in document(row):
            for value in [*node.values(), *node.get("metadata", {}).values()]:
                assert not (isinstance(value, str) and loads.search(value)), value
            for key, value in {**node, **node.get("metadata", {})}.items():
                if key.endswith(address_keys) and value:
                    assert value.startswith("__GHOST_URL__/content/"), (key, value)


def test_files_are_small_and_pictures_say_how_large_they_are(data: dict[str, list[Row]]) -> None:
    for path in (ROOT / "content").rglob("*"):
        assert path.is_dir() or path.stat().st_size < 200_000, path
    total = sum(p.stat().st_size for p in ROOT.rglob("*") if "__pycache__" not in p.parts)
    assert total < 6_000_000
    for row in data["posts"]:
        for node in document(row):
            for picture in [node, *node.get("images", [])]:
                if picture.get("type") == "image" or ("fileName" in picture and "alt" in picture):
                    name = picture["src"].removeprefix("__GHOST_URL__/")
                    with Image.open(ROOT / name) as image:
                        assert (picture["width"], picture["height"]) == image.size
                    assert picture["alt"]


def test_pictures_at_the_head_of_a_post_have_a_description(data: dict[str, list[Row]]) -> None:
    described = {row["post_id"] for row in data["posts_meta"] if row["feature_image_alt"]}
    pictured = [row for row in data["posts"] if row["feature_image"]]
    assert all(row["id"] in described for row in pictured)
    for row in pictured:
        name = row["feature_image"].removeprefix("__GHOST_URL__/")
        with Image.open(ROOT / name) as image:
            assert image.size == (1600, 1067)


def test_times_run_from_the_first_autumn_to_the_second(data: dict[str, list[Row]]) -> None:
    def moment(row: Row, key: str) -> datetime:
        return datetime.strptime(row[key], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)

    first, last = datetime(2025, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    for row in data["posts"]:
        assert first <= moment(row, "created_at") <= moment(row, "updated_at") <= build.EXPORTED
        if row["status"] == "draft":
            assert row["published_at"] is None
        else:
            assert first <= moment(row, "published_at") < last
        if row["status"] == "scheduled":
            assert moment(row, "published_at") > build.EXPORTED
        elif row["status"] == "published":
            assert moment(row, "published_at") < build.EXPORTED


def test_the_importer_is_left_to_render(data: dict[str, list[Row]]) -> None:
    assert all(row["html"] is None and row["plaintext"] is None for row in data["posts"])


def test_marks_nest_and_a_forgotten_one_is_named() -> None:
    bold, both, after = parse("**a *b*** c")
    assert [(n["text"], n["format"]) for n in (bold, both, after)] == [
        ("a ", 1),
        ("b", 3),
        (" c", 0),
    ]
    assert "<strong" in inline_html("**x** & y")
    assert "&amp; y" in inline_html("**x** & y")
    with pytest.raises(ValueError, match="not closed"):
        parse("a **b")


def test_a_text_that_names_a_missing_picture_or_card_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        build_document(":::image\nfile: no-such.webp\nalt: none\n:::")
    with pytest.raises(KeyError):
        build_document(":::carousel\n:::")


def test_nested_lists_stand_in_an_item_of_their_own() -> None:
    outer = build_document("1. a\n   - b\n   - c\n2. d")["root"]["children"][0]
    assert [outer["listType"], len(outer["children"])] == ["number", 3]
    inner = outer["children"][1]["children"][0]
    assert inner["listType"] == "bullet"
    assert [item["indent"] for item in inner["children"]] == [1, 1]


def test_the_importer_understands_all_of_it(data: dict[str, list[Row]]) -> None:
    export = Export.read(build.OUTPUT)
    posts, pages = list(export.posts()), list(export.pages())
    read = [*export.users(), *export.tags(), *export.tiers(), *export.newsletters()]
    assert export.failures == []
    assert len(posts) + len(pages) == len(data["posts"])
    assert len(read) == sum(len(data[t]) for t in ("users", "tags", "products", "newsletters"))
