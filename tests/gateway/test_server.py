"""``serve`` as an operator meets it: a process that listens, finishes what it began, and says why it cannot."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from demo import Region, partners
from demo import settings as tables_of
from directory.disclosure import Role
from directory.store.decisions import decision
from directory.store.errors import StoreError
from directory.store.partners import RunStatus, RunTrigger
from gateway.auth import create_key
from gateway.errors import CannotServe, SettingsError
from gateway.server import listen, serve
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.conftest import nobodys_environment
from tests.gateway.watching import runs_of, watched

PROGRAM = (
    "from gateway.server import serve; from gateway.settings import Settings; serve(Settings()); print('returned')"
)
BODY = b'{"query":"{ suppliers { totalCount } }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
JSON = {"Content-Type": "application/json"}
PATIENCE = 90


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[Process, int]]:
    """A process that serves these settings, and its port."""
    environment = {**os.environ, **settings.environment(), "CIRCUIT_PORT": "0", "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=environment, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        yield process, await _announced_port(process)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def _announced_port(process: Process) -> int:
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        async for line in process.stderr:
            if found := re.search(rb"http://127\.0\.0\.1:(\d+)/graphql", line):
                return int(found[1])
    raise AssertionError("the process ended before it served")


async def _ready(port: int) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
        while True:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                if response.status == 200:
                    return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_request_that_has_begun_is_finished(filled: Settings, number: signal.Signals) -> None:
    async with running(filled) as (process, port):
        await _ready(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + BODY[:5])
        await asyncio.sleep(0.2)
        process.send_signal(number)
        await asyncio.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        writer.write(BODY[5:])
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"data":{"suppliers":{"totalCount":2}}}')
    assert (process.returncode, output) == (0, b"returned\n")  # who called serve() can clean up


@pytest.mark.parametrize("workers", [1, 2])
async def test_an_accepted_mutation_is_not_lost(filled: Settings, workers: int) -> None:
    """It waits for the store's lock, which another process has, while the hub is told to stop."""
    async with opened_store(filled) as database:
        key = await create_key(database, role=Role.STEWARD, name="Anne")
        async with running(filled.model_copy(update={"workers": workers})) as (process, port):
            await _ready(port)
            async with database.writing():
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(_pause(key.token))
                await asyncio.sleep(2)  # it is written down before it is run, for which the lock is wanted already
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(PATIENCE):
                    while await _is_open(port):  # noqa: ASYNC110  # the hub looks by itself
                        await asyncio.sleep(0.1)
                assert process.returncode is None
            answer = await asyncio.wait_for(reader.read(), PATIENCE)
            writer.close()
            await asyncio.wait_for(process.communicate(), PATIENCE)
        async with database.reading() as connection:
            kinds = list(await connection.scalars(select(decision.c.kind)))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'{"data":{"partnerPause":{"partner":{"code":"cmar"},"userErrors":[]}}}')
    assert kinds == ["partner_paused"]
    assert process.returncode == 0


def _pause(token: str) -> bytes:
    fields = "partner { code } userErrors { message }"
    query = f'mutation {{ partnerPause(id: "cmar", paused: true, reason: "Migration.") {{ {fields} }} }}'
    body = json.dumps({"query": query}).encode()
    head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def _is_open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_a_thousand_idle_connections_keep_nobody_out(filled: Settings) -> None:
    limits = {"connections": 300, "header_seconds": 30}
    async with running(Settings(data_dir=filled.data_dir, limits=limits)) as (process, port):
        await _ready(port)
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(1_000)]
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.post(f"http://127.0.0.1:{port}/graphql", data=BODY, headers=JSON) as response:
                    assert (response.status, response.content_type) == (200, "application/json")
            async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                lines = (await response.text()).splitlines()
        assert not process.returncode
        for _, writer in idle:
            writer.close()
    (open_now,) = [float(line.split(" ")[1]) for line in lines if line.startswith("circuit_connections ")]
    assert open_now <= 300


