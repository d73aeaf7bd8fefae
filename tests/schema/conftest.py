"""A hub to ask, for every test of the schema."""

from pathlib import Path

import pytest
from schema_house import MEMBERS, Ask, House

from directory.store.database import Database


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> House:
    """A hub that knows :data:`MEMBERS`."""
    house = House(database, tmp_path / "index")
    await house.take_in(MEMBERS)
    return house


@pytest.fixture
def ask(house: House) -> Ask:
    """Asks the house a question."""
    return house.ask
