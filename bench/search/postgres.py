"""The same questions to PostgreSQL, as a peer of :mod:`bench.search.shapes`: a database of its own, dropped at the end.

Words are a ``tsvector`` of French stems without accents, the best by ``ts_rank`` first, under a GIN index; slips are
mended by the nearest word of its own vocabulary (trigrams, GIN); names are completed by prefixes of a ``tsvector`` of
plain words; a disc is a box of ``earthdistance`` under a GiST index, and then the distance. All facets are one
statement (GROUPING SETS). As for PostGraphile (:mod:`bench.gateway.postgraphile`) no helper works beside, and nothing
is compiled.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench.gateway.load import spent_ms
from bench.gateway.world import BATCH
from bench.search.fts5 import facets, places, sections, told
from bench.search.shapes import KM, PAGE, SUGGESTED, Asked, Shape
from directory.normalise import words
from directory.records import Supplier

VARIABLE: Final = "CIRCUIT_TEST_POSTGRES_URL"
DATABASE: Final = f"circuit_shapes_{os.getpid()}"
# The Earth's mean radius in metres, as ours has it: earthdistance's own is the equator's.
_TABLES: Final = """
    CREATE EXTENSION pg_trgm; CREATE EXTENSION cube; CREATE EXTENSION earthdistance;
    CREATE OR REPLACE FUNCTION earth() RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
        AS 'SELECT 6371008.8::float8';
    CREATE TABLE given (id int, name text, activities text, told text, quality float8, naf text, department text,
        partner text, size text, sections text[]);
    CREATE TABLE site (supplier int, latitude float8, longitude float8);
"""
_INDEXES: Final = """
    CREATE TABLE supplier AS SELECT id, name, quality, naf, department, partner, size, sections,
        to_tsvector('simple', name) AS names,
        setweight(to_tsvector('french', name), 'A') || setweight(to_tsvector('french', activities), 'B')
        || setweight(to_tsvector('french', told), 'C') AS words FROM given ORDER BY id;
    CREATE TABLE word AS SELECT word, ndoc FROM ts_stat(
        $$ SELECT to_tsvector('simple', name || ' ' || activities || ' ' || told) FROM given $$);
    ALTER TABLE supplier ADD PRIMARY KEY (id);
    CREATE INDEX ON supplier USING gin (words);
    CREATE INDEX ON supplier USING gin (names);
    CREATE INDEX ON supplier USING gin (sections);
    CREATE INDEX ON word USING gin (word gin_trgm_ops);
    CREATE INDEX ON word (word);
    CREATE INDEX ON site USING gist (ll_to_earth(latitude, longitude));
"""
_FOUND: Final = "SELECT count(*) FROM supplier WHERE words @@ to_tsquery('french', $1)"
_BEST: Final = f"""SELECT id, name FROM supplier, to_tsquery('french', $1) AS asked WHERE words @@ asked
    ORDER BY ts_rank(words, asked) DESC, quality DESC, id LIMIT {PAGE}"""
_FACETS: Final = """SELECT naf, department, partner, size, count(*) FROM supplier
    WHERE words @@ to_tsquery('french', $1) GROUP BY GROUPING SETS ((naf), (department), (partner), (size))"""
_NEAREST_WORD: Final = "SELECT word FROM word WHERE word % $1 ORDER BY similarity(word, $1) DESC, ndoc DESC LIMIT 1"
_COMPLETED: Final = f"""SELECT id, name FROM supplier WHERE names @@ to_tsquery('simple', $1)
    ORDER BY quality DESC, id LIMIT {SUGGESTED}"""
# The nearest site of each counts; the total comes with every row.
_NEAR: Final = f"""SELECT id, name, km, count(*) OVER () AS total FROM (
        SELECT supplier, min(earth_distance(ll_to_earth(latitude, longitude), ll_to_earth($2, $3))) AS km FROM site
        WHERE earth_box(ll_to_earth($2, $3), {KM * 1000}) @> ll_to_earth(latitude, longitude)
        AND earth_distance(ll_to_earth(latitude, longitude), ll_to_earth($2, $3)) <= {KM * 1000} GROUP BY supplier
    ) AS there JOIN supplier ON id = supplier WHERE sections @> ARRAY[$1::text] ORDER BY km, id LIMIT {PAGE}"""
_COLUMNS: Final = ("id", "name", "activities", "told", "quality", "naf", "department", "partner", "size", "sections")


class Postgres:
    """One connection to the database as it was filled."""

    name = "PostgreSQL"

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: "asyncpg.Connection[Any]") -> None:
        self._loop, self._connection = loop, connection
        self._pid = connection.get_server_pid()

    def ask(self, asked: Asked) -> int:
        """How many it finds, or suggests."""
        return self._loop.run_until_complete(self._ask(asked))

    def spent_ms(self) -> float:
        """Processor time of the process that serves the connection."""
        return spent_ms(self._pid)

    async def _ask(self, asked: Asked) -> int:
        fetch, spoken = self._connection.fetch, words(asked.text)
        match asked.shape:
            case Shape.PREFIX:
                return len(await fetch(_COMPLETED, f"{spoken[0]}:*"))
            case Shape.NEAR:
                rows = await fetch(_NEAR, asked.text, asked.latitude, asked.longitude)
                return rows[0]["total"] if rows else 0
            case Shape.TYPO:
                nearest = await self._connection.fetchval(_NEAREST_WORD, spoken[0])
                return await self._page(nearest or spoken[0])
            case Shape.RARE:
                return await self._page(" & ".join(spoken))
        await fetch(_FACETS, " | ".join(spoken))
        return await self._page(" | ".join(spoken))

    async def _page(self, query: str) -> int:
        await self._connection.fetch(_BEST, query)
        return int(await self._connection.fetchval(_FOUND, query))


@contextmanager
def database(suppliers: Iterable[Supplier]) -> Iterator[Postgres]:
    """A database with these suppliers, for as long as the block lasts. Ends the benchmark where there is no server."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_execute("postgres", f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'"))
        try:
            connection = loop.run_until_complete(_filled(suppliers))
            yield Postgres(loop, connection)
        finally:
            loop.run_until_complete(_execute("postgres", f"DROP DATABASE {DATABASE} WITH (FORCE)"))
    finally:
        loop.close()


def _url(name: str) -> str:
    told_url = os.environ.get(VARIABLE)
    if not told_url:
        raise SystemExit(f"PostgreSQL is a peer here; say where it is with {VARIABLE}, as a superuser")
    return urlunsplit(urlsplit(told_url)._replace(path=f"/{name}"))


async def _execute(name: str, statement: str) -> None:
    connection = await asyncpg.connect(_url(name))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _filled(suppliers: Iterable[Supplier]) -> "asyncpg.Connection[Any]":
    connection = await asyncpg.connect(_url(DATABASE))
    await connection.execute("SET max_parallel_workers_per_gather = 0; SET jit = off")
    await connection.execute(_TABLES)
    made = iter(suppliers)
    while batch := list(islice(made, BATCH)):
        await connection.copy_records_to_table("given", records=map(_row, batch), columns=_COLUMNS)
        sites = ((supplier.id, *place) for supplier in batch for place in places(supplier))
        await connection.copy_records_to_table("site", records=sites)
    await connection.execute(_INDEXES)
    await connection.execute("VACUUM ANALYZE")
    return connection


def _row(supplier: Supplier) -> tuple[object, ...]:
    name, activities, description = (" ".join(words(each)) for each in told(supplier))
    found = (supplier.id, name, activities, description, supplier.quality.score)
    return *found, *facets(supplier), sections(supplier)
