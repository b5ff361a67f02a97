"""What an edit is in Ghost's words: the fields of a request, and whether an answer has them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import func, select

from infrastructure.database import UnitOfWork
from models.content import Author, Post, Tag, Tier
from services.content_store.protocol import InvalidPostError, PostEdit, PostState
from services.content_store.reading import PLAIN_FIELDS
from services.ghost.results import GhostPost
from services.posts.slugs import slug_of, unreserved

# Sent in a way of their own, or never: Ghost cannot turn a post into a page.
_OWN_WAY: Final = frozenset({"slug", "lexical", "published_at", "is_page"})
_OF_POSTS: Final = frozenset({"email_subject", "email_only"})
_OF_PAGES: Final = frozenset({"show_title_and_feature_image"})
# Ghost's title of what has none.
_UNTITLED: Final = "(Untitled)"
_GHOST_URL: Final = "__GHOST_URL__"

Fields = dict[str, Any]


async def fields_of(work: UnitOfWork, edit: PostEdit, before: PostState | None) -> Fields:
    """Return what is to be sent so that a post says what an edit says.

    Only what differs is sent, so that what changed in Ghost since we last read it, and was not
    touched here, stays.

    Args:
        work: where tags, authors and tiers are looked up.
        edit: checked by `checks.tidy` and `checks.check_links`.
        before: what the post says; None for a new one.

    Raises:
        InvalidPostError: an author or a tier is not known to Ghost, or a post is to become a page.
    """
    old = before.edit if before is not None else PostEdit(is_page=edit.is_page)
    if edit.is_page != old.is_page:
        raise InvalidPostError({"is_page": "Ghost cannot turn a post into a page, or back."})
    fields = _plain(edit, old)
    slug = unreserved(slug_of(edit.slug or edit.title))
    if slug != old.slug:
        fields["slug"] = slug
    if edit.lexical is not None and edit.lexical != old.lexical:
        fields["lexical"] = edit.lexical
    if edit.published_at is not None and edit.published_at != old.published_at:
        fields["published_at"] = edit.published_at
    if edit.tags != old.tags:
        fields["tags"] = [await _tag(work, choice) for choice in edit.tags]
    if edit.author_ids and edit.author_ids != old.author_ids:
        fields["authors"] = await _known_to_ghost(work, Author, "author_ids", edit.author_ids)
    if edit.visibility == "tiers" and edit.tier_ids != old.tier_ids:
        fields["tiers"] = await _known_to_ghost(work, Tier, "tier_ids", edit.tier_ids)
    return fields


def _plain(edit: PostEdit, old: PostEdit) -> Fields:
    left_out = _OWN_WAY | (_OF_POSTS if edit.is_page else _OF_PAGES)
    return {
        name: getattr(edit, name)
        for name in PLAIN_FIELDS
        if name not in left_out and getattr(edit, name) != getattr(old, name)
    }


async def _tag(work: UnitOfWork, choice: int | str) -> Fields:
    """Return how Ghost finds a tag, or makes it: it takes names that differ in case for two."""
    is_it = Tag.id == choice if isinstance(choice, int) else func.lower(Tag.name) == choice.lower()
    tag = (
        await work.session.execute(
            select(Tag.ghost_id, Tag.name, Tag.slug)
            .where(is_it, Tag.deleted_at.is_(None))
            .order_by(Tag.id)
            .limit(1)
        )
    ).one_or_none()
    if tag is not None:
        return (
            {"name": tag.name, "slug": tag.slug} if tag.ghost_id is None else {"id": tag.ghost_id}
        )
    name = str(choice)
    return {"name": name, "slug": f"hash-{slug_of(name)}" if name[0] == "#" else slug_of(name)}


async def _known_to_ghost(
    work: UnitOfWork, table: type[Author | Tier], field: str, ids: Sequence[int]
) -> list[Fields]:
    """Return the objects of Ghost's behind our ids, in their order."""
    rows = await work.session.execute(
        select(table.id, table.ghost_id, table.name).where(table.id.in_(ids))
    )
    known = {row.id: row for row in rows}
    for row in known.values():
        if row.ghost_id is None:
            raise InvalidPostError(
                {field: f"{row.name} is not in Ghost, where this is kept: choose another."}
            )
    return [{"id": known[one].ghost_id} for one in ids]


