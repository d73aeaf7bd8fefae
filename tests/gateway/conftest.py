"""Fixtures of the gateway's tests: settings apart from the developer's own, and a hub served over real HTTP."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.served import Client, fill, serve_on_loopback


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a hub of its own, whatever the developer's environment holds."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("CIRCUIT_") and not name.startswith("CIRCUIT_TEST_")]:
        monkeypatch.delenv(name)
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
async def filled(settings: Settings) -> Settings:
    """Settings of a hub whose store and index hold :data:`DIRECTORY`."""
    async with opened_store(settings) as database:
        await fill(database, settings.index_dir)
    return settings


@pytest.fixture
async def client(filled: Settings) -> AsyncIterator[Client]:
    """A served hub that holds :data:`DIRECTORY`."""
    async with serve_on_loopback(filled) as served:
        yield served
