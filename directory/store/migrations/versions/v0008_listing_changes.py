"""Notes of which listings changed since they were matched, so that nobody has to look through all of them."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Take the step. What has changed already is noted now."""
    op.create_table(
        "listing_change",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("listing_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_listing_change"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO listing_change (listing_id) SELECT listing.id FROM listing "
        "LEFT JOIN match_listing ON match_listing.listing_id = listing.id "
        "WHERE CASE WHEN listing.withdrawn_at IS NULL THEN listing.digest END IS DISTINCT FROM match_listing.digest"
    )
