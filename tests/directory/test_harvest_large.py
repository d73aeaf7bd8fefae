"""A run of more members than one statement writes is applied whole, whatever becomes of each."""

import pytest

from directory.harvest import harvest
from directory.records import End, Scope
from directory.store.applying import WITH_CONTENT
from directory.store.database import Database
from directory.store.history import RunStatus
from tests.directory.test_harvest import dates
from tests.harvesting import CMAR, LAX, Clock, Scripted, counts, many, page, stored

COUNT = 2 * WITH_CONTENT + 1
FULL = End(scope=Scope.FULL)


@pytest.mark.parametrize("scope", [Scope.FULL, Scope.CHANGES])
async def test_every_member_of_a_large_run_is_moved(database: Database, scope: Scope) -> None:
    clock = Clock()
    began = clock()
    run = await harvest(database, Scripted(page(*many(COUNT)), FULL), CMAR, clock=clock)
    assert counts(run) == (COUNT, COUNT, 0, 0, 0, 0)

    read_at = clock.advance(hours=1)
    kept = many(COUNT - 5, "Durand & Fils")
    gone = tuple(str(number) for number in range(COUNT - 5, COUNT))
    given = page(*kept, deleted=gone if scope is Scope.CHANGES else ())
    run = await harvest(database, Scripted(given, End(scope=scope)), CMAR, clock=clock, guard=LAX)

    assert (run.status, run.changed, run.withdrawn) == (RunStatus.ACCEPTED, COUNT - 5, 5)
    assert await stored(database) == {each.external_id: "Durand & Fils" for each in kept}
    for external_id in ("0", "1", str(WITH_CONTENT), str(COUNT - 6)):
        assert await dates(database, external_id) == {
            "first_seen": began, "last_seen": read_at, "changed": read_at, "withdrawn": None
        }  # fmt: skip
    assert await dates(database, gone[-1]) == {
        "first_seen": began, "last_seen": began, "changed": began, "withdrawn": read_at
    }  # fmt: skip
