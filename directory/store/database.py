"""One database, SQLite or PostgreSQL, behind the same few verbs: migrate, read, write.

SQLite lets one transaction write at a time. All writers of this process share one connection, so they queue in order
of arrival, and each begins with ``BEGIN IMMEDIATE``: a transaction that has begun cannot fail later for want of the
lock. Readers have connections of their own, see one consistent snapshot and never wait for the writer (WAL).
"""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from sqlite3 import SQLITE_BUSY, OperationalError
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import Error as SQLiteError
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, Engine, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from directory.store import migrations
from directory.store.errors import StoreError, explain, unreachable

__all__ = ["Database", "StoreError", "insert"]

READERS = 8
LOCK_TIMEOUT = 60.0  # seconds a writer waits for its turn: longer than the largest run takes to apply
SQLITE_PRAGMAS = (
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "secure_delete=FAST",  # some builds overwrite what is deleted, and staged rows all are
    "cache_size=-8000",  # 8 MB a connection
    "journal_size_limit=67108864",  # the write-ahead log shrinks back to 64 MB after a large run
)
LOCK_POLL = 0.01
FORMS = "write sqlite:///folder/file.db or postgresql://user:password@host:5432/name."


class Database:
    """A store at ``url``: ``sqlite:///circuit.db`` or ``postgresql://user:password@host/name``.

    Raises :class:`StoreError` for an address it cannot use; nothing is opened before the first use.
    """

    def __init__(self, url: str, *, readers: int = READERS, lock_timeout: float = LOCK_TIMEOUT) -> None:
        self.url = _driver_url(url)
        if self.is_sqlite:
            self._reader = _sqlite_engine(self.url, readers, lock_timeout, "BEGIN", "query_only=ON")
            self._writer = _sqlite_engine(self.url, 1, lock_timeout, "BEGIN IMMEDIATE")
        else:
            self._writer = _postgres_engine(self.url, readers, lock_timeout)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file of this machine."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def engines(self) -> tuple[Engine, ...]:
        """What executes statements, for whoever listens to them."""
        both = (self._reader.sync_engine, self._writer.sync_engine)
        return both if self.is_sqlite else both[1:]  # of PostgreSQL's the first hands on to the second

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one consistent state of the database from its first statement to its last."""
        async with self._connected(self._reader) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends, undone when it raises."""
        async with self._connected(self._writer) as connection, connection.begin():
            yield connection

    async def migrate(self) -> None:
        """Bring the tables to this version's shape; safe to call from many processes at once, fast when done."""
        if await self._version() == migrations.HEAD:
            return
        async with self.writing() as connection:
            await connection.run_sync(migrations.upgrade)

    async def problems(self) -> list[str]:
        """What is wrong with the store, a sentence each; empty when it is ready to be used."""
        try:
            version = await self._version()
        except StoreError as error:
            return [str(error)]
        return [] if version == migrations.HEAD else [migrations.trouble(version)]

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
        if self.is_sqlite:
            await self._reader.dispose()

    async def _version(self) -> str | None:
        async with self.reading() as connection:
            return await connection.run_sync(migrations.version)

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        connected = False
        try:
            async with engine.connect() as connection:
                connected = True
                yield connection
        except Exception as error:
            # Once connected, an OSError is of something else that the caller does meanwhile; before, whatever it is
            # means that there is no way in.
            said = explain(error, self.url) or (None if connected else unreachable(self.url))
            if said is None:
                raise
            raise said from error


def insert(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the connection's own dialect, for ``on_conflict_do_update``, which both have."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _driver_url(text: str) -> URL:
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreError(f"The address of the database cannot be read; {FORMS}") from None
    if backend == "sqlite":
        return _sqlite_url(url)
    if backend not in {"postgresql", "postgres"}:
        raise StoreError(f"A database of kind {backend!r} is not supported; {FORMS}")
    if importlib.util.find_spec("asyncpg") is None:
        raise StoreError("PostgreSQL needs its driver: install circuit-court[postgres].")
    return url.set(drivername="postgresql+asyncpg")


def _sqlite_url(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise StoreError("A database in memory would be lost and not shared; write sqlite:///folder/file.db.")
    return url.set(drivername="sqlite+aiosqlite")


def _sqlite_engine(url: URL, size: int, lock_timeout: float, begin: str, *pragmas: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,  # an error's text may be logged, what a statement carries may not
        pool_size=size,
        max_overflow=0,
        pool_timeout=lock_timeout,
        connect_args={"isolation_level": None, "timeout": lock_timeout, "async_creator_fn": _open_file},
    )

    # With isolation_level None the driver begins nothing by itself, and BEGIN is said here, in our words.
    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (*SQLITE_PRAGMAS, *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


class _File(SQLiteConnection):
    """A connection that gives up its locks when it is closed.

    SQLite puts off the end of a connection, and of its transaction, for as long as one of its statements lives: after a
    cancelled write the traceback alone would keep every other process from writing.
    """

    def close(self) -> None:
        """Roll back, then close."""
        with suppress(SQLiteError):  # whatever it says, closing is what is left to do
            self.rollback()
        super().close()


async def _open_file(*arguments: Any, **options: Any) -> aiosqlite.Connection:
    connection = aiosqlite.connect(*arguments, factory=_File, **options)
    worker = connection._thread
    worker.daemon = True  # as SQLAlchemy has it: a connection that nobody closed must not keep the program from ending
    try:
        await connection
        await _log_ahead(connection, options["timeout"])
    except SQLiteError:
        await connection.close()
        # The worker has one more word to say to this loop, and would shout if it found it closed.
        await asyncio.to_thread(worker.join)
        raise
    return connection


async def _log_ahead(connection: aiosqlite.Connection, patience: float) -> None:
    """Turn the file to write-ahead logging, which it then stays in.

    SQLite waits for no lock here, whatever its busy timeout: of two processes that open a new file at once, one would
    be told at once that it is locked.
    """
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            await connection.execute_fetchall("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if error.sqlite_errorcode & 0xFF != SQLITE_BUSY or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(LOCK_POLL)


def _postgres_engine(url: URL, size: int, lock_timeout: float) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_size=size,
        max_overflow=size,
        pool_timeout=lock_timeout,
        pool_pre_ping=True,
        connect_args={
            "timeout": 10,
            "server_settings": {
                "application_name": "circuit-court",
                "lock_timeout": f"{int(lock_timeout * 1000)}ms",
                "timezone": "UTC",
            },
        },
    )
