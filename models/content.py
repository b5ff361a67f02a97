"""Content: posts and pages, tags and tag groups, authors, tiers, newsletters, old slugs.

A post that is to be listed has `listed_at`, which PostgreSQL derives from its status, so that no
writer can forget it. The link tables carry a copy, kept by triggers (see the first migration), so
that the listing of a tag or an author is one walk along one index however many posts there are.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infrastructure.database import Base
from models.columns import Described, Id, Instant, Json, Mirrored, String

# By what the desk sorts posts: the time that they show or were begun at, their last change, their
# title (of which an index takes only so much).
DESK_KEYS: Final = {
    "time": "coalesce(published_at, created_at)",
    "change": "coalesce(updated_at, created_at)",
    "title": "lower(left(title, 100))",
}


def unique_while_alive(table: str, column: str) -> ExcludeConstraint:
    """Make a column unique among rows that are not deleted, checked when the transaction ends.

    A partial unique index could not be deferred, so two rows could not swap their slugs.
    """
    return ExcludeConstraint(
        (column, "="),
        using="btree",
        where=text("deleted_at IS NULL"),
        name=f"uq_{table}_{column}",
        deferrable=True,
        initially="DEFERRED",
    )


class Post(Mirrored, Described, Base):
    """A post or, with `is_page`, a page.

    `lexical` is the canonical document and kept to the byte; `html` and `plaintext` derive from it
    (or are Ghost's). What anyone may see of a post that holds something back is `teaser_html` and
    `teaser_text`; where both are null, which only a public post may have, everything is shown.
    """

    __tablename__ = "posts"

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, server_default=func.gen_random_uuid())
    is_page: Mapped[bool] = mapped_column(server_default="false")
    slug: Mapped[String]
    title: Mapped[String]
    status: Mapped[String] = mapped_column(Text, server_default="draft")
    visibility: Mapped[String] = mapped_column(Text, server_default="public")
    featured: Mapped[bool] = mapped_column(server_default="false")
    published_at: Mapped[Instant | None]

    lexical: Mapped[String | None]
    mobiledoc: Mapped[String | None]
    html: Mapped[String | None]
    plaintext: Mapped[String | None]
    teaser_html: Mapped[String | None]
    teaser_text: Mapped[String | None]
    excerpt: Mapped[String] = mapped_column(Text, server_default="")
    custom_excerpt: Mapped[String | None]
    reading_minutes: Mapped[int] = mapped_column(server_default="0")

    feature_image: Mapped[String | None]
    feature_image_alt: Mapped[String | None]
    feature_image_caption: Mapped[String | None]
    show_title_and_feature_image: Mapped[bool] = mapped_column(server_default="true")
    custom_template: Mapped[String | None]
    comment_id: Mapped[String | None]
    locale: Mapped[String | None]
    frontmatter: Mapped[String | None]

    email_subject: Mapped[String | None]
    email_only: Mapped[bool] = mapped_column(server_default="false")
    email_segment: Mapped[String | None]
    email: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    newsletter_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("newsletters.id", ondelete="SET NULL")
    )

    row_version: Mapped[int] = mapped_column(server_default="1")
    listed_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True),
        Computed(
            "CASE WHEN status = 'published' AND NOT is_page AND deleted_at IS NULL"
            " THEN published_at END",
            persisted=True,
        ),
    )
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple', searchable(title)), 'A')"
            " || setweight(to_tsvector('simple', searchable(coalesce(custom_excerpt, ''))), 'B')"
            " || to_tsvector('simple', searchable(left("
            "CASE WHEN visibility = 'public' THEN coalesce(teaser_text, plaintext, '')"
            " ELSE coalesce(teaser_text, '') END, 200000)))",
            persisted=True,
        ),
        deferred=True,
    )

    author_links: Mapped[list["PostAuthor"]] = relationship(
        order_by="PostAuthor.position", cascade="all, delete-orphan", lazy="raise"
    )
    tag_links: Mapped[list["PostTag"]] = relationship(
        order_by="PostTag.position", cascade="all, delete-orphan", lazy="raise"
    )
    tier_links: Mapped[list["PostTier"]] = relationship(
        order_by="PostTier.position", cascade="all, delete-orphan", lazy="raise"
    )

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - SQLAlchemy's own name
    __table_args__ = (
        unique_while_alive("posts", "slug"),
        CheckConstraint(
            "status IN ('draft', 'scheduled', 'published', 'sent')", name="status_is_known"
        ),
        CheckConstraint(
            "visibility IN ('public', 'members', 'paid', 'tiers')", name="visibility_is_known"
        ),
        # A gated text without a teaser of its own would be shown whole.
        CheckConstraint(
            "visibility = 'public' OR (teaser_html IS NOT NULL AND teaser_text IS NOT NULL)",
            name="gated_has_teaser",
        ),
        CheckConstraint(
            "status NOT IN ('published', 'scheduled') OR published_at IS NOT NULL",
            name="published_has_time",
        ),
        Index("ix_posts_listed", "listed_at", "id", postgresql_where=text("listed_at IS NOT NULL")),
        # What the desk's lists walk along, one status after the other (`services.desk.posts`).
        *(
            Index(
                f"ix_posts_by_{name}",
                "is_page",
                "status",
                text(key),
                "id",
                postgresql_where=text("deleted_at IS NULL"),
            )
            for name, key in DESK_KEYS.items()
        ),
        Index(
            "ix_posts_deleted",
            "is_page",
            "deleted_at",
            "id",
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
        Index(
            "ix_posts_title",
            func.searchable(text("title")).label("words"),
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
        Index("ix_posts_search", "search", postgresql_using="gin"),
    )


class Author(Mirrored, Base):
    """Somebody who signs posts: one of Ghost's staff users, or one of ours."""

    __tablename__ = "authors"

    id: Mapped[Id]
    slug: Mapped[String]
    name: Mapped[String]
    email: Mapped[String | None] = mapped_column(Text, index=True)
    profile_image: Mapped[String | None]
    cover_image: Mapped[String | None]
    bio: Mapped[String | None]
    website: Mapped[String | None]
    location: Mapped[String | None]
    social: Mapped[Json]
    meta_title: Mapped[String | None]
    meta_description: Mapped[String | None]
    status: Mapped[String] = mapped_column(Text, server_default="active")
    roles: Mapped[list[object]] = mapped_column(JSONB, server_default="[]")

    __table_args__ = (unique_while_alive("authors", "slug"),)


class Tag(Mirrored, Described, Base):
    """A tag; one that begins with `#` is internal, which is also its `visibility`."""

    __tablename__ = "tags"

    id: Mapped[Id]
    slug: Mapped[String]
    name: Mapped[String]
    description: Mapped[String | None]
    feature_image: Mapped[String | None]
    visibility: Mapped[String] = mapped_column(Text, server_default="public")
    accent_color: Mapped[String | None]

    __table_args__ = (unique_while_alive("tags", "slug"),)


class TagGroup(Base):
    """A named, ordered set of tags, for the reader's filter."""

    __tablename__ = "tag_groups"

    id: Mapped[Id]
    slug: Mapped[String] = mapped_column(Text, unique=True)
    name: Mapped[String]
    description: Mapped[String | None]
    position: Mapped[int] = mapped_column(server_default="0")

    members: Mapped[list["TagGroupMember"]] = relationship(
        order_by="TagGroupMember.position", cascade="all, delete-orphan", lazy="raise"
    )


class TagGroupMember(Base):
    """One tag of a tag group, at its place."""

    __tablename__ = "tag_group_members"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("tag_groups.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(
        ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class PostAuthor(Base):
    """An author of a post, at his place; place 0 is the primary one."""

    __tablename__ = "post_authors"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    author_id: Mapped[int] = mapped_column(
        ForeignKey("authors.id", ondelete="RESTRICT"), primary_key=True
    )
    position: Mapped[int]
    listed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("post_id", "position", deferrable=True, initially="DEFERRED"),
        Index("ix_post_authors_listed", "author_id", "listed_at", "post_id"),
    )


class PostTag(Base):
    """A tag of a post, at its place; the first public one is the primary tag."""

    __tablename__ = "post_tags"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]
    listed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("post_id", "position", deferrable=True, initially="DEFERRED"),
        Index("ix_post_tags_listed", "tag_id", "listed_at", "post_id"),
    )