async def test_workers_share_the_port_and_add_up_their_metrics(filled: Settings) -> None:
    settings = filled.model_copy(update={"workers": 2})
    async with running(settings) as (process, port):
        await _ready(port)
        # A connection each, so that the kernel may give them to either worker.
        for _ in range(20):
            async with (
                aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
                session.post("/graphql", json={"query": "query Both { __typename }"}) as response,
            ):
                assert response.status == 200
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as response:
            text = await response.text()
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert 'circuit_graphql_seconds_count{operation="Both"} 20.0' in text.splitlines()
    assert "circuit_index_suppliers 2.0" in text.splitlines()
    assert (process.returncode, output) == (0, b"returned\n")


@pytest.mark.parametrize("workers", [1, 2])
async def test_partners_are_read_beside_what_answers(tmp_path: Path, workers: int) -> None:
    with nobodys_environment(tmp_path):
        async with partners(Region(seed=13, companies=40)) as demo:
            settings = watched(tmp_path, {"french_tech": tables_of(demo)["french_tech"]})
            async with running(settings.model_copy(update={"workers": workers})) as (process, port):
                await _ready(port)
                (child,) = await asyncio.to_thread(_readers)
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(process.communicate(), PATIENCE)
            (run,) = await runs_of(settings, "french_tech")
    assert (process.returncode, run.status, run.trigger) == (0, RunStatus.ACCEPTED, RunTrigger.SCHEDULE)
    assert not await asyncio.to_thread(Path(f"/proc/{child}").exists)


async def test_a_server_that_was_killed_leaves_nobody_reading(tmp_path: Path) -> None:
    with nobodys_environment(tmp_path):
        async with partners(Region(seed=13, companies=40)) as demo:
            settings = watched(tmp_path, {"french_tech": tables_of(demo)["french_tech"]})
            async with running(settings) as (process, port):
                await _ready(port)
                assert len(await asyncio.to_thread(_readers)) == 1
                process.kill()
                async with asyncio.timeout(PATIENCE):
                    while await asyncio.to_thread(_readers):  # noqa: ASYNC110  # it is nobody's child any more
                        await asyncio.sleep(0.05)


def _readers() -> list[int]:
    """Processes of this test's working folder that read partners."""
    here = Path.cwd()
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and _is_reader(process) and (process / "cwd").resolve() == here
    ]


def _is_reader(process: Path) -> bool:
    try:
        return b"gateway.watcher" in (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def test_a_partner_that_cannot_be_understood_is_said_at_once(settings: Settings) -> None:
    with pytest.raises(SettingsError) as caught:
        serve(settings.model_copy(update={"partners": {"cmar": {"titel": "x"}}}))
    assert str(caught.value) == "partners.cmar.titel is not a setting; did you mean title?"


def test_answers_are_not_held_back_by_the_kernel() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe) as caught:
            listen("127.0.0.1", port)
    sentence = f"cannot listen on 127.0.0.1:{port} (Address already in use); stop what uses it or choose another port"
    assert str(caught.value) == sentence


def test_an_address_of_another_machine() -> None:
    with pytest.raises(CannotServe) as caught:
        listen("192.0.2.1", 0)
    assert str(caught.value).startswith("cannot listen on 192.0.2.1:0 (Cannot assign requested address); ")


def test_a_host_that_is_none() -> None:
    with pytest.raises(CannotServe) as caught:
        listen("no host", 0)
    assert str(caught.value).startswith("no host is not an address of this machine (")


def test_a_store_that_cannot_be_used_is_said_at_once(settings: Settings) -> None:
    away = settings.model_copy(
        update={"database_url": Settings(database_url="postgresql://x@127.0.0.1:1/y").database_url}
    )
    with pytest.raises(StoreError) as caught:
        serve(away)
    assert "127.0.0.1:1 cannot be reached" in str(caught.value)


def test_a_cache_address_that_cannot_be_used_is_said_at_once(settings: Settings) -> None:
    wrong = Settings(data_dir=settings.data_dir, redis_url="redis://:hunter2@host:port/0")
    with pytest.raises(SettingsError) as caught:
        serve(wrong)
    assert str(caught.value).startswith("redis_url (CIRCUIT_REDIS_URL): ")
    assert "hunter2" not in str(caught.value)