async def adopt_tags(work: UnitOfWork, item: GhostPost) -> None:
    """Let tags that were made here first, and in Ghost by a save, be one and the same."""
    by_slug = {tag.slug: tag for tag in item.tags or ()}
    rows = await work.session.scalars(
        select(Tag).where(Tag.slug.in_(by_slug), Tag.ghost_id.is_(None), Tag.deleted_at.is_(None))
    )
    for row in rows:
        tag = by_slug[row.slug]
        known = await work.session.scalar(select(Tag.id).where(Tag.ghost_id == tag.id))
        if known is None and tag.name == row.name:
            row.ghost_id = tag.id
    await work.session.flush()


def has_links(item: GhostPost, fields: Fields) -> bool:
    """Whether what an answer is linked to is what was sent."""
    for name in ("tags", "authors", "tiers"):
        if name not in fields:
            continue
        found = getattr(item, name) or ()
        if len(found) != len(fields[name]):
            return False
        for sent, one in zip(fields[name], found, strict=True):
            if sent.get("id", one.id) != one.id or sent.get("name", one.name) != one.name:
                return False
    return True


def says(item: GhostPost, fields: Fields, bases: Collection[str]) -> bool:
    """Whether a post of Ghost's has everything that was sent.

    Args:
        item: as Ghost gives it.
        fields: as `fields_of` made them, with a status where that was to change.
        bases: Ghost's own addresses, which it writes before what is relative.
    """
    return has_links(item, fields) and all(
        _is_what_was_sent(name, value, getattr(item, name), bases)
        for name, value in fields.items()
        if name not in {"tags", "authors", "tiers", "mobiledoc"}
    )


def _is_what_was_sent(name: str, sent: Any, found: Any, bases: Collection[str]) -> bool:
    if name == "slug":
        return found is not None and str(found).startswith(str(sent))
    if name == "status" and sent == "published":
        return found in {"published", "sent"}
    if name == "title":
        return bool(found == (sent or _UNTITLED))
    if name == "published_at":
        # Null lets Ghost take the present.
        return sent is None or (found is not None and _second(found) == _second(sent))
    if name == "lexical":
        return bool(found) and _document(sent, bases) == _document(found, bases)
    if isinstance(sent, str) and isinstance(found, str):
        return _relative(sent, bases) == _relative(found, bases)
    return bool((found or None) == (sent or None))


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _document(text: str, bases: Collection[str]) -> Any:
    return msgspec.json.decode(_relative(text, bases))


def _relative(text: str, bases: Collection[str]) -> str:
    for base in (*bases, _GHOST_URL):
        text = text.replace(f"{base.rstrip('/')}/", "/")
    return text


async def differs_in_links(work: UnitOfWork, item: GhostPost, before: PostState) -> bool:
    """Whether Ghost's post has other tags, authors or tiers than ours, which it does not date."""
    wanted: tuple[tuple[Any, Sequence[int], Any], ...] = (
        (Tag, [tag.id for tag in before.tags], item.tags),
        (Author, [author.id for author in before.authors], item.authors),
        (Tier, [tier.id for tier in before.tiers], item.tiers),
    )
    for table, ids, theirs in wanted:
        if table is Tier and before.edit.visibility != "tiers":
            continue
        rows = await work.session.execute(select(table.id, table.ghost_id).where(table.id.in_(ids)))
        known: Mapping[int, str | None] = {row.id: row.ghost_id for row in rows}
        if [known.get(one) for one in ids] != [one.id for one in theirs or ()]:
            return True
    return False


async def unknown_here(work: UnitOfWork, items: Sequence[GhostPost]) -> list[GhostPost]:
    """Return those of Ghost's posts that we have no row of."""
    known = set(
        await work.session.scalars(
            select(Post.ghost_id).where(Post.ghost_id.in_([item.id for item in items]))
        )
    )
    return [item for item in items if item.id not in known]
