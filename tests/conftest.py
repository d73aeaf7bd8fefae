"""Real databases for the tests: every test gets one of its own, copied from one that was migrated once.

``database`` is a migrated :class:`Database`, ``empty_url`` the address of an empty one; both run on SQLite and on
PostgreSQL, the latter only where ``CIRCUIT_TEST_POSTGRES_URL`` is set.
"""

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from directory.store.database import Database

Drop = Callable[[str], None]
BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the database system under test."""
    if request.param == "postgresql" and not os.environ.get("CIRCUIT_TEST_POSTGRES_URL"):
        pytest.skip("CIRCUIT_TEST_POSTGRES_URL is not set")
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without tables."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with _postgres_database("template0", request.getfixturevalue("drop")) as url:
            yield url


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated database that holds nothing."""
    if backend == "sqlite":
        path = tmp_path / "circuit.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
    else:
        with _postgres_database(request.getfixturevalue("migrated_template"), request.getfixturevalue("drop")) as url:
            yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database that holds nothing."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that has taken every migration."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_template(drop: Drop) -> Iterator[str]:
    """The name of a PostgreSQL database that has taken every migration."""
    with _postgres_database("template0", drop) as url:
        asyncio.run(_migrate(url))
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def drop() -> Iterator[Drop]:
    """Drops a PostgreSQL database beside the tests: the server writes all of them to the disk before it lets one go."""
    dropped: list[Future[None]] = []
    with ThreadPoolExecutor(1) as beside:
        yield lambda name: dropped.append(beside.submit(_tell, f'DROP DATABASE "{name}" WITH (FORCE)'))
    for each in dropped:
        each.result()


async def _migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


@contextmanager
def _postgres_database(template: str, drop: Drop) -> Iterator[str]:
    name = f"circuit_test_{uuid.uuid4().hex}"
    _tell(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _postgres().set(database=name).render_as_string(hide_password=False)
    finally:
        drop(name)


def _postgres() -> URL:
    return make_url(os.environ["CIRCUIT_TEST_POSTGRES_URL"])


def _tell(statement: str) -> None:
    async def tell() -> None:
        server = _postgres().set(drivername="postgresql+asyncpg")
        engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(tell())
