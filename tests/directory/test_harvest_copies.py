"""Answers are kept with the run they belong to, each body once, within bounds; and they can be read back in order."""

import asyncio
import zlib
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import pytest
from sqlalchemy import func, select

from directory import held
from directory.harvest import harvest
from directory.records import Copy, End, Scope, SourceError, Traffic
from directory.store import copies
from directory.store.copies import Retention, copy_body, run_copy
from directory.store.database import Database
from directory.store.partners import RunKind, RunStatus
from tests.harvesting import CMAR, LAX, Clock, Scripted, many, number_of, one, page, stored

DIGEST = blake2b(b"same", digest_size=16).digest()
FULL = End(scope=Scope.FULL, cursor="c1")
CHANGES = End(scope=Scope.CHANGES, cursor="c2")


def answer(number: int, body: bytes, chapter: str = "pass", piece: int = 0) -> Copy:
    """An answer, or a piece of one."""
    if piece:
        return Copy(chapter=chapter, number=number, piece=piece, body=body)
    headers = {"ETag": f'"{number}"'}
    return Copy(chapter=chapter, number=number, path=f"/members?page={number}", headers=headers, body=body)


async def read(database: Database, *steps: Any, **options: Any) -> RunStatus:
    """Harvest CMAR."""
    return (await harvest(database, Scripted(*steps), CMAR, **options)).status


async def kept(database: Database) -> dict[int, list[tuple[str, int, int]]]:
    """The place of every copy, by run."""
    places: dict[int, list[tuple[str, int, int]]] = {}
    async with database.reading() as connection:
        columns = (run_copy.c[name] for name in ("run_id", "chapter", "number", "piece"))
        for run_id, *place in await connection.execute(select(*columns).order_by(*run_copy.primary_key)):
            places.setdefault(run_id, []).append(tuple(place))
    return places


async def chain(database: Database) -> tuple[int, ...]:
    """The runs to replay."""
    async with database.reading() as connection:
        return tuple(link.run for link in await copies.chain(connection, "cmar"))


async def test_what_the_partner_answered_can_be_read_again(database: Database) -> None:
    told = [answer(0, b"[1]"), answer(1, b"[2,"), answer(1, b"3]", piece=1)]
    terms, swept = answer(0, b"{}", "terms"), answer(0, b"1,2,3", "sweep")
    await read(
        database,
        page(one("1"), copies=(terms, told[0])),
        page(one("2"), copies=tuple(told[1:])),
        End(scope=Scope.FULL, copies=(swept,)),
    )
    reel = copies.reel(database, 1)
    assert await reel("pass", 0) == [told[0]]
    assert await reel("pass", 1) == told[1:]
    assert await reel("pass", 2) == []
    assert (await reel("terms", 0), await reel("sweep", 0)) == ([terms], [swept])
    assert await copies.reel(database, 2)("pass", 0) == []


async def test_a_body_is_kept_once_and_packed(database: Database) -> None:
    body = b'{"nom":"Plomberie Durand"}' * 1_000
    for number in range(3):
        await read(database, page(one("1"), copies=(answer(0, body), answer(1, body), answer(2, b"%d" % number))), FULL)
    async with database.reading() as connection:
        sizes = (await connection.scalars(select(func.length(copy_body.c.body)))).all()
    assert len(sizes) == 4
    assert max(sizes) < len(body) / 50
    assert await number_of(database, run_copy) == 9
    assert await copies.reel(database, 3)("pass", 1) == [answer(1, body)]


async def test_a_chapter_that_begins_again_replaces_what_was_kept_of_it(database: Database) -> None:
    first = tuple(answer(number, b"old %d" % number) for number in range(3))
    many_first = many(600)  # written before the reading begins again
    again = page(one("1"), copies=(answer(0, b"new"),), restarts=True)
    run = await harvest(
        database, Scripted(page(*many_first, copies=(answer(0, b"{}", "terms"), *first)), again, FULL), CMAR
    )
    assert (run.read, run.added, run.skipped) == (1, 1, 0)
    assert list(await stored(database)) == ["1"]
    assert await kept(database) == {1: [("pass", 0, 0), ("terms", 0, 0)]}
    assert [each.body for each in await copies.reel(database, 1)("pass", 0)] == [b"new"]
    assert await number_of(database, copy_body) == 2


async def test_a_reading_that_begins_again_counts_from_the_start(database: Database) -> None:
    bad = one("x" * 300)
    restarted = page(one("2"), size_bytes=5, traffic=Traffic(requests=3), restarts=True)
    source = Scripted(page(one("1"), bad, deleted=("0",), size_bytes=7, traffic=Traffic(requests=1)), restarted, FULL)
    run = await harvest(database, source, CMAR)
    # What it cost is not forgotten.
    assert (run.read, run.added, run.skipped, run.size_bytes, run.requests) == (1, 1, 0, 12, 3)
    assert list(await stored(database)) == ["2"]


