"""Plain JSON pages: every way of paging, by settings alone."""

import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from connectors import PartnerRefused, PartnerUnavailable, jsontext
from directory.records import Scope
from tests.connectors.partner_kit import Serve, failure_of, plain, reading_of

MEMBERS = [{"ref": f"m{number}", "soc": {"nom": f"Société {number}"}} for number in range(7)]
FIELDS = {"id": "ref", "name": "soc.nom"}
Handler = Callable[[web.Request], Awaitable[web.Response]]


def by_position(position: str, start: Callable[[int], int]) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        first = start(int(request.query[position]))
        found = MEMBERS[first : first + int(request.query["n"])]
        return web.json_response({"result": {"items": found}, "meta": {"total": len(MEMBERS)}})

    return answer


async def by_next(request: web.Request) -> web.Response:
    first = int(request.query.get("from", "0"))
    following = f"?from={first + 3}" if first + 3 < len(MEMBERS) else None
    return web.json_response({"result": {"items": MEMBERS[first : first + 3]}, "links": {"next": following}})


async def by_link(request: web.Request) -> web.Response:
    first = int(request.query.get("from", "0"))
    links = f'</?from=0>; rel="first", </?from={first + 3}>; rel="next"' if first + 3 < len(MEMBERS) else ""
    return web.json_response({"result": {"items": MEMBERS[first : first + 3]}}, headers={"Link": links})


async def whole(_: web.Request) -> web.Response:
    return web.json_response({"result": {"items": MEMBERS}})


WAYS: dict[str, tuple[Handler, dict[str, Any]]] = {
    "page": (by_position("p", lambda page: (page - 1) * 3), {"position_param": "p", "size_param": "n"}),
    "page from zero": (
        by_position("p", lambda page: page * 3),
        {"position_param": "p", "size_param": "n", "first": 0, "total": "meta.total"},
    ),
    "offset": (
        by_position("o", lambda offset: offset),
        {"paging": "offset", "position_param": "o", "size_param": "n", "total": "meta.total"},
    ),
    "next": (by_next, {"paging": "next", "next": "links.next"}),
    "link": (by_link, {"paging": "link"}),
    "single": (whole, {"paging": "single"}),
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_of_paging_gives_every_member_once(way: str, serve: Serve) -> None:
    handler, pages = WAYS[way]
    address = await serve({"/": handler})
    declaration = plain(address, page_size=3, pages={"records": "result.items", **pages}, fields=FIELDS)
    reading = await reading_of(declaration)
    assert [listing.external_id for page in reading.pages for listing in page.listings] == [
        member["ref"] for member in MEMBERS
    ]
    assert reading.listings["m6"].name == "Société 6"
    assert (reading.end.scope, reading.end.cursor) == (Scope.FULL, None)


async def test_a_server_that_ignores_the_page_number_is_refused(serve: Serve) -> None:
    failure = await failure_of(
        plain(await serve({"/": whole}), pages={"records": "result.items", "paging": "page"}, fields=FIELDS)
    )
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: its server leads back to a page that was read already; ask the partner to mend its paging"
    )


async def test_the_same_members_in_ever_another_order_are_refused(serve: Serve) -> None:
    asked = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.json_response(MEMBERS[asked:] + MEMBERS[:asked])

    failure = await failure_of(plain(await serve({"/": answer}), pages={"paging": "page"}, fields=FIELDS))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: its server leads back to a page that was read already; ask the partner to mend its paging"
    )
    assert asked in {6, 7}  # the first page, five that bring nobody new, and one fetched ahead


@pytest.mark.parametrize("ids", [[[1, 2], [3, 4], [1, 2]], [[1, 2], [1, 2]]])
async def test_pages_that_come_again_are_refused(ids: list[list[int]], serve: Serve) -> None:
    pages = [web.json_response({"items": [{"id": one, "name": "A"} for one in page], "of": 9}).body for page in ids]

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=pages[(int(request.query["page"]) - 1) % len(pages)])

    essai = plain(await serve({"/": answer}), pages={"paging": "page", "records": "items", "total": "of"})
    failure = await failure_of(essai)
    assert str(failure) == (
        "Essai: its server leads back to a page that was read already; ask the partner to mend its paging"
    )


async def test_a_total_that_moves_is_read_once_more_and_then_given_up(serve: Serve) -> None:
    asked = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        first = 2 * int(request.query["page"])
        items = [{"id": one, "name": "A"} for one in (first, first + 1)]
        return web.json_response({"items": items, "of": 100 + asked})

    essai = plain(await serve({"/": answer}), pages={"paging": "page", "records": "items", "total": "of"})
    failure = await failure_of(essai)
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: its directory changed while it was read; try again later"


