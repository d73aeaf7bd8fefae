"""Fixtures of the gateway's tests: settings apart from the developer's own, and a hub served over real HTTP."""

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from sqlalchemy import make_url

from gateway import hub, logs
from gateway.settings import Log, Settings
from gateway.stores import opened_store
from schema import build_schema
from tests.gateway.served import Client, fill, serve_on_loopback


@contextmanager
def nobodys_environment(folder: Path) -> Iterator[None]:
    """A working folder without circuit.toml and an environment without settings: a developer's hub is never touched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in list(os.environ):
            if name.startswith("CIRCUIT_") and not name.startswith("CIRCUIT_TEST_"):
                patch.delenv(name)
        yield


@contextmanager
def kept_logging() -> Iterator[None]:
    """What :func:`gateway.logs.configure` changes, put back."""
    root = logging.getLogger()
    handlers, level, before = root.handlers, root.level, structlog.get_config()
    levels = {name: logging.getLogger(name).level for name in (*logs.QUIET, "uvicorn.error")}
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**before)
    for name, quiet in levels.items():
        logging.getLogger(name).setLevel(quiet)


@pytest.fixture(autouse=True, scope="module")
def logs_as_they_were() -> Iterator[None]:
    """What a command sets up for the logs of its process is gone with the tests that ran it in this one."""
    set_up = logs.configure

    def configure(settings: Log) -> None:
        set_up(settings)
        structlog.configure(cache_logger_on_first_use=False)  # a logger that is kept would be so for ever

    with kept_logging(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", configure)
        yield


@pytest.fixture(autouse=True, scope="session")
def one_schema() -> Iterator[None]:
    """The hubs of this process share one schema: it is the same for all of them, and takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "build_schema", cache(build_schema))
        yield


@pytest.fixture
def migrated(tmp_path: Path, migrated_file: Path) -> None:
    """The store of a hub in this test's folder has taken every migration: a copy of one that has, once."""
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir()
    shutil.copy(migrated_file, Path(make_url(settings.store_url).database or ""))


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a hub that holds nothing yet."""
    with nobodys_environment(tmp_path):
        yield Settings(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose store and index hold :data:`~tests.gateway.served.DIRECTORY`, made once."""
    folder = tmp_path_factory.mktemp("gateway")

    async def make() -> None:
        settings = Settings(data_dir=folder / "data")
        async with opened_store(settings) as database:
            await fill(database, settings.index_dir)

    with nobodys_environment(folder):
        asyncio.run(make())
    return folder / "data"


@pytest.fixture
def filled(settings: Settings, filled_folder: Path) -> Settings:
    """Settings of a hub that holds the directory, in a folder of its own."""
    shutil.copytree(filled_folder, settings.data_dir)
    return settings


@pytest.fixture
async def client(filled: Settings) -> AsyncIterator[Client]:
    """A served hub that holds the directory."""
    async with serve_on_loopback(filled) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """One such hub for all the tests of a module that change nothing in it."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(filled_folder, folder / "data")
    with nobodys_environment(folder):
        settings = Settings(data_dir=folder / "data")
    async with serve_on_loopback(settings) as served:
        yield served
