"""The desk's lists of posts, changes of many posts at once, snippets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None

KEYS = {
    "time": "coalesce(published_at, created_at)",
    "change": "coalesce(updated_at, created_at)",
    "title": 'lower("left"(title, 100))',
}


def upgrade() -> None:
    op.drop_index("ix_posts_desk", table_name="posts")
    for name, key in KEYS.items():
        op.create_index(
            f"ix_posts_by_{name}",
            "posts",
            ["is_page", "status", sa.text(key), "id"],
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
    op.create_index(
        "ix_posts_deleted",
        "posts",
        ["is_page", "deleted_at", "id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_posts_title",
        "posts",
        [sa.text("searchable(title) gin_trgm_ops")],
        postgresql_using="gin",
    )
    op.create_table(
        "bulk_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("is_page", sa.Boolean(), nullable=False),
        sa.Column("value", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_bulk_changes_person_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_changes")),
    )
    op.create_index("ix_bulk_changes_person", "bulk_changes", ["person_id", "id"])
    op.create_table(
        "bulk_items",
        sa.Column("bulk_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'changed', 'unchanged', 'failed', 'undoing', 'undone', 'kept')",
            name=op.f("ck_bulk_items_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["bulk_id"], ["bulk_changes.id"], name=op.f("fk_bulk_items_bulk_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_bulk_items_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("bulk_id", "post_id", name=op.f("pk_bulk_items")),
    )
    op.create_index("ix_bulk_items_post", "bulk_items", ["post_id"])
    op.create_index(
        "ix_bulk_items_waiting",
        "bulk_items",
        ["bulk_id", "post_id"],
        postgresql_where=sa.text("state IN ('waiting', 'undoing')"),
    )
    op.create_table(
        "snippets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), server_default="", nullable=False),
        sa.Column("mode", sa.Text(), server_default="synced", nullable=False),
        sa.Column("visibility", sa.Text(), server_default="everyone", nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("inner", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("ghost_id", sa.Text(), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
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
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "mode IN ('synced', 'detached')", name=op.f("ck_snippets_mode_is_known")
        ),
        sa.CheckConstraint(
            "visibility IN ('mine', 'everyone')", name=op.f("ck_snippets_visibility_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_snippets_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snippets")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_snippets_ghost_id")),
        sa.UniqueConstraint("uuid", name=op.f("uq_snippets_uuid")),
    )
    op.create_index(
        "ix_snippets_listed",
        "snippets",
        [sa.literal_column("lower(name)"), "id"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_snippets_person", "snippets", ["person_id"])
    op.create_table(
        "snippet_uses",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("snippet", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_snippet_uses_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "snippet", name=op.f("pk_snippet_uses")),
    )
    op.create_index("ix_snippet_uses_snippet", "snippet_uses", ["snippet", "post_id"])


def downgrade() -> None:
    op.drop_table("snippet_uses")
    op.drop_table("snippets")
    op.drop_table("bulk_items")
    op.drop_table("bulk_changes")
    for name in ("title", "deleted", *(f"by_{key}" for key in KEYS)):
        op.drop_index(f"ix_posts_{name}", table_name="posts")
    op.create_index(
        "ix_posts_desk", "posts", ["is_page", "status", "updated_at", "id"], unique=False
    )
