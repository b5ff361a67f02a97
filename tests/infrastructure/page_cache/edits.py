"""Random edits of everything that readers can see; a model joins by adding its edits to `EDITS`.

Each takes a unit of work and a source of chance and does what a service would do, through the
models' objects. A test asks that every model that declares what it touches is edited here.
"""

import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from infrastructure.database import UnitOfWork
from models import content
from models.content import (
    Author,
    Newsletter,
    OldSlug,
    Post,
    PostAuthor,
    PostTag,
    PostTier,
    Tag,
    TagGroup,
    TagGroupMember,
    Tier,
)
from models.federation import Activity, Follower
from models.navigation import Menu, MenuTarget, MenuVersion
from models.people import Redirect
from models.site import SiteSetting
from services.posts import slugs

M = TypeVar("M")

Edit = Callable[[UnitOfWork, random.Random], Awaitable[None]]

EDITS: Final[dict[str, Edit]] = {}
EDITED: Final[set[type]] = set()

# The slugs in play; a listing has a second stretch from 16 posts on.
POST_SLUGS: Final = [f"post-{number}" for number in range(24)]
TAG_SLUGS: Final = [f"tag-{number}" for number in range(5)]
AUTHOR_SLUGS: Final = [f"author-{number}" for number in range(3)]
GROUP_SLUGS: Final = [f"group-{number}" for number in range(3)]

ADDRESSES: Final = [
    "/",
    "/search/?q=word",
    "/federation/actor/followers",
    "/federation/actor/outbox",
    "/federation/actor/outbox?page=true",
    "/nodeinfo/2.1",
    *(f"/{slug}/" for slug in POST_SLUGS),
    *(f"/tag/{slug}/" for slug in TAG_SLUGS),
    *(f"/author/{slug}/" for slug in AUTHOR_SLUGS),
    *(f"/topics/{slug}/" for slug in GROUP_SLUGS),
]


def edits(*models: type) -> Callable[[Edit], Edit]:
    def add(edit: Edit) -> Edit:
        EDITS[edit.__name__] = edit
        EDITED.update(models)
        return edit

    return add


def with_chance(edit: Edit, chance: random.Random) -> Callable[[UnitOfWork], Awaitable[None]]:
    return lambda work: edit(work, chance)


async def _any(work: UnitOfWork, chance: random.Random, model: type[M], *options: Any) -> M | None:
    rows = (await work.session.scalars(select(model).options(*options))).all()
    return chance.choice(rows) if rows else None


async def _free_slug(
    work: UnitOfWork, chance: random.Random, model: Any, slugs_in_play: list[str]
) -> str | None:
    taken = set(await work.session.scalars(select(model.slug).where(model.deleted_at.is_(None))))
    free = [it for it in slugs_in_play if it not in taken]
    return chance.choice(free) if free else None


def _a_time(chance: random.Random) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(100_000))


def _words(chance: random.Random) -> str:
    return f"word {chance.randrange(1_000_000)}"


async def sow(work: UnitOfWork, chance: random.Random) -> None:
    """Fill an empty site."""
    session = work.session
    session.add(SiteSetting(key="title", value="The site"))
    tags = [Tag(slug=slug, name=slug) for slug in TAG_SLUGS[:4]]
    authors = [Author(slug=slug, name=slug, social={}) for slug in AUTHOR_SLUGS[:2]]
    session.add_all([*tags, *authors, Tier(slug="gold", name="Gold")])
    session.add(Newsletter(slug="weekly", name="Weekly"))
    await session.flush()
    group = TagGroup(slug=GROUP_SLUGS[0], name="Group", members=[])
    group.members = [TagGroupMember(tag_id=tag.id, position=n) for n, tag in enumerate(tags[:2])]
    session.add(group)
    for slug in POST_SLUGS[:20]:
        post = _new_post(chance, slug)
        post.tag_links = [PostTag(tag_id=chance.choice(tags).id, position=0)]
        post.author_links = [PostAuthor(author_id=chance.choice(authors).id, position=0)]
        session.add(post)


def _new_post(chance: random.Random, slug: str) -> Post:
    return Post(
        slug=slug,
        title=f"{slug} {_words(chance)}",
        html=f"<p>{_words(chance)}</p>",
        plaintext="word",
        excerpt="word",
        status=chance.choice(["published", "published", "published", "draft"]),
        is_page=chance.random() < 0.1,
        published_at=_a_time(chance),
        tag_links=[],
        author_links=[],
        tier_links=[],
    )


