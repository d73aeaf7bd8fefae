"""CKAN: offsets, its error envelope, changes that were made before they were uploaded."""

import json
from typing import Any

import pytest
from aiohttp import web

from connectors import Declaration, PartnerRefused, declare, open_connector
from demo import Running
from directory.records import Scope
from tests.connectors.partner_kit import HASTE, Declared, Serve, failure_of, reading_of

PATH = "/api/3/action/datastore_search"


def declaration(address: str, **changes: Any) -> Declaration:
    overrides = {
        "title": "Essai",
        "protocol": "ckan",
        "base_url": address,
        "resource": "membres",
        "page_size": 2,
        "fields": {"id": "_id", "name": "nom", "modified_at": "modifie"},
        **HASTE,
        **changes,
    }
    return declare("essai", overrides)


class Store:
    """A DataStore of a few rows that notes what it is asked."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = list(rows)
        self.asked: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        self.asked.append(query)
        filters = json.loads(query.get("filters", "{}"))
        since = filters.get("modifie", {}).get("gte", "")
        rows = [row for row in self.rows if row["modifie"] >= since]
        offset = int(query.get("offset", "0"))
        page = rows[offset : offset + min(int(query["limit"]), 2)]
        return web.json_response({"success": True, "result": {"records": page, "total": len(rows)}})


def row(number: int, modified: str) -> dict[str, Any]:
    return {"_id": number, "nom": f"N{number}", "modifie": modified}


async def test_a_change_that_was_uploaded_late_is_not_missed(serve: Serve) -> None:
    """The portal is loaded at night with changes of the day: the next reading begins at the latest one seen."""
    store = Store(row(1, "2026-11-01T08:00:00"), row(2, "2026-11-01T09:00:00"), row(3, "2026-11-01T07:00:00"))
    address = await serve({PATH: store.answer})
    first = await reading_of(declaration(address))
    store.rows.append(row(4, "2026-11-01T08:59:00"))
    second = await reading_of(declaration(address), first.end.cursor)
    assert json.loads(store.asked[2]["filters"]) == {"modifie": {"gte": "2026-11-01T08:58:00"}}
    assert sorted(second.listings) == ["4"]  # the row of 9 o'clock comes again, and is no news
    assert second.end.present == frozenset({"1", "2", "3", "4"})
    third = await reading_of(declaration(address), second.end.cursor)
    assert (third.listings, third.end.scope, third.end.cursor) == ({}, Scope.UNCHANGED, second.end.cursor)


async def test_a_change_in_the_future_does_not_blind_the_next_reading(serve: Serve) -> None:
    store = Store(row(1, "2999-01-01T00:00:00"))
    address = await serve({PATH: store.answer})
    first = await reading_of(declaration(address))
    await reading_of(declaration(address), first.end.cursor)
    (filters,) = [asked["filters"] for asked in store.asked if "filters" in asked]
    assert json.loads(filters)["modifie"]["gte"] < "2999"


async def test_local_time_is_asked_for_as_it_is_written(serve: Serve) -> None:
    store = Store(row(1, "2026-07-01T08:00:00"))
    address = await serve({PATH: store.answer})
    first = await reading_of(declaration(address, timezone="Europe/Paris"))
    assert first.listings["1"].modified_at is not None
    assert first.listings["1"].modified_at.hour == 6
    await reading_of(declaration(address, timezone="Europe/Paris"), first.end.cursor)
    assert json.loads(store.asked[1]["filters"]) == {"modifie": {"gte": "2026-07-01T07:58:00"}}


async def test_the_servers_cap_makes_shorter_pages_not_fewer_rows(serve: Serve) -> None:
    store = Store(*(row(number, "2026-11-01T08:00:00") for number in range(5)))
    reading = await reading_of(declaration(await serve({PATH: store.answer}), page_size=1000))
    assert sorted(reading.listings) == ["0", "1", "2", "3", "4"]
    assert [query["offset"] for query in store.asked] == ["0", "2", "4"]


async def test_without_a_column_of_changes_everything_is_read(serve: Serve) -> None:
    store = Store(row(1, "2026-11-01T08:00:00"))
    address = await serve({PATH: store.answer})
    fields = {"id": "_id", "name": "nom"}
    first = await reading_of(declaration(address, fields=fields))
    second = await reading_of(declaration(address, fields=fields), first.end.cursor)
    assert (first.end.cursor, second.end.scope) == (None, Scope.FULL)


async def test_deletions_show_in_a_sweep_of_ids(demo: Running, declared: Declared) -> None:
    first = await reading_of(declared("cress_paca"))
    gone = sorted(first.listings)[0]
    demo["cress_paca"].delete(gone)
    second = await reading_of(declared("cress_paca"), first.end.cursor)
    assert second.end.present == frozenset(first.listings) - {gone}


async def test_an_unknown_resource_is_refused_with_ckans_words(declared: Declared) -> None:
    failure = await failure_of(declared("cress_paca", resource="nowhere"))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Cress Paca: its server does not understand the request (404 Not Found Error); correct "
        "partners.cress_paca.base_url and resource"
    )


async def test_a_renamed_column_of_changes_is_refused(declared: Declared) -> None:
    first = await reading_of(declared("cress_paca", fields={"modified_at": ["maj", "modifie"]}))
    failure = await failure_of(declared("cress_paca", fields={"modified_at": ["maj", "modifie"]}), first.end.cursor)
    assert str(failure) == (
        "Cress Paca: its server does not understand the request (409 Validation Error); correct "
        "partners.cress_paca.base_url and resource"
    )


async def test_an_envelope_that_says_no_with_status_200_is_refused(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"success": False, "error": {"__type": "Search Error"}})

    failure = await failure_of(declaration(await serve({PATH: answer})))
    assert str(failure) == (
        "Essai: its server does not understand the request (200 Search Error); correct partners.essai.base_url and "
        "resource"
    )


@pytest.mark.parametrize("external_id", ["007", "0", "9" * 19])
async def test_an_id_that_ckan_reads_as_another_is_nobodys(external_id: str, serve: Serve) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query_string)
        return web.Response()

    essai = declaration(await serve({PATH: answer}), fields={"id": "_id", "name": "nom"})
    async with open_connector(essai) as connector:
        assert await connector.member(external_id) is None
    assert asked == []
