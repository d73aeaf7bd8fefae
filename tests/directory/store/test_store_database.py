"""One database behind the same verbs, and one sentence for each way it can fail."""

import asyncio
import importlib.util
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from directory.store import state
from directory.store.database import Database, StoreError
from directory.store.state import state as facts

ON_POSTGRESQL = pytest.mark.parametrize(
    "backend", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
FORMS = "write sqlite:///folder/file.db or postgresql://user:password@host:5432/name."


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", f"The address of the database cannot be read; {FORMS}"),
        ("circuit.db", f"The address of the database cannot be read; {FORMS}"),
        ("postgresql://u:p@host:port/x", f"The address of the database cannot be read; {FORMS}"),
        ("mysql://u:secret@host/x", f"A database of kind 'mysql' is not supported; {FORMS}"),
        ("nosuch://x", f"A database of kind 'nosuch' is not supported; {FORMS}"),
        ("sqlite://", "A database in memory would be lost and not shared; write sqlite:///folder/file.db."),
        ("sqlite:///:memory:", "A database in memory would be lost and not shared; write sqlite:///folder/file.db."),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, message: str) -> None:
    with pytest.raises(StoreError) as refused:
        Database(url)
    assert str(refused.value) == message


def test_postgresql_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(StoreError) as refused:
        Database("postgresql://u:secret@host/x")
    assert str(refused.value) == "PostgreSQL needs its driver: install circuit-court[postgres]."


async def test_a_server_that_does_not_answer_is_named_without_credentials() -> None:
    database = Database("postgresql://user:secret@127.0.0.1:1/annuaire")
    place = "The PostgreSQL database annuaire at 127.0.0.1:1"
    expected = f"{place} cannot be reached; check the address and that the server is up."
    assert await database.problems() == [expected]
    with pytest.raises(StoreError) as refused:
        await database.migrate()
    assert str(refused.value) == expected
    await database.close()


async def test_a_transaction_is_whole_or_undone(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.writing() as connection:
            await state.put(connection, "a", "1")
            raise ZeroDivisionError
    async with database.reading() as connection:
        assert await state.get(connection, "a") is None


async def test_a_mistake_of_ours_is_not_dressed_up(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.writing() as connection:
            await connection.execute(insert(facts), [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}])


async def test_a_file_error_beside_the_store_is_not_blamed_on_it(database: Database) -> None:
    with pytest.raises(BrokenPipeError):
        async with database.reading():
            raise BrokenPipeError


async def test_a_reader_sees_one_state_and_does_not_wait_for_the_writer(database: Database) -> None:
    async with database.reading() as before:
        assert await state.revision(before) == 0
        async with database.writing() as writer:
            await state.bump(writer)
            async with database.reading() as beside:
                assert await state.revision(beside) == 0
        assert await state.revision(before) == 0
    async with database.reading() as after:
        assert await state.revision(after) == 1


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"is read-only|read-only transaction"):
        async with database.reading() as connection:
            await state.bump(connection)


async def test_writers_of_one_process_take_turns(database: Database) -> None:
    async def bump() -> None:
        async with database.writing() as connection:
            await state.bump(connection)

    await asyncio.gather(*(bump() for _ in range(40)))
    async with database.reading() as connection:
        assert await state.revision(connection) == 40


async def test_a_missing_table_leads_to_the_doctor(empty_url: str) -> None:
    database = Database(empty_url)
    with pytest.raises(StoreError, match=r"lacks a table.*; run `circuit doctor` to see which migration is missing\.$"):
        async with database.reading() as connection:
            await state.revision(connection)
    await database.close()


async def test_a_locked_file_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "circuit.db"
    database = Database(f"sqlite:///{path}", lock_timeout=0.1)
    await database.migrate()
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as refused:
        async with database.writing() as connection:
            await state.bump(connection)
    assert str(refused.value) == (
        f"The database {path} is locked by another program for too long; close that program or try again."
    )
    other.rollback()
    other.close()
    async with database.writing() as connection:
        await state.bump(connection)
    await database.close()


