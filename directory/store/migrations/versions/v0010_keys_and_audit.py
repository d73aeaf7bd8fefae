"""Keys that expire, are rotated and narrowed; and the log of what callers did and were refused."""

import sqlalchemy as sa
from alembic import op

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0010"
down_revision = "0009"

FUNCTION = """
CREATE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit_entry is append-only'; END $$
"""
ON_POSTGRESQL = (
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only()"
)
ON_SQLITE = (
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
)


def upgrade() -> None:
    """Take the step. Every key so far begins a line of its own."""
    op.add_column("api_key", sa.Column("line", sa.String(length=32), nullable=False, server_default=""))
    op.execute("UPDATE api_key SET line = prefix")
    op.add_column("api_key", sa.Column("origins", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("api_key", sa.Column("scopes", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_api_key_line", "api_key", ["line"])
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("of", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("door", sa.String(length=32), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("ids", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_of", "audit_entry", ["of"])
    op.create_index("ix_audit_entry_kind_id", "audit_entry", ["kind", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION)
        op.execute(ON_POSTGRESQL)
    else:
        op.execute(ON_SQLITE)
