"""Too much at once: what is let in is answered in bounded time and rightly, the rest is told when to come back."""

import asyncio
import statistics
from collections import Counter
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest

from gateway.errors import RequestRefused
from gateway.overload import Gate
from gateway.settings import Settings
from tests.gateway.served import Client, refusal, serve_on_loopback


async def hold(gate: Gate, let_go: asyncio.Event) -> None:
    async with gate:
        await let_go.wait()


async def queued(gate: Gate, count: int, let_go: asyncio.Event) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(hold(gate, let_go)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_places_are_handed_on_in_order_of_arrival() -> None:
    gate, order = Gate(1, 10, 5), list[int]()

    async def work(number: int) -> None:
        async with gate:
            assert gate.executing == 1
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*map(work, range(6)))
    assert (order, gate.executing, gate.waiting) == (list(range(6)), 0, 0)


async def test_where_too_many_wait_the_next_is_turned_away_at_once() -> None:
    gate, let_go = Gate(2, 3, 5), asyncio.Event()
    inside = await queued(gate, 5, let_go)
    assert (gate.executing, gate.waiting) == (2, 3)
    with pytest.raises(RequestRefused) as caught:
        await hold(gate, let_go)
    assert (caught.value.status, caught.value.code) == (503, "OVERLOADED")
    assert caught.value.headers["Retry-After"] in {"1", "2", "3"}
    let_go.set()
    await asyncio.gather(*inside)
    await hold(gate, let_go)
    assert (gate.executing, gate.waiting) == (0, 0)


async def test_nobody_waits_for_long_and_less_where_many_have() -> None:
    gate, let_go, loop = Gate(1, 10, 0.2), asyncio.Event(), asyncio.get_running_loop()
    inside = await queued(gate, 1, let_go)
    waits = []
    # The second joins a queue that has stood for as long as its first has patience; that of the first is over then.
    first = asyncio.create_task(hold(gate, let_go))
    await asyncio.sleep(0.15)
    second = asyncio.create_task(hold(gate, let_go))
    await asyncio.sleep(0.1)
    began = loop.time()
    with pytest.raises(RequestRefused):
        await hold(gate, let_go)
    waits.append(loop.time() - began)
    for each in (first, second):
        with pytest.raises(RequestRefused):
            await each
    assert waits[0] < 0.15  # a twentieth of 0.2 s, on a machine that has other work
    let_go.set()
    await asyncio.gather(*inside)
    assert (gate.executing, gate.waiting) == (0, 0)


async def test_who_leaves_the_queue_takes_no_place_along() -> None:
    gate, let_go = Gate(1, 10, 5), asyncio.Event()
    inside = await queued(gate, 3, let_go)
    inside[1].cancel()
    await asyncio.sleep(0)
    assert gate.waiting == 1
    let_go.set()
    inside[2].cancel()  # at the very moment that the place comes
    await asyncio.gather(*inside, return_exceptions=True)
    assert (gate.executing, gate.waiting) == (0, 0)
    await hold(gate, let_go)


async def tell(gate: Gate, let_go: asyncio.Event) -> None:
    async with gate.patiently():
        await let_go.wait()