async def test_a_new_file_that_another_process_is_opening_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")  # SQLite's own patience does not help against this one
    database = Database(f"sqlite:///{path}")
    opening = asyncio.create_task(database.problems())
    assert await asyncio.wait({opening}, timeout=0.05) == (set(), {opening})
    other.rollback()
    other.close()
    assert await opening == ["The database has no tables yet; `circuit harvest` makes them."]
    await database.close()


async def test_a_new_file_that_another_program_keeps_is_said_to_be_locked(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    database = Database(f"sqlite:///{path}", lock_timeout=0.1)
    assert await database.problems() == [
        f"The database {path} is locked by another program for too long; close that program or try again."
    ]
    other.rollback()
    assert await database.problems() == ["The database has no tables yet; `circuit harvest` makes them."]
    other.close()
    await database.close()


async def test_a_writer_that_never_ends_makes_the_next_give_up(database_url: str) -> None:
    database = Database(database_url, lock_timeout=0.2, readers=1)
    async with database.writing() as first, database.reading():
        await state.bump(first)
        with pytest.raises(
            StoreError, match=r"was too busy to answer in time; try again\.$|is locked by another program"
        ):
            async with database.writing() as second:
                await state.bump(second)
    await database.close()


async def test_a_cancelled_write_keeps_no_lock(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'circuit.db'}", lock_timeout=5.0)
    await database.migrate()
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000)"
    writes = text(f"{many} INSERT INTO state SELECT 'key' || i, i FROM n RETURNING key")

    async def write() -> None:
        async with database.writing() as connection:
            await connection.execute(writes)

    writing = asyncio.create_task(write())
    assert await asyncio.wait({writing}, timeout=0.2) == (set(), {writing})
    writing.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await writing
    async with database.writing() as connection:
        await state.bump(connection)
    assert cancelled.traceback  # which keeps the statement alive, and with it what SQLite holds for it
    async with database.reading() as connection:
        assert await state.revision(connection) == 1
        assert await connection.scalar(select(func.count()).select_from(facts)) == 1
    await database.close()


async def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "circuit.db"
    database = Database(f"sqlite:///{path}")
    await database.migrate()
    with pytest.raises(StoreError) as refused:
        async with database.writing() as connection:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count={pages + 5}"))
            await connection.execute(insert(facts), [{"key": f"k{n}", "value": "x" * 4000} for n in range(50)])
    assert str(refused.value) == (
        f"The database {path} cannot grow because the disk is full; free some space and try again."
    )
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(facts)) == 1
    await database.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b"not a database " * 100), "is not an SQLite database; choose another file."),
        (lambda path: path.mkdir(), "cannot be opened; check that its folder exists and may be written to."),
    ],
)
async def test_a_file_that_is_no_database_is_said_to_be(tmp_path: Path, make: object, reason: str) -> None:
    path = tmp_path / "circuit.db"
    make(path)  # type: ignore[operator]
    database = Database(f"sqlite:///{path}")
    assert await database.problems() == [f"The database {path} {reason}"]
    await database.close()


async def test_a_missing_folder_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "circuit.db"
    database = Database(f"sqlite:///{path}")
    assert await database.problems() == [
        f"The database {path} cannot be opened; check that its folder exists and may be written to."
    ]
    await database.close()


@ON_POSTGRESQL
async def test_a_server_that_hangs_up_is_said_to_and_tried_again(database: Database) -> None:
    with pytest.raises(
        StoreError, match=r"(is shutting down or starting up; try again|check that the server is up)\.$"
    ):
        async with database.writing() as connection:
            mine = await connection.scalar(text("SELECT pg_backend_pid()"))
            async with database.writing() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            await state.bump(connection)
    async with database.reading() as connection:
        assert await state.revision(connection) == 0


@ON_POSTGRESQL
async def test_a_database_that_the_server_does_not_have_is_said_to_be(database_url: str) -> None:
    database = Database(database_url.rpartition("/")[0] + "/circuit_test_absent")
    (problem,) = await database.problems()
    assert problem.startswith("The PostgreSQL database circuit_test_absent at ")
    assert problem.endswith(" has no database of that name; create it or correct the address.")
    await database.close()
