"""One member asked for by its id: the record of a full reading, nothing for what is none, and ids that stay ids."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from aiohttp import web

from connectors import Declaration, PartnerRefused, PartnerUnavailable, RecordUnusable, open_connector
from connectors.errors import CannotAsk
from connectors.http import open_transport
from connectors.reading import PartnerConnector
from demo import Running
from directory.records import End, Listing, Page, Scope
from tests.connectors.partner_kit import Declared, Reading, Serve, plain, reading_of

PARTNERS = ("chambre", "cmar", "cpme13", "cress_paca", "french_tech")
STRANGE = [
    "",
    "../",
    "..",
    "a/../b",
    '"',
    "'",
    '"}}) { id } #',
    "\\",
    "é",
    "\u202e",
    "x" * 10_000,
    "a\nb",
    "%2e%2e",
    "-1",
]
PAGES: dict[str, Any] = {"paging": "page", "records": "items", "member": "members/{id}"}


async def member_of(declaration: Declaration, external_id: str) -> Listing | None:
    async with open_connector(declaration) as connector:
        return await connector.member(external_id)


async def members_of(declaration: Declaration, external_ids: Sequence[str]) -> Reading:
    reading = Reading()
    async with open_connector(declaration) as connector:
        async for part in connector.members(external_ids):
            reading.pages.append(part) if isinstance(part, Page) else reading.ends.append(part)
    return reading


@pytest.mark.parametrize("partner", PARTNERS)
class TestEveryPartner:
    async def test_a_member_is_what_a_reading_gives(self, partner: str, demo: Running, declared: Declared) -> None:
        whole = await reading_of(declared(partner))
        for external_id in sorted(whole.listings)[:3]:
            assert await member_of(declared(partner), external_id) == whole.listings[external_id]

    async def test_a_member_is_as_it_is_now_and_none_once_it_is_gone(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        server = demo[partner]
        edited, gone, *_ = sorted((await reading_of(declared(partner))).listings)
        server.edit(edited, **{"title" if partner == "cpme13" else _name(partner): "CHANGEE"})
        server.delete(gone)
        changed = await member_of(declared(partner), edited)
        assert changed is not None
        assert changed.name == "CHANGEE"
        assert await member_of(declared(partner), gone) is None

    async def test_strange_ids_are_nobodys(self, partner: str, demo: Running, declared: Declared) -> None:
        for external_id in STRANGE:
            if partner == "french_tech" and external_id not in {""} and len(external_id) < 200:
                continue  # its ids are numbers, and Directus refuses what is none
            assert await member_of(declared(partner), external_id) is None

    async def test_members_come_in_order_each_once_and_say_nothing_of_others(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        whole = await reading_of(declared(partner))
        present = sorted(whole.listings)[:7]
        reading = await members_of(declared(partner), [*reversed(present), "999999999", present[0]])
        (page,) = reading.pages
        assert [listing.external_id for listing in page.listings] == present[::-1]
        assert reading.listings == {external_id: whole.listings[external_id] for external_id in present}
        assert (reading.deleted, reading.unusable) == (["999999999"], [])
        assert (reading.end.scope, reading.end.cursor, reading.end.present) == (Scope.CHANGES, None, None)
        assert reading.end.traffic.requests >= 1


def _name(partner: str) -> str:
    return {"cmar": "DENOMINATION", "cress_paca": "denomination"}.get(partner, "raison_sociale")


async def test_more_than_a_hundred_come_in_pages(serve: Serve) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"id": request.match_info["id"], "name": "A"})

    essai = plain(await serve({"/members/{id}": answer}), pages=PAGES)
    reading = await members_of(essai, [str(number) for number in range(250)])
    assert [len(page.listings) for page in reading.pages] == [100, 100, 50]
    assert list(reading.listings) == [str(number) for number in range(250)]
    assert reading.pages[0].traffic.requests == 100


async def test_at_most_four_are_asked_for_at_once(serve: Serve) -> None:
    under_way, most = 0, 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return web.json_response({"id": request.match_info["id"], "name": "A"})

    await members_of(plain(await serve({"/members/{id}": answer}), pages=PAGES), list("abcdefghijkl"))
    assert most == 4


async def test_none_is_a_reading_too(serve: Serve) -> None:
    async with open_connector(plain("https://essai.example", pages=PAGES)) as connector:
        parts = [part async for part in connector.members([])]
    assert parts == [End(scope=Scope.CHANGES)]


async def test_a_draft_is_none(demo: Running, declared: Declared) -> None:
    hidden = sorted((await reading_of(declared("french_tech"))).listings)[0]
    demo["french_tech"].edit(hidden, statut="draft")
    assert await member_of(declared("french_tech"), hidden) is None
    assert (await members_of(declared("french_tech"), [hidden])).deleted == [hidden]


async def test_a_tombstone_is_none(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"data": {"id": "a", "last_modified": 5, "deleted": True}})

    essai = plain(await serve({"/records/a": answer}), protocol="kinto", resource="records")
    assert await member_of(essai, "a") is None


async def test_a_wordpress_reader_who_is_taken_for_nobody_is_refused(declared: Declared) -> None:
    with pytest.raises(PartnerRefused) as caught:
        await member_of(declared("cpme13", password="hunter2secret"), "1002")
    assert str(caught.value) == (
        "CPME 13: its server does not accept the credentials (401 rest_forbidden_context); correct "
        "partners.cpme13.username and partners.cpme13.password"
    )
    assert caught.value.traffic.requests >= 1


@pytest.mark.parametrize(
    ("external_id", "question"),
    [
        ('a"b', '"a\\"b"'),
        ("a\\", '"a\\\\"'),
        ('"}}) { id } #', '"\\"}}) { id } #"'),
        ("é/../", '"é/../"'),
    ],
)
async def test_an_id_stays_text_in_graphql(external_id: str, question: str, serve: Serve) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((await request.json())["query"])
        return web.json_response({"data": {"membres": [{"id": external_id, "name": "A"}]}})

    essai = plain(await serve({"/graphql": answer}), protocol="directus", resource="membres")
    found = await member_of(essai, external_id)
    assert found is not None
    assert found.external_id == external_id
    assert asked == [f"{{ membres(filter: {{id: {{_eq: {question}}}}}, limit: 1) {{ id name }} }}"]


@pytest.mark.parametrize("external_id", ["../users/me", "a b", "é", "a?b#c", "a%2Fb", '"', "..%2f", "a\\b"])
async def test_an_id_stays_one_step_of_an_address(external_id: str, serve: Serve) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.match_info["id"])
        return web.json_response({"id": request.match_info["id"], "name": "A"})

    found = await member_of(plain(await serve({"/members/{id}": answer}), pages=PAGES), external_id)
    assert found is not None
    assert (found.external_id, asked) == (external_id, [external_id])


@pytest.mark.parametrize("external_id", [".", ".."])
async def test_an_id_of_dots_is_not_asked_for(external_id: str) -> None:
    with pytest.raises(CannotAsk) as caught:
        await member_of(plain("https://essai.example", pages=PAGES), external_id)
    assert str(caught.value) == ("Essai: an id of dots leads elsewhere in an address; read the whole directory instead")


async def test_ckan_is_asked_by_the_column_of_ids(serve: Serve) -> None:
    asked: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query.get("filters"))
        rows = [{"_id": 3, "ref": 'a"b', "name": "A"}]
        return web.json_response({"success": True, "result": {"records": rows, "total": 1}})

    address = await serve({"/api/3/action/datastore_search": answer})
    by_reference = plain(address, protocol="ckan", resource="r", fields={"id": "ref", "name": "name"})
    assert await member_of(by_reference, 'a"b') is not None
    by_row = plain(address, protocol="ckan", resource="r", fields={"id": "_id", "name": "name"})
    assert await member_of(by_row, "3") is not None
    assert await member_of(by_row, "3 or 1=1") is None
    assert asked == ['{"ref":"a\\"b"}', '{"_id":3}']


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        (
            {"pages": {"paging": "page"}},
            "its settings know no address of one member; set partners.essai.pages.member if the partner has one",
        ),
        (
            {"protocol": "kinto", "resource": "r", "fields": {"id": "siret", "name": "nom"}},
            "it is asked for records by their own id, and partners.essai.fields.id is another; read the whole "
            "directory instead",
        ),
        (
            {"protocol": "ckan", "resource": "r", "fields": {"id": ["ref", "siret"], "name": "nom"}},
            "partners.essai.fields.id is not one place of its records alone, so that no id can be asked for; read the "
            "whole directory instead",
        ),
        (
            {"protocol": "directus", "resource": "r", "fields": {"id": {"path": "ref", "prefix": "M"}, "name": "nom"}},
            "partners.essai.fields.id is not one place of its records alone, so that no id can be asked for; read the "
            "whole directory instead",
        ),
    ],
)
async def test_where_there_is_no_way_to_ask_it_says_so(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(CannotAsk) as caught:
        await member_of(plain("https://essai.example", **changes), "1")
    assert str(caught.value) == f"Essai: {cause}"


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "1", "name": "A"},
        {"items": {"id": "1", "name": "A"}},
        {"items": [{"id": "1", "name": "A"}]},
    ],
)
async def test_json_may_wrap_its_member(answer: Any, serve: Serve) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(answer)

    found = await member_of(plain(await serve({"/members/1": handler}), pages=PAGES), "1")
    assert found is not None
    assert found.name == "A"


@pytest.mark.parametrize(("status", "body"), [(404, "no"), (410, ""), (200, '{"items": []}')])
async def test_json_says_in_several_ways_that_there_is_none(status: int, body: str, serve: Serve) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    assert await member_of(plain(await serve({"/members/1": handler}), pages=PAGES), "1") is None


async def test_another_member_than_was_asked_for_is_refused(serve: Serve) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({"id": "2", "name": "B"})

    essai = plain(await serve({"/members/1": handler}), pages=PAGES)
    for asked in (member_of(essai, "1"), members_of(essai, ["1"])):
        with pytest.raises(PartnerRefused) as caught:
            await asked
        assert str(caught.value) == (
            "Essai: it answers with another member than the one that was asked for; correct "
            "partners.essai.pages.member or partners.essai.fields.id"
        )


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("<html>", "is HTML instead of JSON"),
        ("{", "is JSON that is cut or damaged"),
        ("3", "has not the shape of its protocol"),
    ],
)
async def test_an_answer_that_is_no_record_is_refused(body: str, cause: str, serve: Serve) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text=body)

    with pytest.raises(PartnerRefused) as caught:
        await member_of(plain(await serve({"/members/1": handler}), pages=PAGES), "1")
    assert str(caught.value) == (
        f"Essai: an answer {cause}; ask the partner what its server says, or correct partners.essai.pages.member"
    )


async def test_a_record_that_cannot_be_used_is_unusable_and_not_gone(serve: Serve) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({"id": "1"})

    essai = plain(await serve({"/members/1": handler}), pages=PAGES)
    with pytest.raises(RecordUnusable) as caught:
        await member_of(essai, "1")
    assert str(caught.value) == "The record has no name in name: ask the partner to give it one."
    reading = await members_of(essai, ["1"])
    assert ([row.external_id for row in reading.unusable], reading.deleted) == (["1"], [])


async def test_the_rows_of_one_answer_are_read_once_for_all_members(serve: Serve) -> None:
    asked = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(body=msgspec.json.encode([{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"name": "C"}]))

    essai = plain(await serve({"/": answer}))
    reading = await members_of(essai, ["2", "3", "1"])
    assert ([*reading.listings], reading.deleted, asked) == (["2", "1"], ["3"], 1)


async def test_a_row_of_a_file_that_is_cut_is_not_trusted(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"ID;NOM\n1;A\n2;Bo")

    essai = plain(await serve({"/": answer}), protocol="csv", fields={"id": "ID", "name": "NOM"})
    with pytest.raises(PartnerUnavailable) as caught:
        await member_of(essai, "1")
    assert str(caught.value) == "Essai: its file ends in mid-line, as if it were being written; try again later"


@pytest.mark.parametrize("partner", ["cmar", "cpme13"])
async def test_of_a_member_that_was_looked_up_no_copy_is_held(partner: str, declared: Declared) -> None:
    """Connections stay open between look-ups, and nobody would ask for their copies: a file's are the whole file."""
    everyone = (await reading_of(declared(partner))).listings
    async with open_transport(declared(partner)) as transport:
        connector = PartnerConnector(transport, asyncio.get_running_loop().time)
        assert await connector.member(min(everyone)) == everyone[min(everyone)]
        assert transport.copies() == ()
