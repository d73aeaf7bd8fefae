"""One making for all who ask together, whatever happens to any one of them."""

import asyncio

import pytest

from cache import SingleFlight


class Making:
    """Something made slowly, that says how often it began and whether it was stopped."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = 0
        self.stopped = 0
        self.go = asyncio.Event()
        self.error = error

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if self.error:
            raise self.error
        return self.begun


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_concurrent_callers_share_one_making_and_one_of_them_leads() -> None:
    flights: SingleFlight[int] = SingleFlight()
    making = Making()
    callers = [asyncio.create_task(flights.run(b"k", making)) for _ in range(3)]
    await settle()
    making.go.set()
    assert await asyncio.gather(*callers) == [(1, True), (1, False), (1, False)]
    assert making.begun == 1
    assert len(flights) == 0


async def test_other_keys_fly_alone() -> None:
    flights: SingleFlight[int] = SingleFlight()
    making = Making()
    making.go.set()
    one, other = await asyncio.gather(flights.run(b"a", making), flights.run(b"b", making))
    assert (one, other) == ((1, True), (2, True))


async def test_a_cancelled_leader_harms_no_follower() -> None:
    flights: SingleFlight[int] = SingleFlight()
    making = Making()
    leader = asyncio.create_task(flights.run(b"k", making))
    follower = asyncio.create_task(flights.run(b"k", making))
    await settle()
    leader.cancel()
    await settle()
    making.go.set()
    assert await follower == (1, False)
    assert leader.cancelled()
    assert (making.begun, making.stopped) == (1, 0)


async def test_the_making_stops_when_its_last_caller_leaves_and_the_next_begins_anew() -> None:
    flights: SingleFlight[int] = SingleFlight()
    making = Making()
    callers = [asyncio.create_task(flights.run(b"k", making)) for _ in range(2)]
    await settle()
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    making.go.set()
    assert await flights.run(b"k", making) == (2, True)
    assert (making.begun, making.stopped) == (2, 1)
    assert len(flights) == 0


async def test_a_failure_is_raised_to_all_and_is_not_remembered() -> None:
    flights: SingleFlight[int] = SingleFlight()
    making = Making(ValueError("no luck"))
    callers = [asyncio.create_task(flights.run(b"k", making)) for _ in range(2)]
    await settle()
    making.go.set()
    assert [str(error) for error in await asyncio.gather(*callers, return_exceptions=True)] == ["no luck", "no luck"]
    making.error = None
    assert await flights.run(b"k", making) == (2, True)


async def test_what_fails_after_every_caller_left_is_silent() -> None:
    flights: SingleFlight[int] = SingleFlight()

    async def stubborn() -> int:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ValueError("failed on the way out") from None
        return 0

    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(str(context["message"])))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(flights.run(b"k", stubborn), 0.01)
    await settle()
    assert len(flights) == 0
    assert complaints == []