async def test_the_chain_goes_from_the_newest_whole_reading(database: Database) -> None:
    assert await chain(database) == ()
    given = page(*many(10), copies=(answer(0, b"all"),))
    await read(database, given, FULL)
    await read(database, page(one("1", "A"), copies=(answer(0, b"one"),)), CHANGES)
    await read(database, page(one("2", "B"), copies=(answer(0, b"two"),)), SourceError("Cut."))
    await read(database, page(copies=(answer(0, b"one"),)), CHANGES)
    await read(database, End(scope=Scope.UNCHANGED))
    assert await chain(database) == (1, 2, 4)
    assert await kept(database) == {number: [("pass", 0, 0)] for number in (1, 2, 4)}
    # Whatever became of it: a mended mapping may make another thing of it.
    half = page(*many(5), copies=(answer(0, b"half"),))
    assert await read(database, half, FULL, full=True) is RunStatus.HELD
    assert await chain(database) == (6,)
    await held.reject(database, 6, author="ines", reason="Half.")
    assert await chain(database) == (6,)
    assert await read(database, page(copies=(answer(0, b"nothing"),)), FULL, full=True) is RunStatus.REFUSED
    assert await chain(database) == (7,)
    await read(database, page(one("1", "C"), copies=(answer(0, b"three"),)), CHANGES)
    assert await chain(database) == (7, 8)


async def test_nothing_is_kept_of_a_reading_that_found_nothing_changed(database: Database) -> None:
    await read(database, page(*many(10), copies=(answer(0, b"all"),)), FULL)
    nothing = page(copies=(answer(0, b"none"),))
    assert await read(database, nothing, End(scope=Scope.UNCHANGED, copies=(answer(0, b"10", "sweep"),))) == "UNCHANGED"
    assert await kept(database) == {1: [("pass", 0, 0)]}
    assert await number_of(database, copy_body) == 1


async def test_a_chain_with_a_missing_link_is_none(database: Database) -> None:
    await read(database, page(*many(10), copies=(answer(0, b"all"),)), FULL)
    await read(database, page(one("1", "A")), CHANGES)
    assert await chain(database) == ()


async def test_old_copies_go_and_those_of_the_chain_stay(database: Database) -> None:
    clock = Clock()
    for number in range(4):
        await read(database, page(*many(10), copies=(answer(0, b"all %d" % number),)), FULL, full=True, clock=clock)
        clock.advance(days=20)
    # Those of run 1 are sixty days old.
    assert list(await kept(database)) == [3, 4]
    assert await number_of(database, copy_body) == 2
    clock.advance(days=300)
    await read(database, page(one("1", "A"), copies=(answer(0, b"one"),)), CHANGES, clock=clock)
    assert list(await kept(database)) == [4, 5]
    assert await chain(database) == (4, 5)


async def test_copies_are_bounded_in_bytes(database: Database) -> None:
    def noise(seed: int) -> bytes:
        return b"".join(number.to_bytes(8, "big") for number in range(seed, seed * 1_000_003, 1_009))[:1_000]

    bound = Retention(size_bytes=2_500)
    for number in range(1, 5):
        given = page(*many(10), copies=(answer(0, noise(number)), answer(1, b"the same")))
        await read(database, given, FULL, full=True, retention=bound)
    async with database.reading() as connection:
        held_bytes = await connection.scalar(select(func.sum(func.length(copy_body.c.body))))
    assert held_bytes is not None
    assert held_bytes <= 2_500
    assert max(await kept(database)) == 4
    assert len(await kept(database)) > 1
    # Where not even one reading fits, none is kept rather than a part of one.
    await read(
        database, page(*many(10), copies=(answer(0, noise(9)),)), FULL, full=True, retention=Retention(size_bytes=9)
    )
    assert await kept(database) == {}
    assert await number_of(database, copy_body) == 0
    assert await chain(database) == ()


async def test_a_body_that_is_named_again_while_others_are_pruned_is_not_lost(
    database: Database, database_url: str
) -> None:
    async with database.writing() as connection:
        await connection.execute(copy_body.insert().values(digest=DIGEST, body=zlib.compress(b"same")))
    await read(database, page(one("1")), FULL)
    elsewhere = Database(database_url)
    async with database.writing() as connection:
        await copies.keep(connection, 1, [answer(0, b"same")])
        pruning = asyncio.create_task(pruned(elsewhere))
        await asyncio.sleep(0.05)  # for as long as it is not written, the other waits for it
        assert not pruning.done()
    await pruning
    await elsewhere.close()
    assert await copies.reel(database, 1)("pass", 0) == [answer(0, b"same")]


async def pruned(database: Database) -> None:
    """Prune the copies of CMAR."""
    async with database.writing() as connection:
        await copies.prune(connection, "cmar", keep=Retention(), at=Clock()())


async def test_partners_share_bodies_and_prune_their_own(database: Database) -> None:
    other = type(CMAR)(id="cpme13", name="CPME 13", organisation="CPME")
    await harvest(database, Scripted(page(one("1", partner="cpme13"), copies=(answer(0, b"same"),)), FULL), other)
    for _ in range(2):
        none = Retention(size_bytes=0)
        await read(database, page(*many(3), copies=(answer(0, b"same"),)), FULL, full=True, retention=none)
    assert list(await kept(database)) == [1]
    assert await copies.reel(database, 1)("pass", 0) == [answer(0, b"same")]


@pytest.mark.parametrize("status", [RunStatus.ACCEPTED, RunStatus.HELD])
async def test_a_replay_keeps_no_copies_of_its_own(database: Database, status: RunStatus) -> None:
    clock = Clock()
    await read(database, page(*many(10), copies=(answer(0, b"all"),)), FULL, clock=clock)
    again = page(*many(10 if status is RunStatus.ACCEPTED else 5), copies=(answer(0, b"again"),))
    clock.instant += timedelta(hours=1)
    assert await read(database, again, FULL, kind=RunKind.REPLAY, clock=clock) is status
    assert list(await kept(database)) == [1]
    assert await read(database, again, FULL, kind=RunKind.REPLAY, clock=clock, guard=LAX) is RunStatus.ACCEPTED
