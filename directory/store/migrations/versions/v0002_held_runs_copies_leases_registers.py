"""Held runs and their drift, kept copies, leases, webhook calls, and what registers were asked."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take the step."""
    _widen_partners_and_runs()
    _make_copies()
    _make_leases_and_calls()
    _make_register_checks()
    _number_listings_and_suppliers()


def _widen_partners_and_runs() -> None:
    op.add_column("partner", sa.Column("kind", sa.String(length=16), server_default="DIRECTORY", nullable=False))
    op.add_column("partner", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("partner", sa.Column("shape", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("since", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("retries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("run", sa.Column("waited_seconds", sa.Float(), server_default="0", nullable=False))
    op.add_column("run", sa.Column("trigger", sa.String(length=16), server_default="MANUAL", nullable=False))
    op.add_column("run", sa.Column("scope", sa.String(length=16), nullable=True))
    op.add_column("run", sa.Column("swept", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("run", sa.Column("shape", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("drift", sa.Text(), server_default="[]", nullable=False))
    held = sa.text("status = 'HELD'")
    op.create_index("uq_run_held", "run", ["partner"], unique=True, sqlite_where=held, postgresql_where=held)


def _make_copies() -> None:
    op.create_table(
        "copy_body",
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_copy_body"),
    )
    op.create_table(
        "run_copy",
        sa.Column("run_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("chapter", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("piece", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["copy_body.digest"], name="fk_run_copy_digest"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_run_copy_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "chapter", "number", "piece", name="pk_run_copy"),
    )
    op.create_index("ix_run_copy_digest", "run_copy", ["digest"])


def _make_leases_and_calls() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "hook_call",
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_hook_call_partner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("partner", "id", name="pk_hook_call"),
    )
    op.create_index("ix_hook_call_at", "hook_call", ["at"])


def _make_register_checks() -> None:
    op.create_table(
        "register_check",
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.id"], name="fk_register_check_partner", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("partner", "siren", name="pk_register_check"),
    )
    op.create_index("ix_register_check_partner_at", "register_check", ["partner", "at"])


def _number_listings_and_suppliers() -> None:
    numbered = sa.text("withdrawn_at IS NULL AND siren IS NOT NULL")
    op.create_index(
        "ix_listing_siren", "listing", ["siren", "partner"], sqlite_where=numbered, postgresql_where=numbered
    )
    op.add_column("supplier", sa.Column("legal_form", sa.String(length=4), nullable=True))
    op.add_column("supplier", sa.Column("status", sa.String(length=16), server_default="ACTIVE", nullable=False))
    op.drop_index("ix_supplier_siren", "supplier")
    op.create_index("ix_supplier_siren_legal_form", "supplier", ["siren", "legal_form"])
    gone = sa.text("status <> 'ACTIVE'")
    op.create_index("ix_supplier_not_active", "supplier", ["status"], sqlite_where=gone, postgresql_where=gone)
