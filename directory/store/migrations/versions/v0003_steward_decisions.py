"""Acts of stewards, which listings they are about, and the queue of pairs that wait for one."""

import json

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take the step."""
    op.add_column("decision", sa.Column("part_of", BIG_ID, nullable=True))
    op.create_index("ix_decision_part_of", "decision", ["part_of"])
    _make_decision_listings()
    _make_reviews()


def _make_decision_listings() -> None:
    about = op.create_table(
        "decision_listing",
        sa.Column("decision_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name="fk_decision_listing_decision_id"),
        sa.PrimaryKeyConstraint("decision_id", "partner", "external_id", name="pk_decision_listing"),
    )
    op.create_index("ix_decision_listing_partner_external_id", "decision_listing", ["partner", "external_id"])
    decided = sa.text("SELECT id, payload FROM decision WHERE kind IN ('must_link', 'cannot_link')")
    rows = [
        {"decision_id": number, "partner": partner, "external_id": external_id}
        for number, payload in op.get_bind().execute(decided).all()
        for partner, external_id in sorted(set(map(tuple, json.loads(payload)["listings"])))
    ]
    op.bulk_insert(about, rows)


def _make_reviews() -> None:
    op.create_table(
        "match_review",
        sa.Column("left_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("right_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("listings", sa.Integer(), nullable=False),
        sa.Column("gain", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["left_id"], ["listing.id"], name="fk_match_review_left_id"),
        sa.ForeignKeyConstraint(["right_id"], ["listing.id"], name="fk_match_review_right_id"),
        sa.PrimaryKeyConstraint("left_id", "right_id", name="pk_match_review"),
    )
    op.create_index("ix_match_review_right_id", "match_review", ["right_id"])
    op.create_index("ix_match_review_gain", "match_review", ["gain"])
