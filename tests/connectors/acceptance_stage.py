"""Where the acceptance test plays: a demo server, the weather before it, a store, and everything that was said."""

import asyncio
import shutil
import sys
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select

from connectors import Declaration, open_connector
from demo.running import serving
from demo.servers.base import PartnerServer
from demo.weather import Weather, weather
from directory.harvest import harvest
from directory.records import End, Listing, Page, SourceError, now
from directory.store import partners
from directory.store.database import Database
from directory.store.listings import listing, listing_content, staged_listing
from directory.store.partners import Run, RunStatus
from tests.connectors.acceptance_case import Case, Truth

STORE = "circuit.db"
ROOT = Path(__file__).parents[2]
CHILD = "import asyncio; from tests.connectors.acceptance_stage import child; asyncio.run(child())"


class Watched:
    """A source that notes how its reading went: the error it ended with, and how often it began anew."""

    def __init__(self, declaration: Declaration) -> None:
        self.error: SourceError | None = None
        self.restarts = 0
        self._declaration = declaration

    async def read(self, cursor: str | None) -> AsyncGenerator[Page | End, None]:
        """The connector's own reading."""
        try:
            async with (
                open_connector(self._declaration) as connector,
                aclosing(connector.read(cursor)) as parts,
            ):
                async for part in parts:
                    self.restarts += isinstance(part, Page) and part.restarts
                    yield part
        except SourceError as error:
            self.error = error
            raise


@dataclass(frozen=True)
class Ended:
    """A run as it ended, and what the connector had said."""

    run: Run
    error: SourceError | None
    restarts: int


@dataclass
class Stage:
    """One connector's surroundings. ``said`` is all that errors and runs have told people so far."""

    case: Case
    server: PartnerServer
    upstream: str
    weather: Weather
    database: Database
    database_url: str
    stack: AsyncExitStack
    said: list[str] = field(default_factory=list)

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What the hub is told of the partner, in plain values."""
        return {**self.server.settings(self.weather.address), **changes}

    def declaration(self, **changes: Any) -> Declaration:
        """The partner as the hub reads it: through the weather."""
        return self.case.declaration(self.server, self.weather.address, **changes)

    async def harvest(self, *, full: bool = False, clock: Callable[[], datetime] = now, **changes: Any) -> Ended:
        """One real run into the store."""
        declared = self.declaration(**changes)
        source = Watched(declared)
        run = await harvest(self.database, source, declared.info, full=full, clock=clock, budget=declared.time_budget)
        self.said.append(run.problem or "")
        if source.error is not None:
            self.said += traceback.format_exception(source.error)
        return Ended(run, source.error, source.restarts)

    async def listings(self) -> dict[str, Listing]:
        """What is served of the partner's members, by id."""
        columns = select(listing.c.external_id, listing_content.c.payload, listing_content.c.raw)
        statement = columns.join(listing_content).where(listing.c.withdrawn_at.is_(None))
        async with self.database.reading() as connection:
            rows = await connection.execute(statement)
            return {row.external_id: msgspec.structs.replace(row.payload, raw=row.raw) for row in rows}

    async def served(self) -> dict[str, Truth]:
        """The same, in the terms of :meth:`truth`."""
        return {external_id: self.case.served(each) for external_id, each in (await self.listings()).items()}

    def truth(self) -> dict[str, Truth]:
        """What the server has."""
        return self.case.truth(self.server)

    async def second_server(self) -> tuple[PartnerServer, str]:
        """Another server of the same partner, as it was in the beginning, and its address."""
        server = self.case.server()
        return server, await self.stack.enter_async_context(serving(server))

    async def runs(self) -> list[Run]:
        """The latest runs, newest first."""
        async with self.database.reading() as connection:
            return list(await partners.runs(connection, self.case.name, 10))

    async def rows(self) -> tuple[int, int]:
        """Rows of listings, withdrawn ones too, and rows left of readings under way."""
        async with self.database.reading() as connection:
            kept = await connection.scalar(select(func.count()).select_from(listing))
            staged = await connection.scalar(select(func.count()).select_from(staged_listing))
        return int(kept or 0), int(staged or 0)

    def secrets(self) -> set[str]:
        """Every credential, and every form of it that went over the wire."""
        shown = {part for value in self.weather.credentials for part in (value, value.rpartition(" ")[2])}
        return shown | set(self.declaration().secrets)

    async def begin_child(self) -> asyncio.subprocess.Process:
        """A process of its own that reads everything into this store."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, cwd=ROOT,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode([self.case.name, self.weather.address, self.database_url]))
        process.stdin.close()
        return process


async def child() -> None:
    """What the process does: a full run of the partner that standard input names."""
    from tests.connectors.acceptance_partners import CASES

    name, address, url = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[str, str, str])
    case = CASES[name]
    declared = case.declaration(case.server(), address)
    await harvest(Database(url), Watched(declared), declared.info, full=True)


@asynccontextmanager
async def staged(case: Case, start: Path, folder: Path) -> AsyncIterator[Stage]:
    """A stage for as long as the context lasts; its store is a copy of an SQLite file."""
    path = folder / STORE
    shutil.copy(start, path)
    url = f"sqlite:///{path}"
    async with AsyncExitStack() as stack:
        server = case.server()
        upstream = await stack.enter_async_context(serving(server))
        proxy = await stack.enter_async_context(weather(upstream, case.manner))
        database = Database(url)
        stack.push_async_callback(database.close)
        yield Stage(case, server, upstream, proxy, database, url, stack)


@cache
def harvested(case_name: str, migrated: Path) -> Path:
    """A store that has had one good harvest of a connector's members, made once."""
    from tests.connectors.acceptance_partners import CASES

    folder = migrated.parent / case_name
    folder.mkdir()

    async def once() -> None:
        async with staged(CASES[case_name], migrated, folder) as stage:
            ended = await stage.harvest()
            assert ended.run.status is RunStatus.ACCEPTED, ended.run.problem

    asyncio.run(once())
    return folder / STORE


def differing(first: Mapping[str, Truth], second: Mapping[str, Truth]) -> set[str]:
    """Ids of the members of whom the two say different things."""
    return {key for key in first.keys() | second.keys() if first.get(key) != second.get(key)}