async def followed(gate: Gate, count: int, let_go: asyncio.Event) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(tell(gate, let_go)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_events_have_a_quarter_of_the_places_and_wait_for_them_in_order() -> None:
    gate, order, together = Gate(8, 0, 0.01), list[int](), list[int]()

    async def work(number: int) -> None:
        async with gate.patiently():
            order.append(number)
            together.append(gate.executing)
            await asyncio.sleep(0.01)

    await asyncio.gather(*map(work, range(9)))
    assert (order, max(together)) == (list(range(9)), 2)
    assert (gate.executing, gate.waiting_patiently) == (0, 0)


async def test_who_asks_goes_before_events_of_which_one_is_always_told() -> None:
    gate, order, ends = Gate(2, 20, 5), list[str](), [asyncio.Event() for _ in range(2)]
    inside = [task for each in ends for task in await queued(gate, 1, each)]

    async def asks(name: str) -> None:
        async with gate:
            order.append(name)
            await asyncio.sleep(0)

    async def tells(name: str) -> None:
        async with gate.patiently():
            order.append(name)
            await asyncio.sleep(0.05)

    events = [asyncio.create_task(tells(f"event {number}")) for number in range(2)]
    await asyncio.sleep(0)
    questions = [asyncio.create_task(asks(f"question {number}")) for number in range(4)]
    await asyncio.sleep(0)
    assert (gate.executing, gate.waiting, gate.waiting_patiently) == (2, 4, 2)
    ends[0].set()  # this place is an event's: none is told
    ends[1].set()  # this one is for those who ask
    await asyncio.gather(*inside, *events, *questions)
    assert order == ["event 0", *(f"question {number}" for number in range(4)), "event 1"]
    assert (gate.executing, gate.waiting_patiently) == (0, 0)


async def test_of_a_single_place_events_and_questions_have_it_in_turns() -> None:
    gate, order, ends = Gate(1, 20, 5), list[str](), asyncio.Event()
    inside = await queued(gate, 1, ends)

    async def takes(place: AbstractAsyncContextManager[None], name: str) -> None:
        async with place:
            order.append(name)

    waiting = [asyncio.create_task(takes(gate.patiently(), "event")) for _ in range(3)]
    waiting += [asyncio.create_task(takes(gate, "question")) for _ in range(3)]
    await asyncio.sleep(0)
    ends.set()
    await asyncio.gather(*inside, *waiting)
    assert order == ["event", "question"] * 3
    assert gate.executing == 0


async def test_an_event_that_nobody_wants_any_more_takes_no_place_along() -> None:
    gate, let_go = Gate(4, 10, 5), asyncio.Event()
    events = await followed(gate, 4, let_go)
    events[1].cancel()
    await asyncio.sleep(0)
    assert (gate.executing, gate.waiting_patiently) == (1, 2)
    let_go.set()
    events[0].cancel()
    events[2].cancel()  # passed over, or given the place at this very moment
    await asyncio.gather(*events, return_exceptions=True)
    assert (gate.executing, gate.waiting_patiently) == (0, 0)
    await tell(gate, let_go)


async def _storm(client: Client, callers: int, seconds: float) -> tuple[Counter[tuple[int, str]], list[float]]:
    """As many callers as said, each asking again as soon as it is answered, all for something that is not kept."""
    loop, outcomes, times = asyncio.get_running_loop(), Counter[tuple[int, str]](), list[float]()
    until = loop.time() + seconds

    async def caller(number: int) -> None:
        while (began := loop.time()) < until:
            query = f"{{ c{number}: __typename partners {{ code }} suppliers {{ totalCount nodes {{ name }} }} }}"
            async with session.post("/graphql", json={"query": query}) as response:
                answer = await response.json()
            if response.status == 200:
                assert answer["data"]["suppliers"]["totalCount"] == 2, answer
                assert "errors" not in answer
                outcomes[200, ""] += 1
                times.append(loop.time() - began)
            else:
                code, _ = await refusal(response)
                outcomes[response.status, code] += 1
                assert int(response.headers["Retry-After"]) in {1, 2, 3}
                await asyncio.sleep(0.2)  # sooner than it was told to

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{client.port}", connector=connector) as session:
        await asyncio.gather(*map(caller, range(callers)))
    return outcomes, times


async def test_under_ten_times_what_it_can_do_the_hub_answers_some_and_sheds_the_rest(filled: Settings) -> None:
    """With few places, so that a small machine is overloaded by few callers."""
    limits = {"executions": 2, "waiting": 4, "wait_seconds": 0.5}
    nothing_kept = {"fresh_seconds": 0, "stale_seconds": 0}
    all_in = Settings(data_dir=filled.data_dir, limits={"executions": 1_000}, cache=nothing_kept)
    async with serve_on_loopback(all_in) as client:
        all_let_in, waits = await _storm(client, 60, 2)
        assert set(all_let_in) == {(200, "")}
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, limits=limits, cache=nothing_kept)) as client:
        calm, _ = await _storm(client, 2, 1)
        assert set(calm) == {(200, "")}
        outcomes, times = await _storm(client, 60, 3)
        assert set(outcomes) == {(200, ""), (503, "OVERLOADED")}
        assert statistics.median(times) < statistics.median(waits)
        probes = [client.get("/healthz"), client.get("/readyz"), client.get("/metrics")]
        assert [each.status for each in await asyncio.gather(*probes)] == [200] * 3
        metrics = await (await client.get("/metrics")).text()
        assert 'circuit_shed_total{what="execution"}' in metrics
        assert 'circuit_refusals_total{code="OVERLOADED"}' in metrics
        assert (client.hub.gate.executing, client.hub.gate.waiting) == (0, 0)


async def test_what_is_kept_is_given_while_no_place_is_free(filled: Settings) -> None:
    full = Settings(data_dir=filled.data_dir, limits={"executions": 1, "waiting": 0})
    query = "{ suppliers { totalCount } }"
    async with serve_on_loopback(full) as client:
        assert (await client.ask(query)).headers["X-Cache"] == "MISS"
        async with client.hub.gate:
            kept = await client.ask(query)
            assert (kept.status, kept.headers["X-Cache"]) == (200, "HIT")
            shed = await client.ask("{ partners { code } }")
            assert (shed.status, (await refusal(shed))[0]) == (503, "OVERLOADED")
            assert (await client.get("/readyz")).status == 200
        assert (await client.ask("{ partners { code } }")).status == 200
