"""What matching remembers: frequencies as they were counted, blocking keys, profiles, and who is like whom."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Take the step. The tables are filled by the next resolution, which is a full one."""
    op.create_table(
        "match_term",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_match_term"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("listing_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "listing_id", name="pk_match_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_listing",
        sa.Column("listing_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("listing_id", name="pk_match_listing"),
    )
    op.create_table(
        "match_profile",
        sa.Column("listing_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("listing_id", name="pk_match_profile"),
    )
    op.create_table(
        "match_edge",
        sa.Column("left_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("right_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("is_conflict", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("left_id", "right_id", name="pk_match_edge"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_match_edge_right_id", "match_edge", ["right_id"])
