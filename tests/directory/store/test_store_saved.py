"""Saved searches at rest: whose they are, what they have seen, and the outbox; on either database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from directory.store import keys, saved
from directory.store.database import Database, insert
from directory.store.saved import Change, Delivery, Match, News
from directory.store.suppliers import supplier, supplier_change

AT = datetime(2026, 11, 30, 8, tzinfo=UTC)
DIGEST, OTHER = b"0123456789abcdef", b"fedcba9876543210"


@pytest.fixture
async def number(database: Database) -> int:
    """A search with a webhook, of a key that is alive."""
    async with database.writing() as connection:
        await keys.create(connection, prefix="mine", hash="0" * 64, role="BUYER", name="x", partner=None, at=AT)
        values = {
            "owner": "mine", "role": "BUYER", "name": "x", "asked": {"query": "toit"}, "token_hash": "0" * 64,
            "webhook_url": "https://news.example/", "webhook_secret": "whsec_eA==", "created_at": AT,
        }  # fmt: skip
        return await saved.create(connection, values)


async def log(database: Database, *suppliers: int) -> None:
    async with database.writing() as connection:
        for each in suppliers:
            row = {"id": each, "inputs": DIGEST, "digest": DIGEST, "created_at": AT, "updated_at": AT}
            await connection.execute(insert(connection, supplier).values(**row).on_conflict_do_nothing())
            line = {"supplier_id": each, "kind": "UPDATED", "at": AT}
            await connection.execute(insert(connection, supplier_change).values(**line))


def delivery(number: int, name: str, due_at: datetime = AT) -> Delivery:
    news = (News(7, Change.NEW),)
    return Delivery(id=name, search_id=number, news=news, attempts=0, created_at=AT, due_at=due_at)


async def test_a_search_is_as_it_was_kept(database: Database, number: int) -> None:
    async with database.reading() as connection:
        found = await saved.find(connection, number)
        assert found is not None
        assert (found.asked, found.seen_seq, found.paused, found.calls) == ({"query": "toit"}, None, False, True)
        assert await saved.of_owner(connection, "mine") == [found]
        assert await saved.of_owner(connection, "yours") == []


async def test_a_search_is_behind_until_it_has_seen_the_end_of_the_log(database: Database, number: int) -> None:
    async with database.writing() as connection:
        assert await saved.is_any_behind(connection)
        await saved.change(connection, number, {"seen_seq": 0})
        assert not await saved.is_any_behind(connection)
    await log(database, 1, 2, 1)
    async with database.writing() as connection:
        assert [search.id for search in await saved.behind(connection)] == [number]
        until = await saved.last_seq(connection)
        assert await saved.changed(connection, 0, until) == {1, 2}
        assert await saved.changed(connection, until - 1, until) == {1}
        await saved.change(connection, number, {"paused": True})
        assert await saved.behind(connection) == []


async def test_matches_are_written_over_and_dropped(database: Database, number: int) -> None:
    async with database.writing() as connection:
        first = [{"supplier_id": each, "digest": DIGEST, "change": None, "at": None} for each in range(1, 2_501)]
        await saved.put_matches(connection, number, first)
        await saved.put_matches(
            connection, number, [{"supplier_id": 2, "digest": OTHER, "change": Change.CHANGED, "at": AT}]
        )
        assert await saved.digests(connection, number, [1, 2, 9_999]) == {1: DIGEST, 2: OTHER}
        assert await saved.news(connection, number, 5) == [Match(supplier_id=2, change=Change.CHANGED, at=AT)]
        await saved.drop_matches(connection, number, [2, 3])
        assert await saved.count_matches(connection, [number]) == {number: 2_498}
        assert await saved.news(connection, number, 5) == []


async def test_calls_are_due_in_their_order_and_put_off(database: Database, number: int) -> None:
    later = AT + timedelta(minutes=1)
    async with database.writing() as connection:
        await saved.post(
            connection, [delivery(number, "b", later), delivery(number, "a"), delivery(number, "c", later)]
        )
        assert [each.id for each in await saved.due(connection, AT, 9)] == ["a"]
        assert {each.id for each in await saved.due(connection, later, 2)} <= {"a", "b", "c"}
        (first, *_) = await saved.due(connection, later, 9)
        await saved.put_off(connection, first, later + timedelta(hours=1))
        assert not await saved.is_any_due(connection, AT)
        assert await saved.waiting(connection, [number]) == {number: 3}
        again = {each.id: each.attempts for each in await saved.due(connection, later + timedelta(hours=2), 9)}
        assert again == {"a": 1, "b": 0, "c": 0}
        await saved.delivered(connection, first)
        assert await saved.waiting(connection, [number]) == {number: 2}


@pytest.mark.parametrize("end", ["paused", "webhook_ended_at", "revoked"])
async def test_nobody_is_called_who_should_not_be(database: Database, number: int, end: str) -> None:
    async with database.writing() as connection:
        await saved.post(connection, [delivery(number, "a")])
        assert await saved.is_any_due(connection, AT)
        if end == "revoked":
            await keys.revoke(connection, "mine", AT)
            assert await saved.find(connection, number) is None
            assert await saved.behind(connection) == []
        else:
            await saved.change(connection, number, {end: AT if end == "webhook_ended_at" else True})
        assert not await saved.is_any_due(connection, AT)


async def test_with_a_search_goes_all_that_hangs_on_it(database: Database, number: int) -> None:
    async with database.writing() as connection:
        row = {"supplier_id": 1, "digest": DIGEST, "change": Change.NEW, "at": AT}
        await saved.put_matches(connection, number, [row])
        await saved.post(connection, [delivery(number, "a")])
        await saved.remove(connection, number)
        for table in (saved.saved_search_match, saved.saved_search_delivery):
            assert await connection.scalar(select(func.count()).select_from(table)) == 0


async def test_a_search_outlives_the_rotation_of_its_key_and_not_its_end(database: Database, number: int) -> None:
    async with database.writing() as connection:
        await keys.create(
            connection, prefix="next", hash="0" * 64, role="BUYER", name="x", partner=None, at=AT, line="mine"
        )
        await keys.expire(connection, "mine", AT)
        assert await saved.find(connection, number) is not None
        await keys.revoke(connection, "next", AT)
        assert await saved.find(connection, number) is None
