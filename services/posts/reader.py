"""What readers see: listings, posts, tags, authors, search.

Each function is one Core statement that returns finished rows, authors and tags aggregated in SQL;
it costs the same for ten posts and for a hundred thousand. Each is built once, with parameters:
building one costs more than PostgreSQL needs to answer it. Only what anyone may see is read here;
feeds and the sitemap are in `syndication.py`.
"""

from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from models.content import (
    Author,
    OldSlug,
    Post,
    PostAuthor,
    PostTag,
    PostTier,
    Tag,
    TagGroup,
    TagGroupMember,
)
from services.posts import cursor
from services.posts.columns import (
    TAG_REF,
    Posts,
    authors_decoder,
    authors_of_post,
    card_columns,
    card_decoder,
    card_object,
    is_public_tag,
    is_shown,
    json_list,
    json_object,
    public_html,
    public_text,
    tags_decoder,
    tags_of_post,
    to_card,
)
from services.posts.rows import (
    AuthorPage,
    Listing,
    Meta,
    PostDocument,
    TagGroupRow,
    TagPage,
)

PAGE_SIZE = 15

# Open and closed tags are told apart from a person's own angle brackets by private-use characters.
HIT_START, HIT_END = "\ue000", "\ue001"


# How the columns are called that the fields of `Meta` come from.
_META = {name: name for name in Meta.__struct_fields__} | {
    "title": "meta_title",
    "description": "meta_description",
}


def _meta_columns(table: Posts | type[Tag]) -> list[ColumnElement[Any]]:
    return [getattr(table, column) for column in _META.values()]


