"""PostGraphile 5 and a database of its own: made, filled and indexed, served, and dropped at the end.

The nearest that it has to our search are two SQL functions which it exposes as fields of the query: one gives the
page, the best by ``ts_rank`` first, the other the total and the four facets. So what matches is looked for twice; with
its plugin for aggregates it would be six times, and an array, as NAF codes and labels are here, is one value to that.
Text is a ``tsvector`` of French stems without accents under a GIN index; the filter has a GIN index, too, since a
supplier may have sites in several departments; the order of names has a B-tree.

What PostgreSQL spends is that of the processes that serve its database. They work without parallel helpers, which
would end uncounted, and without just-in-time compilation, which costs such short statements more than it saves. They
run on whichever core is free: only PostGraphile's own process is held to one.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench.gateway import node
from bench.gateway.servers import Server

VARIABLE: Final = "CIRCUIT_TEST_POSTGRES_URL"
NAME: Final = "PostGraphile 5"
DATABASE: Final = f"circuit_bench_{os.getpid()}"
COLUMNS: Final = (
    *("id", "position", "siren", "name", "trade_names", "description", "website", "size", "status", "updated_at"),
    *("activities", "legal_form_code", "legal_form_label", "postcode", "commune", "commune_code"),
    *("naf", "labels", "departments"),
)
WORDS: Final = """
    CREATE FUNCTION pg_temp.words_of(text, weight "char") RETURNS tsvector LANGUAGE sql AS
        $$ SELECT setweight(to_tsvector('public.words', coalesce($1, '')), weight) $$;
    INSERT INTO directory.supplier
    SELECT given.*,
        pg_temp.words_of(concat_ws(' ', name, array_to_string(trade_names, ' ')), 'A')
        || pg_temp.words_of((SELECT string_agg(label, ' ') FROM unnest(activities)), 'B')
        || pg_temp.words_of(concat_ws(' ', description, commune), 'C')
    FROM given ORDER BY position
"""
AFTERWARDS: Final = """
    CREATE INDEX ON directory.supplier USING gin (words);
    CREATE INDEX ON directory.supplier USING gin (departments);
    CREATE UNIQUE INDEX ON directory.supplier (position);
    CREATE INDEX ON directory.supplier (size);
    CREATE INDEX ON directory.supplier (legal_form_code);
    ANALYZE directory.supplier;
"""


class Filled:
    """The database as its server finds it."""

    def __init__(self, url: str) -> None:
        self.server = Server(
            NAME, [node.program(), str(node.HERE / "postgraphile.mjs"), url, "{port}"], {"GRAPHILE_ENV": "production"}
        )

    def backends(self) -> Collection[int]:
        """The processes of PostgreSQL that serve this database."""
        return asyncio.run(_backends())


@contextmanager
def database(corpus: Path) -> Iterator[Filled]:
    """A database with these suppliers, for as long as the block lasts."""
    asyncio.run(_make(corpus))
    try:
        yield Filled(_url(DATABASE))
    finally:
        asyncio.run(_drop())


def _url(name: str) -> str:
    """The address of a database of this name, on the server that the variable tells."""
    told = os.environ.get(VARIABLE)
    if not told:
        raise SystemExit(f"PostGraphile needs PostgreSQL; say where it is with {VARIABLE}, as a superuser")
    return urlunsplit(urlsplit(told)._replace(path=f"/{name}"))


@asynccontextmanager
async def _connected(name: str) -> "AsyncIterator[asyncpg.Connection[Any]]":
    connection = await asyncpg.connect(_url(name))
    try:
        yield connection
    finally:
        await connection.close()


async def _make(corpus: Path) -> None:
    async with _connected("postgres") as server:
        await server.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
        await server.execute(f"ALTER DATABASE {DATABASE} SET max_parallel_workers_per_gather = 0")
        await server.execute(f"ALTER DATABASE {DATABASE} SET jit = off")
    async with _connected(DATABASE) as own:
        await own.execute((node.HERE / "postgraphile.sql").read_text(encoding="utf-8"))
        await own.execute("CREATE TEMPORARY TABLE given (LIKE supplier); ALTER TABLE given DROP COLUMN words")
        with corpus.open(encoding="utf-8") as lines:
            rows = [_row(position, json.loads(line)) for position, line in enumerate(lines)]
        await own.copy_records_to_table("given", records=rows, columns=COLUMNS)
        await own.execute(WORDS)
        await own.execute(AFTERWARDS)
        await own.execute("VACUUM ANALYZE directory.supplier")


async def _drop() -> None:
    async with _connected("postgres") as server:
        await server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


async def _backends() -> set[int]:
    async with _connected("postgres") as server:
        rows = await server.fetch("SELECT pid FROM pg_stat_activity WHERE datname = $1", DATABASE)
    return {row["pid"] for row in rows}


def _row(position: int, node: dict[str, Any]) -> tuple[object, ...]:
    """A supplier as the table has it, in the order of the columns."""
    address = (node["headOffice"] or {}).get("address") or {}
    sites = [edge["node"]["address"] for edge in node["establishments"]["edges"]]
    return (
        node["id"],
        position,
        *(node[name] for name in ("siren", "name", "tradeNames", "description", "website", "size", "status")),
        datetime.fromisoformat(node["updatedAt"]),
        [(each["code"], each["label"]) for each in node["activities"]],
        *((node["legalForm"] or {}).get(name) for name in ("code", "label")),
        *(address.get(name) for name in ("postcode", "commune", "communeCode")),
        [each["naf"] for each in node["activities"] if each["naf"]],
        [grant["label"]["code"] for grant in node["labels"]],
        sorted({site["communeCode"][:2] for site in sites if site and site["communeCode"]}),
    )


def as_ours(row: dict[str, Any]) -> dict[str, Any]:
    """A row as PostGraphile gives it, in the form of our schema."""
    same = ("siren", "name", "tradeNames", "description", "website", "size", "status", "updatedAt", "activities")
    address = {name: row[name] for name in ("postcode", "commune", "communeCode")}
    return {name: row[name] for name in same} | {
        "id": row["rowId"],
        "legalForm": {"label": row["legalFormLabel"]} if row["legalFormLabel"] else None,
        "headOffice": {"address": address},
    }
