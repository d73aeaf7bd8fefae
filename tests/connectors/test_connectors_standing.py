"""A reading without changes costs next to nothing: no sweep while the total stands still and nothing is new."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiohttp import web

from connectors import cursors, declare, standing
from connectors.standing import Latest, Standing, digest
from demo import Running
from directory.records import Listing, Scope
from tests.connectors.partner_kit import HASTE, Declared, Serve, reading_of

SWEEPING = ("cpme13", "cress_paca", "french_tech")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = {"cpme13": "title", "cress_paca": "denomination", "french_tech": "raison_sociale"}


def listing(number: int, modified_at: datetime | None) -> Listing:
    return Listing(partner="essai", external_id=str(number), name="A", raw=f'{{"n":{number}}}', modified_at=modified_at)


def test_the_latest_hundred_are_remembered_within_the_overlap() -> None:
    latest = Latest()
    for number in range(300):
        latest.see(listing(number, NOON - timedelta(seconds=number)))
        latest.see(listing(1_000 + number, None))
    assert len(latest.since(NOON - timedelta(days=1))) == 100
    assert latest.since(NOON - timedelta(seconds=1)) == {digest('{"n":0}'), digest('{"n":1}')}


def test_a_standing_is_kept_in_a_position() -> None:
    stood = Standing(total=3, swept_at=NOON, known=frozenset({"b", "a"}))
    assert standing.written(stood) == {"total": "3", "swept": "2026-11-23T12:00:00+00:00", "known": "a b"}
    assert standing.read({"at": "x", **standing.written(stood)}) == stood
    assert standing.read({"at": "x"}) is None


@pytest.mark.parametrize("partner", SWEEPING)
class TestEverySweepingPartner:
    async def test_nothing_changed_is_said_with_a_few_requests(self, partner: str, declared: Declared) -> None:
        first = await reading_of(declared(partner, page_size=2))
        again = await reading_of(declared(partner), first.end.cursor)
        assert (again.listings, again.deleted, again.end.present) == ({}, [], None)
        assert again.end.scope is Scope.UNCHANGED
        assert again.end.traffic.requests <= 4
        third = await reading_of(declared(partner), again.end.cursor)
        assert third.end.scope is Scope.UNCHANGED

    async def test_a_deletion_alone_shows_in_the_total(self, partner: str, demo: Running, declared: Declared) -> None:
        first = await reading_of(declared(partner))
        gone = sorted(first.listings)[2]
        demo[partner].delete(gone)
        second = await reading_of(declared(partner), first.end.cursor)
        assert (second.end.scope, second.end.present) == (Scope.CHANGES, frozenset(first.listings) - {gone})
        third = await reading_of(declared(partner), second.end.cursor)
        assert third.end.scope is Scope.UNCHANGED

    async def test_an_addition_that_makes_up_for_a_deletion_does_not_hide_it(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        first = await reading_of(declared(partner))
        gone = sorted(first.listings)[2]
        demo[partner].delete(gone)
        added = demo[partner].add({NAMES[partner]: "NEUVE", **({"meta": {}} if partner == "cpme13" else {})})
        second = await reading_of(declared(partner), first.end.cursor)
        assert list(second.listings) == [added]
        assert second.end.present == (frozenset(first.listings) - {gone}) | {added}

    async def test_what_was_read_last_time_is_no_news_and_an_edit_of_it_is(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        first = await reading_of(declared(partner))
        edited = sorted(first.listings)[0]
        demo[partner].edit(edited, **{NAMES[partner]: "UNE FOIS"})
        second = await reading_of(declared(partner), first.end.cursor)
        assert list(second.listings) == [edited]
        third = await reading_of(declared(partner), second.end.cursor)
        assert (third.listings, third.end.scope) == ({}, Scope.UNCHANGED)
        demo[partner].edit(edited, **{NAMES[partner]: "DEUX FOIS"})
        fourth = await reading_of(declared(partner), third.end.cursor)
        assert [one.name for one in fourth.listings.values()] == ["DEUX FOIS"]

    async def test_a_day_after_the_last_sweep_there_is_another(self, partner: str, declared: Declared) -> None:
        first = await reading_of(declared(partner))
        position = cursors.read(declared(partner), first.end.cursor)
        assert position is not None
        long_ago = {**position, "swept": (datetime.now(UTC) - timedelta(days=1, minutes=1)).isoformat()}
        second = await reading_of(declared(partner), cursors.written(declared(partner), long_ago))
        assert (second.end.scope, second.end.present) == (Scope.CHANGES, frozenset(first.listings))
        third = await reading_of(declared(partner), second.end.cursor)
        assert third.end.scope is Scope.UNCHANGED


async def test_a_member_that_was_gone_and_is_back_as_it_was_is_news(serve: Serve) -> None:
    """What the last reading did not give is not known, however well an earlier one knew it."""
    rows = [{"_id": number, "nom": "A", "modifie": "2026-11-01T08:00:00"} for number in (1, 2)]

    async def answer(_: web.Request) -> web.Response:
        body = {"success": True, "result": {"records": rows, "total": len(rows)}}
        return web.Response(body=msgspec.json.encode(body), headers={"Content-Type": "application/json"})

    essai = declare(
        "essai",
        {
            "title": "Essai",
            "protocol": "ckan",
            "base_url": await serve({"/api/3/action/datastore_search": answer}),
            "resource": "r",
            "fields": {"id": "_id", "name": "nom", "modified_at": "modifie"},
            **HASTE,
        },
    )
    first = await reading_of(essai)
    back = rows.pop(0)
    second = await reading_of(essai, first.end.cursor)
    assert second.end.present == frozenset({"2"})
    rows.insert(0, back)
    third = await reading_of(essai, second.end.cursor)
    assert list(third.listings) == ["1"]


async def test_what_known_records_lack_is_not_counted_again(serve: Serve) -> None:
    """A reading that gives nothing new cannot lack anything: it would be held for records that it never gave."""
    rows = [{"_id": number, "nom": "A", "modifie": "2026-11-01T08:00:00"} for number in range(8)]

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "result": {"records": rows, "total": len(rows)}})

    essai = declare(
        "essai",
        {
            "protocol": "ckan",
            "base_url": await serve({"/api/3/action/datastore_search": answer}),
            "resource": "r",
            "fields": {"id": "_id", "name": "nom", "siren": "siren", "modified_at": "modifie"},
            "required": ["name", "siren"],
            **HASTE,
        },
    )
    first = await reading_of(essai)
    second = await reading_of(essai, first.end.cursor)
    assert (first.end.lacking, second.end.lacking) == ({"siren": 8}, {})
    assert second.end.scope is Scope.UNCHANGED
