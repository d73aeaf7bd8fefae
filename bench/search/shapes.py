"""Five shapes of questions as people ask them, put in turns to our gateway, our engine, SQLite's FTS5 and PostgreSQL.

A rare name; a broad word with the total and four facets; a word with a slip; the beginning of a word, to be completed;
and a section of the NAF within 10 km, twenty nearest and the total. A round asks every shape of everybody, another text
or place each time, so that nothing is answered from what an earlier round left behind. Milliseconds of the clock on the
wall are medians; those of the processor are means, since what other processes spend (the gateway's, PostgreSQL's) is
told in ticks of 10 ms. The first two understand the text and find by activity, too; in a section all must find as many.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from bench.gateway.asking import ask
from bench.gateway.load import spent_ms
from bench.gateway.servers import Server, ours, running
from directory.search.engine import TantivyEngine
from directory.search.query import Direction, FacetField, Near, Order, OrderField, SearchQuery, Where, Window
from directory.search.suggest import SuggestionKind
from directory.search.understood import understood
from directory.understanding.lexicon import carried
from directory.understanding.meaning import carried_meaning
from directory.understanding.understander import Understander

KM: Final = 10.0
PAGE: Final = 20
SUGGESTED: Final = 8
FACETS: Final = (FacetField.NAF, FacetField.DEPARTMENT, FacetField.PARTNER, FacetField.SIZE)
PLACES: Final = ((43.2927, 5.5708), (43.2965, 5.3698), (43.5297, 5.4474), (43.1242, 5.9280), (43.9493, 4.8055))
SECTIONS: Final = ("F", "C", "M", "G", "N")


class Shape(Enum):
    """What is asked; the value is how a table calls it."""

    RARE = "rare name"
    BROAD = "broad, 4 facets"
    TYPO = "slip of the typist"
    PREFIX = "beginning of a word"
    NEAR = "section within 10 km"


TEXTS: Final = {
    Shape.RARE: (
        "SARL Guerin Estérel", "SARL Perrin Luberon", "Calanques Énergies", "SARL Legrand Mistral", "Garrigue Azur",
    ),
    Shape.BROAD: (
        "installation", "travaux de rénovation énergétique", "formation", "conseil aux entreprises", "fabrication",
    ),
    Shape.TYPO: ("plombeir", "menuiseir", "electricein", "carreluer", "boulnager"),
    Shape.PREFIX: ("plom", "menu", "garc", "proven", "chauff"),
    Shape.NEAR: SECTIONS,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One question: ``text`` is what is typed, or the section of the NAF."""

    shape: Shape
    text: str
    latitude: float
    longitude: float

    @classmethod
    def of(cls, shape: Shape, number: int) -> "Asked":
        """The numbered question of a shape: another text, and some metres off, each time."""
        texts = TEXTS[shape]
        latitude, longitude = PLACES[number % len(PLACES)]
        # As speed.py has it: otherwise spaced, a text is another one to whatever keeps answers.
        spaces = "" if shape in {Shape.PREFIX, Shape.NEAR} else " " * number
        return cls(shape, texts[number % len(texts)] + spaces, latitude + number * 1e-5, longitude)


class Peer(Protocol):
    """Who is asked. ``spent_ms`` is the processor time that it has spent since it began."""

    name: str

    def ask(self, asked: Asked) -> int:
        """How many it finds, or suggests."""
        ...

    def spent_ms(self) -> float:
        """Processor time so far, milliseconds."""
        ...


class Engine:
    """Our engine inside this process, with what is understood of a text: by meaning, too, where the extra is installed,
    as the gateway does it.
    """

    name = "engine"

    def __init__(self, index_dir: Path) -> None:
        self._index = TantivyEngine.open(index_dir).snapshot
        self._understander = Understander.of(carried(), indexed=self._index, meaning=carried_meaning())

    def ask(self, asked: Asked) -> int:
        """How many it finds, or suggests."""
        if asked.shape is Shape.PREFIX:
            kinds = [SuggestionKind.COMPANY]
            return len(self._index.suggest(asked.text, kinds, SUGGESTED, self._understander.trades))
        query = self._query(asked)
        if asked.shape is Shape.BROAD:
            self._index.facets(query, FACETS)
        return self._index.search(query, Window(first=PAGE)).total or 0

    def _query(self, asked: Asked) -> SearchQuery:
        if asked.shape is Shape.NEAR:
            near = Near(asked.latitude, asked.longitude, KM)
            return SearchQuery(
                where=Where(naf=(asked.text,)), near=near, order=Order(OrderField.DISTANCE, Direction.ASC)
            )
        return understood(SearchQuery(text=asked.text), self._understander.understand(asked.text))

    def spent_ms(self) -> float:
        """Processor time of this process."""
        return time.process_time() * 1000


