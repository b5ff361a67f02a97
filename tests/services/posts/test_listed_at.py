"""The listing time on the links of a post: the same as the post's own, whatever happens when."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infrastructure.database import Database
from models.content import Post, PostAuthor, PostTag
from tests.services.posts.building import NOW, add_author, add_post, add_tag

# The links whose listing time is not their post's.
_WRONG = (
    "SELECT post_id FROM post_tags l JOIN posts p ON p.id = l.post_id"
    " WHERE l.listed_at IS DISTINCT FROM p.listed_at"
    " UNION ALL SELECT post_id FROM post_authors l JOIN posts p ON p.id = l.post_id"
    " WHERE l.listed_at IS DISTINCT FROM p.listed_at"
)


async def _listed(session: AsyncSession, post: Post) -> list[object]:
    """Return the listing times of a post and of its links."""
    await session.flush()
    found: list[object] = [await session.scalar(select(Post.listed_at).where(Post.id == post.id))]
    for link in (PostTag, PostAuthor):
        found += await session.scalars(select(link.listed_at).where(link.post_id == post.id))
    return found


async def test_links_follow_their_post(session: AsyncSession) -> None:
    tag, author = await add_tag(session, "bread"), await add_author(session, "marta")
    post = await add_post(session, "p", tags=(tag,), authors=(author,), status="draft")
    assert await _listed(session, post) == [None] * 3
    post.status = "published"
    assert await _listed(session, post) == [NOW] * 3
    post.published_at = later = NOW.replace(year=2027)
    assert await _listed(session, post) == [later] * 3
    for change in ({"status": "sent"}, {"is_page": True}, {"deleted_at": NOW}):
        before = {name: getattr(post, name) for name in change}
        for name, value in change.items():
            setattr(post, name, value)
        assert await _listed(session, post) == [None] * 3
        for name, value in before.items():
            setattr(post, name, value)
        assert await _listed(session, post) == [later] * 3
    post.status = "draft"
    assert await _listed(session, post) == [None] * 3


async def test_a_new_link_takes_the_time_of_its_post_and_not_a_given_one(
    session: AsyncSession,
) -> None:
    post = await add_post(session, "p")
    tag = await add_tag(session, "bread")
    session.add(PostTag(post_id=post.id, tag_id=tag.id, position=0, listed_at=NOW.replace(year=1)))
    assert await _listed(session, post) == [NOW, NOW]
    draft = await add_post(session, "q", status="draft")
    session.add(PostTag(post_id=draft.id, tag_id=tag.id, position=0, listed_at=NOW))
    assert await _listed(session, draft) == [None, None]


@pytest.mark.parametrize("first", ["the publication", "the link"])
async def test_a_link_made_during_a_publication_is_listed(database_url: str, first: str) -> None:
    """Each order in which two transactions can meet; one waits, and both see the truth."""
    database = Database(database_url)
    async with database.unit_of_work() as work:
        tag = await add_tag(work.session, "bread")
        post = await add_post(work.session, "p", status="draft")
    await database.close()
    publishing, linking = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    publish = "UPDATE posts SET status = 'published' WHERE id = $1", post.id
    link = "INSERT INTO post_tags (post_id, tag_id, position) VALUES ($1, $2, 0)", post.id, tag.id
    ahead, behind = (
        ((publishing, publish), (linking, link))
        if first == "the publication"
        else ((linking, link), (publishing, publish))
    )
    transaction = ahead[0].transaction()
    await transaction.start()
    await ahead[0].execute(*ahead[1])
    waiting = asyncio.create_task(behind[0].execute(*behind[1]))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await transaction.commit()
    await waiting
    assert await publishing.fetchval("SELECT listed_at FROM post_tags") == NOW
    await publishing.close()
    await linking.close()


async def test_any_number_of_editors_at_once_leave_no_wrong_link(database_url: str) -> None:
    database = Database(database_url)
    async with database.unit_of_work() as work:
        tags = [await add_tag(work.session, f"t{n}") for n in range(4)]
        posts = [await add_post(work.session, f"p{n}") for n in range(6)]
    await database.close()
    editors = [await asyncpg.connect(database_url) for _ in range(6)]

    async def edit(editor: asyncpg.Connection, seed: int) -> None:
        for step in range(40):
            post, tag = posts[(seed + step) % 6].id, tags[(seed * step) % 4].id
            match (seed + 3 * step) % 4:
                case 0:
                    statement = "UPDATE posts SET status = 'draft' WHERE id = $1"
                    await editor.execute(statement, post)
                case 1:
                    statement = "UPDATE posts SET status = 'published' WHERE id = $1"
                    await editor.execute(statement, post)
                case 2:
                    statement = "DELETE FROM post_tags WHERE post_id = $1 AND tag_id = $2"
                    await editor.execute(statement, post, tag)
                case _:
                    statement = (
                        "INSERT INTO post_tags (post_id, tag_id, position) VALUES ($1, $2, $3)"
                        " ON CONFLICT (post_id, tag_id) DO NOTHING"
                    )
                    await editor.execute(statement, post, tag, 100 * seed + step)

    await asyncio.gather(*(edit(editor, seed) for seed, editor in enumerate(editors)))
    assert await editors[0].fetchval("SELECT count(*) FROM post_tags") > 0
    assert await editors[0].fetch(_WRONG) == []
    for editor in editors:
        await editor.close()
