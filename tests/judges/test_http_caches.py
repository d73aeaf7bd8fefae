"""Caches on the way, by RFC 9111, keep the public's answers and give nobody another's."""

from pathlib import Path

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.served import fill, serve_on_loopback
from tests.judges.conftest import Judge


async def test_caches_keep_what_they_may(judge: Judge, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    async with opened_store(settings) as database:
        await fill(database, settings.index_dir)
        key = await create_key(database, role=Role.STEWARD, name="x")
    async with serve_on_loopback(settings) as client:
        said = await judge("caching.mjs", f"{client.url}/graphql", key.token)
    assert said.count("ok ") == 16, said
