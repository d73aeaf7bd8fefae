"""What can be wrong with the store, each said in one sentence that names the thing, the cause and the remedy."""

import sqlite3

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

SQLITE_CODES = {
    sqlite3.SQLITE_BUSY: "is locked by another program for too long; close that program or try again",
    sqlite3.SQLITE_LOCKED: "is locked by another program for too long; close that program or try again",
    sqlite3.SQLITE_FULL: "cannot grow because the disk is full; free some space and try again",
    sqlite3.SQLITE_IOERR: "cannot be read or written (input/output error); check the disk",
    sqlite3.SQLITE_READONLY: "is read-only; give the program's user the right to write to it and to its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and may be written to",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database; choose another file",
}
POSTGRES_STATES = {
    "08": "closed the connection; check that the server is up",
    "28": "refused the user or the password; check the credentials in the address",
    "3D": "has no database of that name; create it or correct the address",
    "42501": "refused the right to do this; grant it to the user in the address",
    "42P01": "lacks a table; run `circuit doctor` to see which migration is missing",
    "42703": "lacks a column; run `circuit doctor` to see which migration is missing",
    "53100": "cannot grow because its disk is full; free some space and try again",
    "53": "has no room for another connection or more memory; raise its limits or lower ours",
    "55P03": "is locked by another program for too long; try again",
    "57P": "is shutting down or starting up; try again",
}


class StoreError(Exception):
    """The store cannot do what it was asked. ``str()`` is one sentence without secrets, fit for an operator."""


def place(url: URL) -> str:
    """The database's name for a sentence: its file, or its server without credentials."""
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    return f"The PostgreSQL database {url.database} at {url.host or 'localhost'}:{url.port or 5432}"


def unreachable(url: URL) -> StoreError:
    """The sentence for a server that does not answer."""
    return StoreError(f"{place(url)} cannot be reached; check the address and that the server is up.")


def explain(error: BaseException, url: URL) -> StoreError | None:
    """The sentence for ``error``; ``None`` when it is no trouble of the database's own but a mistake of ours."""
    if isinstance(error, PoolTimeout):
        return StoreError(f"{place(url)} was too busy to answer in time; try again.")
    if isinstance(error, DBAPIError):
        said = _said_by_sqlite(error.orig) or _said_by_postgres(error)
        return StoreError(f"{place(url)} {said}.") if said else None
    return None


def _said_by_sqlite(error: BaseException | None) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if str(error).startswith(("no such table", "no such column")):
        return "lacks a table or a column; run `circuit doctor` to see which migration is missing"
    return SQLITE_CODES.get(code & 0xFF)  # the low byte is the primary result code


def _said_by_postgres(error: DBAPIError) -> str | None:
    # A connection that broke without a word from the server has no state of its own.
    state = getattr(error.orig, "sqlstate", None) or ("08" if error.connection_invalidated else "")
    return next((said for prefix, said in POSTGRES_STATES.items() if state.startswith(prefix)), None)
