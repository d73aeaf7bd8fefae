"""The log of what callers did and were refused: added to, read, and dropped when it is old; never changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from directory.store import audit
from directory.store.audit import UNKNOWN, Entry, Kind, Told, Wanted
from directory.store.database import Database

AT = datetime(2026, 11, 30, 8, tzinfo=UTC)
EVERYTHING = Wanted()
MERGE = Entry(
    kind=Kind.MUTATION, at=AT, door="/graphql", key="abc", role="STEWARD", field="supplierMerge",
    ids=("Supplier:7", "Supplier:71"), request_id="request-1",
)  # fmt: skip


def refused(at: datetime = AT, times: int = 1) -> Entry:
    return Entry(kind=Kind.REFUSED, at=at, door="/graphql", outcome="UNAUTHENTICATED", times=times)


async def add(database: Database, *entries: Entry) -> list[int]:
    async with database.writing() as connection:
        return await audit.append(connection, entries)


async def read(database: Database, wanted: Wanted = EVERYTHING, limit: int = 10) -> list[Told]:
    async with database.reading() as connection:
        return await audit.read(connection, wanted, limit)


async def test_a_mutation_is_told_with_its_outcome(database: Database) -> None:
    (number,) = await add(database, MERGE)
    (before,) = await read(database)
    assert before.outcome == UNKNOWN
    await add(database, Entry(kind=Kind.OUTCOME, at=AT, door="/graphql", of=number, outcome="STALE_VERSION"))
    assert await read(database) == [
        Told(id=number, kind=Kind.MUTATION, at=AT, key="abc", subject=None, role="STEWARD", door="/graphql",
             field="supplierMerge", ids=("Supplier:7", "Supplier:71"), outcome="STALE_VERSION",
             request_id="request-1", times=1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, 3),
        ({"kind": Kind.REFUSED}, 1),
        ({"key": "abc"}, 2),
        ({"key": "ab"}, 0),
        ({"subject": "svc"}, 1),
        ({"field": "supplierMerge"}, 1),
        ({"request_id": "request-1"}, 2),
        ({"named": "Supplier:7"}, 1),
        ({"named": "Supplier:71"}, 1),
        ({"named": "Supplier:1"}, 0),
        ({"named": "%"}, 0),
        ({"since": AT + timedelta(seconds=1)}, 1),
        ({"since": AT, "key": "abc", "kind": Kind.MUTATION}, 2),
    ],
)
async def test_entries_are_found_by(database: Database, wanted: dict[str, Any], found: int) -> None:
    other = Entry(kind=Kind.MUTATION, at=AT, door="/graphql", key="abc", subject="svc", field="runAccept",
                  request_id="request-1")  # fmt: skip
    await add(database, MERGE, other, refused(AT + timedelta(hours=1)))
    assert len(await read(database, Wanted(**wanted))) == found


async def test_the_latest_come_first_and_no_more_than_asked(database: Database) -> None:
    numbers = await add(database, refused(), refused(), refused(times=40))
    assert [(told.id, told.times) for told in await read(database, limit=2)] == [(numbers[2], 40), (numbers[1], 1)]


async def test_refusals_push_out_refusals_and_never_what_was_done(database: Database) -> None:
    (done,) = await add(database, MERGE)
    numbers = await add(database, *[refused() for _ in range(5)])
    async with database.writing() as connection:
        assert await audit.prune(connection, before=AT, most_refusals=2) == 3
    assert [told.id for told in await read(database)] == [numbers[4], numbers[3], done]
    async with database.writing() as connection:
        assert await audit.prune(connection, before=AT + timedelta(seconds=1), most_refusals=2) == 3
    assert await read(database) == []


async def test_the_database_itself_refuses_to_change_an_entry(database: Database) -> None:
    await add(database, refused())
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writing() as connection:
            await connection.execute(text("UPDATE audit_entry SET outcome = 'DONE'"))
    assert [told.outcome for told in await read(database)] == ["UNAUTHENTICATED"]
