"""Calendars, markets, carts, and what the fediverse was told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("container_type", sa.Text(), nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
    )
    op.create_index(
        "ix_calendars_container", "calendars", ["container_type", "container_id"], unique=False
    )
    op.create_table(
        "carts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="EUR", nullable=False),
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
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_carts_currency_is_iso_4217")),
        sa.CheckConstraint(
            "num_nonnulls(user_id, session_id) = 1", name=op.f("ck_carts_has_one_owner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
        sa.UniqueConstraint("session_id", name=op.f("uq_carts_session_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_carts_user_id")),
    )
    op.create_index("ix_carts_updated", "carts", ["updated_at"], unique=False)
    op.create_table(
        "federation_activities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("delivery", sa.Text(), server_default="waiting", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "delivery IN ('waiting', 'delivered', 'none')",
            name=op.f("ck_federation_activities_delivery_is_known"),
        ),
        sa.CheckConstraint(
            "type IN ('Create', 'Update', 'Delete')",
            name=op.f("ck_federation_activities_type_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_federation_activities")),
        sa.UniqueConstraint("uuid", name=op.f("uq_federation_activities_uuid")),
    )
    op.create_index(
        "ix_federation_activities_post", "federation_activities", ["post_id", "id"], unique=False
    )
    op.create_index(
        "ix_federation_activities_waiting",
        "federation_activities",
        ["id"],
        unique=False,
        postgresql_where=sa.text("delivery = 'waiting'"),
    )
    op.create_table(
        "federation_followers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("shared_inbox", sa.Text(), nullable=True),
        sa.Column(
            "followed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_federation_followers")),
        sa.UniqueConstraint("actor", name=op.f("uq_federation_followers_actor")),
    )
    op.create_table(
        "federation_posts",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("stands", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "told_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_federation_posts")),
    )
    op.create_index("ix_federation_posts_uuid", "federation_posts", ["uuid"], unique=False)
    op.create_table(
        "marketplaces",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("container_type", sa.Text(), nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketplaces")),
    )
    op.create_index(
        "ix_marketplaces_container",
        "marketplaces",
        ["container_type", "container_id"],
        unique=False,
    )
    op.create_table(
        "calendar_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="provisional", nullable=False),
        sa.Column("cost", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), server_default="EUR", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "currency ~ '^[A-Z]{3}$'", name=op.f("ck_calendar_entries_currency_is_iso_4217")
        ),
        sa.CheckConstraint(
            "state IN ('provisional', 'confirmed', 'cancelled')",
            name=op.f("ck_calendar_entries_state_is_known"),
        ),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_calendar_entries_cost_is_no_debt")),
        sa.CheckConstraint(
            "ends_at > starts_at", name=op.f("ck_calendar_entries_ends_after_it_starts")
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["calendars.id"],
            name=op.f("fk_calendar_entries_calendar_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_entries")),
    )
    op.create_index("ix_calendar_entries_ends", "calendar_entries", ["ends_at", "id"], unique=False)
    op.create_index(
        "ix_calendar_entries_times",
        "calendar_entries",
        ["calendar_id", "ends_at", "starts_at"],
        unique=False,
    )
    op.create_table(
        "cart_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cart_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("container_type", sa.Text(), nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "added_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('ticket', 'product')", name=op.f("ck_cart_lines_kind_is_known")
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_cart_lines_price_is_no_debt")),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 999", name=op.f("ck_cart_lines_quantity_is_sane")
        ),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name=op.f("fk_cart_lines_cart_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_lines")),
        sa.UniqueConstraint(
            "cart_id", "kind", "item_id", name=op.f("uq_cart_lines_cart_id_kind_item_id")
        ),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("marketplace_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), server_default="EUR", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "currency ~ '^[A-Z]{3}$'", name=op.f("ck_products_currency_is_iso_4217")
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_products_price_is_no_debt")),
        sa.CheckConstraint(
            "stock IS NULL OR stock >= 0", name=op.f("ck_products_stock_is_a_count")
        ),
        sa.ForeignKeyConstraint(
            ["marketplace_id"],
            ["marketplaces.id"],
            name=op.f("fk_products_marketplace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index(
        "ix_products_marketplace", "products", ["marketplace_id", "position", "id"], unique=False
    )
    op.create_table(
        "calendar_attached_entries",
        sa.Column("container_type", sa.Text(), nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["calendar_entries.id"],
            name=op.f("fk_calendar_attached_entries_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "container_type", "container_id", "entry_id", name=op.f("pk_calendar_attached_entries")
        ),
        sa.UniqueConstraint(
            "container_type",
            "container_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name="uq_calendar_attached_entries_place",
        ),
    )
    op.create_index(
        op.f("ix_calendar_attached_entries_entry_id"),
        "calendar_attached_entries",
        ["entry_id"],
        unique=False,
    )
    op.create_table(
        "calendar_slots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "cost IS NULL OR cost >= 0", name=op.f("ck_calendar_slots_cost_is_no_debt")
        ),
        sa.CheckConstraint(
            "ends_at > starts_at", name=op.f("ck_calendar_slots_ends_after_it_starts")
        ),
        sa.CheckConstraint(
            "places IS NULL OR taken <= places", name=op.f("ck_calendar_slots_places_are_enough")
        ),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_calendar_slots_taken_is_a_count")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["calendar_entries.id"],
            name=op.f("fk_calendar_slots_entry_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_slots")),
    )
    op.create_index(
        "ix_calendar_slots_entry", "calendar_slots", ["entry_id", "starts_at", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("calendar_slots")
    op.drop_table("calendar_attached_entries")
    op.drop_table("products")
    op.drop_table("cart_lines")
    op.drop_table("calendar_entries")
    op.drop_table("marketplaces")
    op.drop_table("federation_posts")
    op.drop_table("federation_followers")
    op.drop_table("federation_activities")
    op.drop_table("carts")
    op.drop_table("calendars")
