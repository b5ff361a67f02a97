"""A post in our own tables, as the actions of the native store change it."""

from typing import Any, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

import lexical
from infrastructure.database import UnitOfWork
from infrastructure.errors import NotFoundError
from lexical.snippets import without_comments
from models.content import Post, PostAuthor, PostTag, PostTier, Tag
from models.people import Person
from services.audit.log import Actor, record
from services.content_store.checks import check_links, tidy
from services.content_store.protocol import (
    InvalidPostError,
    PostEdit,
    PostState,
    SavedPost,
    StaleSaveError,
)
from services.content_store.reading import PLAIN_FIELDS, read_state
from services.posts.derive import derive
from services.posts.links import rearrange
from services.posts.rendering import html_of
from services.posts.slugs import free_slug, remember, slug_of

# Written with more care than the other fields.
_OWN_WAY: Final = frozenset({"slug", "lexical", "published_at"})
# Too long for the audit log, which says only that they changed.
_LONG: Final = frozenset({"lexical", "codeinjection_head", "codeinjection_foot"})


async def opened(work: UnitOfWork, post_id: int, version: int | None) -> tuple[Post, PostState]:
    """Load a post for a change; nobody else can change it until the transaction ends.

    Args:
        work: the transaction.
        post_id: whose.
        version: that it must have; None: any.

    Raises:
        NotFoundError: there is no such post, or it was deleted and no version was asked for.
        StaleSaveError: it has another version.
    """
    post = await work.session.scalar(
        select(Post)
        .where(Post.id == post_id)
        .options(
            selectinload(Post.author_links),
            selectinload(Post.tag_links),
            selectinload(Post.tier_links),
        )
        .with_for_update(of=Post)
        .execution_options(populate_existing=True)
    )
    state = await read_state(work.session, post_id)
    if post is None or (state is None and version is None):
        raise NotFoundError
    if state is None:
        raise StaleSaveError(None)
    if version is not None and version != post.row_version:
        raise StaleSaveError(state)
    return post, state


def blank() -> Post:
    """Return a post with nothing in it."""
    return Post(status="draft", author_links=[], tag_links=[], tier_links=[])


async def write(work: UnitOfWork, post: Post, edit: PostEdit, before: PostState | None) -> None:
    """Let a post say what an edit says; its status and its time are left alone.

    Args:
        work: the transaction.
        post: a row that nothing was changed of yet.
        edit: what it is to say.
        before: what it says; None for a new one.

    Raises:
        InvalidPostError: something cannot be kept.
    """
    edit = tidy(edit)
    await check_links(work, edit)
    tag_ids = [await _tag_id(work, choice) for choice in edit.tags]
    slug = await _slug(work, edit, before)
    for name in PLAIN_FIELDS:
        if name not in _OWN_WAY and getattr(post, name) != getattr(edit, name):
            setattr(post, name, getattr(edit, name))
    if post.slug != slug:
        post.slug = slug
    _write_text(post, edit.lexical)
    derive(post)
    rearrange(post.author_links, edit.author_ids, PostAuthor, "author_id")
    rearrange(post.tag_links, tag_ids, PostTag, "tag_id")
    rearrange(post.tier_links, edit.tier_ids, PostTier, "tier_id")


def _write_text(post: Post, text: str | None) -> None:
    """Render a document that is another than the one that is there."""
    if text is None or text == post.lexical:
        return
    try:
        document = msgspec.json.decode(text)
        html = without_comments(html_of(document))
        plaintext = lexical.render_plaintext(document)
        minutes = lexical.reading_minutes(document)
    except (msgspec.DecodeError, lexical.LexicalError) as error:
        raise InvalidPostError({"lexical": f"The text cannot be kept: {error}"}) from error
    post.lexical, post.mobiledoc = text, None
    post.html, post.plaintext, post.reading_minutes = html, plaintext, minutes


