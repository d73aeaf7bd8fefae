"""Real servers on loopback for the connectors' tests: the demo partners, and small ones that misbehave on purpose."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web

from connectors import Declaration, declare
from demo import Region, Running, partners, settings
from tests.connectors.partner_kit import HASTE, Declared, Handler, Serve


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server of some handlers by path, and gives its address."""
    async with AsyncExitStack() as stack:

        async def start(handlers: Mapping[str, Handler]) -> str:
            app = web.Application()
            for path, handler in handlers.items():
                app.router.add_route("*", path, handler)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return f"http://127.0.0.1:{runner.addresses[0][1]}"

        yield start


@pytest.fixture
async def demo() -> AsyncIterator[Running]:
    """The five demo partners over a small region."""
    async with partners(Region(seed=13, companies=120)) as running:
        yield running


@pytest.fixture
def declared(demo: Running) -> Declared:
    """The declaration that reads a demo partner, with some settings changed."""

    def declaration(partner: str, **changes: Any) -> Declaration:
        return declare(partner, {**settings(demo)[partner], **HASTE, **changes})

    return declaration
