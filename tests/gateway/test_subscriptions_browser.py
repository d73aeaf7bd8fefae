"""The guide's page in a real browser, on another site than the hub's: what it follows arrives by both ways."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from gateway.settings import Settings
from tests.gateway import chromium
from tests.gateway.following_kit import NEWCOMER, Town, counted, until
from tests.gateway.served import serve_on_loopback

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium on this machine (Debian's package: chromium)"),
]

GUIDE = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text(encoding="utf-8")
KEPT = "<script>const told = []; console.log = (event) => told.push(event);</script>"


@asynccontextmanager
async def other_site() -> AsyncIterator[tuple[str, dict[str, str]]]:
    """A site with one page: its address, and a place for the page."""
    pages = {"/": ""}

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=pages["/"], content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", pages
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_the_page_of_the_guide_follows(filled: Settings, tmp_path: Path, is_allowed: bool) -> None:
    (example,) = re.findall(r"```html\n(.+?)```", GUIDE, re.DOTALL)
    profile = tmp_path / "profile"
    profile.mkdir()
    async with other_site() as (origin, pages):
        settings = filled.model_copy(update={"cors_origins": (origin,) if is_allowed else ()})
        async with serve_on_loopback(settings) as client, chromium.open_page(profile) as page:
            pages["/"] = KEPT + example.replace("https://hub.example.org", client.url).replace(
                "wss://hub.example.org", client.url.replace("http", "ws")
            )
            await page.command("Page.navigate", url=origin)
            if not is_allowed:
                await page.until("typeof socket === 'object' && socket.readyState === WebSocket.CLOSED")
                await page.until("stream.readyState === EventSource.CLOSED")
                assert await page.evaluate("told.length") == 0
                return
            for transport in ("sse", "websocket"):
                await until(lambda of=transport: counted("circuit_subscriptions_open", transport=of) > 0)  # type: ignore[misc]
            await asyncio.sleep(1.0)  # both have begun
            await Town(client.hub.database, settings).welcomes(NEWCOMER)
            await page.until("told.length === 2")
            assert await page.evaluate("told") == [{"kind": "CREATED", "supplier": {"name": NEWCOMER.name}}] * 2
