"""Feeds and the sitemap: what is published, and of it only what anyone may read."""

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.content import Post
from services.posts import syndication
from services.posts.syndication import FEED_SIZE, SitemapPart
from tests.services.posts.building import NOW, add_author, add_post, add_tag

SECRET = "Quittenmarmelade"


async def test_feeds_have_the_newest_posts_first(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tag, author = await add_tag(session, "bread"), await add_author(session, "marta")
    for n in range(FEED_SIZE + 2):
        await add_post(session, f"p{n}", age=n, tags=(tag,), authors=(author,))
    await add_post(session, "elsewhere", age=-1)
    for hidden in ({"status": "draft"}, {"status": "sent"}, {"is_page": True}, {"deleted_at": NOW}):
        slug = "-".join(map(str, hidden))
        await add_post(session, slug, tags=(tag,), authors=(author,), **hidden)
    expected = [f"p{n}" for n in range(FEED_SIZE)]
    of_tag = await syndication.newest(connection, tag_id=tag.id)
    of_author = await syndication.newest(connection, author_id=author.id)
    of_site = await syndication.newest(connection)
    assert [entry.card.slug for entry in of_tag] == expected
    assert [entry.card.slug for entry in of_author] == expected
    assert [entry.card.slug for entry in of_site] == ["elsewhere", *expected[:-1]]


async def test_a_feed_has_no_gated_text(connection: AsyncConnection, session: AsyncSession) -> None:
    html = f"<p>Open.</p><!--members-only--><p>{SECRET}</p>"
    for visibility in ("members", "paid", "tiers"):
        await add_post(session, visibility, visibility=visibility, html=html, plaintext=SECRET)
    block = f"<p>Open.</p><!--kg-gated-block:begin nonMember:false --><p>{SECRET}</p>"
    await add_post(session, "block", html=f"{block}<!--kg-gated-block:end-->", plaintext=SECRET)
    await add_post(session, "whole", visibility="paid", html=f"<p>{SECRET}</p>", plaintext=SECRET)
    entries = await syndication.newest(connection)
    assert {entry.card.slug: entry.html for entry in entries} == {
        **dict.fromkeys(("members", "paid", "tiers", "block"), "<p>Open.</p>"),
        "whole": "",
    }
    assert SECRET not in msgspec.json.encode(entries).decode()


async def test_a_post_of_ghosts_keeps_the_name_by_which_feed_readers_know_it(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    await add_post(session, "ghosts", ghost_id="6b039706c403194fef11d9c5")
    ours = await add_post(session, "ours", age=1)
    await session.refresh(ours, ["uuid"])
    guids = [entry.guid for entry in await syndication.newest(connection)]
    assert guids == ["6b039706c403194fef11d9c5", str(ours.uuid)]


async def _paths(connection: AsyncConnection) -> list[str]:
    return [
        address.path
        for part in await syndication.sitemap_parts(connection)
        for address in await syndication.addresses(connection, part)
    ]


async def test_the_sitemap_has_every_address_that_leads_somewhere(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tag, author = await add_tag(session, "bread"), await add_author(session, "marta")
    internal = await add_tag(session, "hash-desk", visibility="internal")
    unused, of_drafts = await add_tag(session, "unused"), await add_tag(session, "drafts")
    await add_author(session, "idle")
    await add_post(session, "p", tags=(tag, internal), authors=(author,))
    await add_post(session, "gated", visibility="paid")
    await add_post(session, "about", is_page=True)
    await add_post(session, "draft", status="draft", tags=(of_drafts,))
    await add_post(session, "sent", status="sent")
    await add_post(session, "gone", deleted_at=NOW, tags=(unused,))
    await add_post(session, "elsewhere", canonical_url="https://elsewhere.example/x")
    found = await _paths(connection)
    assert sorted(found) == ["/about/", "/author/marta/", "/gated/", "/p/", "/tag/bread/"]


async def test_a_sitemap_over_the_limit_is_divided_without_loss(
    connection: AsyncConnection, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syndication, "SITEMAP_SIZE", 4)
    posts: list[Post] = [await add_post(session, f"p{n}") for n in range(11)]
    for post in posts[3:6]:
        post.deleted_at = NOW
    await session.flush()
    parts = await syndication.sitemap_parts(connection)
    assert len(parts) >= 3
    for part in parts:
        assert len(await syndication.addresses(connection, part)) <= 4
    kept = [f"/p{n}/" for n in range(11) if not 3 <= n < 6]
    assert await _paths(connection) == kept
    assert await syndication.addresses(connection, SitemapPart("posts", 10_000)) == ()
