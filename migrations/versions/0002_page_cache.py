"""What commits touched lately, for those who share cached pages and were not listening."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_cache_purges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("parts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_cache_purges")),
    )
    op.create_index("ix_page_cache_purges_at", "page_cache_purges", ["at"], unique=False)
    op.create_index("ix_page_cache_purges_xid", "page_cache_purges", ["xid"], unique=False)


def downgrade() -> None:
    op.drop_table("page_cache_purges")
