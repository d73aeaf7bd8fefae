"""The suppliers that every server is given: invented ones in our own store and index, and what the public sees of them.

A folder holds ``circuit.sqlite`` and ``index`` for our gateway, and ``suppliers-….jsonl`` for its peers: one supplier a
line in the order of names, as our gateway gives it to a caller without a key, so that all of them have the same to say.
"""

import asyncio
import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from bench.gateway.asking import ask
from bench.gateway.operations import EVERYTHING
from bench.gateway.servers import Server, running
from bench.search.synthetic import NOW, suppliers
from directory.records import ChangeKind, Supplier
from directory.store import resolving, state
from directory.store.database import Database
from gateway.pipeline import index, indexed
from gateway.settings import Settings

BATCH = 5_000
PAGE = 100
# Named after what is asked of each: another question makes another file.
CORPUS = f"suppliers-{sha256(EVERYTHING.encode()).hexdigest()[:8]}.jsonl"


def filled(folder: Path, count: int) -> Path:
    """The folder, with so many suppliers in it; one that holds them already, for this version, is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "circuit.toml").write_text(f"data_dir = {json.dumps(str(folder.absolute()))}\n", encoding="utf-8")
    if indexed(folder / "index") is None:
        for half in (*folder.glob("circuit.sqlite*"), *folder.glob("suppliers-*")):
            half.unlink()
        asyncio.run(_fill(Settings.alone(data_dir=folder), count))
    return folder


def described(folder: Path, ours: Server) -> Path:
    """The file of what the public sees, asked of our gateway page by page when it is not there yet."""
    corpus = folder / CORPUS
    if not corpus.exists():
        half = corpus.with_suffix(".tmp")
        with running(ours), half.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in _public(ours))
        half.rename(corpus)
    return corpus


async def _fill(settings: Settings, count: int) -> None:
    database = Database(settings.store_url)
    try:
        await database.migrate()
        made = suppliers(count)
        while batch := list(islice(made, BATCH)):
            async with database.writing() as connection:
                stored = [_resolved(supplier) for supplier, _ in batch]
                ids = [each.supplier.id for each in stored]
                await resolving.write(connection, stored, ids, NOW)
                await resolving.log(connection, [(ChangeKind.CREATED, each, None) for each in ids], NOW)
                await state.bump(connection)
        await index(database, settings)
    finally:
        await database.close()


def _resolved(supplier: Supplier) -> resolving.Resolved:
    """As a resolution would store it; no listing stands behind it, and no operation of the benchmark asks for any."""
    number = supplier.id.to_bytes(16, "big")
    return resolving.Resolved(
        supplier=supplier, provenance=(), memberships=(), inputs=number, digest=number, due_at=None
    )


def _public(ours: Server) -> Iterator[dict[str, Any]]:
    """Every supplier, in the order of names."""
    after = None
    while True:
        page = ask(ours.port, EVERYTHING, {"first": PAGE, "after": after})["suppliers"]
        yield from (edge["node"] for edge in page["edges"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
