"""Kinto: counts on HEAD, tombstones, a server that forgot, a ``Next-Page`` that leads astray."""

from typing import Any

import msgspec
import pytest
from aiohttp import web

from connectors import Declaration, PartnerRefused, PartnerUnavailable, declare
from demo import Running
from directory.records import Scope
from tests.connectors.partner_kit import HASTE, Declared, Serve, failure_of, reading_of

Record = dict[str, Any]


def declaration(address: str, **changes: Any) -> Declaration:
    overrides = {
        "title": "Essai",
        "protocol": "kinto",
        "base_url": address,
        "resource": "records",
        "fields": {"id": "id", "name": "nom"},
        **HASTE,
        **changes,
    }
    return declare("essai", overrides)


class Kinto:
    """A collection whose pages and totals a test sets as it likes."""

    def __init__(self, *pages: list[Record], total: int | None = None, etag: str = '"5"') -> None:
        self.pages, self.etag = pages, etag
        self.total = sum(map(len, pages)) if total is None else total
        self.next_of = {number: f"/records?page={number + 1}" for number in range(len(pages) - 1)}
        self.queries: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        headers = {"ETag": self.etag}
        if request.method == "HEAD":
            return web.Response(headers={**headers, "Total-Records": str(self.total)})
        self.queries.append(request.query_string)
        number = int(request.query.get("page", "0"))
        if number in self.next_of:
            headers["Next-Page"] = self.next_of[number]
        body = msgspec.json.encode({"data": self.pages[number]})
        return web.Response(body=body, headers=headers, content_type="application/json")


def records(*ids: str) -> list[Record]:
    return [{"id": one, "nom": one.upper(), "last_modified": 1} for one in ids]


async def test_tombstones_are_deletions(demo: Running, declared: Declared) -> None:
    first = await reading_of(declared("chambre"))
    gone = sorted(first.listings)[:3]
    for external_id in gone:
        demo["chambre"].delete(external_id)
    second = await reading_of(declared("chambre", page_size=2), first.end.cursor)
    assert sorted(second.deleted) == gone
    assert (second.listings, second.end.scope, second.end.present) == ({}, Scope.CHANGES, None)


async def test_the_total_comes_from_head(declared: Declared, demo: Running) -> None:
    reading = await reading_of(declared("chambre"))
    assert reading.pages[-1].announced == len(demo["chambre"].external_ids())


async def test_a_directory_that_never_adds_up_is_read_twice_and_refused(serve: Serve) -> None:
    kinto = Kinto(records("a", "b"), records("c"), total=4)
    failure = await failure_of(declaration(await serve({"/records": kinto.answer})))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: it announced 4 records and gave 3 different ones; try again later, or ask the partner if it persists"
    )
    assert len(kinto.queries) == 4


async def test_a_record_given_twice_counts_once(serve: Serve) -> None:
    kinto = Kinto(records("a", "b"), records("b"), total=2)
    reading = await reading_of(declaration(await serve({"/records": kinto.answer})))
    assert sorted(reading.listings) == ["a", "b"]


async def test_pages_in_a_circle_are_refused(serve: Serve) -> None:
    kinto = Kinto(records("a"), records("b"), total=9)
    kinto.next_of[1] = "/records?page=0"
    failure = await failure_of(declaration(await serve({"/records": kinto.answer})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: its server leads back to a page that was read already; ask the partner to mend its paging"
    )
    assert len(kinto.queries) == 3


async def test_an_address_that_leads_to_itself_is_refused(serve: Serve) -> None:
    kinto = Kinto([], [], total=9)
    kinto.next_of = {0: "/records?page=1", 1: "/records?page=1"}
    failure = await failure_of(declaration(await serve({"/records": kinto.answer})))
    assert str(failure) == (
        "Essai: its server leads back to a page that was read already; ask the partner to mend its paging"
    )


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.2/records", "//evil.example/", "ftp://127.0.0.1/", "http://["])
async def test_a_next_page_on_another_host_is_refused(elsewhere: str, serve: Serve) -> None:
    kinto = Kinto(records("a"), records("b"))
    kinto.next_of[0] = elsewhere
    failure = await failure_of(declaration(await serve({"/records": kinto.answer})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: its server sends readers to another host, which is not followed; if it has moved, correct "
        "partners.essai.base_url"
    )


async def test_a_timestamp_that_went_back_means_everything(serve: Serve) -> None:
    kinto = Kinto(records("a", "b"), etag='"900"')
    address = await serve({"/records": kinto.answer})
    first = await reading_of(declaration(address))
    kinto.etag = '"800"'
    second = await reading_of(declaration(address), first.end.cursor)
    assert (second.end.scope, sorted(second.listings)) == (Scope.FULL, ["a", "b"])
    assert "_since" not in kinto.queries[-1]


@pytest.mark.parametrize("etag", ["x", "٣", "9" * 5_000])
async def test_without_a_timestamp_it_is_no_kinto(etag: str, serve: Serve) -> None:
    kinto = Kinto(records("a"), etag=f'"{etag}"')
    failure = await failure_of(declaration(await serve({"/records": kinto.answer})))
    assert str(failure) == "Essai: its server gives no timestamp; correct partners.essai.resource"


async def test_raw_keeps_the_bytes_of_the_record(serve: Serve) -> None:
    record = '{"id" : "a",  "nom":"\\u00e9t\u00e9", "n": 1.50}'

    async def answer(request: web.Request) -> web.Response:
        headers = {"ETag": '"5"'} | ({"Total-Records": "1"} if request.method == "HEAD" else {})
        return web.Response(body=f'{{"data": [ {record} ]}}'.encode(), headers=headers)

    reading = await reading_of(declaration(await serve({"/records": answer})))
    assert reading.listings["a"].raw == record
    assert reading.listings["a"].name == "été"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ('{"data":"Forêt"}'.encode("latin-1"), "is not written in utf-8, as its byte 13 shows"),
        (b'{"data":' + b"[" * 50_000, "is JSON that is cut or damaged"),
        (b'{"data":null}', "has not the shape of its protocol"),
        (b'{"data":{}}', "has not the shape of its protocol"),
    ],
)
async def test_an_answer_of_another_shape_is_refused(body: bytes, cause: str, serve: Serve) -> None:
    async def answer(request: web.Request) -> web.Response:
        is_head = request.method == "HEAD"
        return web.Response(body=b"" if is_head else body, headers={"ETag": '"5"', "Total-Records": "1"})

    failure = await failure_of(declaration(await serve({"/records": answer})))
    assert isinstance(failure, PartnerRefused)
    key = "charset" if "utf-8" in cause else "resource"
    assert str(failure) == (
        f"Essai: an answer {cause}; ask the partner what its server says, or correct partners.essai.{key}"
    )
