"""The migrations make the tables that the code knows, once, whoever else is at it."""

import asyncio
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from directory.store import migrations
from directory.store.database import Database, StoreError
from directory.store.tables import metadata

MIGRATE = """
import asyncio, sys
from directory.store.database import Database

async def main():
    database = Database(sys.argv[1])
    await database.migrate()
    print(await database.problems())
    await database.close()

asyncio.run(main())
"""


async def test_the_migrated_schema_is_the_tables_own(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.writing() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_steps_are_those_of_the_folder(database: Database) -> None:
    async with database.writing() as connection:
        script = ScriptDirectory.from_config(await connection.run_sync(migrations.config))
    assert tuple(step.revision for step in script.walk_revisions())[::-1] == migrations.STEPS


async def test_an_empty_database_says_so_until_it_is_migrated(empty_url: str) -> None:
    database = Database(empty_url)
    assert await database.problems() == ["The database has no tables yet; `circuit harvest` makes them."]
    await database.migrate()
    await database.migrate()
    assert await database.problems() == []
    await database.close()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    expected = "The database is at migration 9999, made by a newer version; upgrade circuit-court to open it."
    assert await database.problems() == [expected]
    with pytest.raises(StoreError) as refused:
        await database.migrate()
    assert str(refused.value) == expected
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


async def test_four_processes_migrate_at_once(empty_url: str) -> None:
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, empty_url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    said = [await child.communicate() for child in children]
    assert said == [(b"[]\n", b"")] * 4
