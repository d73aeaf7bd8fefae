"""The soak's judge sees what it is there to see: a mixture of two states, a member lost, growth."""

import time

import pytest

from bench.soak_truth import STREETS, History
from bench.soak_vitals import Vital, report
from demo import Region
from demo.servers.chambre import ChambreServer


@pytest.fixture
def server() -> ChambreServer:
    return ChambreServer(Region(7, 40).stock("chambre"))


@pytest.fixture
def history(server: ChambreServer) -> History:
    return History(server)


def streets(server: ChambreServer) -> dict[str, str]:
    """What is served when all is well."""
    return {key: server.record(key)["adresse"]["voie"] or "" for key in server.external_ids()}


def moved(server: ChambreServer, history: History, key: str, street: str) -> None:
    with history.changing() as change:
        server.edit(key, **STREETS["chambre"].as_change(street))
        change(key, server.record(key))


def test_what_the_server_has_is_right(server: ChambreServer, history: History) -> None:
    moved(server, history, server.external_ids()[0], "1 rue de la Version")
    assert history.wrong(streets(server), time.time(), time.time()) == []


def test_a_change_during_the_run_may_be_served_or_not(server: ChambreServer, history: History) -> None:
    before, begun = streets(server), time.time()
    moved(server, history, server.external_ids()[0], "1 rue de la Version")
    assert history.wrong(before, begun, time.time()) == []
    assert history.wrong(streets(server), begun, time.time()) == []


def test_what_was_so_only_before_the_run_is_wrong(server: ChambreServer, history: History) -> None:
    first, before = server.external_ids()[0], streets(server)
    moved(server, history, first, "1 rue de la Version")
    later = time.time() + 1
    assert history.wrong(before, later, later) == [f"{first}: {before[first]!r}"]


def test_a_member_that_is_lost_is_wrong(server: ChambreServer, history: History) -> None:
    served = streets(server)
    lost = served.popitem()[0]
    assert history.wrong(served, time.time(), time.time()) == [f"{lost}: None"]


def test_one_member_may_be_strange_on_a_strange_day_alone(server: ChambreServer, history: History) -> None:
    served = streets(server)
    served.popitem()
    history.weather("absurd_values")
    assert history.wrong(served, time.time(), time.time()) == []
    served.popitem()
    assert len(history.wrong(served, time.time(), time.time())) == 2


def vital(at: float, memory: float, files: int = 16, sockets: int = 2) -> Vital:
    return Vital(at=at, memory=memory, files=files, sockets=sockets, temporary=0, tasks=2, store=1.0)


def test_what_stays_flat_passes() -> None:
    looks = [vital(at, 120 + at % 3) for at in range(100)]
    assert report(looks, vital(0, 90), vital(100, 121))[1] == []


def test_what_grows_is_named() -> None:
    looks = [vital(at, 100 + at) for at in range(100)]
    table, grown = report(looks, vital(0, 90), vital(100, 199, files=30, sockets=9))
    assert grown == ["memory grew by 64 MB", "files: 16 before, 30 after", "sockets: 2 before, 9 after"]
    assert table.splitlines()[1].split() == ["memory", "90.0", "127.5", "191.5", "+60.00", "199.0"]
