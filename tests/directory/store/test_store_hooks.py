"""Calls that were heard: once each, a partner at a time, and not for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from directory.records import PartnerInfo
from directory.store import hooks, partners
from directory.store.database import Database
from tests.harvesting import number_of

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def known(database: Database) -> None:
    async with database.writing() as connection:
        for name in ("cmar", "chambre"):
            await partners.register(connection, PartnerInfo(id=name, name=name, organisation=name))


async def hear(database: Database, partner: str, call: str, at: datetime = AT) -> bool:
    async with database.writing() as connection:
        return await hooks.hear(connection, partner, call, at)


async def test_a_call_is_heard_once_a_partner(database: Database) -> None:
    heard = [await hear(database, *call) for call in (("cmar", "1"), ("cmar", "1"), ("chambre", "1"), ("cmar", "2"))]
    assert heard == [True, False, True, True]


async def test_of_many_at_once_one_is_heard(database: Database) -> None:
    heard = await asyncio.gather(*(hear(database, "cmar", "1") for _ in range(5)))
    assert sorted(heard) == [False] * 4 + [True]


async def test_whether_a_call_was_heard(database: Database) -> None:
    await hear(database, "cmar", "1")
    async with database.reading() as connection:
        calls = (("cmar", "1"), ("chambre", "1"), ("cmar", "2"), ("nobody", "1"))
        assert [await hooks.was_heard(connection, *call) for call in calls] == [True, False, False, False]


async def test_those_of_long_ago_are_forgotten(database: Database) -> None:
    await hear(database, "cmar", "1")
    await hear(database, "chambre", "2", AT + hooks.REMEMBERED)
    assert await number_of(database, hooks.hook_call) == 2
    await hear(database, "chambre", "3", AT + hooks.REMEMBERED + timedelta(seconds=1))
    assert await number_of(database, hooks.hook_call) == 2