@pytest.mark.parametrize("ids", [[1, 1], [1, None], [1]])
async def test_doubled_and_missing_ids_do_not_add_up(ids: list[int | None], serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"items": [{"id": one, "name": "A"} for one in ids], "of": 3})

    essai = plain(await serve({"/": answer}), pages={"paging": "single", "records": "items", "total": "of"})
    failure = await failure_of(essai)
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        f"Essai: it announced 3 records and gave {len(set(ids))} different ones; try again later, or ask the partner "
        "if it persists"
    )


async def test_a_second_pass_says_that_it_begins_anew_and_counts_alone(serve: Serve) -> None:
    rounds: list[tuple[int, list[int | None]]] = [(3, [1, 2]), (2, [1, None])]
    answers = iter(rounds)

    async def answer(_: web.Request) -> web.Response:
        total, ids = next(answers)
        return web.json_response({"items": [{"id": one, "name": f"N{one}"} for one in ids], "of": total})

    essai = plain(await serve({"/": answer}), pages={"paging": "single", "records": "items", "total": "of"})
    reading = await reading_of(essai)
    assert [page.restarts for page in reading.pages] == [False, True, False]
    assert (list(reading.listings), reading.deleted) == (["1"], [])
    assert reading.end.lacking == {"id": 1}
    assert [field.kinds for field in reading.end.shape if field.path == "id"] == [{"number": 1, "empty": 1}]
    assert [copy.chapter for page in reading.counting for copy in page.copies] == ["pass"]


async def test_an_error_says_what_it_cost(serve: Serve) -> None:
    failure = await failure_of(plain(await serve({"/": whole}), pages={"records": "data", "paging": "single"}))
    assert failure.traffic.requests == 1


async def test_a_total_that_is_none_is_refused(serve: Serve) -> None:
    failure = await failure_of(
        plain(await serve({"/": whole}), pages={"records": "result.items", "total": "meta.total"}, fields=FIELDS)
    )
    assert str(failure) == (
        "Essai: an answer has no number at meta.total; ask the partner what its server says, or correct "
        "partners.essai.pages.total"
    )


async def test_records_elsewhere_are_named(serve: Serve) -> None:
    failure = await failure_of(plain(await serve({"/": whole}), pages={"records": "data", "paging": "single"}))
    assert str(failure) == (
        "Essai: an answer has no list of records at data; ask the partner what its server says, or correct "
        "partners.essai.resource"
    )


@pytest.mark.parametrize(
    ("record", "number", "cause"),
    [
        (b"{}", 50_001, "holds more than 50,000 records; if that is right, raise partners.essai.page_size"),
        (
            b'{"a":[[1,{}]]}',
            200_000,
            "holds more than 50,000 records; if that is right, raise partners.essai.page_size",
        ),
        (
            b"1",
            200_000,
            "has no list of records at data; ask the partner what its server says, or correct partners.essai.resource",
        ),
    ],
)
async def test_far_more_records_than_asked_for_are_refused(
    record: bytes, number: int, cause: str, serve: Serve
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b'{"data":[' + b",".join([record] * number) + b"]}")

    failure = await failure_of(plain(await serve({"/": answer}), pages={"records": "data", "paging": "single"}))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == f"Essai: an answer {cause}"


def test_the_number_of_records_is_exact_and_their_text_too() -> None:
    record = '{"a": [1,2,{"b":"],["}]}'
    body = f"[{','.join([record] * 10)}]".encode()
    assert jsontext.records(body, "", 10) == [record] * 10
    with pytest.raises(jsontext.TooMany):
        jsontext.records(body, "", 9)


def test_a_value_is_found_and_nothing_is_made_of_what_lies_beside_it() -> None:
    body = b'{"total":3,"x":[' + b"[]," * 1_000_000 + b'[]],"links":[{"href":"/2"}],"long":"' + b"a" * 9_000 + b'"}'
    tracemalloc.start()
    try:
        found = [jsontext.value_at(body, path) for path in ("total", "links.0.href", "links.1", "x.0", "long", "none")]
        largest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == [3, "/2", None, None, None, None]
    assert largest < 5 * len(body)


async def test_empty_pages_for_ever_are_refused(serve: Serve) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query.get("_token", ""))
        if request.method == "HEAD":
            return web.Response(headers={"ETag": '"1"'})
        following = str(request.url.with_query(_token=str(len(asked))))
        return web.json_response({"data": []}, headers={"Next-Page": following})

    failure = await failure_of(plain(await serve({"/r": answer}), protocol="kinto", resource="r"))
    assert str(failure) == (
        "Essai: its server leads back to a page that was read already; ask the partner to mend its paging"
    )
    assert len(asked) < 10
