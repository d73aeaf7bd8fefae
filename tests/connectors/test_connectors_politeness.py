"""How many requests a second one host is sent, whoever sends them."""

import asyncio
import time

from aiohttp import web
from yarl import URL

from connectors import PartnerUnavailable
from connectors.politeness import Hosts
from tests.connectors.answers import answering, status
from tests.connectors.partner_kit import Handler, Serve, failure_of, plain, reading_of


def pages(most: int) -> tuple[Handler, list[float]]:
    """A directory of so many pages of one member each, and the instants at which they were asked for."""
    asked: list[float] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(time.monotonic())
        page = int(request.query["page"])
        return web.json_response([{"id": page, "name": "A"}] if page < most else [])

    return handler, asked


async def test_requests_are_no_more_a_second_than_declared(serve: Serve) -> None:
    handler, asked = pages(5)
    reading = await reading_of(plain(await serve({"/": handler}), pages={"paging": "page"}, rate=20))
    assert len(asked) == 5
    # Two at once, a tenth of a second's worth; the other three 50 ms apart.
    assert 0.1 < asked[-1] - asked[0] < 1
    assert 0.1 < reading.end.traffic.waited_seconds < 1


async def test_readings_of_one_host_share_its_rate_and_the_lowest_holds(serve: Serve) -> None:
    handler, asked = pages(4)
    address = await serve({"/": handler})
    quick, slow = (plain(address, pages={"paging": "page"}, rate=rate) for rate in (1_000, 10))
    await reading_of(slow)
    del asked[:]
    await asyncio.gather(reading_of(quick), reading_of(quick))
    assert len(asked) == 8
    assert asked[-1] - asked[0] > 0.65


async def test_hosts_do_not_wait_for_each_other(serve: Serve) -> None:
    (first, asked_first), (second, asked_second) = pages(3), pages(3)
    addresses = [await serve({"/": handler}) for handler in (first, second)]
    begun = time.monotonic()
    await asyncio.gather(*(reading_of(plain(each, pages={"paging": "page"}, rate=5)) for each in addresses))
    assert max(asked_first[-1], asked_second[-1]) - begun < 0.8


async def test_retries_are_polite_too(serve: Serve) -> None:
    handler, _ = answering(status(500))
    failure = await failure_of(plain(await serve({"/": handler}), rate=10, retries=3))
    assert failure.traffic.requests == 4
    assert failure.traffic.waited_seconds > 0.25


async def test_a_page_does_not_wait_for_its_turn_beyond_its_budget(serve: Serve) -> None:
    handler, asked = pages(3)
    failure = await failure_of(plain(await serve({"/": handler}), pages={"paging": "page"}, rate=0.1, page_budget=0.05))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: a page of it was not read within 0.05 s, tries and waits included; try again later or raise "
        "partners.essai.page_budget"
    )
    assert len(asked) == failure.traffic.requests == 1
    assert failure.traffic.waited_seconds > 0.04


async def test_the_lowest_rate_that_was_declared_for_a_host_holds() -> None:
    hosts = Hosts()
    url = URL("https://partner.example/a")
    first = hosts.limiter(url, 10)
    assert (first.max_rate, first.time_period) == (1.0, 0.1)
    assert hosts.limiter(url.with_host("partner.example.").with_path("/b"), 20) is first
    assert hosts.limiter(url.with_port(8443), 20) is not first
    lower = hosts.limiter(url, 0.5)
    assert (lower.max_rate, lower.time_period) == (1.0, 2.0)
    assert hosts.limiter(url, 10) is lower
    quick = hosts.limiter(URL("https://other.example"), 1_000)
    assert (quick.max_rate, quick.time_period) == (100.0, 0.1)


async def test_the_hosts_that_are_known_are_bounded() -> None:
    hosts = Hosts(most=2)
    first = hosts.limiter(URL("https://a.example"), 10)
    for name in ("b", "c"):
        hosts.limiter(URL(f"https://{name}.example"), 10)
    assert hosts.limiter(URL("https://a.example"), 10) is not first


def test_each_event_loop_has_its_own_limiters_and_a_closed_one_is_forgotten() -> None:
    hosts, url = Hosts(), URL("https://partner.example")

    async def limiter() -> object:
        return hosts.limiter(url, 10)

    assert asyncio.run(limiter()) is not asyncio.run(limiter())
    assert len(hosts._loops) == 1
