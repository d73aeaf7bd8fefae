"""The gateway's benchmark compares like with like, and counts what a server spends."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.gateway.__main__ import CONNECTIONS, ROOT
from bench.gateway.hot import STOCK, UNCACHED, agree, stock
from bench.gateway.load import Round, loaded, written
from bench.gateway.operations import HOT_LIST, hot_list
from bench.gateway.servers import Server, ours, running
from bench.gateway.table import cpu_ratio, table, target
from bench.gateway.world import described, filled

BODIES = dict.fromkeys((UNCACHED, STOCK), hot_list(HOT_LIST))
SUPPLIERS = 130  # more than a page of those in which they are read
loading = pytest.mark.skipif(not (shutil.which("wrk") and shutil.which("taskset")), reason="wrk is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("world"), SUPPLIERS)


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Server:
    return ours(UNCACHED, folder, ROOT, cached=False)


@pytest.fixture(scope="module")
def corpus(folder: Path, gateway: Server) -> Path:
    return described(folder, gateway)


@pytest.fixture(scope="module")
def pid(gateway: Server, corpus: Path) -> Iterator[int]:
    with running(gateway) as started:
        yield started


@pytest.fixture
def started(gateway: Server, pid: int) -> Server:
    return gateway


def test_peers_are_given_every_supplier_once(corpus: Path) -> None:
    lines = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    assert len({line["id"] for line in lines}) == len(lines) == SUPPLIERS


def test_the_same_suppliers_are_the_same_answer(started: Server, corpus: Path) -> None:
    peer = stock(corpus)
    with running(peer):
        agree([started, peer], BODIES)


def test_a_peer_that_answers_otherwise_ends_the_benchmark(started: Server, corpus: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "suppliers.jsonl"
    first, rest = corpus.read_text(encoding="utf-8").split("\n", 1)
    wrong.write_text(json.dumps(json.loads(first) | {"website": "https://autre.fr"}) + "\n" + rest, encoding="utf-8")
    peer = stock(wrong)
    with running(peer), pytest.raises(SystemExit, match="stock Strawberry does not answer as ours"):
        agree([started, peer], BODIES)


def test_no_two_questions_under_way_at_once_are_one() -> None:
    assert len(set(hot_list(HOT_LIST))) == len(hot_list(HOT_LIST)) > 2 * CONNECTIONS


@loading
def test_load_tells_what_a_request_costs(started: Server, pid: int, tmp_path: Path) -> None:
    script = written(tmp_path / "load.lua", hot_list(HOT_LIST))
    found = loaded(started.port, script, seconds=1, connections=2, core=0, processes=lambda: (pid,))
    assert found.requests > 0
    assert found.p50_ms <= found.p99_ms
    assert 0 < found.cpu_ms * found.requests < 4_000  # one second, and some slack


@loading
def test_answers_that_are_no_success_end_the_benchmark(started: Server, tmp_path: Path) -> None:
    script = written(tmp_path / "load.lua", [b"{"])
    with pytest.raises(SystemExit, match="requests failed"):
        loaded(started.port, script, seconds=1, connections=1, core=0, processes=tuple)


def test_ratios_are_medians_of_the_same_rounds() -> None:
    mine = [Round(10, 100.0, 1.0, 2.0, cpu) for cpu in (1.0, 2.0, 9.0)]
    theirs = [Round(10, 50.0, 1.0, 4.0, cpu) for cpu in (2.0, 4.0, 3.0)]
    assert cpu_ratio(mine, theirs) == 0.5
    assert table({"ours": mine, "theirs": theirs}, "ours").splitlines()[-1] == (
        "| theirs | 3.000 | 50 | 1.00 | 4.00 | 4.0 | 0.500 |"
    )
    assert target("CPU", 0.5, 0.35) == "- CPU: 0.500, wanted at most 0.35: MISSED"
    assert target("rate", 0.7, 0.65, at_most=False) == "- rate: 0.700, wanted at least 0.65: met"
