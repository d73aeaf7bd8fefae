"""Judges that others wrote, run by Node.js against a hub on loopback. ``make judges`` installs them and runs these."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from gateway.stores import opened_store
from scripts.build_assets import node_environment
from tests.gateway.conftest import nobodys_environment
from tests.gateway.served import Client, fill, serve_on_loopback

HERE = Path(__file__).parent
SECONDS = 100

Judge = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def node() -> dict[str, str]:
    """An environment in which Node.js is found; skips where the judges are not installed."""
    if not (HERE / "node_modules" / ".installed").is_file():
        pytest.skip("the judges are not installed: run make judges")
    return node_environment()


@pytest.fixture
def judge(node: dict[str, str]) -> Judge:
    """Runs a script of this folder with arguments, within a time; its output, or a failure that shows it."""

    async def run(script: str, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / script),
            *arguments,
            env=node,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(SECONDS):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            pytest.fail(f"{script} took longer than {SECONDS} s")
        text = said.decode(errors="replace")
        assert process.returncode == 0, f"{script} {' '.join(arguments)}\n{text[-6000:]}"
        return text

    return run


@asynccontextmanager
async def a_hub(folder: Path, **settings: Any) -> AsyncIterator[Client]:
    """A served hub that holds a small directory, with these settings."""
    with nobodys_environment(folder):
        made = Settings(data_dir=folder / "data", **settings)
    async with opened_store(made) as database:
        await fill(database, made.index_dir)
    async with serve_on_loopback(made) as served:
        yield served


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Client]:
    """A served hub as it comes, with a small directory."""
    async with a_hub(tmp_path) as served:
        yield served
