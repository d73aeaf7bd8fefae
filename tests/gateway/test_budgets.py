"""Budgets over HTTP: who pays, what is refused, what is told, and that all processes count together."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import parse
from pydantic import SecretStr

from cache import SlidingWindow
from directory.disclosure import Role
from gateway import pictures
from gateway.auth import Identity, create_key
from gateway.budgets import LONGEST_HOST, Budgets
from gateway.costs import cost_of, priced
from gateway.exports import SEARCH_UNITS
from gateway.settings import Settings
from gateway.settings_costs import Budget, Costs, Maximum
from tests.cache.test_cache_redis import ADDRESS, closed_port
from tests.gateway.budget_kit import serve_in_one_moment
from tests.gateway.served import Client, serve_on_loopback
from tests.gateway.test_costs import TARIFF
from tests.gateway.test_limits_http import counted

SEARCH = "query ($q: String) { suppliers(query: $q, first: 9) { nodes { name } } }"  # 1 + 40 + 1 + 1 + 9 = 52 units
READ = 4  # for reading it, once
RATE = "{ rateLimit { cost limit remaining resetAt } }"


def budgeted(settings: Settings, **values: Any) -> Settings:
    """With 200 units a minute for the public and 400 for a buyer."""
    costs = Costs(
        maximum=Maximum(public=100, buyer=100, partner=100, steward=100), budget=Budget(public=200, buyer=400), **values
    )
    return settings.model_copy(update={"cost": costs})


@pytest.fixture
async def client(filled: Settings) -> AsyncIterator[Client]:
    async with serve_in_one_moment(budgeted(filled)) as served:
        yield served


async def statuses(
    client: Client, times: int, key: str | None = None, *, start: int = 0, forwarded: str | None = None
) -> list[int]:
    """The statuses of so many searches, each for something else; ``forwarded`` is what a proxy says of the caller."""
    found = []
    for number in range(start, start + times):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        sent = headers | ({"X-Forwarded-For": forwarded} if forwarded else {})
        asked = {"query": SEARCH, "variables": {"q": f"plombier {number}"}}
        async with client.session.post("/graphql", json=asked, headers=sent) as response:
            found.append(response.status)
    return found


async def test_beyond_the_budget_a_request_is_told_when_to_come_again(client: Client) -> None:
    before = await counted(client, "RATE_LIMITED")
    assert await statuses(client, 3) == [200] * 3
    async with client.session.post("/graphql", json={"query": SEARCH}) as response:
        wait = int(response.headers["Retry-After"])
        assert (response.status, response.headers["Cache-Control"]) == (429, "no-store")
        assert 1 <= wait <= 120
        (error,) = (await response.json())["errors"]
    assert error == {
        "message": f"The request costs 52 units, and {200 - 3 * 52 - READ} are left of your 200 a minute: "
        f"try again in {wait} s, ask for less, or ask with an API key.",
        "extensions": {"code": "RATE_LIMITED", "requestId": response.headers["X-Request-ID"]},
    }
    assert await counted(client, "RATE_LIMITED") == before + 1


async def test_keys_have_budgets_of_their_own_by_their_role(client: Client) -> None:
    one, other = [(await create_key(client.hub.database, role=Role.BUYER, name=name)).token for name in "ab"]
    assert await statuses(client, 4) == [200, 200, 200, 429]
    assert await statuses(client, 8, one, start=10) == [200] * 7 + [429]
    assert await statuses(client, 8, other, start=20) == [200] * 7 + [429]


async def test_a_role_without_a_budget_is_told_so(filled: Settings) -> None:
    costs = Costs(budget=Budget(public=0))
    async with serve_in_one_moment(filled.model_copy(update={"cost": costs})) as client:
        answer = await (await client.ask(RATE)).json()
        assert answer["data"]["rateLimit"] == {"cost": 1 + 3, "limit": None, "remaining": None, "resetAt": None}


async def test_kept_answers_cost_nothing(client: Client) -> None:
    asked = {"query": SEARCH, "variables": {"q": "plombier"}}
    for _ in range(60):
        async with client.session.post("/graphql", json=asked) as response:
            assert response.status == 200
    rate = (await (await client.ask(RATE)).json())["data"]["rateLimit"]
    assert rate["remaining"] == 200 - (52 + READ) - rate["cost"]


async def test_rate_limit_says_what_this_request_was_charged_and_is_never_kept(client: Client) -> None:
    query = "{ rateLimit { cost remaining resetAt } suppliers(first: 1) { totalCount } }"
    told = []
    for _ in range(2):
        response = await client.ask(query, extensions={"cost": True})
        assert response.headers["X-Cache"] == "MISS"
        told.append(await response.json())
    reading = 4
    (first, second) = [answer["data"]["rateLimit"] for answer in told]
    assert (first["cost"], first["remaining"]) == (47 + reading, 200 - 47 - reading)
    assert (second["cost"], second["remaining"]) == (47, 200 - 2 * 47 - reading)
    for answer, rate in zip(told, (first, second), strict=True):
        cost = answer["extensions"]["cost"]
        assert (cost["charged"], cost["remaining"]) == (rate["cost"], rate["remaining"])
        assert cost["resetAt"] == rate["resetAt"]
    ahead = (datetime.fromisoformat(second["resetAt"]) - datetime.now(UTC)).total_seconds()
    assert 0 < ahead <= 120


async def test_documents_that_are_new_each_time_are_paid_for(client: Client) -> None:
    """Each costs its reading and little else: without paying for that, a caller could have thousands read a minute."""
    found = []
    for number in range(12):
        response = await client.ask(f"# {number} {'x' * 380}\n{{ __typename }}")
        found.append(response.status)
    assert found == [200] * 9 + [429] * 3


async def test_documents_that_are_refused_are_paid_for(client: Client) -> None:
    found = [(await client.ask(f"{{ nothing{number} {'x' * 380} }}")).status for number in range(12)]
    assert found[0] == 200
    assert found[-1] == 429


async def test_files_and_pictures_are_paid_for_as_in_graphql(client: Client) -> None:
    found = [(await client.get("/suppliers.csv", params={"query": "plombier"})).status for _ in range(5)]
    assert found == [200] * 4 + [429]  # a search and two suppliers each
    assert cost_of(priced(parse("{ suppliers(first: 0) { edges { cursor } } }"), TARIFF)[0], {}) == SEARCH_UNITS + 2
    assert cost_of(priced(parse(pictures.QUERY), TARIFF)[0], {}) == pictures.PICTURE_UNITS
    async with asyncio.timeout(60):
        while (answer := await client.get("/listings/TGlzdGluZzox/match.svg")).status == 200:
            assert answer.content_type == "image/svg+xml"
    assert answer.status == 429


async def test_measuring_counts_and_refuses_nobody(filled: Settings) -> None:
    async with serve_in_one_moment(budgeted(filled, mode="measure")) as client:
        before = await counted(client, "RATE_LIMITED", "circuit_overruns_total")
        assert await statuses(client, 6) == [200] * 6
        assert await counted(client, "RATE_LIMITED", "circuit_overruns_total") == before + 3
        assert (await (await client.ask(RATE)).json())["data"]["rateLimit"]["remaining"] == 0


async def test_a_trusted_proxy_says_whom_it_speaks_for(client: Client) -> None:
    assert await statuses(client, 4, forwarded="203.0.113.7") == [200, 200, 200, 429]
    assert await statuses(client, 4, start=10, forwarded="203.0.113.8") == [200, 200, 200, 429]
    # What a caller writes itself is before what the proxy adds, and is not believed.
    forged = "198.51.100.1, 203.0.113.8"
    assert await statuses(client, 1, start=20, forwarded=forged) == [429]


async def test_nobody_else_is_believed(filled: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings = budgeted(filled).model_copy(update={"trusted_proxies": ("192.0.2.1",)})
    async with serve_in_one_moment(settings) as client:
        found = [await statuses(client, 1, start=n, forwarded=f"203.0.113.{n}") for n in range(4)]
    assert found == [[200], [200], [200], [429]]
    assert capsys.readouterr().out.count("proxy.not_trusted") == 1


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("nonsense" * 99, ("nonsense" * 99)[:LONGEST_HOST]),
    ],
)
def test_who_counts_as_one_caller(host: str, network: str) -> None:
    charge = Budgets(Costs(), SlidingWindow()).opened(Identity(), {"client": (host, 0), "headers": []})
    assert charge.caller == f"address:{network}"


@pytest.mark.redis
@pytest.mark.skipif(not ADDRESS, reason="CIRCUIT_TEST_REDIS_URL is not set")
async def test_processes_that_share_redis_share_the_budgets(filled: Settings) -> None:
    settings = budgeted(filled).model_copy(update={"redis_url": SecretStr(ADDRESS)})
    caller = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(serve_on_loopback(settings)) for _ in range(2)]
        marker = uuid.uuid4().int % 10**9
        assert await statuses(one, 3, start=marker, forwarded=caller) == [200] * 3
        assert await statuses(other, 1, start=marker + 10, forwarded=caller) == [
            200
        ]  # it has not heard of the others yet
        async with asyncio.timeout(10):
            while await remaining(other, caller) > 0:  # noqa: ASYNC110 - another process has no event to give
                await asyncio.sleep(0.02)
        assert await statuses(other, 1, start=marker + 20, forwarded=caller) == [429]


async def remaining(client: Client, caller: str) -> int:
    """What is left to a caller, as this process knows it; 0 when nothing can be asked any more."""
    async with client.session.post("/graphql", json={"query": RATE}, headers={"X-Forwarded-For": caller}) as response:
        if response.status == 429:
            return 0
        left: int = (await response.json())["data"]["rateLimit"]["remaining"]
        return left


async def test_without_redis_each_process_goes_on_alone(filled: Settings) -> None:
    url = SecretStr(f"redis://127.0.0.1:{closed_port()}/0")
    async with serve_on_loopback(budgeted(filled).model_copy(update={"redis_url": url})) as client:
        assert await statuses(client, 4) == [200, 200, 200, 429]