class Tier(Mirrored, Base):
    """A membership tier; prices in the currency's smallest unit (cents)."""

    __tablename__ = "tiers"

    id: Mapped[Id]
    slug: Mapped[String]
    name: Mapped[String]
    description: Mapped[String | None]
    active: Mapped[bool] = mapped_column(server_default="true")
    type: Mapped[String] = mapped_column(Text, server_default="paid")
    visibility: Mapped[String] = mapped_column(Text, server_default="public")
    welcome_page_url: Mapped[String | None]
    trial_days: Mapped[int] = mapped_column(server_default="0")
    currency: Mapped[String | None]
    monthly_price: Mapped[int | None]
    yearly_price: Mapped[int | None]
    benefits: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")

    __table_args__ = (unique_while_alive("tiers", "slug"),)


class PostTier(Base):
    """A tier that may read a post."""

    __tablename__ = "post_tiers"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    tier_id: Mapped[int] = mapped_column(
        ForeignKey("tiers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class Newsletter(Mirrored, Base):
    """A newsletter; its design and sender settings are in `extra`."""

    __tablename__ = "newsletters"

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, server_default=func.gen_random_uuid())
    slug: Mapped[String]
    name: Mapped[String]
    description: Mapped[String | None]
    status: Mapped[String] = mapped_column(Text, server_default="active")
    visibility: Mapped[String] = mapped_column(Text, server_default="members")
    sort_order: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (unique_while_alive("newsletters", "slug"),)


class OldSlug(Base):
    """A slug that something had: `/old/` leads to where it is now."""

    __tablename__ = "old_slugs"

    kind: Mapped[String] = mapped_column(Text, primary_key=True)
    slug: Mapped[String] = mapped_column(Text, primary_key=True)
    object_id: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("kind IN ('post', 'tag', 'author')", name="kind_is_known"),
        Index("ix_old_slugs_object", "kind", "object_id"),
    )
