"""What a membership weighs, and look-ups of listings by the site and by the name that they share with others.

Weights of what is stored already stay 0 until the next resolution, which a new matcher makes for every supplier.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step."""
    for name in ("weight", "prior"):
        op.add_column("membership", sa.Column(name, sa.Float(), server_default="0", nullable=False))
    sited = sa.text("withdrawn_at IS NULL AND site IS NOT NULL")
    op.create_index("ix_listing_site", "listing", ["site"], sqlite_where=sited, postgresql_where=sited)
    present = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "ix_listing_name_key",
        "listing",
        ["name_key"],
        sqlite_where=present,
        postgresql_where=present,
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
