"""The same questions to SQLite's FTS5, as the peer of :mod:`bench.search.speed`: text, twenty best, four facets.

It is given an advantage: no stemming, no French, one value a facet, no distance and no cursor.
"""

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from directory.nomenclature import naf
from directory.records import Supplier

COLUMNS = ("naf", "department", "partner", "size")
_WORDS = re.compile(r"\w+")


class Fts5:
    """Suppliers in an FTS5 table with their facets beside it."""

    def __init__(self, path: Path, suppliers: Iterable[Supplier]) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.executescript(
            "CREATE VIRTUAL TABLE words USING fts5(name, activity, told, tokenize='unicode61 remove_diacritics 2');"
            "CREATE TABLE facet(id INTEGER PRIMARY KEY, naf, department, partner, size);"
        )
        with self._connection:
            for supplier in suppliers:
                self._connection.execute(
                    "INSERT INTO words(rowid, name, activity, told) VALUES (?,?,?,?)", _words(supplier)
                )
                self._connection.execute("INSERT INTO facet VALUES (?,?,?,?,?)", _facets(supplier))
        self._connection.execute("INSERT INTO words(words) VALUES ('optimize')")

    def ask(self, text: str) -> None:
        """The twenty best and how many there are of each value of each facet."""
        match = " OR ".join(f'"{word}"' for word in _WORDS.findall(text))
        best = "SELECT rowid, bm25(words, 8, 4, 1) AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT 20"
        self._connection.execute(best, [match]).fetchall()
        for column in COLUMNS:
            counted = (
                f"SELECT {column}, count(*) FROM words JOIN facet ON id = words.rowid WHERE words MATCH ? GROUP BY 1"
            )
            self._connection.execute(counted, [match]).fetchall()


def _words(supplier: Supplier) -> tuple[int, str, str, str]:
    activities = " ".join(naf.label(activity.code) or activity.label or "" for activity in supplier.activities)
    return supplier.id, " ".join((supplier.name, *supplier.trade_names)), activities, supplier.description or ""


def _facets(supplier: Supplier) -> tuple[int, str, str, str, str]:
    office = supplier.head_office
    department = (office.address.commune_code or "")[:2] if office else ""
    return supplier.id, supplier.activities[0].code, department, supplier.partners[0], supplier.size.value
