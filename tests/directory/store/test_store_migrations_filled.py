"""A store of the first release, with all that it may hold, is taken to this version's shape and works on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, func, insert, select

from directory.harvest import harvest
from directory.records import End, PartnerKind, Scope, SupplierStatus
from directory.resolution import resolve
from directory.store import migrations, partners
from directory.store.database import Database
from directory.store.listings import staged_listing
from directory.store.partners import RunKind, RunStatus, RunTrigger
from directory.store.reading import Reader
from tests.harvesting import CMAR, LAX, Clock, Scripted, number_of, one, page

THEN = datetime(2026, 3, 1, 8, tzinfo=UTC)
DIGEST = b"0123456789abcdef"
SIREN = "732829320"
RUN = {
    "partner": "cmar", "started_at": THEN, "alive_until": THEN, "read": 2, "added": 2, "changed": 0, "unchanged": 0,
    "withdrawn": 0, "skipped": 1, "size_bytes": 9, "requests": 1,
}  # fmt: skip
LISTING = {
    "partner": "cmar", "digest": DIGEST, "first_seen_at": THEN, "last_seen_at": THEN, "changed_at": THEN, "run_id": 1,
    "name_key": "dupont", "trade_keys": "[]",
}  # fmt: skip
QUALITY = '{"score":0.5,"completeness":0.5,"freshest_at":"2026-03-01T08:00:00Z","criteria":[]}'
SUPPLIER = {"inputs": DIGEST, "digest": DIGEST, "created_at": THEN, "updated_at": THEN}
# As the first release wrote them, by table, parents first.
ROWS: dict[str, list[dict[str, Any]]] = {
    "partner": [
        {
            "id": "cmar", "name": "CMAR", "organisation": "Chambre de métiers", "url": "", "priority": 10, "members": 2,
            "cursor": "c1", "last_attempt_at": THEN, "last_success_at": THEN, "failures": 0, "paused": False,
        }
    ],
    "run": [
        RUN | {"id": 1, "kind": "FULL", "status": "ACCEPTED", "ended_at": THEN, "cursor": "c1"},
        RUN | {"id": 2, "kind": "INCREMENTAL", "status": "RUNNING", "ended_at": None, "cursor": None},
    ],
    "run_skip": [{"run_id": 1, "external_id": "bad", "reason": "It has no name.", "excerpt": "{}"}],
    "listing": [
        LISTING | {"id": 1, "external_id": "a", "siren": SIREN, "withdrawn_at": None},
        LISTING | {"id": 2, "external_id": "b", "siren": None, "withdrawn_at": THEN},
    ],
    "listing_content": [
        {"listing_id": 1, "raw": "{}",
         "payload": f'{{"partner":"cmar","external_id":"a","name":"Dupont","raw":"","siren":"{SIREN}"}}'},
        {"listing_id": 2, "payload": '{"partner":"cmar","external_id":"b","name":"Dupont","raw":""}', "raw": "{}"},
    ],
    "staged_listing": [{"run_id": 2, "external_id": "a", "deleted": True, "mentions": 0}],
    "supplier": [
        SUPPLIER | {"id": 1, "siren": SIREN, "name": "Dupont", "provenance": "[]", "removed_at": None,
                    "document": f'{{"id":1,"name":"Dupont","siren":"{SIREN}","quality":{QUALITY},"listings":[1]}}'},
        SUPPLIER | {"id": 2, "siren": None, "name": None, "provenance": None, "removed_at": THEN, "document": None},
    ],
    "membership": [
        {"listing_id": 1, "supplier_id": 1, "decision": "AUTOMATIC", "score": 1.0, "method": "SIREN", "evidence": "[]",
         "at": THEN},
    ],
    "supplier_alias": [{"id": 2, "survivor": 1, "at": THEN}],
    "supplier_change": [{"supplier_id": 1, "kind": "CREATED", "at": THEN}],
    "decision": [{"kind": "must_link", "payload": '{"listings":[["cmar","a"],["cmar","b"]]}', "author": "ines",
                  "reason": "The same.", "at": THEN}],
    "api_key": [{"prefix": "ck_1", "hash": "h", "role": "PARTNER", "name": "CMAR", "partner": "cmar",
                 "created_at": THEN}],
}  # fmt: skip


@pytest.fixture
async def first(empty_url: str) -> AsyncIterator[Database]:
    """A store of the first release."""
    database = Database(empty_url)
    async with database.writing() as connection:
        await connection.run_sync(_fill)
    yield database
    await database.close()


def _fill(connection: Connection) -> None:
    command.upgrade(migrations.config(connection), "0001")
    known = MetaData()
    known.reflect(connection)
    for name, rows in ROWS.items():
        connection.execute(insert(known.tables[name]), rows)
        if connection.dialect.name == "postgresql" and "id" in rows[0] and name in {"run", "listing"}:
            connection.exec_driver_sql(f"SELECT setval('{name}_id_seq', {len(rows)})")


async def test_everything_is_there_and_means_what_it_did(first: Database) -> None:
    assert await first.problems() == [
        "The database is at migration 0001 and needs 0003; `circuit harvest` brings it there."
    ]
    await first.migrate()
    assert await first.problems() == []
    async with first.reading() as connection:
        (known,) = await partners.states(connection)
        runs = await partners.runs(connection, "cmar", 9)
    assert (known.info.kind, known.members, known.due_at, known.held) == (PartnerKind.DIRECTORY, 2, None, None)
    assert [(run.id, run.status, run.trigger, run.drift, run.retries) for run in runs] == [
        (2, RunStatus.RUNNING, RunTrigger.MANUAL, (), 0),
        (1, RunStatus.ACCEPTED, RunTrigger.MANUAL, (), 0),
    ]
    reader = Reader(first)
    (decided,) = await reader.stewards.latest_acts(9)
    assert (decided.kind, decided.author, decided.listings) == ("CONFIRM", "ines", (("cmar", "a"), ("cmar", "b")))
    assert await reader.stewards.acts_of([1]) == [[decided]]
    first_one, other = await reader.suppliers([1, 2])  # 2 was merged into 1
    assert first_one is not None
    assert first_one == other
    assert (first_one.supplier.status, first_one.supplier.closed_on) == (SupplierStatus.ACTIVE, None)
    listed, withdrawn = await reader.listings([1, 2])
    assert listed is not None
    assert withdrawn is not None
    assert (listed.listing.status, listed.listing.disclosure, withdrawn.withdrawn_at) == (None, None, THEN)


async def test_it_is_harvested_and_resolved_on(first: Database) -> None:
    await first.migrate()
    clock = Clock()
    source = Scripted(page(one("a", "Dupont", siren=SIREN), one("c", "Garage")), End(scope=Scope.CHANGES, cursor="c2"))
    run = await harvest(first, source, CMAR, clock=clock, guard=LAX)
    assert (run.status, run.kind, run.changed, run.added) == (RunStatus.ACCEPTED, RunKind.INCREMENTAL, 1, 1)
    assert source.cursors == ["c1"]
    assert await number_of(first, staged_listing) == 0
    report = await resolve(first, clock=clock)
    assert (report.suppliers, report.created, report.updated) == (2, 1, 1)
    assert await Reader(first).supplier_id(siren=SIREN) == 1
    async with first.reading() as connection:
        dead = await partners.run_of(connection, 2)
        statuses = select(func.count()).select_from(partners.run).where(partners.run.c.status == RunStatus.RUNNING)
        assert await connection.scalar(statuses) == 0
    assert dead is not None
    assert dead.problem == "The program stopped before the run had ended; harvest again."
