"""Hubs over partners that run: harvested, resolved, indexed and served, the whole way."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

from gateway.pipeline import refresh
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback

HASTE: Mapping[str, Any] = {"retries": 0, "rate": 10_000, "allow_hosts": ["127.0.0.1"]}


class Upstream:
    """A partner of plain JSON, with an address for each member. ``asked`` are the paths it was asked for.

    ``mood`` is what it does with questions after members: ``answer``, ``hang`` until it is let go, or a status.
    """

    def __init__(self, **members: str) -> None:
        self.members = members
        self.mood: str | int = "answer"
        self.asked: list[str] = []
        self.hanging = asyncio.Event()
        self.let_go = asyncio.Event()
        self.address = ""

    @property
    def settings(self) -> dict[str, Any]:
        """What the hub must be told to read it."""
        return {
            "title": "Essai",
            "protocol": "json",
            "base_url": self.address,
            "pages": {"paging": "single", "member": "members/{id}"},
            "fields": {"id": "id", "name": "name", "description": "text", "phone": "phone"},
            **HASTE,
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Upstream"]:
        """The server, for as long as the block lasts."""
        app = web.Application()
        app.router.add_get("/", self._every)
        app.router.add_get("/members/{id}", self._one)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            self.let_go.set()
            await runner.cleanup()

    def record(self, name: str) -> dict[str, str]:
        """The member's record."""
        text = f"{self.members[name]}, artisan, 04 42 00 00 01"
        return {"id": name, "name": self.members[name], "text": text, "phone": "04 42 00 00 01"}

    async def _every(self, request: web.Request) -> web.Response:
        return web.json_response([self.record(name) for name in self.members])

    async def _one(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if self.mood == "hang":
            self.hanging.set()
            await self.let_go.wait()
        if isinstance(self.mood, int):
            return web.Response(status=self.mood)
        name = request.match_info["id"]
        return web.json_response(self.record(name)) if name in self.members else web.Response(status=404)


class Town(NamedTuple):
    """A served hub that has read its partner."""

    upstream: Upstream
    client: Client

    async def data(self, query: str, key: str | None = None, **members: Any) -> Any:
        """The data of an answer without errors."""
        answer = await (await self.client.ask(query, key, **members)).json()
        assert "errors" not in answer, answer
        return answer["data"]


@asynccontextmanager
async def town(settings: Settings, partner: Mapping[str, Any] | None = None, **chosen: Any) -> AsyncIterator[Town]:
    """A hub in the folder of these settings that has read a partner ``essai`` with three members."""
    async with Upstream(a="Plomberie Fabre", b="Menuiserie Roux", c="Serrurerie Blanc").running() as upstream:
        declared = {"essai": {**upstream.settings, **(partner or {})}}
        lived = Settings(data_dir=settings.data_dir, partners=declared, **chosen)
        await refresh(lived)
        async with serve_on_loopback(lived) as client:
            yield Town(upstream, client)
