"""Content: posts, tags, authors, tiers, newsletters, site settings, sync runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Both are trusted extensions: whoever owns the database may create them.
EXTENSIONS = ("unaccent", "pg_trgm")

# unaccent() itself is only STABLE, because its dictionary could be changed; ours is not.
SEARCHABLE = """
CREATE FUNCTION searchable(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN public.unaccent('public.unaccent'::regdictionary, lower(value))
"""

# A link takes the listing time of its post when it is made. FOR SHARE makes it wait for a
# publication that is under way, which would otherwise not see the new link.
LINK_TAKES_LISTED_AT = """
CREATE FUNCTION link_takes_listed_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT listed_at INTO NEW.listed_at FROM posts WHERE id = NEW.post_id FOR SHARE;
    RETURN NEW;
END $$
"""

POST_GIVES_LISTED_AT = """
CREATE FUNCTION post_gives_listed_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE post_tags SET listed_at = NEW.listed_at WHERE post_id = NEW.id;
    UPDATE post_authors SET listed_at = NEW.listed_at WHERE post_id = NEW.id;
    RETURN NULL;
END $$
"""

TRIGGERS = (
    "CREATE TRIGGER link_takes_listed_at BEFORE INSERT ON post_tags"
    " FOR EACH ROW EXECUTE FUNCTION link_takes_listed_at()",
    "CREATE TRIGGER link_takes_listed_at BEFORE INSERT ON post_authors"
    " FOR EACH ROW EXECUTE FUNCTION link_takes_listed_at()",
    "CREATE TRIGGER post_gives_listed_at AFTER UPDATE ON posts"
    " FOR EACH ROW WHEN (OLD.listed_at IS DISTINCT FROM NEW.listed_at)"
    " EXECUTE FUNCTION post_gives_listed_at()",
)


def upgrade() -> None:
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public")
    op.execute(SEARCHABLE)
    op.create_table(
        "authors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("profile_image", sa.Text(), nullable=True),
        sa.Column("cover_image", sa.Text(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column(
            "social", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("meta_title", sa.Text(), nullable=True),
        sa.Column("meta_description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column(
            "roles", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("ghost_id", sa.Text(), nullable=True),
        sa.Column("ghost_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "extra", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=True,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("slug"), "="),
            where=sa.text("deleted_at IS NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="uq_authors_slug",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_authors_ghost_id")),
    )
    op.create_index(op.f("ix_authors_email"), "authors", ["email"], unique=False)
    op.create_table(
        "newsletters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("visibility", sa.Text(), server_default="members", nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ghost_id", sa.Text(), nullable=True),
        sa.Column("ghost_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "extra", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=True,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("slug"), "="),
            where=sa.text("deleted_at IS NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="uq_newsletters_slug",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletters")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_newsletters_ghost_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_newsletters_uuid")),
    )
    op.create_table(
        "old_slugs",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('post', 'tag', 'author')", name=op.f("ck_old_slugs_kind_is_known")
        ),
        sa.PrimaryKeyConstraint("kind", "slug", name=op.f("pk_old_slugs")),
    )
    op.create_index("ix_old_slugs_object", "old_slugs", ["kind", "object_id"], unique=False)
    op.create_table(
        "site_settings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_site_settings")),
    )
    op.create_table(
        "sync_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="running", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "failures", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.CheckConstraint(
            "outcome IN ('running', 'complete', 'incomplete', 'failed', 'interrupted')",
            name=op.f("ck_sync_runs_outcome_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
    )
    op.create_table(
        "tag_groups",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_groups")),
        sa.UniqueConstraint("slug", name=op.f("uq_tag_groups_slug")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("feature_image", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), server_default="public", nullable=False),
        sa.Column("accent_color", sa.Text(), nullable=True),
        sa.Column("ghost_id", sa.Text(), nullable=True),
        sa.Column("ghost_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "extra", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=True,
        ),
        sa.Column("meta_title", sa.Text(), nullable=True),
        sa.Column("meta_description", sa.Text(), nullable=True),
        sa.Column("og_image", sa.Text(), nullable=True),
        sa.Column("og_title", sa.Text(), nullable=True),
        sa.Column("og_description", sa.Text(), nullable=True),
        sa.Column("twitter_image", sa.Text(), nullable=True),
        sa.Column("twitter_title", sa.Text(), nullable=True),
        sa.Column("twitter_description", sa.Text(), nullable=True),
        sa.Column("codeinjection_head", sa.Text(), nullable=True),
        sa.Column("codeinjection_foot", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("slug"), "="),
            where=sa.text("deleted_at IS NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="uq_tags_slug",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_tags_ghost_id")),
    )
    op.create_table(
        "tiers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("type", sa.Text(), server_default="paid", nullable=False),
        sa.Column("visibility", sa.Text(), server_default="public", nullable=False),
        sa.Column("welcome_page_url", sa.Text(), nullable=True),
        sa.Column("trial_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("monthly_price", sa.Integer(), nullable=True),
        sa.Column("yearly_price", sa.Integer(), nullable=True),
        sa.Column(
            "benefits", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("ghost_id", sa.Text(), nullable=True),
        sa.Column("ghost_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "extra", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=True,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("slug"), "="),
            where=sa.text("deleted_at IS NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="uq_tiers_slug",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tiers")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_tiers_ghost_id")),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("is_page", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("visibility", sa.Text(), server_default="public", nullable=False),
        sa.Column("featured", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lexical", sa.Text(), nullable=True),
        sa.Column("mobiledoc", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("plaintext", sa.Text(), nullable=True),
        sa.Column("teaser_html", sa.Text(), nullable=True),
        sa.Column("teaser_text", sa.Text(), nullable=True),
        sa.Column("excerpt", sa.Text(), server_default="", nullable=False),
        sa.Column("custom_excerpt", sa.Text(), nullable=True),
        sa.Column("reading_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("feature_image", sa.Text(), nullable=True),
        sa.Column("feature_image_alt", sa.Text(), nullable=True),
        sa.Column("feature_image_caption", sa.Text(), nullable=True),
        sa.Column(
            "show_title_and_feature_image", sa.Boolean(), server_default="true", nullable=False
        ),
        sa.Column("custom_template", sa.Text(), nullable=True),
        sa.Column("comment_id", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("frontmatter", sa.Text(), nullable=True),
        sa.Column("email_subject", sa.Text(), nullable=True),
        sa.Column("email_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("email_segment", sa.Text(), nullable=True),
        sa.Column(
            "email", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("newsletter_id", sa.BigInteger(), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "listed_at",
            sa.DateTime(timezone=True),
            sa.Computed(
                "CASE WHEN status = 'published' AND NOT is_page AND deleted_at IS NULL THEN published_at END",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple', searchable(title)), 'A') || setweight(to_tsvector('simple', searchable(coalesce(custom_excerpt, ''))), 'B') || to_tsvector('simple', searchable(left(CASE WHEN visibility = 'public' THEN coalesce(teaser_text, plaintext, '') ELSE coalesce(teaser_text, '') END, 200000)))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("ghost_id", sa.Text(), nullable=True),
        sa.Column("ghost_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "extra", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=True,
        ),
        sa.Column("meta_title", sa.Text(), nullable=True),
        sa.Column("meta_description", sa.Text(), nullable=True),
        sa.Column("og_image", sa.Text(), nullable=True),
        sa.Column("og_title", sa.Text(), nullable=True),
        sa.Column("og_description", sa.Text(), nullable=True),
        sa.Column("twitter_image", sa.Text(), nullable=True),
        sa.Column("twitter_title", sa.Text(), nullable=True),
        sa.Column("twitter_description", sa.Text(), nullable=True),
        sa.Column("codeinjection_head", sa.Text(), nullable=True),
        sa.Column("codeinjection_foot", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("slug"), "="),
            where=sa.text("deleted_at IS NULL"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="uq_posts_slug",
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'scheduled', 'published', 'sent')",
            name=op.f("ck_posts_status_is_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('published', 'scheduled') OR published_at IS NOT NULL",
            name=op.f("ck_posts_published_has_time"),
        ),
        sa.CheckConstraint(
            "visibility = 'public' OR (teaser_html IS NOT NULL AND teaser_text IS NOT NULL)",
            name=op.f("ck_posts_gated_has_teaser"),
        ),
        sa.CheckConstraint(
            "visibility IN ('public', 'members', 'paid', 'tiers')",
            name=op.f("ck_posts_visibility_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletters.id"],
            name=op.f("fk_posts_newsletter_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_posts_ghost_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_posts_uuid")),
    )
    op.create_index(
        "ix_posts_desk", "posts", ["is_page", "status", "updated_at", "id"], unique=False
    )
    op.create_index(
        "ix_posts_listed",
        "posts",
        ["listed_at", "id"],
        unique=False,
        postgresql_where=sa.text("listed_at IS NOT NULL"),
    )
    op.create_index("ix_posts_search", "posts", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "tag_group_members",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["tag_groups.id"],
            name=op.f("fk_tag_group_members_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_tag_group_members_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "tag_id", name=op.f("pk_tag_group_members")),
    )
    op.create_index(
        op.f("ix_tag_group_members_tag_id"), "tag_group_members", ["tag_id"], unique=False
    )
    op.create_table(
        "post_authors",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["authors.id"],
            name=op.f("fk_post_authors_author_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_authors_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "author_id", name=op.f("pk_post_authors")),
        sa.UniqueConstraint(
            "post_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_post_authors_post_id_position"),
        ),
    )
    op.create_index(
        "ix_post_authors_listed",
        "post_authors",
        ["author_id", "listed_at", "post_id"],
        unique=False,
    )
    op.create_table(
        "post_tags",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_tags_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_post_tags_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "tag_id", name=op.f("pk_post_tags")),
        sa.UniqueConstraint(
            "post_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_post_tags_post_id_position"),
        ),
    )
    op.create_index(
        "ix_post_tags_listed", "post_tags", ["tag_id", "listed_at", "post_id"], unique=False
    )
    op.create_table(
        "post_tiers",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("tier_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_tiers_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_post_tiers_tier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "tier_id", name=op.f("pk_post_tiers")),
    )
    op.create_index(op.f("ix_post_tiers_tier_id"), "post_tiers", ["tier_id"], unique=False)
    op.execute(LINK_TAKES_LISTED_AT)
    op.execute(POST_GIVES_LISTED_AT)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_index(op.f("ix_post_tiers_tier_id"), table_name="post_tiers")
    op.drop_table("post_tiers")
    op.drop_index("ix_post_tags_listed", table_name="post_tags")
    op.drop_table("post_tags")
    op.drop_index("ix_post_authors_listed", table_name="post_authors")
    op.drop_table("post_authors")
    op.drop_index(op.f("ix_tag_group_members_tag_id"), table_name="tag_group_members")
    op.drop_table("tag_group_members")
    op.drop_index("ix_posts_search", table_name="posts", postgresql_using="gin")
    op.drop_index(
        "ix_posts_listed", table_name="posts", postgresql_where=sa.text("listed_at IS NOT NULL")
    )
    op.drop_index("ix_posts_desk", table_name="posts")
    op.drop_table("posts")
    op.drop_table("tiers")
    op.drop_table("tags")
    op.drop_table("tag_groups")
    op.drop_table("sync_runs")
    op.drop_table("site_settings")
    op.drop_index("ix_old_slugs_object", table_name="old_slugs")
    op.drop_table("old_slugs")
    op.drop_table("newsletters")
    op.drop_index(op.f("ix_authors_email"), table_name="authors")
    op.drop_table("authors")
    op.execute("DROP FUNCTION post_gives_listed_at()")
    op.execute("DROP FUNCTION link_takes_listed_at()")
    op.execute("DROP FUNCTION searchable(text)")
