"""Pieces of SQL that more than one reading statement uses: cards, authors and tags as JSON."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, ScalarSelect, Text, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by
from sqlalchemy.orm.util import AliasedClass

from models.content import Author, Post, PostAuthor, PostTag, Tag
from services.posts.rows import PUBLIC, AuthorRef, PostCard, TagRef

authors_decoder = msgspec.json.Decoder(tuple[AuthorRef, ...])
tags_decoder = msgspec.json.Decoder(tuple[TagRef, ...])
card_decoder = msgspec.json.Decoder(PostCard)

is_public_tag = and_(Tag.visibility == "public", Tag.deleted_at.is_(None))

AUTHOR_REF = (Author.id, Author.slug, Author.name, Author.profile_image)
TAG_REF = (Tag.id, Tag.slug, Tag.name, Tag.accent_color)

CARD = (
    "id",
    "slug",
    "title",
    "excerpt",
    "feature_image",
    "feature_image_alt",
    "published_at",
    "updated_at",
    "reading_minutes",
    "visibility",
    "featured",
)

# The table of posts or an alias of it.
Posts = type[Post] | AliasedClass[Post]


def json_object(*columns: Any, **named: Any) -> ColumnElement[Any]:
    """Build a JSON object of columns under their own names, and of others under given ones."""
    pairs: list[Any] = []
    for column in columns:
        pairs += [column.key, column]
    for name, column in named.items():
        pairs += [name, column]
    built: ColumnElement[Any] = func.json_build_object(*pairs)
    return built


def json_list(item: ColumnElement[Any], order: Any) -> ColumnElement[str]:
    """Aggregate rows into the text of a JSON list, `[]` where there are none."""
    return func.coalesce(cast(func.json_agg(aggregate_order_by(item, order)), Text), "[]")


def is_shown(posts: Posts = Post) -> ColumnElement[bool]:
    """Whether a post or page may be seen by its address."""
    return and_(posts.status == "published", posts.deleted_at.is_(None))


def public_html(posts: Posts = Post) -> ColumnElement[str]:
    """What anyone may read of a post: its teaser, or all of a public one that has none."""
    whole = func.coalesce(posts.teaser_html, posts.html)
    return func.coalesce(case((posts.visibility == PUBLIC, whole), else_=posts.teaser_html), "")


def public_text(posts: Posts = Post) -> ColumnElement[str]:
    """The words of `public_html`."""
    whole = func.coalesce(posts.teaser_text, posts.plaintext)
    return func.coalesce(case((posts.visibility == PUBLIC, whole), else_=posts.teaser_text), "")


def authors_of_post(posts: Posts = Post) -> ScalarSelect[str]:
    """The authors of the post of the outer statement, in order, as the text of a JSON list."""
    return (
        select(json_list(json_object(*AUTHOR_REF), PostAuthor.position))
        .select_from(PostAuthor)
        .join(Author, Author.id == PostAuthor.author_id)
        .where(PostAuthor.post_id == posts.id, Author.deleted_at.is_(None))
        .correlate(posts)
        .scalar_subquery()
    )


def tags_of_post(posts: Posts = Post) -> ScalarSelect[str]:
    """The public tags of the post of the outer statement, in order, as the text of a JSON list."""
    return (
        select(json_list(json_object(*TAG_REF), PostTag.position))
        .select_from(PostTag)
        .join(Tag, Tag.id == PostTag.tag_id)
        .where(PostTag.post_id == posts.id, is_public_tag)
        .correlate(posts)
        .scalar_subquery()
    )


def card_columns() -> tuple[ColumnElement[Any], ...]:
    """The columns of a card, in the order of `PostCard`."""
    return (
        *(getattr(Post, name) for name in CARD),
        authors_of_post().label("authors"),
        tags_of_post().label("tags"),
    )


def card_object(posts: Posts) -> ColumnElement[str]:
    """A whole card as the text of a JSON object."""
    columns = [getattr(posts, name) for name in CARD]
    lists = {
        "authors": cast(authors_of_post(posts), JSON),
        "tags": cast(tags_of_post(posts), JSON),
    }
    return cast(json_object(*columns, **lists), Text)


def to_card(row: Row[*tuple[Any, ...]]) -> PostCard:
    """Make a card of a row that has `card_columns()`."""
    columns = row._mapping
    return PostCard(
        **{name: columns[name] for name in CARD},
        authors=authors_decoder.decode(columns["authors"]),
        tags=tags_decoder.decode(columns["tags"]),
    )