def _split_meta(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Return a row's columns with those that say something to machines gathered as `meta`."""
    fields = dict(row._mapping)
    found = {name: fields.pop(column, None) for name, column in _META.items()}
    return fields | {"meta": Meta(**found)}


def _older_than(listed_at: Any, post_id: Any, *, has_cursor: bool) -> ColumnElement[bool]:
    """What is listed; with a cursor, what is older than the parameters that `_place` gives."""
    # Said in so many words even beside a cursor: the index of listed posts is used only then.
    older: ColumnElement[bool] = listed_at.is_not(None)
    if has_cursor:
        place = (
            bindparam("after_time", type_=Post.listed_at.type),
            bindparam("after_id", type_=BigInteger),
        )
        older &= tuple_(listed_at, post_id) < tuple_(*place)
    return older


def _place(after: str | None) -> dict[str, Any]:
    if after is None:
        return {}
    listed_at, post_id = cursor.decode(after)
    return {"after_time": listed_at, "after_id": post_id}


async def _listing(
    connection: AsyncConnection, statement: Select[*tuple[Any, ...]], parameters: dict[str, Any]
) -> Listing:
    """Read one stretch: `statement` gives the columns of a card and `listed_at`, newest first."""
    rows = (await connection.execute(statement, parameters)).all()
    shown = rows[:PAGE_SIZE]
    more = len(rows) > PAGE_SIZE
    return Listing(
        cards=tuple(map(to_card, shown)),
        after=cursor.encode(shown[-1].listed_at, shown[-1].id) if more else None,
    )


@cache
def _all_listed(*, has_cursor: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(*card_columns(), Post.listed_at)
        .where(_older_than(Post.listed_at, Post.id, has_cursor=has_cursor))
        .order_by(Post.listed_at.desc(), Post.id.desc())
        .limit(PAGE_SIZE + 1)
    )


async def home(connection: AsyncConnection, after: str | None = None) -> Listing:
    """Read the listing of all posts.

    Raises:
        PersonError: `after` is not a cursor.
    """
    return await _listing(connection, _all_listed(has_cursor=after is not None), _place(after))


@cache
def _linked(link: type[PostTag | PostAuthor], *, has_cursor: bool) -> Select[*tuple[Any, ...]]:
    """The listing of the tag or author that the parameter `wanted` names."""
    wanted = PostTag.tag_id if link is PostTag else PostAuthor.author_id
    return (
        select(*card_columns(), link.listed_at.label("listed_at"))
        .join(link, link.post_id == Post.id)
        .where(
            wanted == bindparam("wanted"),
            _older_than(link.listed_at, link.post_id, has_cursor=has_cursor),
        )
        .order_by(link.listed_at.desc(), link.post_id.desc())
        .limit(PAGE_SIZE + 1)
    )


async def tagged(connection: AsyncConnection, tag_id: int, after: str | None = None) -> Listing:
    """Read the listing of a tag.

    Raises:
        PersonError: `after` is not a cursor.
    """
    statement = _linked(PostTag, has_cursor=after is not None)
    return await _listing(connection, statement, {"wanted": tag_id, **_place(after)})


async def written_by(
    connection: AsyncConnection, author_id: int, after: str | None = None
) -> Listing:
    """Read the listing of an author.

    Raises:
        PersonError: `after` is not a cursor.
    """
    statement = _linked(PostAuthor, has_cursor=after is not None)
    return await _listing(connection, statement, {"wanted": author_id, **_place(after)})


@cache
def _in_group(*, has_cursor: bool) -> Select[*tuple[Any, ...]]:
    """The listing of the tags that the parameter `tag_ids` names."""
    wanted = (
        func.unnest(bindparam("tag_ids", type_=ARRAY(BigInteger)))
        .table_valued("id")
        .render_derived()
    )
    newest = (
        select(PostTag.post_id, PostTag.listed_at)
        .where(
            PostTag.tag_id == wanted.c.id,
            _older_than(PostTag.listed_at, PostTag.post_id, has_cursor=has_cursor),
        )
        .order_by(PostTag.listed_at.desc(), PostTag.post_id.desc())
        .limit(PAGE_SIZE + 1)
        .correlate(wanted)
        .lateral("newest")
    )
    found = (
        select(newest.c.post_id, newest.c.listed_at)
        .select_from(wanted.join(newest, true()))
        .distinct()
        .subquery("found")
    )
    return (
        select(*card_columns(), found.c.listed_at.label("listed_at"))
        .join(found, found.c.post_id == Post.id)
        .order_by(found.c.listed_at.desc(), found.c.post_id.desc())
        .limit(PAGE_SIZE + 1)
    )


async def in_group(
    connection: AsyncConnection, tag_ids: tuple[int, ...], after: str | None = None
) -> Listing:
    """Read the listing of all posts that have any of these tags.

    Each tag gives its newest few from its own index, so the cost grows with the tags of the group
    and not with the posts.

    Raises:
        PersonError: `after` is not a cursor.
    """
    statement = _in_group(has_cursor=after is not None)
    return await _listing(connection, statement, {"tag_ids": list(tag_ids), **_place(after)})


async def search(connection: AsyncConnection, words: str) -> tuple[Listing, dict[int, str]]:
    """Find posts and pages by words in their title and public text, the best first.

    Args:
        connection: where to read.
        words: what the person typed, in the manner of a web search (`bread -rye "sour dough"`);
            the last word may be unfinished.

    Returns:
        At most `PAGE_SIZE` posts, and for each post's id the passage that was found, the words
        between `HIT_START` and `HIT_END`.
    """
    asked = func.searchable(words)
    query: ColumnElement[Any] = func.websearch_to_tsquery("simple", asked)
    last = words.rsplit(maxsplit=1)[-1] if words.split() else ""
    if last.isalnum() and words.count('"') % 2 == 0:
        # As text a query ends with its last word in quotes, whatever operators stand before it.
        written = cast(query, Text)
        query = case((written.endswith("'"), cast(written.concat(":*"), TSQUERY)), else_=query)
    asked_for = select(query.label("query")).subquery("asked")
    ranked = (
        select(Post.id, func.ts_rank_cd(Post.search, asked_for.c.query).label("rank"))
        .join(asked_for, Post.search.op("@@")(asked_for.c.query))
        .where(is_shown())
        .order_by(func.ts_rank_cd(Post.search, asked_for.c.query).desc(), Post.id.desc())
        .limit(PAGE_SIZE)
        .subquery("ranked")
    )
    options = f"StartSel={HIT_START}, StopSel={HIT_END}, MaxWords=30, MinWords=15"
    passage = func.ts_headline(
        "simple", func.left(public_text(), 20_000), asked_for.c.query, options
    )
    rows = (
        await connection.execute(
            select(*card_columns(), passage.label("passage"))
            .join(ranked, ranked.c.id == Post.id)
            .join(asked_for, true())
            .order_by(ranked.c.rank.desc(), Post.id.desc())
        )
    ).all()
    return (
        Listing(cards=tuple(map(to_card, rows)), after=None),
        {row.id: row.passage for row in rows},
    )


@cache
def _tag() -> Select[*tuple[Any, ...]]:
    return select(
        Tag.id,
        Tag.slug,
        Tag.name,
        Tag.description,
        Tag.feature_image,
        Tag.accent_color,
        *_meta_columns(Tag),
    ).where(Tag.slug == bindparam("slug"), is_public_tag)


async def tag(connection: AsyncConnection, slug: str) -> TagPage | None:
    """Read a public tag; None where there is none of this slug."""
    row = (await connection.execute(_tag(), {"slug": slug})).first()
    return TagPage(**_split_meta(row)) if row else None


@cache
def _author() -> Select[*tuple[Any, ...]]:
    return select(
        Author.id,
        Author.slug,
        Author.name,
        Author.bio,
        Author.profile_image,
        Author.cover_image,
        Author.website,
        Author.location,
        Author.social,
        Author.meta_title,
        Author.meta_description,
    ).where(Author.slug == bindparam("slug"), Author.deleted_at.is_(None))


async def author(connection: AsyncConnection, slug: str) -> AuthorPage | None:
    """Read an author; None where there is none of this slug."""
    row = (await connection.execute(_author(), {"slug": slug})).first()
    if row is None:
        return None
    fields = _split_meta(row)
    fields["social"] = {network: handle for network, handle in row.social.items() if handle}
    return AuthorPage(**fields)


async def tag_groups(connection: AsyncConnection) -> tuple[TagGroupRow, ...]:
    """Read the tag groups with their public tags, all in order; groups without any are left out."""
    members = (
        select(json_list(json_object(*TAG_REF), TagGroupMember.position))
        .select_from(TagGroupMember)
        .join(Tag, Tag.id == TagGroupMember.tag_id)
        .where(TagGroupMember.group_id == TagGroup.id, is_public_tag)
        .correlate(TagGroup)
        .scalar_subquery()
    )
    rows = await connection.execute(
        select(
            TagGroup.id, TagGroup.slug, TagGroup.name, TagGroup.description, members.label("tags")
        ).order_by(TagGroup.position, TagGroup.id)
    )
    groups = (
        TagGroupRow(row.id, row.slug, row.name, row.description, tags_decoder.decode(row.tags))
        for row in rows
    )
    return tuple(group for group in groups if group.tags)


_document = aliased(Post, name="document")
_neighbouring = aliased(Post, name="neighbouring")


def _neighbour(*, newer: bool) -> ScalarSelect[str]:
    """The card of the listed post just newer or older than the document; null if there is none."""
    place = tuple_(_neighbouring.listed_at, _neighbouring.id)
    here = tuple_(_document.listed_at, _document.id)
    columns = (_neighbouring.listed_at, _neighbouring.id)
    return (
        select(card_object(_neighbouring))
        # As in `_older_than`.
        .where(_neighbouring.listed_at.is_not(None), place > here if newer else place < here)
        .order_by(*(columns if newer else (column.desc() for column in columns)))
        .limit(1)
        .correlate(_document)
        .scalar_subquery()
    )


# The columns of a document that are shown as they are.
_DOCUMENT = (
    "id",
    "is_page",
    "slug",
    "title",
    "excerpt",
    "custom_excerpt",
    "reading_minutes",
    "visibility",
    "featured",
    "published_at",
    "updated_at",
    "feature_image",
    "feature_image_alt",
    "feature_image_caption",
    "show_title_and_feature_image",
    "custom_template",
    "locale",
)


@cache
def _post() -> Select[*tuple[Any, ...]]:
    return select(
        *(getattr(_document, name) for name in _DOCUMENT),
        cast(_document.uuid, Text).label("uuid"),
        public_html(_document).label("html"),
        authors_of_post(_document).label("authors"),
        tags_of_post(_document).label("tags"),
        _neighbour(newer=True).label("newer"),
        _neighbour(newer=False).label("older"),
        *_meta_columns(_document),
    ).where(_document.slug == bindparam("slug"), is_shown(_document))


async def post(connection: AsyncConnection, slug: str) -> PostDocument | None:
    """Read a published post or page with its newer and older neighbour; None if there is none."""
    row = (await connection.execute(_post(), {"slug": slug})).first()
    if row is None:
        return None
    fields = _split_meta(row)
    fields["authors"] = authors_decoder.decode(row.authors)
    fields["tags"] = tags_decoder.decode(row.tags)
    for side in ("newer", "older"):
        fields[side] = card_decoder.decode(fields[side]) if fields[side] else None
    return PostDocument(**fields)


class Gate(Struct, frozen=True):
    """What decides about reading the whole of a post, and the whole of it."""

    visibility: str
    tier_ids: tuple[int, ...]
    html: str


async def gate(connection: AsyncConnection, post_id: int) -> Gate | None:
    """Read the whole text of a published post, and who it is for.

    The caller decides before showing it; no answer that holds it may be kept or shared.
    """
    tiers = (
        select(func.array_agg(PostTier.tier_id))
        .where(PostTier.post_id == Post.id)
        .correlate(Post)
        .scalar_subquery()
    )
    row = (
        await connection.execute(
            select(Post.visibility, tiers.label("tier_ids"), Post.html).where(
                Post.id == post_id, is_shown()
            )
        )
    ).first()
    return Gate(row.visibility, tuple(row.tier_ids or ()), row.html or "") if row else None


async def moved_to(connection: AsyncConnection, kind: str, slug: str) -> str | None:
    """Return the present slug of what once had this one; None where nothing public had it."""
    tables: dict[str, tuple[type[Post | Tag | Author], ColumnElement[bool]]] = {
        "post": (Post, is_shown()),
        "tag": (Tag, is_public_tag),
        "author": (Author, Author.deleted_at.is_(None)),
    }
    table, shown = tables[kind]
    found: str | None = await connection.scalar(
        select(table.slug)
        .join(OldSlug, OldSlug.object_id == table.id)
        .where(OldSlug.kind == kind, OldSlug.slug == slug, shown)
    )
    return found
