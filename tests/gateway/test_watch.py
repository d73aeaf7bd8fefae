"""The schedule at work: real partners' servers, real stores, rhythms of a second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from demo import Region, Running, partners
from demo import settings as tables_of
from demo.weather import MANNERS, Slow, weather
from directory.records import now
from directory.search.generations import current, read_meta
from directory.store import partners as partner_store
from directory.store import state
from directory.store.partners import RunKind, RunStatus, RunTrigger
from directory.store.reading import Reader
from directory.store.runs import DIED, LEASE
from directory.store.timetable import put_off
from directory.store.views import Health
from gateway.pipeline import harvest_all, indexed_revision
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.watching import (
    BRISK,
    PATIENCE,
    Ahead,
    behind,
    host_of,
    is_running,
    runs_of,
    slot_of,
    until,
    watched,
    watching,
)

pytestmark = pytest.mark.usefixtures("migrated")

OTHERS = ("chambre", "cpme13", "cress_paca", "french_tech")


@pytest.fixture
async def demo() -> AsyncIterator[Running]:
    async with partners(Region(seed=13, companies=60)) as running:
        yield running


@pytest.fixture
def tables(demo: Running) -> dict[str, dict[str, Any]]:
    return tables_of(demo)


@pytest.fixture
def five(tmp_path: Path, tables: dict[str, dict[str, Any]], database_url: str) -> Settings:
    """All five, each every hour."""
    return watched(tmp_path, tables, database_url)


def one(tmp_path: Path, table: dict[str, Any], every: float = 3_600, **changes: Any) -> Settings:
    """CMAR alone."""
    return watched(tmp_path, {"cmar": {**table, "every": every, **changes}})


async def is_served(settings: Settings) -> bool:
    """Whether the index was built from the store as it is, suppliers and all."""
    async with opened_store(settings) as database, database.reading() as connection:
        revision = await state.revision(connection)
    return revision > 0 and indexed_revision(settings.index_dir) == revision


async def test_partners_that_were_never_read_are_read_resolved_and_indexed(five: Settings, demo: Running) -> None:
    async with watching(five):

        async def all_read() -> bool:
            return all([await runs_of(five, name) for name in demo.servers])

        await until(all_read)
        await until(lambda: is_served(five))
    for name in demo.servers:
        (run,) = await runs_of(five, name)
        slot = await slot_of(five, name)
        assert (run.status, run.trigger) == (RunStatus.ACCEPTED, RunTrigger.SCHEDULE)
        assert slot is not None
        assert slot.due_at is not None
        assert run.ended_at is not None
        assert timedelta(minutes=54) <= slot.due_at - run.ended_at <= timedelta(minutes=66, seconds=1)
    meta = read_meta(five.index_dir, current(five.index_dir))
    assert meta.suppliers > 0


async def test_each_at_its_own_rhythm_and_what_changed_is_served(tmp_path: Path, demo: Running, tables: Any) -> None:
    quick = {name: {**table, "every": 1 if name == "cpme13" else 3_600} for name, table in tables.items()}
    settings = watched(tmp_path, {name: quick[name] for name in ("cpme13", "chambre")})
    async with watching(settings):
        await until(lambda: is_served(settings))
        demo["cpme13"].edit(demo["cpme13"].external_ids()[0], **{"title": "Ferronnerie du Garlaban"})

        async def has_changed() -> bool:
            return any(run.changed for run in await runs_of(settings, "cpme13"))

        await until(has_changed)
        await until(lambda: is_served(settings))
    assert len(await runs_of(settings, "cpme13")) >= 2
    assert len(await runs_of(settings, "chambre")) == 1


async def test_a_burst_of_changes_makes_one_update_on_the_same_base(tmp_path: Path, demo: Running, tables: Any) -> None:
    names = ("cmar", "chambre", "cpme13")
    settings = watched(tmp_path, {name: tables[name] for name in names})
    unhurried = replace(BRISK, quiet=1.5, patience=PATIENCE)
    async with opened_store(settings) as database, watching(settings, pace=unhurried):
        await until(lambda: were_read(settings, *names))
        await until(lambda: is_served(settings))
        await asyncio.sleep(2 * unhurried.quiet)  # it looks again whether its own writing has left something to do
        generations = [current(settings.index_dir)]
        demo["cmar"].edit(demo["cmar"].external_ids()[0], DENOMINATION="Ferronnerie du Garlaban")
        demo["chambre"].edit(demo["chambre"].external_ids()[0], raison_sociale="Serrurerie du Garlaban")
        demo["cpme13"].edit(demo["cpme13"].external_ids()[0], title="Menuiserie du Garlaban")
        async with database.writing() as connection:
            for name in names:
                await put_off(connection, name, now())

        async def changed() -> bool:
            generations.append(current(settings.index_dir))
            return len(set(generations)) > 1

        await until(changed)
        assert all([len(await runs_of(settings, name)) == 2 for name in names])
        await until(lambda: is_served(settings))
        generations.append(current(settings.index_dir))
    first, second = dict.fromkeys(generations)
    assert read_meta(settings.index_dir, second).base == first
    assert read_meta(settings.index_dir, second).changed >= 1


async def test_a_change_that_is_none_of_a_supplier_leaves_the_generation(tmp_path: Path, tables: Any) -> None:
    settings = one(tmp_path, tables["cmar"])
    async with opened_store(settings) as database, watching(settings):
        await until(lambda: is_served(settings))
        before = current(settings.index_dir)
        async with database.writing() as connection:
            await state.bump(connection)
            bumped = await state.revision(connection)
        await until(lambda: is_served(settings))
        assert current(settings.index_dir) == before
        assert read_meta(settings.index_dir, before).revision >= bumped


def _flip_a_bit(folder: Path) -> None:
    largest = max(folder.iterdir(), key=lambda found: found.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)


async def test_a_base_that_is_damaged_while_it_is_watched_is_built_anew(tmp_path: Path, tables: Any) -> None:
    settings = one(tmp_path, tables["cmar"])
    async with watching(settings):
        await until(lambda: is_served(settings))
        before = current(settings.index_dir)
        await asyncio.to_thread(_flip_a_bit, settings.index_dir / before / "index")
        await until(lambda: is_served(settings))
        assert current(settings.index_dir) != before


async def test_a_partner_that_is_away_is_asked_less_and_less_and_costs_the_others_nothing(
    tmp_path: Path, tables: Any
) -> None:
    away = {**tables["cmar"], "base_url": "http://127.0.0.1:9/membres.csv", "every": 1}
    settings = watched(tmp_path, {"cmar": away, "french_tech": tables["french_tech"]})
    async with watching(settings):

        async def failed_thrice() -> bool:
            return len(await runs_of(settings, "cmar")) >= 3

        await until(failed_thrice)
        await until(lambda: is_served(settings))
        slot = await slot_of(settings, "cmar")
    assert {run.status for run in await runs_of(settings, "cmar")} == {RunStatus.REFUSED}
    assert slot is not None
    assert slot.failures == 3
    assert slot.due_at is not None
    assert slot.due_at > now() + timedelta(seconds=20)  # the breaker's first pause
    (fine,) = await runs_of(settings, "french_tech")
    assert fine.status is RunStatus.ACCEPTED


async def test_a_paused_partner_is_left_alone(tmp_path: Path, tables: Any) -> None:
    settings = watched(tmp_path, {name: {**tables[name], "every": 1} for name in ("cmar", "french_tech")})
    declared = settings.declarations()
    async with opened_store(settings) as database, database.writing() as connection:
        await partner_store.register(connection, declared["cmar"].info)
        await partner_store.pause(connection, "cmar", paused=True)
    async with watching(settings):

        async def twice() -> bool:
            return len(await runs_of(settings, "french_tech")) >= 2

        await until(twice)
    assert await runs_of(settings, "cmar") == []


async def test_a_scheduled_run_waits_for_one_by_hand_without_a_word(tmp_path: Path, tables: Any) -> None:
    async with weather(host_of(tables["cmar"]), MANNERS["cmar"]) as proxy:
        settings = one(tmp_path, behind(proxy, tables["cmar"]), every=1, timeout=60)
        proxy.set(Slow(1.0))
        async with opened_store(settings) as database:
            by_hand = asyncio.create_task(harvest_all(database, settings, settings.declarations()))
            await until(lambda: is_running(settings, "cmar"))
            async with watching(settings):
                await asyncio.sleep(0.5)  # many looks
                assert await runs_of(settings, "cmar") == []
                (done,) = await by_hand
                assert (done.run.status, done.run.trigger) == (RunStatus.ACCEPTED, RunTrigger.MANUAL)

                async def again() -> bool:
                    return len(await runs_of(settings, "cmar")) == 2

                await until(again)
    first, second = await runs_of(settings, "cmar")
    assert first.ended_at is not None
    assert second.started_at - first.ended_at > timedelta(seconds=0.8)
    assert (second.status, second.trigger) == (RunStatus.UNCHANGED, RunTrigger.SCHEDULE)


async def test_what_was_read_by_hand_is_not_due(tmp_path: Path, tables: Any) -> None:
    settings = one(tmp_path, tables["cmar"])
    async with opened_store(settings) as database:
        await harvest_all(database, settings, settings.declarations())
    async with watching(settings):
        await until(lambda: is_served(settings))
    assert [run.trigger for run in await runs_of(settings, "cmar")] == [RunTrigger.MANUAL]


async def test_told_to_stop_in_mid_harvest_it_ends_and_nothing_is_applied(tmp_path: Path, tables: Any) -> None:
    async with weather(host_of(tables["cmar"]), MANNERS["cmar"]) as proxy:
        settings = one(tmp_path, behind(proxy, tables["cmar"]), timeout=60)
        proxy.set(Slow(20.0))
        async with watching(settings):
            await until(lambda: is_running(settings, "cmar"))
    (run,) = await runs_of(settings, "cmar")
    assert (run.status, run.problem) == (RunStatus.REFUSED, "The harvest was interrupted before its end.")
    slot = await slot_of(settings, "cmar")
    assert slot is not None
    assert (slot.due_at, slot.failures) == (None, 0)  # whoever comes next reads it at once


async def test_a_clock_that_was_wrong_does_not_silence_a_partner(tmp_path: Path, tables: Any) -> None:
    settings = one(tmp_path, tables["cmar"], every=1)
    clock = Ahead()
    clock.by = timedelta(days=30)
    async with watching(settings, clock=clock):

        async def read() -> bool:
            return bool(await runs_of(settings, "cmar"))

        await until(read)
        clock.by = timedelta()

        async def again() -> bool:
            return len(await runs_of(settings, "cmar")) >= 3

        await until(again)


async def test_what_is_due_when_another_takes_over_is_in_the_store(tmp_path: Path, tables: Any) -> None:
    settings = one(tmp_path, tables["cmar"])
    async with watching(settings):
        await until(lambda: is_served(settings))
    async with opened_store(settings) as database, database.writing() as connection:
        await put_off(connection, "cmar", now() - timedelta(seconds=1))
    async with watching(settings):

        async def twice() -> bool:
            return len(await runs_of(settings, "cmar")) == 2

        await until(twice)


async def were_read(settings: Settings, *partners: str) -> bool:
    return all([await runs_of(settings, partner) for partner in partners])


async def test_of_two_that_watch_one_works_and_the_other_takes_over(five: Settings, tmp_path: Path) -> None:
    elsewhere = five.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    async with watching(elsewhere):
        async with watching(five):
            # Whoever holds the lease, both hosts serve what one has read.
            await until(lambda: were_read(five, *OTHERS, "cmar"))
            await until(lambda: is_served(five))
            await until(lambda: is_served(elsewhere))
        for name in (*OTHERS, "cmar"):
            assert len(await runs_of(five, name)) == 1
        async with opened_store(elsewhere) as database, database.writing() as connection:
            await put_off(connection, "cmar", now())

        async def again() -> bool:
            return len(await runs_of(elsewhere, "cmar")) == 2

        await until(again)


async def test_a_store_that_was_lost_is_waited_for(tmp_path: Path, tables: Any, database_url: str) -> None:
    settings = watched(tmp_path, {"cmar": {**tables["cmar"], "every": 1}}, database_url)
    async with watching(settings):
        await until(lambda: is_served(settings))
        async with away(make_url(database_url)):
            await asyncio.sleep(BRISK.lease + 1)  # the lease is over, too
        before = len(await runs_of(settings, "cmar"))

        async def again() -> bool:
            return len(await runs_of(settings, "cmar")) > before + 1

        await until(again, more=LEASE)  # a run that was cut short has its partner for so long
    ended = [run for run in await runs_of(settings, "cmar") if run.problem != DIED]
    assert {run.status for run in ended} <= {RunStatus.ACCEPTED, RunStatus.UNCHANGED}


@asynccontextmanager
async def away(url: URL) -> AsyncIterator[None]:
    """The store cannot be reached while the block lasts."""
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        hidden = path.with_name("hidden")
        await asyncio.to_thread(path.rename, hidden)
        await asyncio.to_thread(path.mkdir)
        yield
        await asyncio.to_thread(path.rmdir)
        await asyncio.to_thread(hidden.rename, path)
        return
    server = url.set(drivername="postgresql+asyncpg", database="postgres")
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false'))
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        await connection.execute(text(ended), {"name": url.database})
        yield
        await connection.execute(text(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true'))
    await engine.dispose()


async def test_a_locked_store_is_waited_for(tmp_path: Path, tables: Any) -> None:
    settings = one(tmp_path, tables["cmar"], every=1)
    async with opened_store(settings) as database, watching(settings):
        await until(lambda: is_served(settings))
        async with database.writing():
            await asyncio.sleep(BRISK.lease + 1)  # nobody writes, not even to renew the lease
            before = len(await runs_of(settings, "cmar"))

        async def again() -> bool:
            return len(await runs_of(settings, "cmar")) > before + 1

        await until(again)


async def test_a_register_is_asked_about_whoever_is_listed(tmp_path: Path, demo: Running, tables: Any) -> None:
    settings = watched(tmp_path, {name: tables[name] for name in ("chambre", "sirene")})
    async with watching(settings):

        async def asked() -> bool:
            return bool(await runs_of(settings, "sirene"))

        await until(asked)
        await until(lambda: is_served(settings))
        (first,) = await runs_of(settings, "sirene")
        # A member that joins later is asked about at once, and nobody else is.
        newcomer = demo["chambre"].record(demo["chambre"].external_ids()[0])
        demo["chambre"].add({**newcomer, "siren": "732829320", "siret": "73282932000074"})
        async with opened_store(settings) as database, database.writing() as connection:
            await put_off(connection, "chambre", now())

        async def again() -> bool:
            return len(await runs_of(settings, "sirene")) == 2

        await until(again)
        await until(lambda: is_served(settings))
    _, second = await runs_of(settings, "sirene")
    assert (first.kind, first.status, first.trigger) == (RunKind.MEMBERS, RunStatus.ACCEPTED, RunTrigger.SCHEDULE)
    assert first.added > 30
    assert (second.status, second.requests) == (RunStatus.ACCEPTED, 1)
    async with opened_store(settings) as database:
        (register,) = [each for each in await Reader(database).partners() if each.info.id == "sirene"]
    assert register.health is Health.UP
    assert register.due_at is not None
