"""From a partner's change to every process's answers: what is in the store is searchable within two seconds."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from demo import Region, partners
from demo import settings as tables_of
from directory.records import now
from directory.search.generations import current, files_in, read_meta
from directory.store.timetable import put_off
from gateway.settings import Settings
from gateway.stores import opened_store
from gateway.watch import Pace
from tests.gateway.served import Client, serve_on_loopback
from tests.gateway.watching import runs_of, until, watched, watching

pytestmark = pytest.mark.usefixtures("migrated")

SEARCH = 'query Chercher { suppliers(query: "zythologue") { totalCount } }'
UNHURRIED = Pace(stagger=0.02)  # as a hub goes by itself


async def _found(client: Client) -> Any:
    answer = await (await client.ask(SEARCH)).json()
    return (answer.get("data") or {}).get("suppliers", {}).get("totalCount")


async def _seen(client: Client, total: int) -> datetime:
    async def is_seen() -> bool:
        return bool(await _found(client) == total)

    await until(is_seen)
    return now()


async def test_a_change_is_found_in_every_process_within_two_seconds(tmp_path: Path) -> None:
    async with partners(Region(seed=13, companies=60)) as demo:
        settings = watched(tmp_path, {"cmar": tables_of(demo)["cmar"]})
        async with (
            opened_store(settings) as database,
            watching(settings, pace=UNHURRIED),
            serve_on_loopback(settings) as one,
            serve_on_loopback(settings) as other,
        ):
            for client in (one, other):
                await _seen(client, 0)
                await client.hub.refresh()  # what a start makes once for a second is made
            base = current(settings.index_dir)
            demo["cmar"].edit(demo["cmar"].external_ids()[3], METIER="Zythologue")
            async with database.writing() as connection:
                await put_off(connection, "cmar", now())
            seen = await asyncio.gather(_seen(one, 1), _seen(other, 1))
            *_, run = await runs_of(settings, "cmar")
            assert run.ended_at is not None
            assert max((at - run.ended_at).total_seconds() for at in seen) < 2
            served = read_meta(settings.index_dir, current(settings.index_dir))
            assert served.base == base
            await _damage(settings, one)


async def _damage(settings: Settings, client: Client) -> None:
    """A damaged update is mended by the watcher, while what was open answers."""
    before = current(settings.index_dir)
    (files_in(settings.index_dir, before).parent / "meta.json").write_text("{")
    assert await _found(client) == 1

    async def is_mended() -> bool:
        return current(settings.index_dir) != before

    await until(is_mended)
    assert await _seen(client, 1)