@edits(Post)
async def write_a_post(work: UnitOfWork, chance: random.Random) -> None:
    slug = await _free_slug(work, chance, Post, POST_SLUGS)
    author = await _any(work, chance, Author)
    tag = await _any(work, chance, Tag)
    if slug is None:
        return
    post = _new_post(chance, slug)
    if author is not None:
        post.author_links = [PostAuthor(author_id=author.id, position=0)]
    if tag is not None:
        post.tag_links = [PostTag(tag_id=tag.id, position=0)]
    work.session.add(post)


@edits(Post)
async def change_a_text(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post)
    if post is not None:
        field = chance.choice(["html", "title", "excerpt", "meta_title", "plaintext"])
        setattr(post, field, f"{'' if chance.random() < 0.5 else 'other '}{_words(chance)}")
        post.updated_at = datetime.now(UTC)


@edits(Post)
async def publish_or_not(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post)
    if post is not None:
        post.status = "draft" if post.status == "published" else "published"


@edits(Post)
async def move_in_time(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post)
    if post is not None:
        post.published_at = _a_time(chance)


@edits(Post)
async def gate_or_open(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post)
    if post is not None:
        post.teaser_html, post.teaser_text = f"<p>{_words(chance)}</p>", "teaser"
        post.visibility = "members" if post.visibility == "public" else "public"


@edits(Post)
async def make_a_page_or_a_post(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post)
    if post is not None:
        post.is_page = not post.is_page


@edits(Post, OldSlug)
async def rename_a_post(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post)
    slug = await _free_slug(work, chance, Post, POST_SLUGS)
    if post is not None and slug is not None and post.deleted_at is None:
        await slugs.remember(work.session, "post", post.id, post.slug, slug)
        post.slug = slug


@edits(Post)
async def bury_or_revive(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post)
    if post is None:
        return
    if post.deleted_at is None:
        post.deleted_at = datetime.now(UTC)
        return
    taken = set(await work.session.scalars(select(Post.slug).where(Post.deleted_at.is_(None))))
    if post.slug not in taken:
        post.deleted_at = None


@edits(Post, PostTag, PostAuthor, PostTier)
async def delete_for_good(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post, *_all_links())
    if post is not None:
        await work.session.delete(post)


@edits(PostTag)
async def tag_otherwise(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post, selectinload(Post.tag_links))
    tags = list(await work.session.scalars(select(Tag.id)))
    if post is not None:
        post.tag_links.clear()
        await work.session.flush()
        wanted = chance.sample(tags, min(len(tags), chance.randrange(3)))
        post.tag_links = [PostTag(tag_id=it, position=n) for n, it in enumerate(wanted)]


@edits(PostAuthor)
async def sign_otherwise(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post, selectinload(Post.author_links))
    authors = list(await work.session.scalars(select(Author.id)))
    if post is not None:
        post.author_links.clear()
        await work.session.flush()
        wanted = chance.sample(authors, min(len(authors), chance.randrange(1, 3)))
        post.author_links = [PostAuthor(author_id=it, position=n) for n, it in enumerate(wanted)]


@edits(PostTier, Tier)
async def change_tiers(work: UnitOfWork, chance: random.Random) -> None:
    post = await _any(work, chance, Post, selectinload(Post.tier_links))
    tier = await _any(work, chance, Tier)
    if post is not None and tier is not None:
        tier.name = _words(chance)
        post.tier_links = [] if post.tier_links else [PostTier(tier_id=tier.id, position=0)]


@edits(Tag)
async def change_a_tag(work: UnitOfWork, chance: random.Random) -> None:
    tag = await _any(work, chance, Tag)
    if tag is not None:
        setattr(tag, chance.choice(["name", "description", "meta_title"]), _words(chance))


@edits(Tag)
async def hide_or_show_a_tag(work: UnitOfWork, chance: random.Random) -> None:
    tag = await _any(work, chance, Tag)
    if tag is None:
        return
    if chance.random() < 0.5:
        tag.visibility = "internal" if tag.visibility == "public" else "public"
    else:
        tag.deleted_at = datetime.now(UTC) if tag.deleted_at is None else None


@edits(Tag)
async def rename_a_tag(work: UnitOfWork, chance: random.Random) -> None:
    tag = await _any(work, chance, Tag)
    slug = await _free_slug(work, chance, Tag, TAG_SLUGS)
    if tag is not None and slug is not None:
        await slugs.remember(work.session, "tag", tag.id, tag.slug, slug)
        tag.slug = slug


