"""Media: what answers under /content/."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("source_digest", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("original_name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('image', 'media', 'file')", name=op.f("ck_media_files_kind_is_known")
        ),
        sa.CheckConstraint(
            "origin IN ('uploaded', 'imported', 'ghost')",
            name=op.f("ck_media_files_origin_is_known"),
        ),
        sa.CheckConstraint(
            "octet_length(digest) = 32 AND octet_length(source_digest) = 32",
            name=op.f("ck_media_files_digests_are_sha256"),
        ),
        sa.CheckConstraint(
            "(width IS NULL) = (height IS NULL)",
            name=op.f("ck_media_files_has_both_sides_or_none"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_files")),
        sa.UniqueConstraint("path", name=op.f("uq_media_files_path")),
    )
    op.create_index("ix_media_files_digest", "media_files", ["digest"])


def downgrade() -> None:
    op.drop_table("media_files")
