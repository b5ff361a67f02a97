"""The account app: its people, sign-ins, codes, grants and its key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_keys",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("private", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_keys")),
    )
    op.create_table(
        "account_users",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column(
            "tiers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_users")),
    )
    op.create_index(
        "uq_account_users_email", "account_users", [sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "account_sign_ins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["account_users.id"],
            name=op.f("fk_account_sign_ins_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_sign_ins_token_hash")),
    )
    op.create_index(
        op.f("ix_account_sign_ins_user_id"), "account_sign_ins", ["user_id"], unique=False
    )
    op.create_table(
        "account_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["account_sign_ins.id"],
            name=op.f("fk_account_codes_sign_in_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_account_codes")),
    )
    op.create_index(
        op.f("ix_account_codes_sign_in_id"), "account_codes", ["sign_in_id"], unique=False
    )
    op.create_table(
        "account_grants",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sign_in_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"],
            ["account_sign_ins.id"],
            name=op.f("fk_account_grants_sign_in_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_grants")),
    )
    op.create_index(
        op.f("ix_account_grants_sign_in_id"), "account_grants", ["sign_in_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("account_grants")
    op.drop_table("account_codes")
    op.drop_table("account_sign_ins")
    op.drop_table("account_users")
    op.drop_table("account_keys")
