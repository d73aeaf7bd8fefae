"""What the tests of subscriptions share: clients of both protocols, and a directory that changes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
import msgspec
from prometheus_client import REGISTRY

from directory.disclosure import Role
from directory.harvest import harvest
from directory.records import Listing
from directory.resolution import resolve
from directory.store.database import Database
from gateway.auth import create_key
from gateway.pipeline import index_if_stale
from gateway.settings import Settings
from tests.gateway.served import DIRECTORY, PARTNERS, Client, Fixed, plumber, serve_on_loopback
from tests.harvesting import LAX

PROTOCOL = "graphql-transport-ws"
CHANGED = """subscription($where: SupplierWhere) {
  supplierChanged(where: $where) { kind supplierId isFound cursor at mergedInto supplier { name contact { email } } }
}"""
STATUS = "subscription { partnerStatusChanged { status problem members partner { code } } }"
SECONDS = 30
NEWCOMER = plumber("cmar", "3", "Plomberie Étoile", number=3)


class Town:
    """A directory that changes: harvested and resolved, and indexed when told."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database, self.settings = database, settings

    async def is_now(self, members: Sequence[Listing], *, indexed: bool = False) -> None:
        """Its partners have these members."""
        for partner, info in PARTNERS.items():
            mine = Fixed([each for each in members if each.partner == partner])
            await harvest(self.database, mine, info, guard=LAX)
        await resolve(self.database)
        if indexed:
            await index_if_stale(self.database, self.settings)

    async def welcomes(self, *members: Listing) -> None:
        """These besides."""
        await self.is_now((*DIRECTORY, *members))

    async def key(self, role: Role = Role.BUYER) -> str:
        partner = "cmar" if role is Role.PARTNER else None
        return (await create_key(self.database, role=role, name=role.value, partner=partner)).token


class Talk:
    """A client of graphql-transport-ws, message by message."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    @property
    def request_id(self) -> str:
        """The connection's, as its handshake was answered with it."""
        return self.socket._response.headers["X-Request-ID"]

    async def say(self, **message: Any) -> None:
        await self.socket.send_json(message)

    async def begin(self, key: str | None = None) -> Self:
        """Be let in."""
        payload = {"payload": {"Authorization": f"Bearer {key}"}} if key else {}
        await self.say(type="connection_init", **payload)
        assert await self.heard() == {"type": "connection_ack"}
        return self

    async def ask(self, number: str, query: str, **variables: Any) -> None:
        await self.say(id=number, type="subscribe", payload={"query": query, "variables": variables})

    async def follow(self, number: str, query: str, **variables: Any) -> None:
        """Ask it, and go on when it has begun: what is asked behind it is answered then."""
        await self.ask(number, query, **variables)
        await self.ask("begun", "{ __typename }")
        assert (await self.heard())["payload"] == {"data": {"__typename": "Query"}}
        assert (await self.heard())["type"] == "complete"

    async def heard(self, seconds: float = SECONDS) -> Any:
        async with asyncio.timeout(seconds):
            message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, f"closed: {self.socket.close_code} {message.extra}"
        return msgspec.json.decode(message.data)

    async def event(self, seconds: float = SECONDS) -> Any:
        """The data of the next event."""
        said = await self.heard(seconds)
        assert said["type"] == "next", said
        assert "errors" not in said["payload"], said
        (event,) = said["payload"]["data"].values()
        return event

    async def is_silent(self, seconds: float = 1.5) -> bool:
        """Whether nothing comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                message = await self.socket.receive()
        except TimeoutError:
            return True
        raise AssertionError(f"there came {message}")

    async def closed(self, seconds: float = SECONDS) -> tuple[int | None, str]:
        """With which code and reason the server closes."""
        async with asyncio.timeout(seconds):
            message = await self.socket.receive()
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}, message
        return self.socket.close_code, message.extra or ""


@asynccontextmanager
async def talking(client: Client, **options: Any) -> AsyncIterator[Talk]:
    """A connection that is not let in yet."""
    options.setdefault("protocols", (PROTOCOL,))
    async with client.session.ws_connect("/graphql", max_msg_size=0, **options) as socket:
        yield Talk(socket)


class Listening:
    """A stream of server-sent events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def heard(self, seconds: float = SECONDS) -> tuple[str, Any]:
        """The next event and its data; comments are passed over."""
        kind, data = "", ""
        async with asyncio.timeout(seconds):
            async for line in self.response.content:
                name, _, value = line.decode().rstrip("\n").partition(":")
                if name == "event":
                    kind = value.strip()
                elif name == "data":
                    data = value.strip()
                elif not name and kind:
                    return kind, msgspec.json.decode(data) if data else None
        raise AssertionError("the stream ended")

    async def event(self, seconds: float = SECONDS) -> Any:
        """The data of the next result."""
        kind, said = await self.heard(seconds)
        assert kind == "next"
        assert "errors" not in said, said
        (event,) = said["data"].values()
        return event


@asynccontextmanager
async def listening(client: Client, query: str, key: str | None = None, **variables: Any) -> AsyncIterator[Listening]:
    """The stream of an operation, sent by POST."""
    headers = {"Accept": "text/event-stream"} | ({"Authorization": f"Bearer {key}"} if key else {})
    body = {"query": query, "variables": variables}
    async with client.session.post("/graphql", json=body, headers=headers, read_bufsize=2**20) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield Listening(response)


@asynccontextmanager
async def bounded(settings: Settings, **bounds: Any) -> AsyncIterator[Client]:
    """A hub whose subscriptions have these bounds."""
    given = settings.subscriptions.model_copy(update=bounds)
    async with serve_on_loopback(settings.model_copy(update={"subscriptions": given})) as client:
        yield client


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110  # it is another's doing, without an event
            await asyncio.sleep(0.05)
