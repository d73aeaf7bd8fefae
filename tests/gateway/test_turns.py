"""One after the other, only so many waiting, and nothing left behind."""

import asyncio

import pytest

from gateway.turns import TooManyWaiting, Turns


async def test_one_key_is_worked_on_one_at_a_time_in_order() -> None:
    turns, order, going_on = Turns(), list[str](), 0

    async def work(name: str) -> None:
        nonlocal going_on
        async with turns.of("cmar"):
            going_on += 1
            assert going_on == 1
            order.append(name)
            await asyncio.sleep(0)
            going_on -= 1

    await asyncio.gather(*map(work, "abcd"))
    assert order == list("abcd")


async def test_so_many_and_no_more_wait_for_one_key() -> None:
    turns, leave = Turns(most=2), asyncio.Event()

    async def work(key: str) -> None:
        async with turns.of(key):
            await leave.wait()

    working = [asyncio.create_task(work("cmar")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyWaiting):
        await work("cmar")
    leave.set()
    await work("chambre")
    await asyncio.gather(*working)
    await work("cmar")
    assert (turns._locks, turns._here) == ({}, {})


async def test_who_gives_up_gives_the_place_back() -> None:
    turns, leave = Turns(most=2), asyncio.Event()

    async def work() -> None:
        async with turns.of("cmar"):
            await leave.wait()

    first, second = asyncio.create_task(work()), asyncio.create_task(work())
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    third = asyncio.create_task(work())
    leave.set()
    await asyncio.gather(first, third)


async def test_nobody_waits_longer_than_he_said() -> None:
    turns, leave = Turns(), asyncio.Event()

    async def work() -> None:
        async with turns.of("cmar"):
            await leave.wait()

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    with pytest.raises(TooManyWaiting):
        async with turns.of("cmar", 0.01):
            pytest.fail("it was nobody's turn")
    leave.set()
    await working
    async with turns.of("cmar", 0.01):
        pass  # who gave up has left no place taken
