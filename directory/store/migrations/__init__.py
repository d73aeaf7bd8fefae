"""The steps that bring a database to this version's shape. They run by themselves, one process at a time.

The caller holds a write transaction: on SQLite that is the lock, on PostgreSQL an advisory lock is taken inside it.
A step that fails undoes them all. ``python -m directory.store.migrations "what it does"`` writes the next step.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from directory.store.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

STEPS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
HEAD = STEPS[-1]
LOCK = 0x63697263756974  # "circuit": the key of the advisory lock, the same for every process


def version(connection: Connection) -> str | None:
    """The last step that the database has taken; ``None`` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Take the steps that are missing, inside the caller's write transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    current = version(connection)
    if current == HEAD:
        return
    if current is not None and current not in STEPS:
        raise StoreError(trouble(current))
    if current is None and inspect(connection).has_table("listing"):
        raise StoreError("The database has tables but no migration number; restore it, or use an empty database.")
    from alembic import command  # noqa: PLC0415 - a third of a second that most starts need not spend

    command.upgrade(config(connection), "head")


def config(connection: Connection) -> "Config":
    """Alembic's settings, made here rather than in a file so that an installed package has them too."""
    from alembic.config import Config  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    settings.attributes["connection"] = connection
    return settings


def trouble(current: str | None) -> str:
    """What is wrong with a database that is not at ``HEAD``, and the remedy."""
    if current is None:
        return "The database has no tables yet; `circuit harvest` makes them."
    if current in STEPS:
        return f"The database is at migration {current} and needs {HEAD}; `circuit harvest` brings it there."
    return f"The database is at migration {current}, made by a newer version; upgrade circuit-court to open it."
