"""Clients in use name documents by their hash, and send several requests at once: Apollo Client and urql."""

from pathlib import Path

from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.served import fill, serve_on_loopback
from tests.judges.conftest import Judge


async def test_apollo_and_urql_are_understood(judge: Judge, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", limits={"batch": 10})
    async with opened_store(settings) as database:
        await fill(database, settings.index_dir)
    async with serve_on_loopback(settings) as client:
        said = await judge("persisted.mjs", f"{client.url}/graphql")
    assert said.count("ok ") == 7, said