@edits(Author)
async def change_an_author(work: UnitOfWork, chance: random.Random) -> None:
    author = await _any(work, chance, Author)
    if author is None:
        return
    slug = await _free_slug(work, chance, Author, AUTHOR_SLUGS)
    match chance.randrange(4):
        case 0:
            author.name = _words(chance)
        case 1:
            author.bio = _words(chance)
        case 2:
            author.deleted_at = datetime.now(UTC) if author.deleted_at is None else None
        case _ if slug is not None:
            await slugs.remember(work.session, "author", author.id, author.slug, slug)
            author.slug = slug


@edits(TagGroup, TagGroupMember)
async def change_the_filter(work: UnitOfWork, chance: random.Random) -> None:
    group = await _any(work, chance, TagGroup, selectinload(TagGroup.members))
    tag = await _any(work, chance, Tag)
    if group is None or chance.random() < 0.2:
        taken = set(await work.session.scalars(select(TagGroup.slug)))
        free = [it for it in GROUP_SLUGS if it not in taken]
        if free:
            work.session.add(TagGroup(slug=free[0], name=_words(chance), members=[]))
    elif chance.random() < 0.2:
        await work.session.delete(group)
    elif chance.random() < 0.5 or tag is None:
        group.name = _words(chance)
    else:
        group.members.clear()
        await work.session.flush()
        group.members = [TagGroupMember(tag_id=tag.id, position=0)]


@edits(SiteSetting)
async def change_a_setting(work: UnitOfWork, chance: random.Random) -> None:
    setting = await _any(work, chance, SiteSetting)
    if setting is not None:
        setting.value = _words(chance)


@edits(Menu)
async def publish_a_menu(work: UnitOfWork, chance: random.Random) -> None:
    session = work.session
    menu = await session.scalar(select(Menu).where(Menu.name == "main"))
    if menu is None:
        menu = Menu(name="main", title="Main")
        session.add(menu)
        await session.flush()
    if chance.random() < 0.2:
        menu.published_number = None
        return
    post, tag = await _any(work, chance, Post), await _any(work, chance, Tag)
    nodes: list[dict[str, Any]] = [{"id": 1, "kind": "url", "address": "/", "label": "Home"}]
    for node_id, kind, target in ((2, "post", post), (3, "tag", tag)):
        if target is not None:
            nodes.append({"id": node_id, "kind": kind, "target_id": target.id})
            session.add(MenuTarget(menu_id=menu.id, **{f"{kind}_id": target.id}))
    numbers = select(MenuVersion.number).where(MenuVersion.menu_id == menu.id)
    number = max(await session.scalars(numbers), default=0) + 1
    session.add(MenuVersion(menu_id=menu.id, number=number, nodes=nodes, published_by="Ada"))
    await session.flush()
    menu.published_number = number


@edits(Newsletter)
async def rename_a_newsletter(work: UnitOfWork, chance: random.Random) -> None:
    newsletter = await _any(work, chance, Newsletter)
    if newsletter is not None:
        newsletter.name = _words(chance)


@edits(Activity)
async def tell_the_fediverse(work: UnitOfWork, chance: random.Random) -> None:
    document = {"type": "Create", "object": {"id": _words(chance), "type": "Article"}}
    name = uuid.uuid4()
    work.session.add(Activity(uuid=name, type="Create", post_id=0, document=document))


@edits(Follower)
async def follow_or_leave(work: UnitOfWork, chance: random.Random) -> None:
    follower = await _any(work, chance, Follower)
    if follower is None or chance.random() < 0.5:
        work.session.add(Follower(actor=_words(chance), inbox="https://else.example/inbox"))
    else:
        follower.ended_at = datetime.now(UTC) if follower.ended_at is None else None


@edits(Redirect)
async def lead_elsewhere_or_not(work: UnitOfWork, chance: random.Random) -> None:
    source = f"/{chance.choice(POST_SLUGS)}/"
    known = await work.session.scalar(select(Redirect).where(Redirect.source == source))
    if known is None:
        target = f"/{chance.choice(POST_SLUGS)}/"
        work.session.add(Redirect(source=source, target=target, is_permanent=False))
    elif chance.random() < 0.5:
        known.target = f"/{chance.choice(TAG_SLUGS)}/"
    else:
        await work.session.delete(known)


def _all_links() -> list[Any]:
    return [
        selectinload(getattr(content.Post, name))
        for name in ("tag_links", "author_links", "tier_links")
    ]
