"""The revision and the small facts kept beside it."""

from directory.store import state
from directory.store.database import Database


async def test_the_revision_starts_at_nought_and_rises_by_one(database: Database) -> None:
    async with database.writing() as connection:
        assert await state.revision(connection) == 0
        await state.bump(connection)
        await state.bump(connection)
    async with database.reading() as connection:
        assert await state.revision(connection) == 2


async def test_a_transaction_that_fails_leaves_the_revision_alone(database: Database) -> None:
    try:
        async with database.writing() as connection:
            await state.bump(connection)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    async with database.reading() as connection:
        assert await state.revision(connection) == 0


async def test_a_value_is_kept_and_replaced(database: Database) -> None:
    async with database.writing() as connection:
        assert await state.get(connection, "index") is None
        await state.put(connection, "index", "a")
        await state.put(connection, "index", "b")
        assert await state.get(connection, "index") == "b"
