"""Subscriptions as the clients of graphql-ws and graphql-sse meet them: followed, refused, ended with the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.following_kit import NEWCOMER, SECONDS, Town
from tests.gateway.served import DIRECTORY, serve_on_loopback
from tests.judges.conftest import HERE


class Client:
    """The script, line by line: a word and what is told of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def heard(self, word: str) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(SECONDS):
            said = (await self.process.stdout.readline()).decode()
        name, _, told = said.partition(" ")
        assert name == word, said + (await self.process.stdout.read()).decode()
        return msgspec.json.decode(told)


@asynccontextmanager
async def running(node: dict[str, str], *arguments: str) -> AsyncIterator[Client]:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(HERE / "subscriptions.mjs"),
        *arguments,
        env=node,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Client(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("transport", ["ws", "sse"])
@pytest.mark.parametrize("is_known", [True, False], ids=["with_a_key", "without"])
async def test_the_client_follows(node: dict[str, str], tmp_path: Path, transport: str, is_known: bool) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    async with opened_store(settings) as database:
        await Town(database, settings).is_now(DIRECTORY, indexed=True)
    async with serve_on_loopback(settings) as hub:
        town = Town(hub.hub.database, settings)
        key = (await town.key(),) if is_known else ()
        async with running(node, transport, f"{hub.url}/graphql", *key) as client:
            assert await client.heard("query") == [{"data": {"suppliers": {"totalCount": 2}}}]
            told = await client.heard("invalid")
            # What cannot be executed is the message "error" of one protocol, and a result of the other.
            errors = told["errors"] if transport == "ws" else told["results"][0]["errors"]
            assert errors[0]["extensions"]["code"] == "BAD_QUERY"
            assert await client.heard("following") is True
            await town.welcomes(NEWCOMER)
            event = (await client.heard("event"))["data"]["supplierChanged"]
            contact = {"email": "contact3@example.org"} if is_known else None
            assert (event["kind"], event["isFound"]) == ("CREATED", True)
            assert event["supplier"] == {"name": "Plomberie Étoile", "contact": contact}
            assert await client.heard("waiting") is True
            hub.server.should_exit = True
            over = await client.heard("over")
            assert over == ({"code": 1001} if transport == "ws" else {"done": True})


async def test_a_client_with_a_wrong_key_is_not_let_in(node: dict[str, str], tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    async with serve_on_loopback(settings) as hub, running(node, "ws", f"{hub.url}/graphql", "cc_wrong") as client:
        said, _ = await client.process.communicate()
    assert b"4403" in said
    assert client.process.returncode == 1
