"""What a writer may link to, found while they type."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infrastructure.factory import BaseApp
from models.content import Author, Post, PostAuthor, PostTag, Tag
from services.accounts.viewer import Role
from tests.bp.conftest import sign_in_as

_NOW = datetime(2026, 11, 8, 9, 0, tzinfo=UTC)


@pytest.fixture
async def filled(app: BaseApp) -> BaseApp:
    async with app.database.unit_of_work() as work:
        titles = ["Sourdough for beginners", "A sour tale", "It's 100 % rye & salt", "خبز الصاج"]
        posts = [
            Post(slug=f"p{n}", title=title, status="published", published_at=_NOW + timedelta(n))
            for n, title in enumerate(titles)
        ]
        about = Post(slug="about", title="About sour things", is_page=True, status="published")
        about.published_at = _NOW
        draft = Post(slug="draft", title="Sour secret")
        rye, hidden = Tag(slug="rye", name="Rye & sour"), Tag(slug="h", name="#sour")
        hidden.visibility = "internal"
        marta = Author(slug="marta", name="Marta Sourek")
        idle = Author(slug="idle", name="Sour Idle")
        work.session.add_all([*posts, about, draft, rye, hidden, marta, idle])
        await work.session.flush()
        work.session.add(PostAuthor(post_id=posts[0].id, author_id=marta.id, position=0))
        work.session.add(PostTag(post_id=posts[0].id, tag_id=rye.id, position=0))
        work.session.add(PostTag(post_id=posts[0].id, tag_id=hidden.id, position=1))
    return app


async def _found(app: BaseApp, words: str) -> dict[str, list[str]]:
    editor = await sign_in_as(app, Role.CONTRIBUTOR)
    answer = await editor.client.get(
        "/admin/links/search", query_string={"q": words}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    groups: list[dict[str, Any]] = await answer.get_json()
    return {it["label"]: [found["title"] for found in it["items"]] for it in groups}


async def test_everything_public_whose_name_has_a_word_that_begins_so(filled: BaseApp) -> None:
    assert await _found(filled, "sour") == {
        "Posts": ["Sourdough for beginners", "A sour tale"],
        "Pages": ["About sour things"],
        "Tags": ["Rye & sour"],
        "Authors": ["Marta Sourek"],
    }


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("tale sour", "A sour tale"),
        ("it's 100 %", "It's 100 % rye & salt"),
        ("rye & salt", "It's 100 % rye & salt"),
        ("خبز", "خبز الصاج"),
    ],
)
async def test_words_in_any_order_and_script(filled: BaseApp, words: str, title: str) -> None:
    assert title in (await _found(filled, words)).get("Posts", [])


@pytest.mark.parametrize("words", ["'", "\\", "& | !", "a:*B <-> (", "%", "_", "  ", "x" * 5000])
async def test_no_typing_is_an_error(filled: BaseApp, words: str) -> None:
    await _found(filled, words)


async def test_nothing_typed_gives_the_newest(filled: BaseApp) -> None:
    found = await _found(filled, "")
    assert list(found) == ["Posts"]
    assert found["Posts"][0] == "خبز الصاج"


async def test_readers_may_not_ask(filled: BaseApp) -> None:
    for role, status in ((Role.ANONYMOUS, 401), (Role.MEMBER, 403)):
        visitor = await sign_in_as(filled, role)
        answer = await visitor.client.get(
            "/admin/links/search?q=sour", headers={"Accept": "application/json"}
        )
        assert answer.status_code == status
