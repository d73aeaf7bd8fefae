"""API keys at rest."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from directory.store import keys, partners
from directory.store.database import Database
from directory.store.keys import ApiKey
from tests.harvesting import CMAR

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


async def make(database: Database, prefix: str, partner: str | None = None) -> None:
    """Keep a key of this prefix."""
    async with database.writing() as connection:
        await keys.create(connection, prefix=prefix, hash="h", role="BUYER", name="Mairie", partner=partner, at=AT)


async def test_a_key_is_found_by_its_prefix(database: Database) -> None:
    async with database.writing() as connection:
        await partners.register(connection, CMAR)
    await make(database, "abc")
    await make(database, "def", "cmar")
    async with database.reading() as connection:
        expected = ApiKey(
            id=2, prefix="def", hash="h", role="BUYER", name="Mairie", partner="cmar", created_at=AT
        )  # fmt: skip
        assert await keys.find(connection, "def") == expected
        assert await keys.find(connection, "ab") is None
        assert [key.prefix for key in await keys.every(connection)] == ["abc", "def"]


async def test_a_prefix_is_taken_once_and_a_partner_must_exist(database: Database) -> None:
    await make(database, "abc")
    with pytest.raises(IntegrityError):
        await make(database, "abc")
    with pytest.raises(IntegrityError):
        await make(database, "def", "inconnu")
    async with database.reading() as connection:
        assert len(await keys.every(connection)) == 1


async def test_a_key_is_revoked_once(database: Database) -> None:
    await make(database, "abc")
    async with database.writing() as connection:
        assert await keys.revoke(connection, "abc", AT)
        assert not await keys.revoke(connection, "abc", AT + timedelta(days=1))
        assert not await keys.revoke(connection, "xyz", AT)
        key = await keys.find(connection, "abc")
    assert key is not None
    assert key.revoked_at == AT


async def test_a_use_is_noted_once_a_minute(database: Database) -> None:
    await make(database, "abc")
    noted = []
    for seconds in (0, 30, 59, 61):
        async with database.writing() as connection:
            await keys.touch(connection, "abc", AT + timedelta(seconds=seconds))
            key = await keys.find(connection, "abc")
        assert key is not None
        noted.append(key.last_used_at)
    assert noted == [AT, AT, AT, AT + timedelta(seconds=61)]
