"""The same questions to SQLite's FTS5, as a peer of :mod:`bench.search.shapes`.

It is given an advantage: no stemming, no French, one value a facet, no cursor. Slips are mended by the nearest of the
words that share most trigrams; sites lie in an R*Tree, and are then measured.
"""

import sqlite3
import time
from collections.abc import Iterable
from math import cos, degrees, radians
from pathlib import Path

from rapidfuzz.distance import OSA

from bench.search.shapes import KM, PAGE, SUGGESTED, Asked, Shape
from directory.geography import EARTH_RADIUS_KM, distance_km
from directory.nomenclature import naf
from directory.normalise import words
from directory.records import Location, Supplier

COLUMNS = ("naf", "department", "partner", "size")
_CANDIDATES = 20
_TABLES = """
    CREATE VIRTUAL TABLE words USING fts5(name, activity, told, tokenize='unicode61 remove_diacritics 2');
    CREATE TABLE facet(id INTEGER PRIMARY KEY, quality, naf, department, partner, size);
    CREATE TABLE section(supplier, section, PRIMARY KEY (section, supplier)) WITHOUT ROWID;
    CREATE TABLE place(id INTEGER PRIMARY KEY, supplier, latitude, longitude);
    CREATE VIRTUAL TABLE site USING rtree(id, south, north, west, east);
"""
_AFTERWARDS = """
    INSERT INTO words(words) VALUES ('optimize');
    CREATE VIRTUAL TABLE term USING fts5vocab(words, 'row');
    CREATE VIRTUAL TABLE spelled USING fts5(word, tokenize='trigram');
    INSERT INTO spelled SELECT term FROM term;
    INSERT INTO spelled(spelled) VALUES ('optimize');
    ANALYZE;
"""
# R*Tree keeps 32-bit numbers and rounds outwards; the places themselves are measured.
_NEAR = f"""SELECT supplier, min(km) AS km, count(*) OVER () AS total FROM (
        SELECT supplier, distance_km(latitude, longitude, :latitude, :longitude) AS km FROM site JOIN place USING (id)
        WHERE north >= :south AND south <= :north AND east >= :west AND west <= :east
    ) JOIN section USING (supplier)
    WHERE km <= {KM} AND section = :section GROUP BY supplier ORDER BY 2, 1 LIMIT {PAGE}"""


class Fts5:
    """Suppliers in an FTS5 table with their facets and sites beside it."""

    name = "SQLite FTS5"

    def __init__(self, path: Path, suppliers: Iterable[Supplier]) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.create_function("distance_km", 4, _distance_km, deterministic=True)
        self._connection.executescript(_TABLES)
        with self._connection:
            for supplier in suppliers:
                self._add(supplier)
        self._connection.executescript(_AFTERWARDS)

    def ask(self, asked: Asked) -> int:
        """How many it finds, or suggests."""
        spoken = words(asked.text)
        match asked.shape:
            case Shape.PREFIX:
                best = (
                    "SELECT id FROM words JOIN facet ON id = words.rowid WHERE words MATCH ? "
                    f"ORDER BY quality DESC, id LIMIT {SUGGESTED}"
                )
                return len(self._connection.execute(best, [f"name : {spoken[0]}*"]).fetchall())
            case Shape.NEAR:
                rows = self._connection.execute(_NEAR, _box(asked)).fetchall()
                return int(rows[0][2]) if rows else 0
            case Shape.TYPO:
                return self._page(self._nearest_word(spoken[0]))
            case Shape.RARE:
                return self._page(" AND ".join(f'"{word}"' for word in spoken))
        match = " OR ".join(f'"{word}"' for word in spoken)
        for column in COLUMNS:
            counted = (
                f"SELECT {column}, count(*) FROM words JOIN facet ON id = words.rowid WHERE words MATCH ? GROUP BY 1"
            )
            self._connection.execute(counted, [match]).fetchall()
        return self._page(match)

    def spent_ms(self) -> float:
        """Processor time of this process."""
        return time.process_time() * 1000

    def _page(self, match: str) -> int:
        best = f"SELECT rowid, bm25(words, 8, 4, 1) AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT {PAGE}"
        self._connection.execute(best, [match]).fetchall()
        return int(self._connection.execute("SELECT count(*) FROM words WHERE words MATCH ?", [match]).fetchone()[0])

    def _nearest_word(self, word: str) -> str:
        trigrams = " OR ".join(f'"{word[place : place + 3]}"' for place in range(len(word) - 2))
        near = f"SELECT word FROM spelled WHERE spelled MATCH ? ORDER BY rank LIMIT {_CANDIDATES}"
        found = [row[0] for row in self._connection.execute(near, [trigrams])]
        return min(found, key=lambda each: OSA.distance(word, each), default=word)

    def _add(self, supplier: Supplier) -> None:
        execute = self._connection.execute
        execute("INSERT INTO words(rowid, name, activity, told) VALUES (?,?,?,?)", (supplier.id, *told(supplier)))
        execute("INSERT INTO facet VALUES (?,?,?,?,?,?)", (supplier.id, supplier.quality.score, *facets(supplier)))
        for section in sections(supplier):
            execute("INSERT INTO section VALUES (?,?)", (supplier.id, section))
        for latitude, longitude in places(supplier):
            added = execute("INSERT INTO place VALUES (NULL,?,?,?)", (supplier.id, latitude, longitude))
            box = (latitude, latitude, longitude, longitude)
            execute("INSERT INTO site VALUES (?,?,?,?,?)", (added.lastrowid, *box))


def told(supplier: Supplier) -> tuple[str, str, str]:
    """Its names, what its activities are called, and what it says of itself."""
    activities = " ".join(naf.label(activity.code) or activity.label or "" for activity in supplier.activities)
    return " ".join((supplier.name, *supplier.trade_names)), activities, supplier.description or ""


def facets(supplier: Supplier) -> tuple[str, str, str, str]:
    """One value of each column that is counted."""
    office = supplier.head_office
    department = (office.address.commune_code or "")[:2] if office else ""
    return supplier.activities[0].code, department, supplier.partners[0], supplier.size.value


def sections(supplier: Supplier) -> list[str]:
    """The sections of the NAF that it works in."""
    return sorted({naf.levels(activity.code)[0] for activity in supplier.activities})


def places(supplier: Supplier) -> list[tuple[float, float]]:
    """Where its sites are."""
    return [(site.location.latitude, site.location.longitude) for site in supplier.establishments if site.location]


def _distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    return distance_km(Location(latitude, longitude), Location(other_latitude, other_longitude))


def _box(asked: Asked) -> dict[str, float | str]:
    high = degrees(KM / EARTH_RADIUS_KM)
    wide = high / cos(radians(abs(asked.latitude) + high))
    return {
        "section": asked.text,
        "latitude": asked.latitude,
        "longitude": asked.longitude,
        "south": asked.latitude - high,
        "north": asked.latitude + high,
        "west": asked.longitude - wide,
        "east": asked.longitude + wide,
    }
