"""The five servers running on loopback, and what the hub must be told to read them."""

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
from demo.servers.base import Clock, PartnerServer, now
from demo.servers.chambre import ChambreServer
from demo.servers.cmar import CmarServer
from demo.servers.cpme13 import Cpme13Server
from demo.servers.cress_paca import CressPacaServer
from demo.servers.french_tech import FrenchTechServer

LOOPBACK: Final = "127.0.0.1"
_LAST_BASE_PORT: Final = 65_535 - 4
_SERVERS: Final[tuple[type[PartnerServer], ...]] = (
    ChambreServer,
    CmarServer,
    Cpme13Server,
    CressPacaServer,
    FrenchTechServer,
)


class Running(Struct, frozen=True):
    """Servers and their addresses (``http://127.0.0.1:8001``) by partner."""

    servers: Mapping[str, PartnerServer]
    addresses: Mapping[str, str]

    def __getitem__(self, partner: str) -> PartnerServer:
        return self.servers[partner]


def servers(source: Region | Path, *, clock: Clock = now) -> dict[str, PartnerServer]:
    """The five servers, not yet running, over a generated region or a folder of files in the partners' shapes."""
    stock_of: Callable[[str], Stock] = (
        source.stock if isinstance(source, Region) else lambda name: stock_from(source, name)
    )
    return {server.name: server(stock_of(server.name), clock=clock) for server in _SERVERS}


@asynccontextmanager
async def partners(
    source: Region | Path | Mapping[str, PartnerServer], *, host: str = LOOPBACK, base_port: int = 0, clock: Clock = now
) -> AsyncIterator[Running]:
    """The partners' servers for as long as the context lasts: on ports from ``base_port`` on, or on free ones."""
    if not 0 <= base_port <= _LAST_BASE_PORT:
        raise ValueError(f"the first of five ports is 1 to {_LAST_BASE_PORT}, or 0 for free ones, not {base_port}")
    chosen = source if isinstance(source, Mapping) else servers(source, clock=clock)
    async with AsyncExitStack() as stack:
        addresses = {
            name: await stack.enter_async_context(serving(server, host=host, port=base_port + rank if base_port else 0))
            for rank, (name, server) in enumerate(chosen.items())
        }
        yield Running(chosen, addresses)


@asynccontextmanager
async def serving(server: PartnerServer, *, host: str = LOOPBACK, port: int = 0) -> AsyncIterator[str]:
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
    """What to lay over each partner's declaration to read these servers: addresses, demo credentials, loopback."""
    host_of = {name: address.removeprefix("http://").rpartition(":")[0] for name, address in running.addresses.items()}
    return {
        name: {**server.settings(running.addresses[name]), "allow_hosts": (host_of[name],)}
        for name, server in running.servers.items()
    }
