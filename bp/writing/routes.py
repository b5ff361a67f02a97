"""The editor's program and the server: working copies, publishing, who is there."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import Struct
from quart import Response, request
from werkzeug.wrappers import Response as Redirect

from bp.domains import services
from bp.guard import actor, current_viewer, require
from bp.house import go
from bp.writing.answers import (
    SaveRequest,
    VersionRequest,
    as_json,
    copied,
    program,
    sent,
    stale,
    updated,
)
from bp.writing.blueprint import blueprint
from infrastructure.access import access
from infrastructure.database import UnitOfWork
from infrastructure.errors import ForbiddenError, NotFoundError
from infrastructure.factory import base_app
from infrastructure.page_cache import private
from infrastructure.security import large_body
from services.accounts.policy import Target, may
from services.accounts.viewer import Viewer
from services.content_store.protocol import (
    InvalidPostError,
    PostEdit,
    PostState,
    Sending,
    StaleSaveError,
)
from services.content_store.reading import read_state
from services.editor import copies, presence, updating
from services.editor.copies import Copy, Save, Stale
from services.editor.fields import ADMINISTRATORS_ONLY, EDITORS_ONLY, differing
from services.editor.merge import merge
from services.editor.times import in_zone
from services.editor.updating import When
from services.site.reader import site

# The longest text that is a document, in UTF-8 and escaped, and all that stands around it.
_LARGEST: Final = 16 * 1024 * 1024

_PAGES: Final = "Pages are looked after by editors; you can write posts."


class NewRequest(Struct):
    """`POST /admin/posts/`."""

    is_page: bool = False
    client: UUID | None = None


class SendingRequest(Struct):
    """The newsletter of a publication."""

    id: int
    segment: str = "all"


class PublishRequest(Struct):
    """`POST …/publish`; `at` is a time, in the site's zone where it names none."""

    copy_version: int
    at: str | None = None
    newsletter: SendingRequest | None = None


class PresenceRequest(Struct):
    """`POST …/presence`."""

    client: UUID
    takeover: bool = False
    leave: bool = False


def target_of(viewer: Viewer, state: PostState) -> Target:
    """Return the state of a post as the policy asks for it."""
    return Target(
        is_own=viewer.author_id is not None
        and viewer.author_id in {author.id for author in state.authors},
        is_published=state.status != "draft",
    )


async def allowed_to_read(post_id: int, action: str) -> tuple[Viewer, PostState]:
    """Make sure that the viewer may do something to a post, and return both.

    Raises:
        ForbiddenError: they may not.
        NotFoundError: there is no such post.
    """
    async with base_app().database.read() as connection:
        state = await read_state(connection, post_id)
    return await _allowed(state, action)


async def _allowed(state: PostState | None, action: str) -> tuple[Viewer, PostState]:
    if state is None:
        raise NotFoundError
    viewer = await require(action, target_of(await current_viewer(), state))
    if state.edit.is_page and not may(viewer, "page.edit"):
        raise ForbiddenError(_PAGES)
    return viewer, state


async def allowed(work: UnitOfWork, post_id: int, action: str) -> Viewer:
    """Make sure that the viewer may do something to a post, and return the viewer.

    Raises:
        ForbiddenError: they may not.
        NotFoundError: there is no such post.
    """
    viewer, _ = await _allowed(await read_state(work.session, post_id), action)
    return viewer


def may_not_change(viewer: Viewer) -> frozenset[str]:
    """Return the fields that not everybody who may write may change, and this viewer may not."""
    names: frozenset[str] = frozenset()
    if not may(viewer, "post.sign"):
        names |= EDITORS_ONLY
    if not may(viewer, "post.inject"):
        names |= ADMINISTRATORS_ONLY
    return names if may(viewer, "page.edit") else names | {"is_page"}


def _check_fields(viewer: Viewer, before: PostEdit, after: PostEdit) -> None:
    """Refuse what not everybody who may write may change.

    Raises:
        InvalidPostError: there is such a change.
    """
    changed = set(differing(before, after))
    errors: dict[str, str] = {}
    if not may(viewer, "post.sign"):
        errors |= dict.fromkeys(changed & EDITORS_ONLY, "Who signs a post is decided by editors.")
    if not may(viewer, "post.inject"):
        errors |= dict.fromkeys(
            changed & ADMINISTRATORS_ONLY, "Only administrators can let code run in a page."
        )
    if after.is_page and not may(viewer, "page.edit"):
        errors["is_page"] = _PAGES
    if errors:
        raise InvalidPostError(errors)


@blueprint.post("/admin/posts/")
@access("post.create")
async def create_post() -> Response | Redirect:
    """Make an empty draft: for a program by JSON, for a person by a form."""
    if request.is_json:
        return await _create_for_program()
    form = await request.form
    post_id = await _create(NewRequest(is_page=form.get("is_page") in {"1", "true"}))
    return go(f"/admin/posts/{post_id}/")


@program
async def _create_for_program() -> Response:
    post_id = await _create(await sent(NewRequest))
    return as_json({"id": post_id, "path": f"/admin/posts/{post_id}/"}, 201)


async def _create(wanted: NewRequest) -> int:
    viewer = await current_viewer()
    if wanted.is_page and not may(viewer, "page.edit"):
        raise ForbiddenError(_PAGES)
    async with base_app().database.unit_of_work() as work:
        return await updating.create(
            work,
            services().content,
            actor(viewer),
            is_page=wanted.is_page,
            made_for=wanted.client,
        )


