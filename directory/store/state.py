"""Small facts about the store as a whole, and its revision: raised by what changes listings, suppliers, decisions."""

from sqlalchemy import BigInteger, Column, String, Table, Text, cast, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.database import insert
from directory.store.metadata import metadata

state = Table(
    "state",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

REVISION = "revision"  # written as 0 by the first migration


async def revision(connection: AsyncConnection) -> int:
    """How many times listings, suppliers or decisions have changed; how a partner answers is no part of it."""
    return int((await connection.execute(select(state.c.value).where(state.c.key == REVISION))).scalar_one())


async def bump(connection: AsyncConnection) -> None:
    """Raise the revision: a part of every transaction that changes listings, suppliers or decisions."""
    raised = cast(cast(state.c.value, BigInteger) + 1, Text)
    await connection.execute(update(state).where(state.c.key == REVISION).values(value=raised))


async def get(connection: AsyncConnection, key: str) -> str | None:
    """The value kept under ``key``."""
    return (await connection.execute(select(state.c.value).where(state.c.key == key))).scalar_one_or_none()


async def put(connection: AsyncConnection, key: str, value: str) -> None:
    """Keep ``value`` under ``key``, whatever was there."""
    statement = insert(connection, state).values(key=key, value=value)
    await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
