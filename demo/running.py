"""The five partners' servers and the official register running on loopback, and what the hub must be told of them."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from demo.files import stock_from
from demo.ledger import Stock
from demo.region import Region
from demo.servers.base import Clock, DemoServer, PartnerServer, now
from demo.servers.chambre import ChambreServer
from demo.servers.cmar import CmarServer
from demo.servers.cpme13 import Cpme13Server
from demo.servers.cress_paca import CressPacaServer
from demo.servers.french_tech import FrenchTechServer
from demo.servers.sirene import SireneServer

LOOPBACK: Final = "127.0.0.1"
_LAST_BASE_PORT: Final = 65_535 - 5
_SERVERS: Final[tuple[type[PartnerServer], ...]] = (
    ChambreServer,
    CmarServer,
    Cpme13Server,
    CressPacaServer,
    FrenchTechServer,
)


class Running(Struct, frozen=True):
    """The partners' servers and addresses (``http://127.0.0.1:8001``) by partner, and the register's beside them."""

    servers: Mapping[str, PartnerServer]
    addresses: Mapping[str, str]
    register: SireneServer | None = None
    register_address: str = ""

    def __getitem__(self, partner: str) -> PartnerServer:
        return self.servers[partner]


def servers(source: Region | Path, *, clock: Clock = now) -> dict[str, PartnerServer]:
    """The five servers, not yet running, over a generated region or a folder of files in the partners' shapes."""
    stock_of: Callable[[str], Stock] = (
        source.stock if isinstance(source, Region) else lambda name: stock_from(source, name)
    )
    return {server.name: server(stock_of(server.name), clock=clock) for server in _SERVERS}


def register_of(source: Region | Path) -> SireneServer | None:
    """The official register of a region; there is none of the real rows in a folder."""
    return SireneServer(source) if isinstance(source, Region) else None


@asynccontextmanager
async def partners(
    source: Region | Path | Mapping[str, PartnerServer],
    *,
    sirene: SireneServer | None = None,
    host: str = LOOPBACK,
    base_port: int = 0,
    clock: Clock = now,
) -> AsyncIterator[Running]:
    """The servers for as long as the context lasts: on ports from ``base_port`` on, or on free ones.

    The register comes last: ``sirene``, or else that of the source.
    """
    if not 0 <= base_port <= _LAST_BASE_PORT:
        raise ValueError(f"the first of six ports is 1 to {_LAST_BASE_PORT}, or 0 for free ones, not {base_port}")
    chosen = source if isinstance(source, Mapping) else servers(source, clock=clock)
    official = sirene if sirene or isinstance(source, Mapping) else register_of(source)
    every: list[DemoServer] = [*chosen.values(), *([official] if official else [])]
    async with AsyncExitStack() as stack:
        addresses = {
            server.name: await stack.enter_async_context(
                serving(server, host=host, port=base_port + rank if base_port else 0)
            )
            for rank, server in enumerate(every)
        }
        address = addresses.pop(official.name) if official else ""
        yield Running(chosen, addresses, official, address)


@asynccontextmanager
async def serving(server: DemoServer, *, host: str = LOOPBACK, port: int = 0) -> AsyncIterator[str]:
    """One server for as long as the context lasts; its address is given."""
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ValueError(f"{host}:{port} cannot be listened on ({reason}): choose another port") from error


def settings(running: Running) -> dict[str, dict[str, Any]]:
    """What to lay over each declaration to read these servers: addresses, demo credentials, loopback, haste."""
    told = {name: _told(server, running.addresses[name]) for name, server in running.servers.items()}
    return told | (
        {running.register.name: _told(running.register, running.register_address)} if running.register else {}
    )


def _told(server: DemoServer, address: str) -> dict[str, Any]:
    host = address.removeprefix("http://").rpartition(":")[0]
    return {**server.settings(address), "allow_hosts": (host,), "rate": 1_000}
