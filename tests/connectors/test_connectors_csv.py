"""CSV files: rows out of any chunks, bad rows set aside, cut files refused, unchanged files not read."""

import csv
import io
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from connectors import Declaration, PartnerRefused, PartnerUnavailable, declare, open_connector
from connectors.protocols.csv_rows import Table
from demo import Running
from demo.servers.cmar import CmarServer
from directory.records import Scope
from tests.connectors.answers import saying
from tests.connectors.partner_kit import Declared, Serve, failure_of, reading_of

OVERRIDES: dict[str, Any] = {
    "title": "Essai",
    "protocol": "csv",
    "base_url": "https://essai.example/membres.csv",
    "fields": {"id": "ID", "name": "NOM"},
    "retries": 0,
    "allow_hosts": ["127.0.0.1"],
}


def declaration(**changes: Any) -> Declaration:
    return declare("essai", {**OVERRIDES, **changes})


def rows_of(body: bytes, chunk: int = 7, **changes: Any) -> tuple[list[dict[str, str]], list[str], bool]:
    """Rows, reasons of the unusable ones, and whether the file is cut."""
    table = Table(declaration(**changes))
    batches = [batch for start in range(0, len(body), chunk) for batch in table.feed(body[start : start + chunk])]
    batches.append(table.finish())
    rows = [msgspec.json.decode(row) for batch in batches for row in batch.rows]
    return rows, [row.reason for batch in batches for row in batch.unusable], table.is_cut


async def file_error(body: bytes, serve: Serve, **changes: Any) -> str:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="text/csv")

    failure = await failure_of(declaration(base_url=await serve({"/": answer}), **changes))
    assert isinstance(failure, PartnerRefused)
    return str(failure)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)


@given(
    rows=st.lists(st.tuples(st.text("abc", min_size=1), cells, cells), max_size=20),
    chunk=st.integers(1, 40),
    page_size=st.integers(1, 5),
)
def test_rows_are_those_that_were_written_whatever_the_chunks(
    rows: list[tuple[str, str, str]], chunk: int, page_size: int
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([("ID", "NOM", "NOTE"), *rows])
    read, unusable, is_cut = rows_of(text.getvalue().encode(), chunk, page_size=page_size)
    assert [tuple(row.values()) for row in read] == rows
    assert (unusable, is_cut) == ([], False)


def test_a_bad_row_does_not_take_the_next_ones_with_it() -> None:
    body = b'ID;NOM\n1;"L\'Atelier\n2;B\n3;C\n4;"D"x;\n5;E\n6\n;\n\n7;12" vis\n'
    read, unusable, _ = rows_of(body)
    assert [row["ID"] for row in read] == ["2", "3", "5", "7"]
    assert read[-1]["NOM"] == '12" vis'
    quotes = "The row's quotes do not match: ask the partner to double quotes inside a cell."
    assert unusable == [quotes, quotes, "The row has 1 cells where the header has 2: ask the partner to mend it."]


def test_a_quote_that_never_closes_costs_one_row_of_a_large_file() -> None:
    body = b"ID;NOM\n" + b"".join(b"%d;%s\n" % (n, b'"A' if n == 10 else b"A") for n in range(500))
    read, unusable, _ = rows_of(body, 1000)
    assert (len(read), len(unusable)) == (499, 1)


def test_unusable_rows_fill_a_batch_too() -> None:
    table = Table(declaration(page_size=10))
    batches = list(table.feed(b"ID;NOM\n" + b"x\n" * 25 + b"1;A\n"))
    assert [(len(batch.rows), len(batch.unusable)) for batch in batches] == [(0, 10), (0, 10)]
    last = table.finish()
    assert (len(last.rows), len(last.unusable)) == (1, 5)


async def test_a_file_of_unusable_rows_is_refused_before_its_end(serve: Serve) -> None:
    body = b"ID;NOM\n" + b"x\n" * 500_000
    assert await file_error(body, serve, page_size=1_000, max_unusable=1) == (
        "Essai: 21,000 of 21,000 records are unusable (The row has 1 cells where the header has 2: ask the partner to "
        "mend it); correct partners.essai.fields if the partner renamed something"
    )


def test_a_quoted_cell_may_hold_lines_and_delimiters() -> None:
    read, _, _ = rows_of(b'ID;NOM\r\n1;"A ""B"";\r\nC"\r\n')
    assert read == [{"ID": "1", "NOM": 'A "B";\nC'}]


@pytest.mark.parametrize(
    "end",
    [
        b'9;"Bois',  # in a quoted cell
        b'9;"Bois\n',  # at a line end within it
        b'9;"Bois\nde charpente\n',
        b"9;Bo",
    ],
)
def test_a_file_that_is_cut_inside_a_row_is_cut(end: bytes) -> None:
    read, _, is_cut = rows_of(b"ID;NOM\n1;A\n" + end)
    assert ([row["ID"] for row in read][:1], is_cut) == (["1"], True)
    assert rows_of(b"ID;NOM\n1;A\n" + end, csv={"final_newline": False})[2] is False


def test_a_stray_quote_with_whole_rows_after_it_is_no_cut() -> None:
    read, unusable, is_cut = rows_of(b'ID;NOM\n1;A\n2;"B\n3;C\n')
    assert ([row["ID"] for row in read], len(unusable), is_cut) == (["1", "3"], 1, False)


async def test_a_file_cut_inside_a_quoted_cell_is_given_up(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b'ID;NOM\n1;A\n2;"Bois\nde charpente\n')

    failure = await failure_of(declaration(base_url=await serve({"/": answer})))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: its file ends in mid-line, as if it were being written; try again later"


WIDE = {"fields": {"id": "ID", "name": "NOM", "phone": "TEL", "siren": "SIREN"}}


async def test_moved_added_and_renamed_columns_cost_no_member(serve: Serve) -> None:
    body = b"NEUF;NOM;TELEPHONE;ID;SIREN;;\nx;A;04 91 12 34 56;1;552100554;;\n"

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    reading = await reading_of(declaration(base_url=await serve({"/": answer}), **WIDE))
    listing = reading.listings["1"]
    assert (listing.name, listing.siren, listing.contact.phone) == ("A", "552100554", None)
    assert [field.path for field in reading.end.shape] == ["", "ID", "NEUF", "NOM", "SIREN", "TELEPHONE"]
    assert msgspec.json.decode(listing.raw)["TELEPHONE"] == "04 91 12 34 56"


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"required": ["siren"]}, "SIREN"),
        ({"required": ["name", "siren", "phone"]}, "SIREN, TEL"),
        ({"only": {"ETAT": ["actif"]}}, "ETAT"),
    ],
)
async def test_a_missing_column_that_every_member_must_have_is_named(
    changes: dict[str, Any], column: str, serve: Serve
) -> None:
    assert await file_error(b"ID;NOM\n1;A\n", serve, **WIDE, **changes) == (
        f"Essai: its file has no column {column}; correct partners.essai.fields if the partner renamed it"
    )