_SEARCH: Final = "query($text: String) { suppliers(query: $text, first: 20) { totalCount edges { node { id name } } } }"
_BROAD: Final = """query($text: String) { suppliers(query: $text, first: 20) { totalCount edges { node { id name } }
  facets(of: [NAF, DEPARTMENT, PARTNER, SIZE]) { field buckets { value count } } } }"""
_PREFIX: Final = "query($text: String!) { suggest(text: $text, kinds: [COMPANY], first: 8) { text value } }"
_NEAR: Final = """query($text: String!, $latitude: Float!, $longitude: Float!) {
  suppliers(where: {naf: [$text]}, near: {latitude: $latitude, longitude: $longitude, radiusKm: 10},
            orderBy: {field: DISTANCE, direction: ASC}, first: 20) {
    totalCount edges { distanceKm node { id name } } } }"""
_DOCUMENTS: Final = {
    Shape.RARE: _SEARCH,
    Shape.BROAD: _BROAD,
    Shape.TYPO: _SEARCH,
    Shape.PREFIX: _PREFIX,
    Shape.NEAR: _NEAR,
}


class Gateway:
    """Our gateway over HTTP, its response cache off."""

    name = "GraphQL"

    def __init__(self, server: Server, pid: int) -> None:
        self._server, self._pid = server, pid

    def ask(self, asked: Asked) -> int:
        """How many it finds, or suggests."""
        place = {"latitude": asked.latitude, "longitude": asked.longitude} if asked.shape is Shape.NEAR else {}
        answer = ask(self._server.port, _DOCUMENTS[asked.shape], {"text": asked.text, **place})
        if asked.shape is Shape.PREFIX:
            return len(answer["suggest"])
        return int(answer["suppliers"]["totalCount"])

    def spent_ms(self) -> float:
        """Processor time of the server."""
        return spent_ms(self._pid)


@dataclass
class Times:
    """What a peer's answers to one shape took, in milliseconds, and how many it found."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    found: list[int] = field(default_factory=list)


def measured(peers: Sequence[Peer], rounds: int) -> dict[Shape, list[Times]]:
    """Every shape put to every peer, in turns; a round before them warms all of them up.

    Ends the benchmark when peers do not find the same number of suppliers of a section.
    """
    times = {shape: [Times() for _ in peers] for shape in Shape}
    for number in range(rounds + 1):
        for shape in Shape:
            asked = Asked.of(shape, number)
            found = [
                _ask(peer, asked, own if number else Times()) for peer, own in zip(peers, times[shape], strict=True)
            ]
            if shape is Shape.NEAR and len(set(found)) > 1:
                raise SystemExit(f"within {KM:g} km of {asked} are {found}")
    return times


def _ask(peer: Peer, asked: Asked, times: Times) -> int:
    spent, began = peer.spent_ms(), time.perf_counter()
    found = peer.ask(asked)
    times.wall.append((time.perf_counter() - began) * 1000)
    times.cpu.append(peer.spent_ms() - spent)
    times.found.append(found)
    return found


def table(peers: Sequence[Peer], times: dict[Shape, list[Times]]) -> str:
    """Medians on the wall, means of the processor, and both as multiples of the engine's, in Markdown."""
    lines = [
        "| question | asked of | found | wall ms | ÷ engine | CPU ms | ÷ engine |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for shape, all_times in times.items():
        for peer, own in zip(peers, all_times, strict=True):
            wall = statistics.median(mine / base for mine, base in zip(own.wall, all_times[0].wall, strict=True))
            cpu, base = statistics.fmean(own.cpu), statistics.fmean(all_times[0].cpu)
            found, took = statistics.fmean(own.found), statistics.median(own.wall)
            figures = f"{found:,.0f} | {took:.1f} | {wall:.1f} | {cpu:.1f} | {cpu / base:.1f}"
            lines.append(f"| {shape.value} | {peer.name} | {figures} |")
    return "\n".join(lines)


def report(data: Path, checkout: Path, others: Callable[[ExitStack], list[Peer]], rounds: int) -> str:
    """Serve what the folder holds, ask everybody in turns, and say what came out. ``others`` are the other engines."""
    server = ours("ours", data, checkout, cached=False)
    with ExitStack() as stack:
        peers: list[Peer] = [Engine(data / "index"), Gateway(server, stack.enter_context(running(server)))]
        peers += others(stack)
        extra = "with" if carried_meaning() else "without"
        return f"Texts are understood {extra} the extra `semantic`.\n\n{table(peers, measured(peers, rounds))}"
