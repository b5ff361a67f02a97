"""Tags and tag groups, as those who look after them see and change them."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Select, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from infrastructure.database import UnitOfWork
from infrastructure.errors import InvalidError, NotFoundError
from models.content import PostTag, Tag, TagGroup, TagGroupMember
from services.audit.log import Actor, changes, record
from services.content_store.protocol import Named
from services.desk.fields import Field, InvalidFieldsError, Value, address, colour, slug, slug_from
from services.posts.slugs import remember

PAGE_SIZE = 50

FIELDS: Final = (
    Field("name", "Name", needed=True, longest=191, help="A name that begins with # is internal."),
    Field("slug", "In the address", check=slug, longest=191, help="Empty: made from the name."),
    Field("description", "Description", kind="area", longest=500),
    Field("feature_image", "Picture", check=address, longest=2000),
    Field("accent_color", "Colour", check=colour, longest=7, help="As in #a3293f."),
    Field("meta_title", "Title in search results"),
    Field("meta_description", "Description in search results", kind="area", longest=500),
    Field("canonical_url", "Canonical address", check=address, longest=2000),
)


class TagRow(Struct, frozen=True):
    """A tag, as the list shows it."""

    id: int
    name: str
    slug: str
    visibility: str
    posts: int


async def tags(
    connection: AsyncConnection,
    *,
    words: str = "",
    visibility: str = "",
    after: tuple[str, int] | None = None,
) -> tuple[list[TagRow], tuple[str, int] | None]:
    """Read tags by name.

    Args:
        connection: where to read.
        words: part of the name or the slug.
        visibility: `public` or `internal` ones alone.
        after: where the stretch before ended.

    Returns:
        At most `PAGE_SIZE` tags, and where the next stretch begins; None after the last.
    """
    posts = select(func.count()).where(PostTag.tag_id == Tag.id).correlate(Tag).scalar_subquery()
    name = func.lower(Tag.name)
    statement: Select[Any] = select(
        Tag.id, Tag.name, Tag.slug, Tag.visibility, posts.label("posts")
    ).where(Tag.deleted_at.is_(None))
    if words:
        statement = statement.where(
            Tag.name.icontains(words, autoescape=True) | Tag.slug.icontains(words, autoescape=True)
        )
    if visibility:
        statement = statement.where(Tag.visibility == visibility)
    if after is not None:
        statement = statement.where(tuple_(name, Tag.id) > tuple_(*after))
    rows = await connection.execute(statement.order_by(name, Tag.id).limit(PAGE_SIZE + 1))
    found = [TagRow(**row._mapping) for row in rows]
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return found[:PAGE_SIZE], (last.name.lower(), last.id) if last else None


async def find_tag(connection: AsyncConnection, said: str) -> Named | None:
    """Find a tag by its name or its slug, whichever somebody typed; None where there is none."""
    row = (
        await connection.execute(
            select(Tag.id, Tag.name, Tag.slug)
            .where(
                (func.lower(Tag.name) == said.lower()) | (Tag.slug == said),
                Tag.deleted_at.is_(None),
            )
            .order_by(Tag.slug != said, Tag.id)
            .limit(1)
        )
    ).first()
    return Named(*row) if row else None


async def tag(connection: AsyncConnection, tag_id: int) -> dict[str, Any]:
    """Read a tag's fields.

    Raises:
        NotFoundError: there is none with this id.
    """
    columns = [Tag.id, *(getattr(Tag, field.name) for field in FIELDS)]
    row = (
        await connection.execute(select(*columns).where(Tag.id == tag_id, Tag.deleted_at.is_(None)))
    ).first()
    if row is None:
        raise NotFoundError
    return {name: "" if value is None else value for name, value in row._mapping.items()}


async def save_tag(
    work: UnitOfWork, actor: Actor, tag_id: int | None, values: dict[str, Value]
) -> int:
    """Change a tag, or with no id make one, and return its id.

    Raises:
        InvalidFieldsError: the slug is another tag's.
        NotFoundError: there is none with this id.
    """
    made = slug_from(str(values["name"]))
    wanted = str(values["slug"] or made)
    taken = await work.session.scalar(
        select(Tag.id).where(Tag.slug == wanted, Tag.deleted_at.is_(None), Tag.id != (tag_id or 0))
    )
    if taken is not None:
        raise InvalidFieldsError({"slug": "Another tag has this address already."})
    if tag_id is None:
        found = Tag(slug=wanted, name=str(values["name"]))
        work.session.add(found)
        before: dict[str, Any] = {}
    else:
        found = await _tag(work, tag_id)
        before = _tag_state(found)
        if found.slug != wanted:
            await remember(work.session, "tag", found.id, found.slug, wanted)
    for field in FIELDS:
        setattr(found, field.name, values[field.name])
    found.slug = wanted
    found.visibility = "internal" if found.name.startswith("#") else "public"
    found.updated_at = func.clock_timestamp()
    await work.session.flush()
    was, now = changes(before, values | {"slug": wanted})
    record(
        work,
        actor,
        "tag.edit" if tag_id else "tag.add",
        ("tag", found.id, found.name),
        before=was if tag_id else None,
        after=now,
    )
    return found.id


def _tag_state(found: Tag) -> dict[str, Any]:
    return {field.name: getattr(found, field.name) for field in FIELDS}


async def _tag(work: UnitOfWork, tag_id: int) -> Tag:
    found = await work.session.get(Tag, tag_id, with_for_update=True)
    if found is None or found.deleted_at is not None:
        raise NotFoundError
    return found


async def remove_tags(work: UnitOfWork, actor: Actor, tag_ids: Sequence[int]) -> None:
    """Delete tags; the posts that had them keep everything else."""
    rows = await work.session.scalars(
        select(Tag).where(Tag.id.in_(tag_ids), Tag.deleted_at.is_(None)).with_for_update()
    )
    for found in rows:
        before = {name: value for name, value in _tag_state(found).items() if value}
        found.deleted_at = func.clock_timestamp()
        record(work, actor, "tag.remove", ("tag", found.id, found.name), before=before)


async def merge_tags(work: UnitOfWork, actor: Actor, tag_ids: Sequence[int], into: str) -> None:
    """Give the posts of some tags another tag instead, and delete those.

    Args:
        work: the transaction.
        actor: who does it.
        tag_ids: which to merge.
        into: the slug of the tag that stays.

    Raises:
        InvalidError: no tag has this slug.
    """
    target = await work.session.scalar(
        select(Tag).where(Tag.slug == into.strip(), Tag.deleted_at.is_(None))
    )
    if target is None:
        message = f"No tag has the address “{into.strip()[:100]}”."
        raise InvalidError(message)
    merged = [it for it in tag_ids if it != target.id]
    has_target = select(PostTag.post_id).where(PostTag.tag_id == target.id)
    # Of a post with several of the tags the first place is kept.
    first = (
        select(PostTag.post_id, func.min(PostTag.position).label("position"))
        .where(PostTag.tag_id.in_(merged), PostTag.post_id.not_in(has_target))
        .group_by(PostTag.post_id)
        .subquery()
    )
    await work.session.execute(
        update(PostTag)
        .where(
            PostTag.tag_id.in_(merged),
            tuple_(PostTag.post_id, PostTag.position).in_(select(first)),
        )
        .values(tag_id=target.id)
        .execution_options(synchronize_session=False)
    )
    await work.session.execute(
        delete(PostTag)
        .where(PostTag.tag_id.in_(merged))
        .execution_options(synchronize_session=False)
    )
    for found in await work.session.scalars(select(Tag).where(Tag.id.in_(merged))):
        await remember(work.session, "tag", target.id, found.slug, target.slug)
        before = {name: value for name, value in _tag_state(found).items() if value}
        found.deleted_at = func.clock_timestamp()
        about, after = ("tag", found.id, found.name), {"into": target.name}
        record(work, actor, "tag.merge", about, before=before, after=after)


class GroupRow(Struct, frozen=True):
    """A tag group with the slugs of its tags, in order."""

    id: int
    slug: str
    name: str
    description: str | None
    tags: tuple[str, ...]


async def groups(connection: AsyncConnection) -> list[GroupRow]:
    """Read all tag groups, in order."""
    members = (
        select(func.array_agg(aggregate_order_by(Tag.slug, TagGroupMember.position)))
        .select_from(TagGroupMember)
        .join(Tag, Tag.id == TagGroupMember.tag_id)
        .where(TagGroupMember.group_id == TagGroup.id, Tag.deleted_at.is_(None))
        .correlate(TagGroup)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            TagGroup.id, TagGroup.slug, TagGroup.name, TagGroup.description, members.label("tags")
        ).order_by(TagGroup.position, TagGroup.id)
    )
    return [
        GroupRow(row.id, row.slug, row.name, row.description, tuple(row.tags or ())) for row in rows
    ]


GROUP_FIELDS: Final = (
    Field("name", "Name", needed=True, longest=191),
    Field("slug", "In the address", check=slug, longest=191, help="Empty: made from the name."),
    Field("description", "Description", longest=500),
    Field(
        "tags",
        "Tags",
        kind="area",
        longest=20_000,
        help="The addresses of the tags, one a line, in the order in which readers see them.",
    ),
)


async def save_group(
    work: UnitOfWork, actor: Actor, group_id: int | None, values: dict[str, Value]
) -> None:
    """Change a tag group, or with no id make one at the end.

    Raises:
        InvalidFieldsError: the slug is another group's, or a tag is not there.
        NotFoundError: there is no group with this id.
    """
    wanted = str(values["slug"] or slug_from(str(values["name"])))
    slugs = list(dict.fromkeys(str(values["tags"] or "").split()))
    rows = await work.session.execute(
        select(Tag.slug, Tag.id).where(Tag.slug.in_(slugs), Tag.deleted_at.is_(None))
    )
    ids: dict[str, int] = {row.slug: row.id for row in rows}
    errors = {}
    if missing := [it for it in slugs if it not in ids]:
        errors["tags"] = f"There is no tag with this address: {', '.join(missing[:5])}."
    taken = await work.session.scalar(
        select(TagGroup.id).where(TagGroup.slug == wanted, TagGroup.id != (group_id or 0))
    )
    if taken is not None:
        errors["slug"] = "Another group has this address already."
    if errors:
        raise InvalidFieldsError(errors)
    if group_id is None:
        last = await work.session.scalar(select(func.max(TagGroup.position)))
        group = TagGroup(slug=wanted, name=str(values["name"]), position=(last or 0) + 1)
        work.session.add(group)
        before: dict[str, Any] = {}
    else:
        group = await _group(work, group_id)
        before = await _group_state(work, group)
    group.name, group.slug = str(values["name"]), wanted
    group.description = str(values["description"]) if values["description"] else None
    await work.session.flush()
    old = await work.session.scalars(
        select(TagGroupMember).where(TagGroupMember.group_id == group.id)
    )
    for member in old:
        await work.session.delete(member)
    await work.session.flush()
    work.session.add_all(
        TagGroupMember(group_id=group.id, tag_id=ids[it], position=place)
        for place, it in enumerate(slugs)
    )
    after = {"name": group.name, "slug": wanted, "description": group.description, "tags": slugs}
    was, now = changes(before, after)
    record(
        work,
        actor,
        "tag-group.edit" if group_id else "tag-group.add",
        ("tag-group", group.id, group.name),
        before=was if group_id else None,
        after=now,
    )


async def _group_state(work: UnitOfWork, group: TagGroup) -> dict[str, Any]:
    tags = await work.session.scalars(
        select(Tag.slug)
        .join(TagGroupMember, TagGroupMember.tag_id == Tag.id)
        .where(TagGroupMember.group_id == group.id, Tag.deleted_at.is_(None))
        .order_by(TagGroupMember.position)
    )
    return {
        "name": group.name,
        "slug": group.slug,
        "description": group.description,
        "tags": list(tags),
    }


async def _group(work: UnitOfWork, group_id: int) -> TagGroup:
    group = await work.session.get(TagGroup, group_id, with_for_update=True)
    if group is None:
        raise NotFoundError
    return group


async def remove_group(work: UnitOfWork, actor: Actor, group_id: int) -> None:
    """Delete a tag group; its tags stay.

    Raises:
        NotFoundError: there is none with this id.
    """
    group = await _group(work, group_id)
    before = await _group_state(work, group)
    record(work, actor, "tag-group.remove", ("tag-group", group.id, group.name), before=before)
    for member in await work.session.scalars(
        select(TagGroupMember).where(TagGroupMember.group_id == group_id)
    ):
        await work.session.delete(member)
    await work.session.flush()
    # The relationship is not loaded, and its rows are gone already.
    await work.session.refresh(group, ["members"])
    await work.session.delete(group)


async def move_group(work: UnitOfWork, actor: Actor, group_id: int, *, up: bool) -> None:
    """Move a tag group one place up or down.

    Raises:
        NotFoundError: there is none with this id.
    """
    rows = list(
        await work.session.scalars(
            select(TagGroup).order_by(TagGroup.position, TagGroup.id).with_for_update()
        )
    )
    place = next((at for at, group in enumerate(rows) if group.id == group_id), None)
    if place is None:
        raise NotFoundError
    other = place - 1 if up else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
        for at, group in enumerate(rows):
            group.position = at
        record(
            work,
            actor,
            "tag-group.move",
            ("tag-group", group_id, rows[other].name),
            before={"place": place + 1},
            after={"place": other + 1},
        )
