"""API keys at rest."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from directory.records import now
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
            id=2, prefix="def", hash="h", role="BUYER", name="Mairie", partner="cmar", line="def", created_at=AT
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


async def test_a_key_ends_when_it_expires(database: Database) -> None:
    moment = now()
    async with database.writing() as connection:
        for prefix, expires_at in (("gone", moment - timedelta(seconds=1)), ("here", moment + timedelta(hours=1))):
            await keys.create(
                connection, prefix=prefix, hash="h", role="BUYER", name="x", partner=None, at=AT,
                origins=(f"https://{prefix}.example",), expires_at=expires_at,
            )  # fmt: skip
        assert await keys.origins(connection) == {"https://here.example"}
        gone, here = await keys.every(connection)
        assert (gone.is_in_force(moment), here.is_in_force(moment)) == (False, True)
        await keys.expire(connection, "here", moment + timedelta(days=1))
        assert (await keys.find(connection, "here")) == here  # never later than it was to end
        await keys.expire(connection, "here", moment - timedelta(seconds=1))
        assert await keys.origins(connection) == frozenset()


async def test_a_key_goes_on_the_line_of_the_one_that_it_replaces(database: Database) -> None:
    async with database.writing() as connection:
        for prefix in ("one", "two", "six"):
            line = "one" if prefix == "two" else None
            await keys.create(
                connection, prefix=prefix, hash="h", role="BUYER", name="x", partner=None, at=AT, line=line,
                scopes=("read",),
            )  # fmt: skip
        one, two, six = await keys.every(connection)
        assert [(key.line, key.scopes) for key in (one, two, six)] == [
            ("one", ("read",)),
            ("one", ("read",)),
            ("six", ("read",)),
        ]
        assert await keys.replacement(connection, one) == two
        assert await keys.replacement(connection, two) is None
        await keys.revoke(connection, "two", AT)
        assert await keys.replacement(connection, one) is None