async def _slug(work: UnitOfWork, edit: PostEdit, before: PostState | None) -> str:
    """Return the slug that an edit gives a post; an old one that readers know leads to it."""
    wanted = slug_of(edit.slug or edit.title)
    if before is None:
        return await free_slug(work.session, Post, wanted, None)
    old = before.edit.slug
    if wanted == old:
        return old
    slug = await free_slug(work.session, Post, wanted, before.id)
    # A draft that was never published has no readers who know its address.
    if slug != old and before.edit.published_at is not None:
        await remember(work.session, "post", before.id, old, slug)
    return slug


async def _tag_id(work: UnitOfWork, choice: int | str) -> int:
    """Return the id of a tag, which is made where there is none of this name."""
    if isinstance(choice, int):
        return choice
    by_name = (
        select(Tag.id)
        .where(func.lower(Tag.name) == choice.lower(), Tag.deleted_at.is_(None))
        .order_by(Tag.id)
        .limit(1)
    )
    if (known := await work.session.scalar(by_name)) is not None:
        return known
    is_internal = choice.startswith("#")
    base = f"hash-{slug_of(choice)}" if is_internal else slug_of(choice)
    slug = await free_slug(work.session, Tag, base, None)
    # Whoever had the turn before may have made it.
    if (known := await work.session.scalar(by_name)) is not None:
        return known
    tag = Tag(slug=slug, name=choice, visibility="internal" if is_internal else "public")
    work.session.add(tag)
    await work.session.flush()
    return tag.id


async def author_of(work: UnitOfWork, actor: Actor) -> tuple[int, ...]:
    """Return the author that a person signs as, if they are one."""
    if actor.person_id is None:
        return ()
    author_id = await work.session.scalar(
        select(Person.author_id).where(Person.id == actor.person_id)
    )
    return () if author_id is None else (author_id,)


async def finished(
    work: UnitOfWork, actor: Actor, action: str, post: Post, before: PostState | None
) -> SavedPost:
    """Write a change with its time and its entry in the audit log, and tell what became of it."""
    post.updated_at = await work.session.scalar(select(func.clock_timestamp()))
    if before is None:
        post.created_at = post.updated_at
    await work.session.flush()
    return await logged(work, actor, action, post.id, before)


async def logged(
    work: UnitOfWork, actor: Actor, action: str, post_id: int, before: PostState | None
) -> SavedPost:
    """Write the audit log's entry of a change that was written, and tell what became of the post.

    Raises:
        NotFoundError: it is not there any more.
    """
    after = await read_state(work.session, post_id)
    if after is None:
        raise NotFoundError
    was, now = differences(before, after)
    about = ("page" if after.edit.is_page else "post", post_id, after.edit.title)
    record(work, actor, f"post.{action}", about, before=was, after=now)
    return saved(after)


async def mark_deleted(work: UnitOfWork, actor: Actor, post: Post, before: PostState) -> None:
    """Let nobody see a post any more, and write that into the audit log; its row stays."""
    post.deleted_at = func.clock_timestamp()
    kind = "page" if post.is_page else "post"
    was = {"title": before.edit.title, "slug": before.edit.slug, "status": before.status}
    record(work, actor, "post.delete", (kind, post.id, post.title), before=was)
    await work.session.flush()


def saved(state: PostState) -> SavedPost:
    """Return of a post what a save tells."""
    return SavedPost(
        id=state.id,
        version=state.version,
        uuid=state.uuid,
        slug=state.edit.slug,
        status=state.status,
        is_page=state.edit.is_page,
        published_at=state.edit.published_at,
        updated_at=state.updated_at,
    )


def differences(
    before: PostState | None, after: PostState
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return of two states what differs, in the words of the audit log."""
    new = _told(after)
    if before is None:
        return None, {name: new[name] for name in ("title", "slug", "status")}
    old = _told(before)
    names = [name for name in new if old[name] != new[name]]
    return (
        {name: "…" if name in _LONG else old[name] for name in names},
        {name: "…" if name in _LONG else new[name] for name in names},
    )


def _told(state: PostState) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(state.edit)
    told |= {
        "tags": [tag.name for tag in state.tags],
        "author_ids": [author.name for author in state.authors],
        "tier_ids": [tier.name for tier in state.tiers],
        "status": state.status,
    }
    return told
