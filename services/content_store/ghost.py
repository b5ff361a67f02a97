"""The store of a site with a Ghost: each save goes through its Admin API, our rows mirror it.

The row of a post stays locked while Ghost is asked, so two editors here take turns, and the second
is told; Ghost compares `updated_at` for those who write there. Its answer is written into the
mirror in the caller's transaction, before any webhook. A post that was made here before there was
a Ghost stays ours, and is saved as without one.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import Database, UnitOfWork
from infrastructure.errors import NotFoundError
from models.content import Author, Newsletter, Post
from services.audit.log import Actor
from services.content_store.actions.copy_post import copied
from services.content_store.actions.save_post import says_the_same, time_shown
from services.content_store.checks import check_links, check_time_to_come, tidy
from services.content_store.ghost_fields import (
    Fields,
    adopt_tags,
    differs_in_links,
    fields_of,
)
from services.content_store.ghost_writer import GhostWriter
from services.content_store.native import NativeContentStore
from services.content_store.native_post import author_of, logged, mark_deleted, opened, saved
from services.content_store.protocol import (
    InvalidPostError,
    PostEdit,
    PostState,
    SavedPost,
    Sending,
    StaleSaveError,
)
from services.content_store.reading import read_state
from services.ghost import mirror
from services.ghost.client import DocumentKind, GhostClient
from services.ghost.detachment.state import left_at
from services.ghost.errors import GhostConflict, GhostError, GhostNotFound
from services.ghost.mapping import PAGES, POSTS, Mapping
from services.ghost.results import GhostPage, GhostPost
from services.ghost.sentences import person_error

_LINKS: Final = frozenset({"tags", "authors", "tiers"})


@dataclass(frozen=True, slots=True)
class _Request:
    """What is to be sent for an action."""

    fields: Fields
    newsletter: str | None = None
    segment: str | None = None


# What an action makes of a post: a request, or None where nothing is to be changed.
_Plan = Callable[[PostState], Awaitable[_Request | None]]


class GhostContentStore:
    """`ContentStore` on a Ghost."""

    def __init__(self, database: Database, client: GhostClient) -> None:
        """Save through `client`; `database` has the mirror."""
        self._database = database
        self._ghost = GhostWriter(client)
        self._native = NativeContentStore()

    @property
    def sends_newsletters(self) -> bool:
        """Ghost does."""
        return True

    async def create(self, work: UnitOfWork, actor: Actor, edit: PostEdit) -> SavedPost:
        """Make a draft in Ghost; whoever makes it signs it if Ghost knows them as an author."""
        if await left_at(work.session) is not None:
            return await self._native.create(work, actor, edit)
        edit = tidy(edit)
        await check_links(work, edit)
        if not edit.author_ids:
            edit = msgspec.structs.replace(edit, author_ids=await _signing(work, actor))
        fields = await fields_of(work, edit, None)
        return await self._create(work, actor, "create", edit, fields)

    async def save(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int, edit: PostEdit
    ) -> SavedPost:
        """Change a post in Ghost; what is there already is not sent."""

        async def plan(before: PostState) -> _Request | None:
            return await _plan_save(work, before, edit)

        if await _is_ours(work, post_id):
            return await self._native.save(work, actor, post_id, version, edit)
        return await self._act(work, actor, "save", (post_id, version), plan)

    async def publish(
        self,
        work: UnitOfWork,
        actor: Actor,
        post_id: int,
        version: int,
        *,
        edit: PostEdit | None = None,
        sending: Sending | None = None,
    ) -> SavedPost:
        """Let Ghost publish a post, and send it."""

        async def plan(before: PostState) -> _Request | None:
            if before.status in {"published", "sent"}:
                if sending is not None:
                    raise InvalidPostError(
                        {"newsletter": "This is published already; it can no longer be sent."}
                    )
                return None if edit is None else await _plan_save(work, before, edit)
            fields = await _edited(work, before, edit)
            fields["status"] = "published"
            wanted = (edit or before.edit).published_at
            # Null lets Ghost take the present, by its own clock.
            is_past = wanted is not None and wanted <= datetime.now(UTC)
            fields["published_at"] = wanted if is_past else None
            return await _with_newsletter(work, before, edit, sending, fields)

        if await _is_ours(work, post_id):
            return await self._native.publish(
                work, actor, post_id, version, edit=edit, sending=sending
            )
        return await self._act(work, actor, "publish", (post_id, version), plan)

    async def schedule(
        self,
        work: UnitOfWork,
        actor: Actor,
        post_id: int,
        version: int,
        at: datetime,
        *,
        edit: PostEdit | None = None,
        sending: Sending | None = None,
    ) -> SavedPost:
        """Let Ghost publish a post later."""
        check_time_to_come(at)

        async def plan(before: PostState) -> _Request | None:
            if before.status in {"published", "sent"}:
                raise InvalidPostError({"status": "This is published already: unpublish it first."})
            fields = await _edited(work, before, edit)
            fields |= {"status": "scheduled", "published_at": at}
            return await _with_newsletter(work, before, edit, sending, fields)

        if await _is_ours(work, post_id):
            return await self._native.schedule(
                work, actor, post_id, version, at, edit=edit, sending=sending
            )
        return await self._act(work, actor, "schedule", (post_id, version), plan)

    async def unpublish(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int
    ) -> SavedPost:
        """Make a post a draft again in Ghost."""

        async def plan(before: PostState) -> _Request | None:
            if before.status == "sent":
                raise InvalidPostError(
                    {"status": "This went out by e-mail and cannot be taken back."}
                )
            return None if before.status == "draft" else _Request({"status": "draft"})

        if await _is_ours(work, post_id):
            return await self._native.unpublish(work, actor, post_id, version)
        return await self._act(work, actor, "unpublish", (post_id, version), plan)

    async def delete(
        self, work: UnitOfWork, actor: Actor, post_id: int, version: int | None = None
    ) -> None:
        """Delete a post in Ghost, and its row; with a version only if nobody changed it there."""
        if await _is_ours(work, post_id):
            await self._native.delete(work, actor, post_id, version)
            return
        try:
            async with work.session.begin_nested():
                post, before = await opened(work, post_id, version)
                kind, ghost_id = _place(post)
                if version is not None:
                    await self._check_unchanged(work, post, before)
                await self._ghost.delete(kind, ghost_id)
                await mark_deleted(work, actor, post, before)
        except (GhostConflict, GhostNotFound) as error:
            raise StaleSaveError(await self._now(work, post_id)) from error

    async def copy(self, work: UnitOfWork, actor: Actor, post_id: int) -> SavedPost:
        """Make a draft like a post in Ghost."""
        if await _is_ours(work, post_id):
            return await self._native.copy(work, actor, post_id)
        original = await read_state(work.session, post_id)
        if original is None:
            raise NotFoundError
        edit = copied(original.edit)
        fields = await fields_of(work, edit, None)
        if edit.lexical is None:
            fields["mobiledoc"] = await work.session.scalar(
                select(Post.mobiledoc).where(Post.id == post_id)
            )
        return await self._create(work, actor, "copy", edit, fields)

    async def due(self, connection: AsyncConnection, moment: datetime) -> Sequence[tuple[int, int]]:
        """Find those of the posts that are ours; Ghost publishes its own."""
        due = await self._native.due(connection, moment)
        ids = [post_id for post_id, _ in due]
        ours = set(
            await connection.scalars(
                select(Post.id).where(Post.id.in_(ids), Post.ghost_id.is_(None))
            )
        )
        return [entry for entry in due if entry[0] in ours]

    async def _create(
        self, work: UnitOfWork, actor: Actor, action: str, edit: PostEdit, fields: Fields
    ) -> SavedPost:
        fields = {"title": edit.title, **fields}
        item = await self._ghost.create(work, "pages" if edit.is_page else "posts", fields)
        await _mirror(work, item)
        post_id = await work.session.scalar(select(Post.id).where(Post.ghost_id == item.id))
        if post_id is None:  # pragma: no cover - it was mirrored just now, in this transaction
            raise NotFoundError
        return await logged(work, actor, action, post_id, None)

    async def _act(
        self, work: UnitOfWork, actor: Actor, action: str, opening: tuple[int, int], plan: _Plan
    ) -> SavedPost:
        """Do one thing to a post in Ghost, and mirror what it answers.

        Raises:
            StaleSaveError: somebody changed or deleted it, here or in Ghost.
        """
        post_id, version = opening
        try:
            # The lock of the row is given back with the savepoint when Ghost declines.
            async with work.session.begin_nested():
                post, before = await opened(work, post_id, version)
                if post.ghost_id is None:
                    # It was made ours since it was looked at: the site leaves its Ghost.
                    raise StaleSaveError(before)
                request = await plan(before)
                if request is None or not request.fields:
                    return saved(before)
                if request.fields.keys() & _LINKS:
                    await self._check_unchanged(work, post, before)
                kind, ghost_id = _place(post)
                item = await self._ghost.change(
                    kind,
                    ghost_id,
                    request.fields | {"updated_at": post.updated_at},
                    newsletter=request.newsletter,
                    email_segment=request.segment,
                )
                await _mirror(work, item)
                return await logged(work, actor, action, post_id, before)
        except (GhostConflict, GhostNotFound) as error:
            raise StaleSaveError(await self._now(work, post_id)) from error

    async def _check_unchanged(self, work: UnitOfWork, post: Post, before: PostState) -> None:
        """Make sure that Ghost has what we have, where it does not look itself.

        It does not when a post is deleted, and it does not date a change of tags, authors or tiers.

        Raises:
            GhostConflict: it has something else.
            GhostNotFound: it has nothing.
        """
        try:
            item = await self._ghost.read(*_place(post))
        except GhostNotFound:
            raise
        except GhostError as error:
            raise person_error(error) from error
        if item.updated_at != post.updated_at or await differs_in_links(work, item, before):
            raise GhostConflict

    async def _now(self, work: UnitOfWork, post_id: int) -> PostState | None:
        """Return what became of a post in Ghost; the mirror learns it, whatever `work` does.

        Where Ghost does not say, it is what the mirror has.
        """
        post = await work.session.scalar(
            select(Post).where(Post.id == post_id).execution_options(populate_existing=True)
        )
        if post is None:
            return None
        kind, ghost_id = _place(post)
        try:
            item = await self._ghost.read(kind, ghost_id)
        except GhostNotFound:
            item = None
        except GhostError:
            return await read_state(work.session, post_id)
        try:
            async with self._database.unit_of_work() as own:
                # Whoever called may have locked the row before.
                await own.session.execute(text("SET LOCAL lock_timeout = '2s'"))
                return await _learnt(own, post_id, kind, ghost_id, item)
        except DBAPIError:
            return await _learnt(work, post_id, kind, ghost_id, item)


async def _learnt(
    work: UnitOfWork, post_id: int, kind: DocumentKind, ghost_id: str, item: GhostPost | None
) -> PostState | None:
    """Mirror what Ghost has of a post, and return it."""
    if item is None:
        await mirror.remove(work, PAGES if kind == "pages" else POSTS, [ghost_id])
        return None
    await _mirror(work, item)
    return await read_state(work.session, post_id)


async def _mirror(work: UnitOfWork, item: GhostPost) -> None:
    """Write an answer of Ghost's into our rows."""
    mapping: Mapping[Any] = PAGES if isinstance(item, GhostPage) else POSTS
    await adopt_tags(work, item)
    try:
        async with work.session.begin_nested():
            await mirror.apply(work, mapping, (item,))
    except IntegrityError:
        # Its webhook was faster and has made the row.
        await mirror.apply(work, mapping, (item,))


