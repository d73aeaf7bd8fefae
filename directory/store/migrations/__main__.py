"""Write the next step from the difference between the tables and the steps so far: for whoever changes a table.

``python -m directory.store.migrations "Needs and their routes"`` — then name it in ``STEPS`` and read what it wrote.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from directory.store import migrations
from directory.store.database import Database


async def main(message: str) -> None:
    """Migrate a database of its own, then have alembic write the step."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'empty.db'}")
        async with database.writing() as connection:
            await connection.run_sync(_write, message)
        await database.close()


def _write(connection: Connection, message: str) -> None:
    config = migrations.config(connection)
    if migrations.STEPS:
        command.upgrade(config, "head")
    number = f"{len(migrations.STEPS) + 1:04}"
    command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
