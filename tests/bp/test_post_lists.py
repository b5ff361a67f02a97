"""The lists of posts and pages: what they show to whom, and what can be done to many at once."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update

from infrastructure.factory import BaseApp
from infrastructure.jobs import Jobs, Run
from infrastructure.jobs.queue import Claim
from infrastructure.settings import Settings
from models.bulk import BulkItem
from models.content import Author, Post, PostAuthor, PostTag, Tag
from services.accounts.viewer import Role
from services.bulk import changes
from tests.bp.conftest import Visitor, sign_in_as
from tests.services.posts.building import NOW, add_author, add_post, add_tag
from tests.waiting import CEILING

_ROW = re.compile(r'name="post" value="(\d+)"')
_TITLE = re.compile(r'<(?:a|span) class="what"[^>]*>([^<]*)<')


async def _page(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200, path
    return str(await answer.get_data(as_text=True))


async def _titles(visitor: Visitor, path: str) -> list[str]:
    return [unescape(it) for it in _TITLE.findall(await _page(visitor, path))]


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Let a request do all of a change, however slow the machine is, and no job any of it."""
    monkeypatch.setattr("bp.admin.posts._SECONDS", CEILING)
    return settings.model_copy(update={"run_jobs_in": "work"})


@pytest.fixture
async def filled(app: BaseApp) -> BaseApp:
    """Give a site with one post in each state, two authors, two tags and a page."""
    async with app.database.unit_of_work() as work:
        session = work.session
        ada, bob = [await add_author(session, it) for it in ("ada", "bob")]
        bread, mill = [await add_tag(session, it) for it in ("bread", "mill")]
        await add_post(session, "oven", title="The oven", age=3, authors=(ada,), tags=(bread,))
        await add_post(
            session, "rye", title="A rye loaf", age=1, authors=(bob,), tags=(bread, mill)
        )
        await add_post(
            session,
            "draft",
            title="Half a thought",
            status="draft",
            published_at=None,
            authors=(ada,),
        )
        soon = datetime.now(UTC) + timedelta(days=2)
        await add_post(
            session, "soon", title="Bread & friends", status="scheduled", published_at=soon,
            authors=(bob,), featured=True,
        )  # fmt: skip
        await add_post(session, "secret", title="For members", age=2, visibility="members")
        await add_post(session, "gone", title="Deleted one", deleted_at=NOW)
        await add_post(session, "about", title="About us", is_page=True)
    return app


async def _author(app: BaseApp, role: Role, slug: str) -> Visitor:
    async with app.database.read() as connection:
        author_id = await connection.scalar(select(Author.id).where(Author.slug == slug))
    return await sign_in_as(app, role, author_id=author_id)


_LISTS = [
    (
        "",
        ["Bread & friends", "Half a thought", "A rye loaf", "For members", "The oven"],
    ),
    (
        "sort=oldest",
        ["The oven", "For members", "A rye loaf", "Half a thought", "Bread & friends"],
    ),
    (
        "sort=title",
        ["A rye loaf", "Bread & friends", "For members", "Half a thought", "The oven"],
    ),
    ("status=draft", ["Half a thought"]),
    ("status=scheduled", ["Bread & friends"]),
    ("status=published&sort=title", ["A rye loaf", "For members", "The oven"]),
    ("status=deleted", ["Deleted one"]),
    ("tag=bread", ["A rye loaf", "The oven"]),
    ("tag=Mill", ["A rye loaf"]),
    ("tag=nothing", []),
    ("visibility=members", ["For members"]),
    ("featured=1", ["Bread & friends"]),
    ("words=rye", ["A rye loaf"]),
    ("words=LOA", ["A rye loaf"]),
    ("words=100%25", []),
    ("words=oven&tag=bread", ["The oven"]),
    ("status=nonsense&sort=nonsense&author=x&words=oven", ["The oven"]),
]