async def test_a_header_alone_is_a_reading_of_nobody(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"ID;NOM\n")

    reading = await reading_of(declaration(base_url=await serve({"/": answer})))
    assert (reading.listings, reading.end.scope, reading.end.shape) == ({}, Scope.FULL, ())


async def test_unusable_rows_are_counted_for_whoever_judges_the_reading(serve: Serve) -> None:
    body = b"ID;NOM;TEL;SIREN\n" + b"1;A;;552100554\n2;;1;\n;C;1;1\n4;D\n5;E;1;1;1\n;F\n" + b";G;;\n" * 9

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    reading = await reading_of(declaration(base_url=await serve({"/": answer}), required=["phone"], **WIDE))
    assert (list(reading.listings), len(reading.unusable)) == (["1"], 14)
    assert reading.end.lacking == {"id": 11, "name": 4, "phone": 13}


def test_nul_bytes_and_lone_carriage_returns_are_text() -> None:
    read, unusable, _ = rows_of(b'ID;NOM\n1;A\x00B\n2;"C\x00\rD"\n')
    assert ([row["NOM"] for row in read], unusable) == (["A\x00B", "C\x00\rD"], [])


def test_a_file_that_ends_in_mid_line_is_cut_unless_that_is_how_it_is_written() -> None:
    assert rows_of(b"ID;NOM\n1;A\n2;Bou")[2] is True
    assert rows_of(b"ID;NOM\n1;A\n2;Bou", csv={"final_newline": False})[2] is False


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "its file is empty; correct partners.essai.base_url"),
        (b"<html>\n<body>", "its file is HTML instead of CSV; correct partners.essai.base_url"),
        (
            b"ID;DENOMINATION\n1;A\n",
            "its file has no column NOM; correct partners.essai.fields if the partner renamed it",
        ),
        (
            b"ID,NOM\n1,A\n",
            "its columns are separated otherwise; correct partners.essai.csv.delimiter",
        ),
        (b"\n1;A\n", "its file has no column ID, NOM; correct partners.essai.fields if the partner renamed it"),
        (b"ID;NOM;NOM\n1;A;B\n", "two columns of its file have the same name; ask the partner to rename one"),
        (
            "ID;NOM\n1;Forêt\n".encode("cp1252"),
            "line 2 of its file is not written in utf-8; correct partners.essai.charset",
        ),
        (b"x" * 300_000, "line 1 of its file is longer than 262,144 bytes; ask the partner for a CSV file"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused(body: bytes, cause: str, serve: Serve) -> None:
    assert await file_error(body, serve) == f"Essai: {cause}"


async def test_a_half_written_file_is_read_once_more_and_then_given_up(serve: Serve) -> None:
    bodies = [b"ID;NOM\n1;A\n9;Z\n2;Bo", b"ID;NOM\n1;A\n2;Bo", b"ID;NOM\n1;A\n9;Z\n3;C", b"ID;NOM\n1;A\n2;Bois\n"]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=bodies.pop(0))

    address = await serve({"/": answer})
    failure = await failure_of(declaration(base_url=address))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: its file ends in mid-line, as if it were being written; try again later"

    reading = await reading_of(declaration(base_url=address))
    assert reading.listings["2"].name == "Bois"
    assert [page.restarts for page in reading.pages] == [False, True, False]
    assert sorted(reading.listings) == ["1", "2"]  # and nothing of the pass that was given up


