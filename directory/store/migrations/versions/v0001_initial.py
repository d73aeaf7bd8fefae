"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, parents first, and the revision at 0."""
    _make_partners()
    _make_listings()
    _make_suppliers()
    _make_supplier_history()
    _make_decisions_and_keys()
    _make_state()


def _make_partners() -> None:
    op.create_table(
        "partner",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_partner"),
    )
    op.create_table(
        "run",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_run_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_partner_id", "run", ["partner", "id"], unique=False)
    op.create_table(
        "run_skip",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_run_skip_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_run_skip"),
    )
    op.create_index("ix_run_skip_run_id", "run_skip", ["run_id"], unique=False)


def _make_listings() -> None:
    op.create_table(
        "listing",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_id", BIG_ID, nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=True),
        sa.Column("siret", sa.String(length=14), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("trade_keys", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.String(length=5), nullable=True),
        sa.Column("street_key", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_listing_partner"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_listing_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_listing"),
        sa.UniqueConstraint("partner", "external_id", name="uq_listing_partner_external_id"),
    )
    op.create_table(
        "listing_content",
        sa.Column("listing_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name="fk_listing_content_listing_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("listing_id", name="pk_listing_content"),
    )
    op.create_table(
        "staged_listing",
        sa.Column("run_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("siren", sa.String(length=9), nullable=True),
        sa.Column("siret", sa.String(length=14), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("trade_keys", sa.Text(), nullable=True),
        sa.Column("commune_code", sa.String(length=5), nullable=True),
        sa.Column("street_key", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_staged_listing_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "external_id", name="pk_staged_listing"),
    )


def _make_suppliers() -> None:
    op.create_table(
        "supplier",
        sa.Column("id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("provenance", sa.Text(), nullable=True),
        sa.Column("inputs", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_supplier"),
    )
    op.create_index("ix_supplier_due_at", "supplier", ["due_at"], unique=False)
    op.create_index("ix_supplier_siren", "supplier", ["siren"], unique=False)
    op.create_table(
        "establishment",
        sa.Column("supplier_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name="fk_establishment_supplier_id"),
        sa.PrimaryKeyConstraint("supplier_id", "id", name="pk_establishment"),
    )
    op.create_index("ix_establishment_siret", "establishment", ["siret"], unique=False)
    op.create_table(
        "membership",
        sa.Column("listing_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("establishment", sa.String(length=32), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("against", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name="fk_membership_listing_id"),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name="fk_membership_supplier_id"),
        sa.PrimaryKeyConstraint("listing_id", name="pk_membership"),
    )
    op.create_index("ix_membership_supplier_id", "membership", ["supplier_id"], unique=False)


def _make_supplier_history() -> None:
    op.create_table(
        "supplier_alias",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("survivor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["supplier.id"], name="fk_supplier_alias_id"),
        sa.ForeignKeyConstraint(["survivor"], ["supplier.id"], name="fk_supplier_alias_survivor"),
        sa.PrimaryKeyConstraint("id", name="pk_supplier_alias"),
    )
    op.create_index("ix_supplier_alias_survivor", "supplier_alias", ["survivor"], unique=False)
    op.create_table(
        "supplier_change",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name="fk_supplier_change_supplier_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_supplier_change"),
    )
    op.create_index("ix_supplier_change_at_seq", "supplier_change", ["at", "seq"], unique=False)


def _make_decisions_and_keys() -> None:
    op.create_table(
        "decision",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["undone_by"], ["decision.id"], name="fk_decision_undone_by"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_table(
        "api_key",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_api_key_partner"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("prefix", name="uq_api_key_prefix"),
    )


def _make_state() -> None:
    op.create_table(
        "state",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_state"),
    )
    op.execute("INSERT INTO state (key, value) VALUES ('revision', '0')")
