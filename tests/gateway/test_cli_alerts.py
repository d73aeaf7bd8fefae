"""``circuit alerts`` does by hand what the schedule does by itself."""

import asyncio

from directory.disclosure import Role
from directory.records import now
from directory.saving import keep
from gateway.auth import create_key
from gateway.pipeline import index
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.test_cli_export_found import circuit


def test_searches_that_are_behind_are_followed_once(filled: Settings) -> None:
    async def save() -> None:
        async with opened_store(filled) as database:
            await index(database, filled)
            key = await create_key(database, role=Role.BUYER, name="x")
            asked = {"query": "plombier"}
            await keep(database, owner=key.prefix, role=Role.BUYER, name="x", asked=asked, webhook=None, clock=now)

    asyncio.run(save())
    said = [circuit(filled, "alerts").stderr.strip() for _ in range(2)]
    assert said == [
        "1 saved searches were behind; 0 news; 0 calls were taken.",
        "0 saved searches were behind; 0 news; 0 calls were taken.",
    ]
