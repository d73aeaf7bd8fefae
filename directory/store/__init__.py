"""What the hub remembers: SQLAlchemy Core tables by group, on SQLite or PostgreSQL.

Three layers of truth keep to their own tables: ``listings`` is what partners said, ``decisions`` what stewards decided
(append-only), ``suppliers`` what was computed and can be rebuilt at will.
"""
