"""What log lines look like, and what never gets into one."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway import logs
from gateway.settings import Log
from tests.gateway.conftest import kept_logging


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
