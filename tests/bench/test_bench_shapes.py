"""The five shapes of questions: whoever is asked finds, and those who find otherwise where they must not are caught."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.search import postgres
from bench.search.fts5 import Fts5
from bench.search.shapes import Asked, Engine, Peer, Shape, measured, table
from bench.search.speed import indexed
from bench.search.synthetic import suppliers

COUNT = 400


def _peers(folder: Path, stack: ExitStack) -> list[Peer]:
    indexed(folder / "index", COUNT)
    peers: list[Peer] = [
        Engine(folder / "index"),
        Fts5(folder / "peer.sqlite", (supplier for supplier, _ in suppliers(COUNT))),
    ]
    if os.environ.get(postgres.VARIABLE):
        peers.append(stack.enter_context(postgres.database(supplier for supplier, _ in suppliers(COUNT))))
    return peers


class Blind:
    """A peer that never finds anybody."""

    name = "blind"

    def ask(self, asked: Asked) -> int:
        return 0

    def spent_ms(self) -> float:
        return 0.0


def test_everybody_finds_and_as_many_of_a_section(tmp_path: Path) -> None:
    with ExitStack() as stack:
        peers = _peers(tmp_path, stack)
        times = measured(peers, 5)  # every text once; ends when they differ within a section
        for shape in (Shape.BROAD, Shape.TYPO, Shape.PREFIX, Shape.NEAR):
            assert all(sum(own.found) for own in times[shape]), shape
        assert [len(own.wall) for own in times[Shape.RARE]] == [5] * len(peers)
        lines = table(peers, times).splitlines()
    assert len(lines) == 2 + len(Shape) * len(peers)
    assert lines[2].startswith("| rare name | engine | ")


def test_who_finds_otherwise_within_a_section_ends_the_benchmark(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(SystemExit, match="within 10 km of"):
        measured([*_peers(tmp_path, stack)[:1], Blind()], 5)