async def test_a_list_shows_what_was_asked_for(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    shown = {query: await _titles(editor, f"/admin/posts/?{query}") for query, _ in _LISTS}
    assert shown == dict(_LISTS)


async def test_states_are_words_and_what_is_scheduled_says_when(filled: BaseApp) -> None:
    page = await _page(await sign_in_as(filled, Role.EDITOR), "/admin/posts/")
    for word in ("Draft", "Published", "Scheduled"):
        assert f">{word}</span>" in page
    assert re.search(r">Scheduled</span> for <time datetime=", page)


async def test_pages_have_a_list_of_their_own(filled: BaseApp) -> None:
    assert await _titles(await sign_in_as(filled, Role.EDITOR), "/admin/pages/") == ["About us"]
    author = await sign_in_as(filled, Role.AUTHOR)
    assert (await author.get("/admin/pages/")).status_code == 403


async def test_authors_see_what_they_sign_and_contributors_their_drafts(filled: BaseApp) -> None:
    author = await _author(filled, Role.AUTHOR, "bob")
    assert set(await _titles(author, "/admin/posts/")) == {"A rye loaf", "Bread & friends"}
    assert await _titles(author, "/admin/posts/?status=deleted") == []
    assert await _titles(author, "/admin/posts/?author=1&words=oven") == []
    contributor = await _author(filled, Role.CONTRIBUTOR, "ada")
    assert await _titles(contributor, "/admin/posts/") == ["Half a thought"]
    assert await _titles(contributor, "/admin/posts/?status=published") == []
    nobody = await sign_in_as(filled, Role.CONTRIBUTOR, email="new@example.org")
    assert await _titles(nobody, "/admin/posts/") == []


async def test_my_drafts(filled: BaseApp) -> None:
    editor = await _author(filled, Role.EDITOR, "ada")
    assert await _titles(editor, "/admin/posts/?status=draft&mine=1") == ["Half a thought"]
    assert await _titles(editor, "/admin/posts/?mine=1&sort=title") == [
        "Half a thought",
        "The oven",
    ]


async def _many(app: BaseApp, count: int) -> None:
    async with app.database.unit_of_work() as work:
        for number in range(count):
            # Equal times and titles: the id has to tell them apart.
            await add_post(work.session, f"n{number}", title=f"N {number % 3}", age=number // 40)


def _link(page: str, rel: str) -> str | None:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return unescape(found[1]) if found else None


async def test_pages_of_a_list_lead_there_and_back(app: BaseApp) -> None:
    await _many(app, 120)
    editor = await sign_in_as(app, Role.EDITOR)
    for sort in ("newest", "oldest", "changed", "title"):
        await _there_and_back(editor, sort)


async def _there_and_back(editor: Visitor, sort: str) -> None:
    path: str | None = f"/admin/posts/?sort={sort}"
    there: list[list[str]] = []
    page = ""
    while path:
        page = await _page(editor, path)
        there.append(_ROW.findall(page))
        path = _link(page, "next")
    assert [len(it) for it in there] == [50, 50, 20]
    ids = [it for shown in there for it in shown]
    assert len(set(ids)) == 120
    assert _link(page, "next") is None
    back = [there[-1]]
    path = _link(page, "prev")
    while path:
        page = await _page(editor, path)
        back.insert(0, _ROW.findall(page))
        path = _link(page, "prev")
    assert back == there


async def test_a_damaged_place_is_told(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    for place in ("nonsense", "WyJ4IiwxXQ", "WyIyMDI2LTAxLTAxIiwxXQ"):
        assert (await editor.get(f"/admin/posts/?after={place}")).status_code == 400


async def _ids(app: BaseApp, *slugs: str) -> list[int]:
    async with app.database.read() as connection:
        rows = await connection.execute(select(Post.slug, Post.id).where(Post.slug.in_(slugs)))
        known = {row.slug: row.id for row in rows}
    return [known[it] for it in slugs]


async def _tags(app: BaseApp, slug: str) -> list[str]:
    async with app.database.read() as connection:
        rows = await connection.execute(
            select(Tag.slug)
            .join(PostTag, PostTag.tag_id == Tag.id)
            .join(Post, Post.id == PostTag.post_id)
            .where(Post.slug == slug)
            .order_by(PostTag.position)
        )
        return list(rows.scalars())


async def _change(visitor: Visitor, slugs: list[int], what: str, **more: Any) -> Any:
    return await visitor.submit(
        "/admin/posts/bulk/",
        {"kind": "post", "post": slugs, "what": what, **more},
        at="/auth/account/",
    )


async def _undo(visitor: Visitor, answer: Any) -> Any:
    number = re.findall(r"bulk[=/](\d+)", answer.headers["Location"])[0]
    return await visitor.submit(
        f"/admin/posts/bulk/{number}/", {"what": "undo"}, at="/auth/account/"
    )


async def _standing(app: BaseApp, *slugs: str) -> dict[str, Any]:
    async with app.database.read() as connection:
        rows = await connection.execute(
            select(
                Post.slug,
                Post.status,
                Post.published_at,
                Post.featured,
                Post.visibility,
                Post.deleted_at,
            ).where(Post.slug.in_(slugs))
        )
        return {row.slug: tuple(row)[1:] for row in rows}


async def test_tags_are_added_taken_off_and_given_back(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    chosen = await _ids(filled, "oven", "rye", "draft")
    answer = await _change(editor, chosen, "tag", new_tag="MILL")
    assert answer.status_code == 303
    page = await _page(editor, answer.headers["Location"])
    assert "2 posts tagged “Mill”." in page
    assert "1 were so already." in page
    assert [await _tags(filled, it) for it in ("oven", "rye", "draft")] == [
        ["bread", "mill"],
        ["bread", "mill"],
        ["mill"],
    ]
    assert (await _undo(editor, answer)).status_code == 303
    assert [await _tags(filled, it) for it in ("oven", "rye", "draft")] == [
        ["bread"],
        ["bread", "mill"],
        [],
    ]
    answer = await _change(editor, chosen, "untag", new_tag="bread")
    assert [await _tags(filled, it) for it in ("oven", "rye")] == [[], ["mill"]]
    await _undo(editor, answer)
    assert [await _tags(filled, it) for it in ("oven", "rye")] == [["bread"], ["bread", "mill"]]


async def test_a_tag_that_is_not_there_is_made(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    await _change(editor, await _ids(filled, "oven", "rye"), "tag", new_tag="Sour dough")
    assert await _tags(filled, "rye") == ["bread", "mill", "sour-dough"]
    assert (await Visitor(filled).get("/tag/sour-dough/")).status_code == 200


async def test_what_is_undone_is_as_it_was(filled: BaseApp) -> None:
    slugs = ("oven", "rye", "draft", "soon", "secret")
    before = await _standing(filled, *slugs)
    editor = await sign_in_as(filled, Role.EDITOR)
    for what, more in (
        ("publish", {}),
        ("unpublish", {}),
        ("feature", {}),
        ("unfeature", {}),
        ("visibility", {"new_visibility": "paid"}),
        ("delete", {}),
    ):
        answer = await _change(editor, await _ids(filled, *slugs), what, **more)
        assert await _standing(filled, *slugs) != before, what
        await _undo(editor, answer)
        assert await _standing(filled, *slugs) == before, what
        # Once is enough: a second time is told.
        assert (await _undo(editor, answer)).status_code == 422


async def test_an_author_is_set_and_set_back(filled: BaseApp) -> None:
    async def signed() -> list[str]:
        async with filled.database.read() as connection:
            rows = await connection.execute(
                select(Author.slug)
                .join(PostAuthor, PostAuthor.author_id == Author.id)
                .where(PostAuthor.post_id.in_(chosen))
                .order_by(PostAuthor.post_id)
            )
            return list(rows.scalars())

    editor = await sign_in_as(filled, Role.EDITOR)
    chosen = await _ids(filled, "oven", "rye")
    async with filled.database.read() as connection:
        bob = await connection.scalar(select(Author.id).where(Author.slug == "bob"))
    answer = await _change(editor, chosen, "author", new_author=bob)
    assert await signed() == ["bob", "bob"]
    await _undo(editor, answer)
    assert await signed() == ["ada", "bob"]


async def test_all_that_match_are_changed_and_no_other(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    await _change(editor, [], "tag", scope="all", query="status=published&words=e", new_tag="mill")
    assert await _tags(filled, "oven") == ["bread", "mill"]
    assert await _tags(filled, "draft") == []
    assert await _tags(filled, "about") == []


async def test_what_one_may_not_change_is_told_and_the_rest_is_changed(filled: BaseApp) -> None:
    author = await _author(filled, Role.AUTHOR, "bob")
    chosen = await _ids(filled, "oven", "rye", "about")
    answer = await _change(author, chosen, "unpublish")
    page = await _page(author, answer.headers["Location"])
    assert "The oven" in page
    assert page.count("You may not do this to it.") == 2
    standing = await _standing(filled, "oven", "rye", "about")
    assert [standing[it][0] for it in ("oven", "rye", "about")] == [
        "published",
        "draft",
        "published",
    ]
    for what, more in (("feature", {}), ("author", {"new_author": "1"})):
        await _change(author, await _ids(filled, "rye"), what, **more)
    assert (await _standing(filled, "rye"))["rye"][2] is False
    contributor = await _author(filled, Role.CONTRIBUTOR, "ada")
    await _change(contributor, await _ids(filled, "draft"), "publish")
    assert (await _standing(filled, "draft"))["draft"][0] == "draft"


async def test_a_change_is_nobody_elses_to_see_or_undo(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    answer = await _change(editor, await _ids(filled, "oven"), "tag", new_tag="mill")
    other = await sign_in_as(filled, Role.OWNER)
    assert (await _undo(other, answer)).status_code == 404
    assert await _tags(filled, "oven") == ["bread", "mill"]


async def test_what_was_changed_since_is_left_as_it_is(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    chosen = await _ids(filled, "oven", "rye")
    answer = await _change(editor, chosen, "visibility", new_visibility="paid")
    await _change(editor, chosen[:1], "visibility", new_visibility="members")
    undone = await _undo(editor, answer)
    page = await _page(editor, undone.headers["Location"])
    assert "Somebody changed this again in the meantime" in page
    standing = await _standing(filled, "oven", "rye")
    assert (standing["oven"][3], standing["rye"][3]) == ("members", "public")


async def test_a_change_that_was_interrupted_is_gone_on_with(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    answer = await _change(editor, await _ids(filled, "oven", "draft"), "tag", new_tag="mill")
    number = int(answer.headers["Location"].rpartition("=")[2])
    async with filled.database.unit_of_work() as work:
        await work.session.execute(
            update(BulkItem).where(BulkItem.bulk_id == number).values(state="waiting")
        )
    page = await _page(editor, f"/admin/posts/bulk/{number}/")
    assert "still to do" in page
    path = f"/admin/posts/bulk/{number}/"
    assert (await editor.submit(path, {"what": "go-on"})).status_code == 303
    assert "still to do" not in await _page(editor, path)


async def test_what_is_left_of_a_change_is_done_by_a_job(
    filled: BaseApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bp.admin.posts._SECONDS", 0.0)
    editor = await sign_in_as(filled, Role.EDITOR)
    answer = await _change(editor, await _ids(filled, "oven", "draft"), "tag", new_tag="mill")
    path = answer.headers["Location"]
    assert "still to do" in await _page(editor, path)
    jobs = Jobs()
    changes.add_jobs(jobs, filled.database, filled.extensions["services"].content)
    run = Run(Claim(0, changes.REST.name, "worker", 1), lambda: None)
    number = int(path.rstrip("/").rpartition("/")[2])
    await jobs.registered[changes.REST.name].handler(run, changes.Rest(number))
    assert "still to do" not in await _page(editor, path)
    assert await _tags(filled, "draft") == ["mill"]


async def test_what_cannot_be_done_is_told_in_the_list(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    for form, sentence in (
        ({"what": "tag", "new_tag": "x"}, "tick the box"),
        ({"what": "tag", "post": 1}, "Say which tag"),
        ({"what": "untag", "new_tag": "zebra", "post": 1}, "no tag “zebra”"),
        ({"what": "visibility", "new_visibility": "cats", "post": 1}, "who may read"),
        ({"what": "author", "post": 1}, "whose they are"),
        ({"what": "burn", "post": 1}, "what to do"),
    ):
        answer = await editor.submit("/admin/posts/bulk/", form, at="/admin/posts/")
        assert answer.status_code == 422
        assert sentence in await answer.get_data(as_text=True)


async def test_a_deleted_post_is_restored_under_a_free_address(filled: BaseApp) -> None:
    editor = await sign_in_as(filled, Role.EDITOR)
    async with filled.database.unit_of_work() as work:
        await add_post(work.session, "gone-2")
        await work.session.execute(update(Post).where(Post.slug == "gone-2").values(slug="gone"))
    async with filled.database.read() as connection:
        deleted = await connection.scalar(select(Post.id).where(Post.deleted_at.is_not(None)))
    assert deleted is not None
    answer = await _change(editor, [deleted], "restore", query="status=deleted")
    assert answer.status_code == 303
    assert (await Visitor(filled).get("/gone-2/")).status_code == 200


async def test_a_post_is_copied(filled: BaseApp) -> None:
    author = await _author(filled, Role.AUTHOR, "bob")
    own, other = await _ids(filled, "rye", "oven")
    path = "/admin/posts/{}/duplicate/"
    answer = await author.submit(path.format(own), {}, at="/auth/account/")
    assert answer.status_code == 303
    assert "A rye loaf (Copy)" in await _titles(author, "/admin/posts/?status=draft")
    assert (await author.submit(path.format(other), {}, at="/auth/account/")).status_code == 403
    assert (await author.submit(path.format(10**6), {}, at="/auth/account/")).status_code == 404
