"""What the tests of the schedule share: settings that read demo partners in short rhythms, and a watch to run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from demo.weather import Weather
from directory.records import now
from directory.store.partners import Run, RunStatus
from directory.store.reading import Reader
from directory.store.timetable import Slot, timetable
from gateway.settings import Settings
from gateway.stores import opened_store
from gateway.watch import Pace, watch

BRISK = Pace(look=0.02, again=0.1, lease=3.0, quiet=0.1, patience=1.0, stagger=0.02)
PATIENCE = 60.0
HASTE = {"retries": 0, "timeout": 5, "rate": 10_000}


def watched(folder: Path, tables: Mapping[str, Mapping[str, Any]], url: str | None = None, **harvest: Any) -> Settings:
    """Settings of a hub in this folder that reads these partners, each every hour unless its table says otherwise."""
    partners = {name: {**HASTE, **table} for name, table in tables.items()}
    return Settings(data_dir=folder / "data", database_url=url, partners=partners, harvest=harvest)


@asynccontextmanager
async def watching(settings: Settings, pace: Pace = BRISK, clock: Callable[[], datetime] = now) -> AsyncIterator[None]:
    """A watch for as long as the block lasts; it must end within seconds of being told to."""
    async with opened_store(settings):
        pass  # made by one, before many open it
    stopping = asyncio.Event()
    running = asyncio.create_task(watch(settings, stopping, clock=clock, pace=pace))
    try:
        yield
    finally:
        stopping.set()
        async with asyncio.timeout(PATIENCE):
            await running


async def until(condition: Callable[[], Awaitable[bool]], *, more: timedelta = timedelta()) -> None:
    """Wait for something that another task or process does; ``more`` where it may itself have to wait."""
    async with asyncio.timeout(PATIENCE + more.total_seconds()):
        while not await condition():  # noqa: ASYNC110  # what is waited for happens in a store
            await asyncio.sleep(0.02)


async def runs_of(settings: Settings, partner: str) -> list[Run]:
    """The partner's runs that have ended, oldest first."""
    async with opened_store(settings) as database:
        runs = await Reader(database).runs(partner, 100)
    return [run for run in reversed(runs) if run.status is not RunStatus.RUNNING]


async def is_running(settings: Settings, partner: str) -> bool:
    """Whether a run of the partner is under way."""
    slot = await slot_of(settings, partner)
    return slot is not None and slot.is_busy


async def slot_of(settings: Settings, partner: str) -> Slot | None:
    """The partner's place in the timetable."""
    async with opened_store(settings) as database, database.reading() as connection:
        return (await timetable(connection, now())).get(partner)


def host_of(table: Mapping[str, Any]) -> str:
    """The address of the server that a partner's table names."""
    scheme, _, host, *_ = table["base_url"].split("/")
    return f"{scheme}//{host}"


def behind(proxy: Weather, table: Mapping[str, Any]) -> dict[str, Any]:
    """The table that reads the same partner through the proxy."""
    return {**table, "base_url": table["base_url"].replace(host_of(table), proxy.address)}


class Ahead:
    """A clock that is ahead of ours, or behind, by as much as it is told."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return now() + self.by
