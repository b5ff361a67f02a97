"""Working copies, revisions, and who has which post open."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('opened', 'typing', 'merged', 'update', 'publish', 'schedule', 'restore',"
    " 'discard', 'elsewhere', 'theirs', 'settling')"
)


def upgrade() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "working_copies",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("last_version", sa.BigInteger(), nullable=False),
        sa.Column("post_version", sa.Integer(), nullable=False),
        sa.Column("synced_version", sa.BigInteger(), nullable=False),
        sa.Column("theirs_version", sa.BigInteger(), nullable=True),
        sa.Column("theirs_post_version", sa.Integer(), nullable=True),
        sa.Column("settling_version", sa.BigInteger(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("is_dirty", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("saved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("saved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_for", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(theirs_version, theirs_post_version, settling_version) IN (0, 3)",
            name=op.f("ck_working_copies_clash_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_working_copies_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_working_copies")),
        sa.UniqueConstraint(
            "made_by_id", "made_for", name=op.f("uq_working_copies_made_by_id_made_for")
        ),
    )
    op.create_index(
        "ix_working_copies_dirty",
        "working_copies",
        ["saved_at", "post_id"],
        postgresql_where=sa.text("is_dirty"),
    )
    op.create_table(
        "revisions",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_passing", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("basis", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("client", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_revisions_kind_is_known")),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_revisions_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "version", name=op.f("pk_revisions")),
    )
    op.create_index(
        "uq_revisions_save",
        "revisions",
        ["post_id", "client", "number"],
        unique=True,
        postgresql_where=sa.text("client IS NOT NULL"),
    )
    op.create_index(
        "ix_revisions_passing", "revisions", ["at"], postgresql_where=sa.text("is_passing")
    )
    op.create_table(
        "presences",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("locked_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "client", name=op.f("pk_presences")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("ix_presences_expires_at"), "presences", ["expires_at"])
    op.create_index(
        "uq_presences_lock",
        "presences",
        ["post_id"],
        unique=True,
        postgresql_where=sa.text("locked_since IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("presences")
    op.drop_table("revisions")
    op.drop_table("working_copies")
