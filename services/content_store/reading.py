"""Reading a post as an editor opens it: all that can be changed of it, in one statement."""

from typing import Any, Final

import msgspec
from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.content import (
    Author,
    Newsletter,
    Post,
    PostAuthor,
    PostTag,
    PostTier,
    Tag,
    Tier,
)
from services.content_store.protocol import Named, PostEdit, PostState

named_decoder: Final = msgspec.json.Decoder(tuple[Named, ...])
_LINKS: Final = {"tags", "author_ids", "tier_ids"}

# What stands in the table under the name that it has in an edit.
PLAIN_FIELDS: Final = tuple(name for name in PostEdit.__struct_fields__ if name not in _LINKS)
_STATE: Final = (
    "id",
    "uuid",
    "ghost_id",
    "status",
    "html",
    "excerpt",
    "email",
    "email_segment",
    "created_at",
    "updated_at",
)


def names_of(link: Any, target: Any, key: str) -> Any:
    """What the post of the outer statement is linked to, in order, as the text of a JSON list."""
    item = func.json_build_object("id", target.id, "name", target.name, "slug", target.slug)
    return (
        select(
            func.coalesce(cast(func.json_agg(aggregate_order_by(item, link.position)), Text), "[]")
        )
        .select_from(link)
        .join(target, target.id == getattr(link, key))
        .where(link.post_id == Post.id, target.deleted_at.is_(None))
        .correlate(Post)
        .scalar_subquery()
    )


async def read_state(
    source: AsyncConnection | AsyncSession, post_id: int, *, is_deleted: bool = False
) -> PostState | None:
    """Read a post as it is now; None when there is none (any more).

    Args:
        source: where to read; a session sees what its own transaction wrote.
        post_id: whose.
        is_deleted: a deleted one, as it was, instead.
    """
    is_wanted = Post.deleted_at.is_not(None) if is_deleted else Post.deleted_at.is_(None)
    row = (
        await source.execute(
            select(
                *(getattr(Post, name) for name in (*_STATE, *PLAIN_FIELDS)),
                Post.row_version,
                names_of(PostTag, Tag, "tag_id").label("tags"),
                names_of(PostAuthor, Author, "author_id").label("authors"),
                names_of(PostTier, Tier, "tier_id").label("tiers"),
                Newsletter.id.label("newsletter_id"),
                Newsletter.name.label("newsletter_name"),
                Newsletter.slug.label("newsletter_slug"),
            )
            .outerjoin(Newsletter, Newsletter.id == Post.newsletter_id)
            .where(Post.id == post_id, is_wanted)
        )
    ).one_or_none()
    return None if row is None else _state(row._mapping)


def _state(row: Any) -> PostState:
    tags, authors, tiers = (
        named_decoder.decode(row[name]) for name in ("tags", "authors", "tiers")
    )
    # For a post that is not for chosen tiers, Ghost names all that may read it.
    chosen = tiers if row["visibility"] == "tiers" else ()
    edit = PostEdit(
        **{name: row[name] for name in PLAIN_FIELDS},
        tags=tuple(tag.id for tag in tags),
        author_ids=tuple(author.id for author in authors),
        tier_ids=tuple(tier.id for tier in chosen),
    )
    newsletter = None
    if row["newsletter_id"] is not None:
        newsletter = Named(row["newsletter_id"], row["newsletter_name"], row["newsletter_slug"])
    return PostState(
        **{name: row[name] for name in _STATE if name != "uuid"},
        uuid=str(row["uuid"]),
        version=row["row_version"],
        edit=edit,
        tags=tags,
        authors=authors,
        tiers=chosen,
        newsletter=newsletter,
    )
