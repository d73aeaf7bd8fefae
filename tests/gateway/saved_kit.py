"""What the tests of saved searches share: a server that is called, and a hub whose directory changes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from directory.disclosure import Role
from directory.harvest import harvest
from directory.records import Listing, now
from gateway.alerts import Alerts
from gateway.auth import create_key
from gateway.pipeline import index_if_stale
from gateway.settings import Settings
from gateway.signing import signed_call
from tests.gateway.served import PARTNERS, Client, Fixed, fill, plumber

CREATE = """mutation($name: String!, $query: String, $where: SupplierWhere, $webhook: String) {
  savedSearchCreate(name: $name, query: $query, where: $where, webhook: $webhook) {
    savedSearch { id name arguments role isPaused matches } feedPath webhookSecret userErrors { field code message }
  }
}"""
UPDATE = """mutation($id: ID!, $name: String, $paused: Boolean, $webhook: String, $renewFeed: Boolean) {
  savedSearchUpdate(id: $id, name: $name, paused: $paused, webhook: $webhook, renewFeed: $renewFeed) {
    savedSearch { name isPaused webhook { failures } } feedPath webhookSecret userErrors { field code message }
  }
}"""
LIST = """{ savedSearches { id name isPaused matches problem webhook { url waiting failures problem endedAt } } }"""
DELETE = "mutation($id: ID!) { savedSearchDelete(id: $id) { userErrors { code } } }"
NEWCOMER = plumber("cmar", "3", "Plomberie Étoile", number=3)


class Call(NamedTuple):
    """A call as the receiver has it. ``is_signed`` by the secret that it was told."""

    id: str
    is_signed: bool
    said: dict[str, Any]

    @property
    def suppliers(self) -> list[tuple[str, str]]:
        """What changed and who."""
        return [(each["change"], each["name"]) for each in self.said["data"]["suppliers"]]


class Receiver:
    """A server that is called. ``mood`` is the status it answers with, or where it redirects to."""

    def __init__(self) -> None:
        self.mood: int | str = 200
        self.secret = ""
        self.calls: list[Call] = []
        self.address = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Receiver"]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._called)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}/news"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _called(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = signed_call(request.headers, body, self.secret)
        is_signed = request.method == "POST" and signed is not None
        self.calls.append(Call(request.headers["webhook-id"], is_signed, msgspec.json.decode(body)))
        if isinstance(self.mood, str):
            return web.Response(status=307, headers={"Location": self.mood})
        return web.Response(status=self.mood)


class Clock:
    """The time, moved on when told."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


class Desk:
    """A served hub with a key, a clock, and what keeps its saved searches up to date."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self.client, self.settings = client, settings
        self.clock = Clock()
        self.alerts = Alerts(client.hub.database, settings, clock=self.clock)
        self.keys: dict[Role, str] = {}

    async def key(self, role: Role) -> str:
        if role not in self.keys:
            partner = "cmar" if role is Role.PARTNER else None
            made = await create_key(self.client.hub.database, role=role, name=role, partner=partner)
            self.keys[role] = made.token
        return self.keys[role]

    async def ask(self, document: str, role: Role = Role.BUYER, **variables: Any) -> Any:
        key = None if role is Role.PUBLIC else await self.key(role)
        return await (await self.client.ask(document, key, variables=variables)).json()

    async def create(self, **variables: Any) -> dict[str, Any]:
        answer = await self.ask(CREATE, **{"name": "Plombiers", "query": "plombier", **variables})
        made: dict[str, Any] = answer["data"]["savedSearchCreate"]
        assert made["userErrors"] == [], made
        return made

    async def listed(self) -> dict[str, Any]:
        (only,) = (await self.ask(LIST))["data"]["savedSearches"]
        found: dict[str, Any] = only
        return found

    async def harvest(self, members: Sequence[Listing]) -> None:
        """The partners say so, and what follows is left to others."""
        for partner, info in PARTNERS.items():
            mine = Fixed([each for each in members if each.partner == partner])
            await harvest(self.client.hub.database, mine, info)

    async def take_in(self, members: Sequence[Listing]) -> None:
        """The directory is of these members, and indexed."""
        await fill(self.client.hub.database, self.settings.index_dir, members)
        await index_if_stale(self.client.hub.database, self.settings)
        await asyncio.to_thread(self.client.hub.engine.refresh if self.client.hub.engine else lambda: None)
