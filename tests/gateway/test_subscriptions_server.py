"""Subscriptions of ``circuit serve``, one process and several: told by whichever answers, and ended with the server."""

import asyncio
import os
import signal

import aiohttp
import pytest

from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.following_kit import CHANGED, NEWCOMER, PROTOCOL, SECONDS, Listening, Talk, Town
from tests.gateway.test_server import _ready, running


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_server_that_is_stopped_ends_what_is_followed(filled: Settings, workers: int) -> None:
    settings = filled.model_copy(
        update={"workers": workers, "harvest": filled.harvest.model_copy(update={"scheduled": False})}
    )
    async with running(settings) as (process, port), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        await _ready(port)
        headers = {"Accept": "text/event-stream"}
        async with (
            session.ws_connect("/graphql", protocols=(PROTOCOL,)) as socket,
            session.post("/graphql", json={"query": CHANGED}, headers=headers) as response,
            opened_store(settings) as database,
        ):
            talk, stream = Talk(socket), Listening(response)
            await (await talk.begin()).follow("1", CHANGED)
            await Town(database, settings).welcomes(NEWCOMER)
            assert (await talk.event())["kind"] == "CREATED"
            assert (await stream.event())["kind"] == "CREATED"
            process.send_signal(signal.SIGTERM)
            assert (await talk.closed())[0] == 1001
            assert await stream.heard() == ("complete", None)
        async with asyncio.timeout(SECONDS):
            assert await process.wait() == os.EX_OK
