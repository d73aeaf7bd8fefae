"""A store of the first release, with all that it may hold, is taken to this version's shape and works on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, func, insert, select

from directory.harvest import harvest
from directory.records import (
    Activity,
    Address,
    Contact,
    End,
    Flag,
    Listing,
    Location,
    Nomenclature,
    PartnerKind,
    Scope,
    SupplierStatus,
)
from directory.resolution import resolve
from directory.store import changes, migrations, partners, rows
from directory.store.database import Database
from directory.store.listings import listing, staged_listing
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
    for name, given in ROWS.items():
        connection.execute(insert(known.tables[name]), given)
        if connection.dialect.name == "postgresql" and "id" in given[0] and name in {"run", "listing"}:
            connection.exec_driver_sql(f"SELECT setval('{name}_id_seq', {len(given)})")


async def test_everything_is_there_and_means_what_it_did(first: Database) -> None:
    assert await first.problems() == [
        "The database is at migration 0001 and needs 0010; `circuit harvest` brings it there."
    ]
    await first.migrate()
    assert await first.problems() == []
    async with first.reading() as connection:
        (known,) = await partners.states(connection)
        runs = await partners.runs(connection, "cmar", 9)
        _, noted = await changes.noted(connection)
    assert noted == {1}  # never matched; the other one is withdrawn
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


FOREIGN = Listing(
    partner="cmar",
    external_id="ny",
    name="Le Cirque",
    raw='{"id":"ny"}',
    trade_names=("Sirio's",),
    activities=(Activity("restaurant", Nomenclature.PARTNER), Activity("56.10A")),
    address=Address(lines=("455 Madison Ave.",), postcode="10022", commune="New York"),
    location=Location(40.7586, -73.975),
    contact=Contact(email="Table@LeCirque.example"),
    flags=(Flag("contact", "RANGE", "212/303-7788"),),
)
LOCAL = Listing(
    partner="cmar",
    external_id="aub",
    name="Dupont",
    raw="{}",
    siret="73282932000074",
    address=Address(commune="Aubagne", postcode="13400"),
    contact=Contact(phone="+442079460958"),
    flags=(Flag("address", "FORMAT", "SW1A 1AA"),),
)
NEW_KEYS = ("town", "postcode", "email", "naf", "latitude", "longitude")
BEFORE = b"before the keys."


def _as_before(listing: Listing, run_id: int) -> dict[str, Any]:
    """The staged row as the release before wrote it."""
    row = {name: value for name, value in rows.of_listing(run_id, listing).items() if name not in NEW_KEYS}
    was_phone = listing.contact.phone
    return row | {"phone": was_phone, "digest": BEFORE}


def _keep(connection: Connection) -> None:
    """Both listings stored, and two runs in whose staging each stands: with its content, and spared it."""
    known = MetaData()
    known.reflect(connection)
    for number, said in enumerate((FOREIGN, LOCAL), start=11):
        row = _as_before(said, 1)
        content = {name: row.pop(name) for name in ("payload", "raw")}
        dropped = ("run_id", "deleted", "mentions")
        stored = {name: value for name, value in row.items() if name not in dropped}
        connection.execute(insert(known.tables["listing"]), LISTING | stored | {"id": number, "withdrawn_at": None})
        connection.execute(insert(known.tables["listing_content"]), content | {"listing_id": number})
    staged = [_as_before(FOREIGN, 2), _as_before(LOCAL, 2) | {"payload": None, "raw": None}]
    connection.execute(insert(known.tables["staged_listing"]), staged)


async def test_what_is_stored_gets_the_keys_and_the_digest_that_a_reading_would_give_it(first: Database) -> None:
    async with first.writing() as connection:
        await connection.run_sync(lambda sync: command.upgrade(migrations.config(sync), "0002"))
        await connection.run_sync(_keep)
    await first.migrate()
    async with first.reading() as connection:
        for table in (listing, staged_listing):
            columns = [table.c[name] for name in ("external_id", "digest", "phone", *NEW_KEYS)]
            found = await connection.execute(select(*columns).where(table.c.external_id.in_(("ny", "aub"))))
            assert {row.external_id: row._asdict() for row in found} == {
                said.external_id: {
                    name: rows.of_listing(1, said)[name] for name in ("external_id", "digest", "phone", *NEW_KEYS)
                }
                for said in (FOREIGN, LOCAL)
            }


async def test_members_that_a_reading_finds_as_they_were_are_unchanged_after_it(first: Database) -> None:
    async with first.writing() as connection:
        await connection.run_sync(lambda sync: command.upgrade(migrations.config(sync), "0002"))
        await connection.run_sync(_keep)
    await first.migrate()
    source = Scripted(page(FOREIGN, LOCAL), End(scope=Scope.CHANGES, cursor="c2"))
    run = await harvest(first, source, CMAR, clock=Clock(), guard=LAX)
    assert (run.status, run.changed, run.added, run.unchanged) == (RunStatus.ACCEPTED, 0, 0, 2)