@blueprint.get("/admin/posts/<int:post_id>/copy")
@private
@access("post.edit")
@program
async def read_copy(post_id: int) -> Response:
    """Give a post's working copy, which is made where there is none yet."""
    async with base_app().database.unit_of_work() as work:
        await allowed(work, post_id, "post.edit")
        return as_json(await copied(await copies.hold(work, post_id)))


@blueprint.put("/admin/posts/<int:post_id>/copy")
@large_body(_LARGEST)
@access("post.edit")
@program
async def save_copy(post_id: int) -> Response:
    """Save into a post's working copy."""
    wanted = await sent(SaveRequest)
    save = Save(wanted.base, wanted.client, wanted.seq, wanted.fields)
    async with base_app().database.unit_of_work() as work:
        viewer = await allowed(work, post_id, "post.edit")
        check = partial(_check_fields, viewer)
        found = await copies.save(work, actor(viewer), post_id, save, check)
    if isinstance(found, Stale):
        return await stale(found)
    return as_json({"copy_version": found.version, "saved_at": found.at})


@blueprint.post("/admin/posts/<int:post_id>/update")
@access("post.edit")
@program
async def update_post(post_id: int) -> Response:
    """Let a post say what its working copy says."""
    wanted = await sent(VersionRequest)

    async def act(work: UnitOfWork, viewer: Viewer) -> Copy | Stale:
        return await updating.post_update(
            work, services().content, actor(viewer), post_id, wanted.copy_version
        )

    return await _acted(post_id, "post.edit", act)


@blueprint.post("/admin/posts/<int:post_id>/publish")
@access("post.publish")
@program
async def publish_post(post_id: int) -> Response:
    """Publish a post with what its working copy says, at once or at a time."""
    wanted = await sent(PublishRequest)
    letter = wanted.newsletter
    sending = None if letter is None else Sending(letter.id, letter.segment)

    async def act(work: UnitOfWork, viewer: Viewer) -> Copy | Stale:
        zone = (await site(await work.session.connection())).zone
        at: datetime | None = None if wanted.at is None else in_zone(wanted.at, zone)
        return await updating.publish(
            work,
            services().content,
            actor(viewer),
            post_id,
            wanted.copy_version,
            When(at, sending),
        )

    return await _acted(post_id, "post.publish", act)


@blueprint.post("/admin/posts/<int:post_id>/unpublish")
@access("post.publish")
@program
async def unpublish_post(post_id: int) -> Response:
    """Make a published or scheduled post a draft again."""

    async def act(work: UnitOfWork, viewer: Viewer) -> Copy | Stale:
        return await updating.unpublish(work, services().content, actor(viewer), post_id)

    return await _acted(post_id, "post.publish", act)


@blueprint.post("/admin/posts/<int:post_id>/discard")
@access("post.edit")
@program
async def discard_copy(post_id: int) -> Response:
    """Let a working copy say what the post says."""
    wanted = await sent(VersionRequest)

    async def act(work: UnitOfWork, viewer: Viewer) -> Copy | Stale:
        return await copies.discard(work, actor(viewer), post_id, wanted.copy_version)

    return await _acted(post_id, "post.edit", act)


async def _acted(
    post_id: int, action: str, act: Callable[[UnitOfWork, Viewer], Awaitable[Copy | Stale]]
) -> Response:
    """Do something with a post and its working copy, and tell what became of them."""
    try:
        async with base_app().database.unit_of_work() as work:
            viewer = await allowed(work, post_id, action)
            before = (await copies.hold(work, post_id)).edit
            found = await act(work, viewer)
            if isinstance(found, Copy):
                return await updated(found, before)
    except StaleSaveError as error:
        if error.current is None:
            raise
        return await _changed_just_now(post_id, error.current)
    return await stale(found)


async def _changed_just_now(post_id: int, current: PostState) -> Response:
    """Answer where the store says that the post is another one, and we know nothing of it yet."""
    async with base_app().database.unit_of_work() as work:
        copy = await copies.hold(work, post_id)
        if copy.clashes:
            found = await copy.clash(copy.edit)
        else:
            found = Stale(
                version=copy.row.version,
                theirs=current.edit,
                by=copies.ELSEWHERE.name,
                at=current.updated_at or copy.row.saved_at,
                base=copy.post,
                merge=merge(copy.post, copy.edit, current.edit),
                is_elsewhere=True,
            )
    return await stale(found)


@blueprint.delete("/admin/posts/<int:post_id>/")
@access("post.delete")
@program
async def delete_post(post_id: int) -> Response:
    """Delete a post; its working copy and its revisions stay with its row."""
    async with base_app().database.unit_of_work() as work:
        viewer = await allowed(work, post_id, "post.delete")
        await services().content.delete(work, actor(viewer), post_id)
    return as_json({"status": "deleted", "id": post_id})


@blueprint.post("/admin/posts/<int:post_id>/presence")
@access("post.edit")
@program
async def be_present(post_id: int) -> Response:
    """Say that somebody has a post open, take the lock over, or leave."""
    wanted = await sent(PresenceRequest)
    async with base_app().database.unit_of_work() as work:
        viewer = await allowed(work, post_id, "post.edit")
        person = viewer.person_id or 0
        if wanted.leave:
            found = await presence.leave(work, post_id, wanted.client, person)
        else:
            found = await presence.be_present(
                work,
                post_id,
                wanted.client,
                (person, viewer.name),
                takes_over=wanted.takeover,
            )
    return as_json(
        {
            "lock": found.lock,
            "others": found.others,
            "seconds": presence.PING.total_seconds(),
        }
    )
