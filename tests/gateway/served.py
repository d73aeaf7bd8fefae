"""A hub served over real HTTP on loopback, with a small directory harvested, resolved and indexed by our own code."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette

from directory.harvest import harvest
from directory.records import Activity, Address, Contact, End, Listing, Page, PartnerInfo, Scope, Supplier
from directory.resolution import resolve
from directory.search.build import build
from directory.store.database import Database
from directory.store.reading import Reader
from gateway.app import create_app
from gateway.hub import Hub
from gateway.server import configuration, listen
from gateway.settings import Settings

PARTNERS = {
    "cmar": PartnerInfo(id="cmar", name="CMAR", organisation="Chambre de métiers", priority=10),
    "chambre": PartnerInfo(id="chambre", name="Chambre", organisation="CCI", priority=20),
}


def plumber(partner: str, external_id: str, name: str, siren: str | None = None, number: int = 1) -> Listing:
    """A listing of a plumber in Aubagne at this number, with contact data that is not for the public."""
    return Listing(
        partner=partner,
        external_id=external_id,
        name=name,
        raw="{}",
        siren=siren,
        description="Plombier chauffagiste",
        activities=(Activity("43.22A"),),
        labels=("Artisan",),
        address=Address(lines=(f"{number} rue de la République",), postcode="13400", commune="Aubagne"),
        contact=Contact(
            name="Mme Fabre",
            email="contact@example.org" if number == 1 else f"contact{number}@example.org",
            phone=f"+3349100000{number - 1}",
        ),
    )


DIRECTORY = (
    plumber("cmar", "1", "Plomberie Fabre", "732829320"),
    plumber("chambre", "A", "SARL PLOMBERIE FABRE", "732829320"),
    plumber("cmar", "2", "Dépannage Garlaban", number=2),
)


class Fixed:
    """A source that has these listings."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = tuple(listings)

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        yield Page(listings=self._listings)
        yield End(scope=Scope.FULL)


async def fill(database: Database, index_dir: Path, listings: Sequence[Listing] = DIRECTORY) -> None:
    """Harvest, resolve and index, as the hub does."""
    for partner, info in PARTNERS.items():
        await harvest(database, Fixed([each for each in listings if each.partner == partner]), info)
    await resolve(database)

    async def suppliers() -> AsyncIterator[tuple[Supplier, datetime]]:
        async for page in Reader(database).every_supplier():
            for stored in page:
                yield stored.supplier, stored.updated_at

    index_dir.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # a test may wait
    await build(index_dir, suppliers(), clock=lambda: datetime.now(UTC))


class Client:
    """Asks a served hub; ``hub`` is its inside, for what cannot be seen from outside."""

    def __init__(self, session: aiohttp.ClientSession, app: Starlette, server: uvicorn.Server, port: int) -> None:
        self.session = session
        self.server = server
        self.port = port
        self._app = app

    @property
    def hub(self) -> Hub:
        hub: Hub = self._app.state.hub
        return hub

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, query: str, key: str | None = None, **members: Any) -> aiohttp.ClientResponse:
        """POST a query as a program would; the answer is read whole."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        response = await self.session.post("/graphql", json={"query": query, **members}, headers=headers)
        await response.read()
        return response

    async def get(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        """GET, without following redirects; the answer is read whole."""
        response = await self.session.get(path, allow_redirects=False, **options)
        await response.read()
        return response


async def refusal(response: aiohttp.ClientResponse) -> tuple[str, str]:
    """Code and sentence of a refusal, which has the form that all have and the id of its request."""
    (error,) = (await response.json())["errors"]
    code = error["extensions"]["code"]
    id_ = response.headers["X-Request-ID"]
    assert error == {"message": error["message"], "extensions": {"code": code, "requestId": id_}}
    return code, error["message"]


@asynccontextmanager
async def serve_on_loopback(settings: Settings) -> AsyncIterator[Client]:
    """A real server on a free port, in this event loop."""
    app = create_app(settings)
    server = uvicorn.Server(configuration(settings, app))
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:
                assert not running.done(), "the server did not start"
                await asyncio.sleep(0.01)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                yield Client(session, app, server, port)
        finally:
            server.should_exit = True
            await running