def _place(post: Post) -> tuple[DocumentKind, str]:
    """Return where Ghost has a mirrored post."""
    return ("pages" if post.is_page else "posts"), str(post.ghost_id)


async def _is_ours(work: UnitOfWork, post_id: int) -> bool:
    """Whether a post was made here, and never was in Ghost."""
    return (
        await work.session.scalar(
            select(Post.id).where(Post.id == post_id, Post.ghost_id.is_(None))
        )
        is not None
    )


async def _signing(work: UnitOfWork, actor: Actor) -> tuple[int, ...]:
    """Return the author that a person signs as, where Ghost knows that author."""
    ids = await author_of(work, actor)
    known = await work.session.scalars(
        select(Author.id).where(Author.id.in_(ids), Author.ghost_id.is_not(None))
    )
    return tuple(known)


async def _plan_save(work: UnitOfWork, before: PostState, edit: PostEdit) -> _Request | None:
    if says_the_same(edit, before):
        return None
    edit = msgspec.structs.replace(edit, published_at=time_shown(edit, before))
    return _Request(await _edited(work, before, edit))


async def _edited(work: UnitOfWork, before: PostState, edit: PostEdit | None) -> Fields:
    """Return the fields of an edit that comes with an action."""
    if edit is None or says_the_same(edit, before):
        return {}
    edit = tidy(edit)
    await check_links(work, edit)
    return await fields_of(work, edit, before)


async def _with_newsletter(
    work: UnitOfWork,
    before: PostState,
    edit: PostEdit | None,
    sending: Sending | None,
    fields: Fields,
) -> _Request:
    """Say by which newsletter a post goes out, and to whom.

    Raises:
        InvalidPostError: it cannot go out so.
    """
    wanted = edit or before.edit
    if sending is None:
        if wanted.email_only and before.newsletter is None:
            raise InvalidPostError(
                {"newsletter": "This is for e-mail alone: choose the newsletter that it goes by."}
            )
        return _Request(fields)
    if before.edit.is_page:
        raise InvalidPostError({"newsletter": "A page cannot be sent by e-mail."})
    if before.email is not None:
        raise InvalidPostError({"newsletter": "This went out by e-mail already."})
    slug = await work.session.scalar(
        select(Newsletter.slug).where(
            Newsletter.id == sending.newsletter_id,
            Newsletter.ghost_id.is_not(None),
            Newsletter.status == "active",
            Newsletter.deleted_at.is_(None),
        )
    )
    if slug is None:
        raise InvalidPostError({"newsletter": "This newsletter is no longer sent: choose anew."})
    return _Request(fields, slug, sending.segment.strip() or "all")
