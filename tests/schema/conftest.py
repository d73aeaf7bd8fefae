"""A hub to ask, for every test of the schema: a copy of one that was filled once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from directory.store.database import Database
from tests.schema.schema_house import MEMBERS, Ask, House


@pytest.fixture(scope="session")
def furnished(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store and the index of a hub that knows :data:`MEMBERS`."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(migrated_file, folder / "circuit.db")

    async def furnish() -> None:
        database = Database(f"sqlite:///{folder / 'circuit.db'}")
        await House(database, folder / "index").take_in(MEMBERS)
        await database.close()

    asyncio.run(furnish())
    return folder


@pytest.fixture
async def house(furnished: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A hub that knows :data:`MEMBERS`, to be changed at will."""
    shutil.copytree(furnished, tmp_path, dirs_exist_ok=True)
    database = Database(f"sqlite:///{tmp_path / 'circuit.db'}")
    house = House(database, tmp_path / "index")
    house.open_index()
    yield house
    await settle()
    await database.close()


@pytest.fixture
def ask(house: House) -> Ask:
    """Asks the house a question."""
    return house.ask


async def settle() -> None:
    """Wait for what an answer that failed early left under way: it holds connections of the database."""
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
