"""What log lines look like, and what never gets into one."""

import hashlib
import json
import logging
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
import structlog

from gateway import logs
from gateway.settings import Log, Settings
from tests.gateway.conftest import kept_logging
from tests.gateway.following_kit import listening, talking
from tests.gateway.served import serve_on_loopback


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Each test sets up the logs anew."""
    with kept_logging():
        yield


@pytest.mark.usefixtures("restored_logging")
def test_json_logs_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Log(format="json"))
    secret = "hunter2"
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        try:
            raise RuntimeError("broken")
        except RuntimeError:
            structlog.get_logger().exception("request.failed", n=1)
    logging.getLogger("library").warning("said %s", "so")
    structlog.get_logger().debug("unseen")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["level"], ours["request_id"], ours["n"]) == ("request.failed", "error", "abc", 1)
    assert ours["exception"][0]["exc_value"] == "broken"
    assert secret not in json.dumps(ours)  # local variables are no part of a traceback
    assert (theirs["event"], theirs["level"]) == ("said so", "warning")


@pytest.mark.usefixtures("restored_logging")
def test_plain_lines_are_those_of_structlogs_own_renderer(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Log(format="console"))
    whole = structlog.dev.ConsoleRenderer(colors=False)
    for fields in ({}, {"b": 1, "a": "two words"}, {"name": "évident", "none": None, "odd": 'x\ny="z"', "ms": 0.5}):
        structlog.get_logger().warning("some.event", **fields)
        said = capsys.readouterr().err.rstrip("\n")
        event = {"timestamp": said.split(" ", 1)[0], "level": "warning", "event": "some.event", **fields}
        assert said == whole(None, "", event)


def has_one_line(events: Sequence[MutableMapping[str, Any]], query: str) -> None:
    """Of slow operations there is one line, which says of this query what may be said."""
    (line,) = [event for event in events if event["event"] == "operation.slow"]
    assert line.pop("ms") >= 0
    assert line.pop("cost") > 0
    assert line.pop("plan") in {"made", "hit"}
    assert line == {
        "event": "operation.slow",
        "log_level": "warning",
        "document": hashlib.sha256(query.encode()).hexdigest(),
        "operation": "Lente",
        "kind": "query",
        "role": "PUBLIC",
        "cache": "MISS",
    }


async def test_a_slow_operation_has_a_line_of_its_own_without_what_it_carries(filled: Settings) -> None:
    query = "query Lente($text: String) { suppliers(query: $text) { totalCount } }"
    slow = Settings(data_dir=filled.data_dir, log={"slow_seconds": 1e-9})
    with structlog.testing.capture_logs() as events:
        async with serve_on_loopback(slow) as client:
            await client.ask(query, variables={"text": "Madame Secrète"})
    has_one_line(events, query)
    assert "Secrète" not in repr(events)


@pytest.mark.parametrize("way", ["websocket", "events"])
async def test_a_slow_operation_has_its_line_whatever_carries_it(filled: Settings, way: str) -> None:
    query = "query Lente { suppliers { totalCount } }"
    slow = Settings(data_dir=filled.data_dir, log={"slow_seconds": 1e-9})
    with structlog.testing.capture_logs() as events:
        async with serve_on_loopback(slow) as client, AsyncExitStack() as opened:
            if way == "websocket":
                talk = await opened.enter_async_context(talking(client))
                await (await talk.begin()).ask("1", query)
                await talk.event()
            else:
                await (await opened.enter_async_context(listening(client, query))).event()
    has_one_line(events, query)


@pytest.mark.parametrize("seconds", [0, 60])
async def test_others_have_none(filled: Settings, seconds: float) -> None:
    with structlog.testing.capture_logs() as events:
        async with serve_on_loopback(Settings(data_dir=filled.data_dir, log={"slow_seconds": seconds})) as client:
            await client.ask("{ suppliers { totalCount } }")
    assert [event for event in events if event["event"] == "operation.slow"] == []
