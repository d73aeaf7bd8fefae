"""A small region, a clock that tests move, and an HTTP session: what every test of a demo server needs."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from demo import Region
from tests.demo.demo_kit import Clock


@pytest.fixture(scope="session")
def region() -> Region:
    """Four hundred companies."""
    return Region(seed=7, companies=400)


@pytest.fixture
def clock() -> Clock:
    """A clock standing at noon of 22 November 2026, UTC."""
    return Clock()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A session that asks for no compression, so that bytes are what the server wrote."""
    async with aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}) as session:
        yield session
