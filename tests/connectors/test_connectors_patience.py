"""How long a partner is borne with: tries, waits, deadlines, and the account of what they cost."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from connectors import Declaration, PartnerUnavailable
from connectors.errors import Unsettled
from directory.records import Traffic
from tests.connectors.answers import MEMBERS, answering, members, status, trickling
from tests.connectors.partner_kit import Serve, failure_of, plain, reading_of

CSV = b"id;name\n" + b"1;A\n" * 50


def file(address: str, **changes: Any) -> Declaration:
    """A partner of one CSV file."""
    return plain(address, protocol="csv", **changes)


async def test_tries_are_bounded_and_counted(serve: Serve) -> None:
    handler, asked = answering(status(500))
    failure = await failure_of(plain(await serve({"/": handler}), retries=3))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: it answered 500 (4 times); try again later"
    assert (len(asked), failure.traffic.requests, failure.traffic.retries) == (4, 4, 3)
    assert 0 < failure.traffic.waited_seconds < 1


async def test_retry_after_is_waited_for(serve: Serve) -> None:
    times: list[float] = []

    async def handler(_: web.Request) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        return status(429, Retry_After="1")() if len(times) == 1 else members()

    reading = await reading_of(plain(await serve({"/": handler})))
    assert 1 <= times[1] - times[0] < 2
    traffic = reading.end.traffic
    assert (traffic.requests, traffic.retries) == (2, 1)
    assert 1 <= traffic.waited_seconds < 2


@pytest.mark.parametrize("asked_for", ["-5", "soon", "0", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_a_retry_after_that_asks_for_nothing_is_a_try_like_any_other(asked_for: str, serve: Serve) -> None:
    handler, _ = answering(status(503, Retry_After=asked_for), members)
    reading = await reading_of(plain(await serve({"/": handler})))
    assert list(reading.listings) == ["1", "2"]


@pytest.mark.parametrize(("asked_for", "seconds"), [("3600", 3_600), ("1000000000", 86_400), ("9" * 400, 86_400)])
async def test_a_long_retry_after_gives_up_at_once_and_says_when(asked_for: str, seconds: int, serve: Serve) -> None:
    handler, asked = answering(status(503, Retry_After=asked_for))
    before = datetime.now(UTC)
    failure = await failure_of(plain(await serve({"/": handler})))
    assert isinstance(failure, PartnerUnavailable)
    assert failure.is_outage
    assert failure.retry_at is not None
    assert abs(failure.retry_at - before - timedelta(seconds=seconds)) < timedelta(seconds=5)
    assert str(failure) == (
        f"Essai: it answered 503 and asks to be left alone until {failure.retry_at:%Y-%m-%d %H:%M} UTC"
    )
    assert len(asked) == 1
    assert failure.traffic == Traffic(requests=1)


async def test_waits_that_are_asked_for_are_bounded_in_sum(serve: Serve) -> None:
    handler, asked = answering(status(429, Retry_After="1"))
    before = datetime.now(UTC)
    failure = await failure_of(plain(await serve({"/": handler}), page_budget=1.5, retries=9))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: a page of it was not read within 1.5 s, tries and waits included; try again later or raise "
        "partners.essai.page_budget"
    )
    assert len(asked) == 2
    assert failure.retry_at is not None
    assert failure.retry_at - before > timedelta(seconds=2)


async def test_a_slow_body_is_given_up_at_the_deadline_of_its_request(serve: Serve) -> None:
    address = await serve({"/": trickling(b" " * 100, 0.05)})
    failure = await failure_of(plain(address, timeout=0.2, retries=0))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: it did not answer within 0.2 s (once); try again later or raise partners.essai.timeout"
    )


async def test_a_silent_server_is_given_up_at_the_deadline_of_its_request(serve: Serve) -> None:
    address = await serve({"/": trickling(b" ", 60)})
    failure = await failure_of(plain(address, timeout=0.05, retries=1))
    assert str(failure) == (
        "Essai: it did not answer within 0.05 s (2 times); try again later or raise partners.essai.timeout"
    )


async def test_a_page_ends_with_its_budget_however_many_tries_are_left(serve: Serve) -> None:
    address = await serve({"/": trickling(b" " * 100, 0.02)})
    failure = await failure_of(plain(address, timeout=0.1, page_budget=0.35, retries=20))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: a page of it was not read within 0.35 s, tries and waits included; try again later or raise "
        "partners.essai.page_budget"
    )
    assert 2 <= failure.traffic.requests <= 5


async def test_a_reading_ends_with_its_time_budget(serve: Serve) -> None:
    handler, _ = answering(status(500))
    failure = await failure_of(plain(await serve({"/": handler}), time_budget=0.05, retry_pause=10, retries=9))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: it was not read within its 0.05 s; try again later or raise partners.essai.time_budget"
    )


async def test_a_reading_of_many_quick_pages_ends_with_its_time_budget(serve: Serve) -> None:
    asked: list[str] = []

    async def page(request: web.Request) -> web.Response:
        asked.append(request.query["page"])
        return web.json_response([{"id": int(asked[-1]), "name": "A"}])

    failure = await failure_of(plain(await serve({"/": page}), pages={"paging": "page"}, time_budget=0.2))
    assert str(failure) == (
        "Essai: it was not read within its 0.2 s; try again later or raise partners.essai.time_budget"
    )
    assert failure.traffic.requests in {len(asked), len(asked) + 1}


async def test_a_file_that_comes_a_byte_at_a_time_ends_with_the_budget_of_a_page(serve: Serve) -> None:
    address = await serve({"/": trickling(CSV, 0.02)})
    failure = await failure_of(file(address, page_budget=0.2))
    assert isinstance(failure, PartnerUnavailable)
    assert not isinstance(failure, Unsettled)
    assert str(failure) == (
        "Essai: a page of it was not read within 0.2 s, tries and waits included; try again later or raise "
        "partners.essai.page_budget"
    )


async def test_a_file_that_comes_a_byte_at_a_time_ends_with_the_budget_of_the_reading(serve: Serve) -> None:
    address = await serve({"/": trickling(CSV, 0.02)})
    failure = await failure_of(file(address, time_budget=0.2))
    assert str(failure) == (
        "Essai: it was not read within its 0.2 s; try again later or raise partners.essai.time_budget"
    )


async def test_a_file_that_falls_silent_is_begun_again_then_given_up(serve: Serve) -> None:
    address = await serve({"/": trickling(b"i", 60)})
    failure = await failure_of(file(address, timeout=0.05))
    assert isinstance(failure, Unsettled)
    assert str(failure) == "Essai: it did not answer within 0.05 s; try again later"
    assert failure.traffic.requests == 2


async def test_each_megabyte_of_a_file_has_the_budget_of_a_page(serve: Serve) -> None:
    line = b"%07d;" + b"A" * 991 + b"\n"

    async def steady(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"id;name\n")
        for start in range(0, 3_000, 100):
            await response.write(b"".join(line % number for number in range(start, start + 100)))
            await asyncio.sleep(0.03)
        return response

    reading = await reading_of(file(await serve({"/": steady}), page_budget=0.8))
    assert len(reading.listings) == 3_000


async def test_a_token_server_that_fails_for_a_moment_is_asked_again(serve: Serve) -> None:
    token, asked = answering(status(503), lambda: web.json_response({"access_token": "abc"}))
    handler, _ = answering(members)
    address = await serve({"/token": token, "/": handler})
    credentials = {"auth": "oauth2", "client_id": "hub", "client_secret": "hunter"}
    reading = await reading_of(plain(address, token_url=f"{address}/token", **credentials))
    assert list(reading.listings) == ["1", "2"]
    assert (len(asked), reading.end.traffic.requests, reading.end.traffic.retries) == (2, 3, 1)


async def test_a_request_repeated_with_a_new_token_is_a_retry(serve: Serve) -> None:
    token, _ = answering(lambda: web.json_response({"access_token": "abc"}))
    handler, _ = answering(status(401), members)
    address = await serve({"/token": token, "/": handler})
    credentials = {"auth": "oauth2", "client_id": "hub", "client_secret": "hunter"}
    reading = await reading_of(plain(address, token_url=f"{address}/token", **credentials))
    assert reading.end.traffic == Traffic(requests=4, retries=1)


async def test_a_redirect_is_a_request_and_no_retry(serve: Serve) -> None:
    moved, _ = answering(status(302, Location="/new"))
    handler, _ = answering(members)
    reading = await reading_of(plain(await serve({"/": moved, "/new": handler})))
    assert reading.end.traffic == Traffic(requests=2)


async def test_what_cannot_be_mapped_has_its_cost_said_too(serve: Serve) -> None:
    handler, _ = answering(lambda: web.Response(body=MEMBERS[:-1]))
    failure = await failure_of(plain(await serve({"/": handler})))
    assert failure.traffic == Traffic(requests=1)
