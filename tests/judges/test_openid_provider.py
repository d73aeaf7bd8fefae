"""Tokens of a certified OpenID provider (the npm package oidc-provider) let its clients in, whatever becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.openid.keys import PAUSE
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback
from tests.judges.conftest import HERE

RESOURCE = "https://hub.example"
STEWARDS = "{ matchReviews { nodes { id } } }"
SECONDS = 30
ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")


@dataclass
class Provider:
    """The provider's process and its address."""

    process: asyncio.subprocess.Process
    issuer: str

    async def token(self, client: str, resource: str = RESOURCE, scope: str = "") -> str:
        """An access token by client credentials, as any client gets one."""
        form = {"grant_type": "client_credentials", "resource": resource, "scope": scope}
        headers = {"Authorization": aiohttp.encode_basic_auth(client, "a-secret-of-the-test")}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.issuer}/token", data=form, headers=headers) as response,
        ):
            said = await response.json()
            assert response.status == 200, said
            return str(said["access_token"])

    async def rotate(self) -> None:
        """Sign with new keys from now on."""
        async with aiohttp.ClientSession() as session, session.post(f"{self.issuer}/rotate") as response:
            assert response.status == 200

    async def stop(self) -> None:
        """Be away."""
        if self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()


@pytest.fixture
async def provider(node: dict[str, str]) -> AsyncIterator[Provider]:
    process = await asyncio.create_subprocess_exec(
        "node", str(HERE / "provider.mjs"), RESOURCE, env=node, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        issuer = (await process.stdout.readline()).decode().strip()
    running = Provider(process, issuer)
    yield running
    await running.stop()


@asynccontextmanager
async def hub(folder: Path, provider: Provider, **values: Any) -> AsyncIterator[Client]:
    oidc = {
        "issuer": provider.issuer,
        "audience": RESOURCE,
        "role_claim": "realm.roles",
        "roles": {"stewards": "STEWARD"},
        "access_tokens_only": True,
    }
    (folder / "data").mkdir()
    async with serve_on_loopback(Settings(data_dir=folder / "data", oidc=oidc | values)) as client:
        yield client


async def code(client: Client, token: str, query: str = STEWARDS) -> tuple[int, str | None]:
    """The status, and the code of the first error."""
    response = await client.ask(query, token)
    errors = (await response.json()).get("errors", [{"extensions": {"code": None}}])
    return response.status, errors[0]["extensions"]["code"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_its_clients_are_let_in_by_their_roles(provider: Provider, tmp_path: Path, algorithm: str) -> None:
    async with hub(tmp_path, provider) as client:
        assert await code(client, await provider.token(f"stewards.{algorithm}")) == (200, None)
        assert await code(client, await provider.token(f"visitors.{algorithm}")) == (403, "NO_ROLE")
        elsewhere = await provider.token(f"stewards.{algorithm}", resource="https://other.example")
        assert await code(client, elsewhere) == (401, "UNAUTHENTICATED")


async def test_its_scopes_narrow_the_role(provider: Provider, tmp_path: Path) -> None:
    async with hub(tmp_path, provider, scope_claim="scope") as client:
        reads = await provider.token("stewards.RS256", scope="read")
        assert await code(client, reads) == (200, None)
        mutation = 'mutation { decisionUndo(id: "x", reason: "x") { userErrors { code } } }'
        assert await code(client, reads, mutation) == (403, "FORBIDDEN")
        decides = await provider.token("stewards.RS256", scope="stewardship")
        assert await code(client, decides, mutation) == (200, None)
        assert await code(client, decides) == (403, "FORBIDDEN")


async def test_its_keys_change_and_it_goes_away(provider: Provider, tmp_path: Path) -> None:
    async with hub(tmp_path, provider) as client:
        before = await provider.token("stewards.RS256")
        assert await code(client, before) == (200, None)
        await provider.rotate()
        after = await provider.token("stewards.RS256")
        assert after != before
        await asyncio.sleep(PAUSE)
        assert await code(client, after) == (200, None)
        assert await code(client, before) == (401, "UNAUTHENTICATED")  # signed with a key that is withdrawn
        other = await provider.token("stewards.ES256")
        await provider.stop()
        assert await code(client, other) == (200, None)


async def test_it_was_away_from_the_beginning(provider: Provider, tmp_path: Path) -> None:
    token = await provider.token("stewards.RS256")
    await provider.stop()
    async with hub(tmp_path, provider) as client:
        response = await client.ask(STEWARDS, token)
        assert (response.status, response.headers["Retry-After"]) == (503, "10")
        assert provider.issuer.removeprefix("http://") not in await response.text()
