"""A working copy as readers would see it: the row of a reader's page, made of what is being written."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

import lexical
from models.content import Author, Post, Tag
from models.editing import WorkingCopy
from services.accounts.policy import may_read
from services.accounts.tokens import is_signed, sign
from services.accounts.viewer import ANONYMOUS, Role, Viewer
from services.content_store.protocol import PostEdit, PostState
from services.content_store.reading import read_state
from services.editor.fields import EMPTY_DOCUMENT, edit_of, unpacked
from services.posts.derive import derive
from services.posts.rows import PUBLIC, AuthorRef, Meta, PostDocument, TagRef
from services.posts.slugs import slug_of

Reader = Literal["anonymous", "member", "paid"]
READERS: Final[tuple[Reader, ...]] = ("anonymous", "member", "paid")

_PURPOSE: Final = "preview"


@dataclass(frozen=True, slots=True)
class Previewed:
    """A post with what its working copy says."""

    state: PostState
    edit: PostEdit
    is_dirty: bool


async def find(connection: AsyncConnection, uuid: UUID) -> Previewed | None:
    """Return the post of this name; None where there is none.

    Args:
        connection: where to read.
        uuid: of the post.
    """
    post_id = await connection.scalar(
        select(Post.id).where(Post.uuid == uuid, Post.deleted_at.is_(None))
    )
    return None if post_id is None else await read_copy(connection, post_id)


async def read_copy(connection: AsyncConnection, post_id: int) -> Previewed | None:
    """Return what a post's working copy says, and makes none where there is none yet.

    Args:
        connection: where to read.
        post_id: whose.
    """
    state = await read_state(connection, post_id)
    if state is None:
        return None
    fields = await connection.scalar(
        select(WorkingCopy.fields).where(
            WorkingCopy.post_id == post_id, WorkingCopy.is_dirty.is_(True)
        )
    )
    # One that was not touched follows the post, also where that changed elsewhere since.
    edit = await edit_of(connection, state) if fields is None else unpacked(fields)
    return Previewed(state, edit, fields is not None)


async def as_document(
    connection: AsyncConnection, found: Previewed, reader: Reader
) -> PostDocument:
    """Return what some reader would get to see.

    Args:
        connection: where to read the names of authors and tags.
        found: the post.
        reader: who would read it.
    """
    edit = found.edit
    document = msgspec.json.decode(edit.lexical or EMPTY_DOCUMENT)
    post = Post(
        html=lexical.render_html(document),
        plaintext=lexical.render_plaintext(document),
        visibility=edit.visibility,
        custom_excerpt=edit.custom_excerpt,
    )
    derive(post)
    # A public post is not unlocked for anybody: everybody reads the same of it.
    may = edit.visibility != PUBLIC and may_read(
        _viewer(reader, edit), edit.visibility, edit.tier_ids
    )
    public = post.html if post.teaser_html is None else post.teaser_html
    return PostDocument(
        id=found.state.id,
        uuid=found.state.uuid,
        is_page=edit.is_page,
        slug=edit.slug or slug_of(edit.title),
        title=edit.title or "(Untitled)",
        html=(post.html if may else public) or "",
        excerpt=post.excerpt,
        custom_excerpt=edit.custom_excerpt,
        reading_minutes=lexical.reading_minutes(document),
        visibility=edit.visibility,
        featured=edit.featured,
        published_at=edit.published_at or datetime.now(UTC),
        updated_at=found.state.updated_at,
        feature_image=edit.feature_image,
        feature_image_alt=edit.feature_image_alt,
        feature_image_caption=edit.feature_image_caption,
        show_title_and_feature_image=edit.show_title_and_feature_image,
        custom_template=edit.custom_template,
        locale=None,
        meta=_meta(edit),
        authors=await _authors(connection, edit),
        tags=await _tags(connection, edit),
        newer=None,
        older=None,
        is_unlocked=may,
    )


def _viewer(reader: Reader, edit: PostEdit) -> Viewer:
    if reader == "anonymous":
        return ANONYMOUS
    if reader == "member":
        return Viewer(Role.MEMBER)
    return Viewer(Role.MEMBER, tier_ids=frozenset(edit.tier_ids), has_paid_tier=True)


def _meta(edit: PostEdit) -> Meta:
    named = {"title": edit.meta_title, "description": edit.meta_description}
    rest = {it: getattr(edit, it) for it in Meta.__struct_fields__ if it not in named}
    return Meta(**named, **rest)


async def _authors(connection: AsyncConnection, edit: PostEdit) -> tuple[AuthorRef, ...]:
    rows = await connection.execute(
        select(Author.id, Author.slug, Author.name, Author.profile_image).where(
            Author.id.in_(edit.author_ids), Author.deleted_at.is_(None)
        )
    )
    found = {row.id: AuthorRef(**row._mapping) for row in rows}
    return tuple(found[it] for it in edit.author_ids if it in found)


async def _tags(connection: AsyncConnection, edit: PostEdit) -> tuple[TagRef, ...]:
    ids = [it for it in edit.tags if isinstance(it, int)]
    rows = await connection.execute(
        select(Tag.id, Tag.slug, Tag.name, Tag.accent_color).where(
            Tag.id.in_(ids), Tag.visibility == "public", Tag.deleted_at.is_(None)
        )
    )
    known: dict[int | str, TagRef] = {row.id: TagRef(**row._mapping) for row in rows}
    # Those that are made when the post is updated.
    known |= {
        it: TagRef(0, slug_of(it), it)
        for it in edit.tags
        if isinstance(it, str) and not it.startswith("#")
    }
    return tuple(known[it] for it in edit.tags if it in known)


def signature(keys: tuple[str, ...], uuid: str, until: int) -> str:
    """Return what lets somebody without an account see a preview.

    Args:
        keys: the site's secrets, the newest first.
        uuid: of the post.
        until: in seconds since 1970.
    """
    return sign(keys, _PURPOSE, f"{uuid}:{until}")


def is_good(keys: tuple[str, ...], uuid: str, until: int, given: str) -> bool:
    """Whether `signature` made this; whether its time is over is not asked."""
    return is_signed(keys, _PURPOSE, f"{uuid}:{until}", given)
