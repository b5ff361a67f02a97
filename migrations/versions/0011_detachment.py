"""Leaving a Ghost: that a site did, how far it is, and what its rows were called there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ghost_detachments",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("missing", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ghost_detachments_is_the_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ghost_detachments")),
    )
    op.create_table(
        "former_ghost_ids",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        sa.Column("ghost_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "object_id", name=op.f("pk_former_ghost_ids")),
    )


def downgrade() -> None:
    op.drop_table("former_ghost_ids")
    op.drop_table("ghost_detachments")
