"""Fixtures of the gateway's tests: settings apart from the developer's own, and a hub served over real HTTP."""

import asyncio
import os
import shutil
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


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose store and index hold :data:`~tests.gateway.served.DIRECTORY`, made once."""
    folder = tmp_path_factory.mktemp("gateway") / "data"

    async def make() -> None:
        async with opened_store(Settings(data_dir=folder)) as database:
            await fill(database, folder / "index")

    asyncio.run(make())
    return folder


@pytest.fixture
def filled(settings: Settings, filled_folder: Path) -> Settings:
    """Settings of a hub that holds the directory, in a folder of its own."""
    shutil.copytree(filled_folder, settings.data_dir)
    return settings


@pytest.fixture
async def client(filled: Settings) -> AsyncIterator[Client]:
    """A served hub that holds :data:`DIRECTORY`."""
    async with serve_on_loopback(filled) as served:
        yield served
