"""A hub whose budgets live in one moment: whatever a busy machine takes for a test, no minute ends in it."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cache import SlidingWindow
from gateway.budgets import Budgets
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback


def stop_time(client: Client) -> None:
    """Begin the budgets anew, with a clock that stands still."""
    now = time.time()
    client.hub.budgets = Budgets(client.hub.settings.cost, SlidingWindow(clock=lambda: now))


@asynccontextmanager
async def serve_in_one_moment(settings: Settings) -> AsyncIterator[Client]:
    """A served hub in whose budgets no time passes."""
    async with serve_on_loopback(settings) as client:
        stop_time(client)
        yield client
