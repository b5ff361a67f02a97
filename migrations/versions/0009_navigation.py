"""Menus, their trees, and what was published of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None

# What was published is what readers saw: nobody may write it anew.
VERSION_STAYS = """
CREATE FUNCTION menu_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published menu never changes; publish another version'
        USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGER = (
    "CREATE TRIGGER menu_version_stays BEFORE UPDATE ON menu_versions"
    " FOR EACH ROW EXECUTE FUNCTION menu_version_stays()"
)


def upgrade() -> None:
    op.create_table(
        "menus",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("follows_ghost", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("published_number", sa.Integer(), nullable=True),
        sa.Column(
            "before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("name ~ '^[a-z][a-z0-9-]{0,39}$'", name=op.f("ck_menus_name_is_a_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menus")),
        sa.UniqueConstraint("name", name=op.f("uq_menus_name")),
    )
    op.create_table(
        "menu_nodes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("menu_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column(
            "parent_depth", sa.Integer(), sa.Computed("depth - 1", persisted=True), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=True),
        sa.Column("app", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), server_default="everyone", nullable=False),
        sa.Column("new_tab", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "(parent_id IS NULL) = (depth = 1)", name=op.f("ck_menu_nodes_root_has_no_parent")
        ),
        sa.CheckConstraint("depth BETWEEN 1 AND 32", name=op.f("ck_menu_nodes_depth_has_an_end")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_menu_nodes_position_is_a_place")),
        sa.CheckConstraint(
            "CASE kind WHEN 'page' THEN target_id IS NOT NULL"
            " WHEN 'post' THEN target_id IS NOT NULL"
            " WHEN 'tag' THEN target_id IS NOT NULL WHEN 'app' THEN app IS NOT NULL"
            " WHEN 'url' THEN address IS NOT NULL AND label IS NOT NULL"
            " WHEN 'heading' THEN label IS NOT NULL ELSE false END",
            name=op.f("ck_menu_nodes_leads_somewhere"),
        ),
        sa.CheckConstraint(
            "audience IN ('everyone', 'reader', 'member', 'contributor', 'author', 'editor',"
            " 'administrator', 'owner')",
            name=op.f("ck_menu_nodes_audience_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["menu_id"], ["menus.id"], name=op.f("fk_menu_nodes_menu_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_nodes")),
        sa.UniqueConstraint("menu_id", "id", "depth", name="uq_menu_nodes_depth"),
        sa.UniqueConstraint(
            "menu_id",
            "parent_id",
            "position",
            name="uq_menu_nodes_place",
            deferrable=True,
            initially="DEFERRED",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_foreign_key(
        "fk_menu_nodes_parent",
        "menu_nodes",
        "menu_nodes",
        ["menu_id", "parent_id", "parent_depth"],
        ["menu_id", "id", "depth"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_table(
        "menu_versions",
        sa.Column("menu_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nodes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["menu_id"], ["menus.id"], name=op.f("fk_menu_versions_menu_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("menu_id", "number", name=op.f("pk_menu_versions")),
    )
    op.create_foreign_key(
        "fk_menus_published_number",
        "menus",
        "menu_versions",
        ["id", "published_number"],
        ["menu_id", "number"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_table(
        "menu_targets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("menu_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("tag_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(post_id, tag_id) = 1", name=op.f("ck_menu_targets_is_one_target")
        ),
        sa.ForeignKeyConstraint(
            ["menu_id"], ["menus.id"], name=op.f("fk_menu_targets_menu_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_targets")),
    )
    op.create_index(op.f("ix_menu_targets_menu_id"), "menu_targets", ["menu_id"], unique=False)
    op.create_index("ix_menu_targets_post", "menu_targets", ["post_id"], unique=False)
    op.create_index("ix_menu_targets_tag", "menu_targets", ["tag_id"], unique=False)
    op.execute(VERSION_STAYS)
    op.execute(TRIGGER)
    op.execute("INSERT INTO menus (name, title) VALUES ('main', 'Main menu'), ('footer', 'Footer')")


def downgrade() -> None:
    op.drop_constraint("fk_menus_published_number", "menus", type_="foreignkey")
    op.drop_table("menu_targets")
    op.drop_table("menu_versions")
    op.execute("DROP FUNCTION menu_version_stays()")
    op.drop_table("menu_nodes")
    op.drop_table("menus")
