"""Reconciling with Ghost: what a pass found; members, labels; the webhooks that we registered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ghost_id", sa.Text(), nullable=True),
        sa.Column("ghost_digest", sa.LargeBinary(), nullable=True),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
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
            using="btree",
            name="uq_labels_slug",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_labels_ghost_id")),
    )
    op.create_table(
        "members",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ghost_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("ghost_id", name=op.f("uq_members_ghost_id")),
    )
    op.create_index("ix_members_email", "members", [sa.text("lower(email)")], unique=False)
    op.create_table(
        "member_tiers",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("tier_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_member_tiers_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_member_tiers_tier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "tier_id", name=op.f("pk_member_tiers")),
    )
    op.create_index(op.f("ix_member_tiers_tier_id"), "member_tiers", ["tier_id"], unique=False)
    op.create_table(
        "webhook_registrations",
        sa.Column("ghost_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("target_url", sa.Text(), nullable=False),
        sa.Column("last_status", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_triggered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "checked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("ghost_id", name=op.f("pk_webhook_registrations")),
        sa.UniqueConstraint("source", "event", name=op.f("uq_webhook_registrations_source_event")),
    )
    op.add_column("sync_runs", sa.Column("drift", sa.Integer(), nullable=True))
    op.add_column("sync_runs", sa.Column("cursor", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sync_runs", sa.Column("members_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_sync_runs_members_at",
        "sync_runs",
        ["members_at"],
        unique=False,
        postgresql_where=sa.text("members_at IS NOT NULL"),
    )
    op.add_column(
        "people",
        sa.Column("email_is_proven", sa.Boolean(), server_default="true", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("people", "email_is_proven")
    op.drop_index("ix_sync_runs_members_at", table_name="sync_runs")
    op.drop_column("sync_runs", "members_at")
    op.drop_column("sync_runs", "cursor")
    op.drop_column("sync_runs", "drift")
    op.drop_table("webhook_registrations")
    op.drop_table("member_tiers")
    op.drop_table("members")
    op.drop_table("labels")
