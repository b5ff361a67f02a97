"""What readers see: only what is published, each once, in order, and never a gated text."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from infrastructure.errors import PersonError
from models.content import OldSlug, TagGroup, TagGroupMember
from services.posts import reader, slugs
from services.posts.reader import HIT_END, HIT_START, PAGE_SIZE
from services.posts.rows import Listing
from tests.services.posts.building import NOW, add_author, add_post, add_tag

SECRET = "Quittenmarmelade"
ReadPage = Callable[[str | None], Awaitable[Listing]]


def _slugs(listing: Listing) -> list[str]:
    return [card.slug for card in listing.cards]


async def _walk(read: ReadPage) -> list[str]:
    """Read a listing to its end."""
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await read(after)
        seen += _slugs(page)
        after = page.after
        if after is None:
            return seen


async def _search(connection: AsyncConnection, words: str) -> list[str]:
    listing, passages = await reader.search(connection, words)
    assert set(passages) == {card.id for card in listing.cards}
    return sorted(_slugs(listing))


async def test_an_empty_site_has_empty_listings(connection: AsyncConnection) -> None:
    assert await reader.home(connection) == Listing((), None)
    assert await reader.tagged(connection, 1) == Listing((), None)
    assert await reader.written_by(connection, 1) == Listing((), None)
    assert await reader.in_group(connection, (1, 2)) == Listing((), None)
    assert await reader.in_group(connection, ()) == Listing((), None)
    assert await reader.search(connection, "bread") == (Listing((), None), {})
    assert await reader.post(connection, "nothing") is None
    assert await reader.tag_groups(connection) == ()


async def test_every_listing_is_newest_first_and_whole(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tags = (await add_tag(session, "bread"), await add_tag(session, "rye"))
    author = await add_author(session, "marta")
    for n in range(2 * PAGE_SIZE + 3):
        # Three at a time are of the same moment: the id decides among them.
        await add_post(session, f"p{n}", age=n // 3, tags=tags, authors=(author,))
    ages = sorted(range(2 * PAGE_SIZE + 3), key=lambda n: (n // 3, -n))
    expected = [f"p{n}" for n in ages]
    ids = tuple(tag.id for tag in tags)
    assert await _walk(lambda after: reader.home(connection, after)) == expected
    assert await _walk(lambda after: reader.tagged(connection, ids[0], after)) == expected
    assert await _walk(lambda after: reader.written_by(connection, author.id, after)) == expected
    assert await _walk(lambda after: reader.in_group(connection, ids, after)) == expected


@pytest.mark.parametrize("count", [PAGE_SIZE, PAGE_SIZE + 1])
async def test_there_is_a_next_page_only_if_something_is_on_it(
    connection: AsyncConnection, session: AsyncSession, count: int
) -> None:
    for n in range(count):
        await add_post(session, f"p{n}", age=n)
    first = await reader.home(connection)
    assert len(first.cards) == PAGE_SIZE
    assert (first.after is not None) == (count > PAGE_SIZE)


async def test_posts_from_before_1970_are_reached(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    for n in range(PAGE_SIZE + 4):
        await add_post(session, f"p{n}", published_at=datetime(1950 - n, 1, 1, tzinfo=UTC))
    seen = await _walk(lambda after: reader.home(connection, after))
    assert seen == [f"p{n}" for n in range(PAGE_SIZE + 4)]


async def test_nothing_is_skipped_or_repeated_while_posts_come_and_go(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tag, author = await add_tag(session, "bread"), await add_author(session, "marta")
    linked = partial(add_post, session, tags=(tag,), authors=(author,))
    posts = [await linked(f"p{n}", age=2 * n) for n in range(40)]
    readings: list[ReadPage] = [
        lambda after: reader.home(connection, after),
        lambda after: reader.tagged(connection, tag.id, after),
        lambda after: reader.written_by(connection, author.id, after),
        lambda after: reader.in_group(connection, (tag.id,), after),
    ]
    for number, read in enumerate(readings):
        first = await read(None)
        # Newer ones come, one among those already shown comes, and the last one shown goes.
        await linked(f"new-{number}", age=-10 - number)
        await linked(f"between-{number}", age=3)
        last = next(post for post in posts if post.slug == first.cards[-1].slug)
        last.status = "draft"
        await session.flush()
        rest: list[str] = []
        after = first.after
        while after is not None:
            page = await read(after)
            rest += _slugs(page)
            after = page.after
        shown = [slug for slug in (*_slugs(first), *rest) if slug.startswith("p")]
        expected = [post.slug for post in posts if post.status == "published" or post is last]
        assert shown == expected
        last.status = "published"
        await session.flush()


@pytest.mark.parametrize(
    "hidden",
    [
        {"status": "draft"},
        {"status": "draft", "published_at": None},
        {"status": "scheduled"},
        {"status": "sent"},
        {"status": "published", "deleted_at": NOW},
    ],
    ids=lambda hidden: "-".join(hidden) + "-" + hidden["status"],
)
async def test_what_is_not_published_is_nowhere(
    connection: AsyncConnection, session: AsyncSession, hidden: dict[str, Any]
) -> None:
    tag, author = await add_tag(session, "bread"), await add_author(session, "marta")
    post = await add_post(session, "hidden", tags=(tag,), authors=(author,), **hidden)
    session.add(OldSlug(kind="post", slug="older", object_id=post.id))
    await session.flush()
    assert await reader.home(connection) == Listing((), None)
    assert await reader.tagged(connection, tag.id) == Listing((), None)
    assert await reader.written_by(connection, author.id) == Listing((), None)
    assert await reader.in_group(connection, (tag.id,)) == Listing((), None)
    assert await _search(connection, "hidden") == []
    assert await reader.post(connection, "hidden") is None
    assert await reader.moved_to(connection, "post", "older") is None


async def test_a_page_is_found_by_its_address_and_by_search_and_in_no_listing(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tag, author = await add_tag(session, "bread"), await add_author(session, "marta")
    await add_post(session, "about", is_page=True, tags=(tag,), authors=(author,))
    await add_post(session, "post", age=1)
    assert _slugs(await reader.home(connection)) == ["post"]
    assert await reader.tagged(connection, tag.id) == Listing((), None)
    assert await reader.written_by(connection, author.id) == Listing((), None)
    page = await reader.post(connection, "about")
    assert page is not None
    assert page.is_page
    assert (page.newer, page.older) == (None, None)
    assert await _search(connection, "about") == ["about"]


async def test_internal_and_deleted_tags_are_shown_nowhere(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    hidden = await add_tag(session, "hash-desk", name="#desk", visibility="internal")
    deleted = await add_tag(session, "gone", deleted_at=NOW)
    bread = await add_tag(session, "bread")
    await add_post(session, "p", tags=(hidden, deleted, bread))
    group = TagGroup(slug="all", name="All")
    only_hidden = TagGroup(slug="hidden", name="Hidden")
    session.add_all([group, only_hidden])
    await session.flush()
    members = ((group, hidden), (group, bread), (group, deleted), (only_hidden, hidden))
    session.add_all(
        TagGroupMember(group_id=of.id, tag_id=tag.id, position=place)
        for place, (of, tag) in enumerate(members)
    )
    session.add(OldSlug(kind="tag", slug="old-desk", object_id=hidden.id))
    await session.flush()
    [card] = (await reader.home(connection)).cards
    post = await reader.post(connection, "p")
    assert post is not None
    groups = await reader.tag_groups(connection)
    for tags in (card.tags, post.tags, groups[0].tags):
        assert [tag.slug for tag in tags] == ["bread"]
    assert [found.slug for found in groups] == ["all"]
    assert post.primary_tag is not None
    assert post.primary_tag.slug == "bread"
    for slug in ("hash-desk", "gone"):
        assert await reader.tag(connection, slug) is None
    assert await reader.moved_to(connection, "tag", "old-desk") is None


async def test_authors_and_tags_stand_in_their_order(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tags = tuple([await add_tag(session, f"t{n}") for n in range(4)])[::-1]
    authors = tuple([await add_author(session, f"a{n}") for n in range(3)])[::-1]
    gone = await add_author(session, "gone", deleted_at=NOW)
    await add_post(session, "p", tags=tags, authors=(*authors, gone))
    [card] = (await reader.home(connection)).cards
    assert [tag.slug for tag in card.tags] == ["t3", "t2", "t1", "t0"]
    assert [author.slug for author in card.authors] == ["a2", "a1", "a0"]
    assert await reader.author(connection, "gone") is None
    assert (card.authors[0].path, card.tags[0].path) == ("/author/a2/", "/tag/t3/")


async def test_a_tag_and_an_author_come_with_what_their_heads_show(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    await add_tag(session, "bread", description="D", meta_title="M", og_title="O")
    await add_author(session, "marta", bio="B", social={"mastodon": "@m", "x": None, "y": ""})
    tag, author = await reader.tag(connection, "bread"), await reader.author(connection, "marta")
    assert tag is not None
    assert (tag.description, tag.meta.title, tag.meta.og_title) == ("D", "M", "O")
    assert author is not None
    assert (author.bio, author.social) == ("B", {"mastodon": "@m"})


async def test_a_topic_has_each_post_once_however_many_of_its_tags_it_has(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tags = [await add_tag(session, f"t{n}") for n in range(4)]
    for n in range(60):
        # Some have one tag of the topic, some several, some only a foreign one.
        own = tuple(tag for bit, tag in enumerate(tags) if n % 16 & 1 << bit)
        await add_post(session, f"p{n}", age=n, tags=own)
    wanted = tuple(tag.id for tag in tags[:3])
    expected = [f"p{n}" for n in range(60) if n % 8]
    assert await _walk(lambda after: reader.in_group(connection, wanted, after)) == expected


async def test_a_post_knows_its_newer_and_older_neighbours(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    author = await add_author(session, "marta")
    await add_post(session, "newest", age=0, authors=(author,))
    await add_post(session, "draft", age=1, status="draft")
    await add_post(session, "first-of-two", age=2)
    await add_post(session, "second-of-two", age=2)
    await add_post(session, "oldest", age=3)
    around: dict[str, tuple[str | None, str | None]] = {}
    for slug in ("newest", "first-of-two", "second-of-two", "oldest"):
        post = await reader.post(connection, slug)
        assert post is not None
        around[slug] = (
            post.newer.slug if post.newer else None,
            post.older.slug if post.older else None,
        )
    assert around == {
        "newest": (None, "second-of-two"),
        "second-of-two": ("newest", "first-of-two"),
        "first-of-two": ("second-of-two", "oldest"),
        "oldest": ("first-of-two", None),
    }
    second = await reader.post(connection, "second-of-two")
    assert second is not None
    # The neighbour's card is the one that the listing shows, times included.
    assert second.newer == (await reader.home(connection)).cards[0]


async def test_old_slugs_lead_to_the_present_one(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    post = await add_post(session, "c")
    await slugs.remember(session, "post", post.id, "a", "b")
    await slugs.remember(session, "post", post.id, "b", "c")
    for old in ("a", "b"):
        assert await reader.moved_to(connection, "post", old) == "c"
        assert await reader.moved_to(connection, "tag", old) is None
    assert await reader.moved_to(connection, "post", "c") is None
    # Going back to an old name forgets that it was old.
    post.slug = "a"
    await session.flush()
    await slugs.remember(session, "post", post.id, "c", "a")
    assert await reader.moved_to(connection, "post", "a") is None
    assert await reader.moved_to(connection, "post", "c") == "a"
    # Another post that takes an old name over is found under it from then on.
    other = await add_post(session, "x")
    await slugs.remember(session, "post", other.id, "b", "x")
    assert await reader.moved_to(connection, "post", "b") == "x"


async def test_search_finds_words_in_any_spelling_and_unfinished_ones(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    await add_post(session, "cafe", title="Café Zoë", html="<p>Crème brûlée for Straße 5.</p>")
    await add_post(session, "rye", title="Rye bread", html="<p>Slow and sour dough.</p>")
    await add_post(session, "wheat", title="Wheat bread", html="<p>Sour cream, quick dough.</p>")
    await add_post(session, "excerpt", html="<p>x</p>", custom_excerpt="Lanterns")
    await add_post(session, "arabic", title="خبز الصاج")
    expected = {
        "cafe": ["cafe"],
        "CAFÉ": ["cafe"],
        "zoe": ["cafe"],
        "brulee": ["cafe"],
        "strasse": ["cafe"],
        "caf": ["cafe"],
        "bru": ["cafe"],
        "crème bru": ["cafe"],
        "bread": ["rye", "wheat"],
        "bread -rye": ["wheat"],
        '"sour dough"': ["rye"],
        "rye or wheat": ["rye", "wheat"],
        "bre": ["rye", "wheat"],
        "bread sl": ["rye"],
        "rye or whe": ["rye", "wheat"],
        "cafe or quick brea": ["cafe", "wheat"],
        "lantern": ["excerpt"],
        "خبز": ["arabic"],
        "nothing": [],
        "dough bread x": [],
    }
    for words, found in expected.items():
        assert await _search(connection, words) == found, words


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            " ",
            "'",
            '"',
            '"open',
            "\\",
            ":*",
            "a:*",
            "!",
            "&",
            "|",
            "-",
            "--",
            "()",
            "<->",
            "%",
        ),
        *("or", "or or", "-bread", "bread or", "'; DROP TABLE posts; --", "a'b", "it's", "x'"),
        *("ß", "²", "½", "1½", "٣", "𝔅", "a" * 5000, HIT_START),
    ],
)
async def test_nothing_that_a_person_types_breaks_the_search(
    connection: AsyncConnection, session: AsyncSession, words: str
) -> None:
    await add_post(session, "rye", title="Rye bread")
    await reader.search(connection, words)


async def test_search_shows_the_passage_and_ranks_titles_first(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    body = f"<p>{'word ' * 200} one kettle here {'word ' * 200}</p>"
    await add_post(session, "body", html=body)
    await add_post(session, "title", title="Kettle", html="<p>x</p>", age=50)
    listing, passages = await reader.search(connection, "kettle")
    assert _slugs(listing) == ["title", "body"]
    assert f"{HIT_START}kettle{HIT_END} here" in passages[listing.cards[1].id]


async def test_a_gated_text_is_in_nothing_that_is_read(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    tag, author = await add_tag(session, "bread"), await add_author(session, "marta")
    html = f"<p>Open.</p><!--members-only--><p>{SECRET}</p>"
    block = f"<p>Open.</p><!--kg-gated-block:begin nonMember:false --><p>{SECRET}</p>"
    for n, visibility in enumerate(("members", "paid", "tiers", "public")):
        await add_post(
            session,
            f"gated-{n}",
            age=n,
            visibility=visibility,
            html=f"{block}<!--kg-gated-block:end-->" if visibility == "public" else html,
            plaintext=f"Open. {SECRET}",
            lexical=f'{{"root": "{SECRET}"}}',
            tags=(tag,),
            authors=(author,),
        )
    found: list[object] = [
        await reader.home(connection),
        await reader.tagged(connection, tag.id),
        await reader.written_by(connection, author.id),
        await reader.in_group(connection, (tag.id,)),
        await reader.search(connection, "open"),
        *[await reader.post(connection, f"gated-{n}") for n in range(4)],
    ]
    assert None not in found
    for one in found:
        text = msgspec.json.encode(one).decode()
        assert "Open." in text
        assert SECRET not in text
    for words in (SECRET, SECRET[:6], f'"{SECRET}"', f"open {SECRET}"):
        assert await _search(connection, words) == []
    assert len(await _search(connection, "open")) == 4
    assert [card.is_gated for card in (await reader.home(connection)).cards] == [True] * 3 + [False]


async def test_a_damaged_cursor_is_told_in_a_sentence(connection: AsyncConnection) -> None:
    for read in (
        reader.home(connection, "x"),
        reader.tagged(connection, 1, "1"),
        reader.written_by(connection, 1, "1-x"),
        reader.in_group(connection, (1,), ""),
    ):
        with pytest.raises(PersonError, match="damaged"):
            await read