async def test_a_file_cut_while_it_is_sent_is_not_a_reading(serve: Serve) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"ID;NOM\n1;A\n2;B\n")
        assert request.transport is not None
        request.transport.close()
        return response

    failure = await failure_of(declaration(base_url=await serve({"/": answer})))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: it broke off in mid-answer; try again later"


async def test_a_file_of_a_moment_ago_is_read_again(serve: Serve) -> None:
    """nginx's ETag is mtime and size: what changes within the second keeps it."""
    written = datetime.now(UTC)
    conditions: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        conditions.append(request.headers.get("If-None-Match"))
        headers = {"ETag": '"1-2"', "Last-Modified": format_datetime(written, usegmt=True)}
        return web.Response(body=b"ID;NOM\n1;A\n", headers=headers)

    address = await serve({"/": answer})
    young = await reading_of(declaration(base_url=address))
    assert young.end.cursor is None
    written -= timedelta(minutes=5)
    settled = await reading_of(declaration(base_url=address), young.end.cursor)
    await reading_of(declaration(base_url=address), settled.end.cursor)
    assert conditions == [None, None, '"1-2"']


async def test_an_unchanged_file_is_not_read(demo: Running, declared: Declared) -> None:
    first = await reading_of(declared("cmar"))
    again = await reading_of(declared("cmar"), first.end.cursor)
    assert (again.end.scope, again.pages, again.end.cursor) == (Scope.UNCHANGED, [], first.end.cursor)


async def test_cells_are_kept_unaltered_in_raw(demo: Running, declared: Declared) -> None:
    server = demo["cmar"]
    assert isinstance(server, CmarServer)
    external_id = server.external_ids()[0]
    server.edit(external_id, DENOMINATION='  ÉTS "Le Bœuf" – 50 € ', COMMUNE="AIX  EN\tPROVENCE")
    listing = (await reading_of(declared("cmar"))).listings[external_id]
    assert listing.name == 'ÉTS "Le Bœuf" – 50 €'
    assert msgspec.json.decode(listing.raw)["DENOMINATION"] == '  ÉTS "Le Bœuf" – 50 € '
    assert (listing.address.commune, msgspec.json.decode(listing.raw)["COMMUNE"]) == (
        "AIX EN PROVENCE",
        "AIX  EN\tPROVENCE",
    )


async def test_it_reads_on_the_way_and_never_holds_the_file(serve: Serve) -> None:
    """The first page is there while the server still writes."""
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"ID;NOM\n")
        for number in range(200_000):
            await response.write(b"%d;%s\n" % (number, b"A" * 500))
            sent = number
        return response

    async with open_connector(declaration(base_url=await serve({"/": endless}), page_size=100)) as connector:
        pages = connector.read()
        page = await anext(pages)
        await pages.aclose()
    assert len(getattr(page, "listings", ())) == 100
    assert sent < 100_000


def test_a_bad_rows_id_is_read_as_that_of_a_good_one() -> None:
    table = Table(declaration(fields={"id": {"path": "ID", "prefix": "M-"}, "name": "NOM"}))
    (*_, batch) = [*table.feed(b"ID;NOM\n1\0 ;A;;\n" + b"9" * 201 + b";A;;\n"), table.finish()]
    assert [row.external_id for row in batch.unusable] == ["M-1", None]


def test_a_batch_is_bounded_however_much_its_rows_repeat_the_header() -> None:
    table = Table(declaration(page_size=32_000))
    header = b"ID;NOM;" + b"C" * 200_000
    batches = list(table.feed(header + b"\n" + b"1;A;\n" * 100))
    assert max(sum(map(len, batch.rows)) for batch in batches) < 4_300_000
    assert sum(len(batch.rows) for batch in [*batches, table.finish()]) == 100


async def test_validators_in_other_bytes_than_utf8_are_not_kept() -> None:
    head = b'HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nETag: "caf\xe9"\r\nContent-Length: 11\r\n\r\n'
    async with saying(head + b"ID;NOM\n1;A\n") as address:
        reading = await reading_of(declaration(base_url=address))
    assert (list(reading.listings), reading.end.cursor) == (["1"], None)
    assert [copy.headers for page in reading.pages for copy in page.copies if copy.headers] == [
        {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}
    ]
