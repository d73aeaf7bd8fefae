"""Saved searches, whom they found, and the calls that are to be made about them."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "saved_search",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("webhook_secret", sa.Text(), nullable=True),
        sa.Column("webhook_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("seen_seq", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["api_key.prefix"], name="fk_saved_search_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search"),
    )
    op.create_index("ix_saved_search_owner", "saved_search", ["owner"])
    op.create_table(
        "saved_search_match",
        sa.Column("search_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("change", sa.String(length=8), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_search.id"], name="fk_saved_search_match_search_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("search_id", "supplier_id", name="pk_saved_search_match"),
    )
    op.create_index("ix_saved_search_match_search_id_at", "saved_search_match", ["search_id", "at"])
    op.create_table(
        "saved_search_delivery",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("search_id", sa.BigInteger(), nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_search.id"], name="fk_saved_search_delivery_search_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search_delivery"),
    )
    op.create_index("ix_saved_search_delivery_search_id", "saved_search_delivery", ["search_id"])
    op.create_index("ix_saved_search_delivery_due_at", "saved_search_delivery", ["due_at"])
