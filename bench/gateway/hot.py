"""The hot list: the first 20 suppliers by name, 15 values each, the same question every time.

PostGraphile is in it where ``CIRCUIT_TEST_POSTGRES_URL`` says where PostgreSQL is.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.gateway import node, operations, postgraphile
from bench.gateway.asking import send
from bench.gateway.load import Round
from bench.gateway.servers import Server, ours, running
from bench.gateway.table import cpu_ratio, rate_ratio, table, tail, target
from bench.gateway.turns import Effort, in_turns
from bench.gateway.world import described

UNCACHED: Final = "ours, response cache off"
CACHED: Final = "ours, response cache on"
STOCK: Final = "stock Strawberry"
YOGA: Final = "GraphQL Yoga"
BARE: Final = "bare page (json.dumps)"
Nodes = list[dict[str, Any]]


def hot_list(data: Path, checkout: Path, effort: Effort) -> str:
    """Measure, and say in Markdown what came out."""
    asked = operations.hot_list(operations.HOT_LIST)
    servers = [ours(UNCACHED, data, checkout, cached=False), ours(CACHED, data, checkout, cached=True)]
    corpus = described(data, servers[0])
    servers += [stock(corpus), yoga(corpus), bare(servers[0], data / "page.json", asked[0])]
    bodies, helpers = {server.name: asked for server in servers}, {}
    with ExitStack() as stack:
        if os.environ.get(postgraphile.VARIABLE):
            filled = stack.enter_context(postgraphile.database(corpus))
            servers.append(filled.server)
            bodies[postgraphile.NAME] = operations.hot_list(operations.POSTGRAPHILE_HOT_LIST)
            helpers[postgraphile.NAME] = filled.backends
        rounds = in_turns(servers, bodies, effort, check=lambda started: agree(started, bodies), helpers=helpers)
    return "\n".join((table(rounds, UNCACHED), "", *_targets(rounds)))


def _targets(rounds: Mapping[str, Sequence[Round]]) -> tuple[str, ...]:
    mine, kept, page = rounds[UNCACHED], rounds[CACHED], rounds[BARE]
    return (
        target("CPU, ours ÷ Yoga", cpu_ratio(mine, rounds[YOGA]), 0.35),
        target("CPU, ours ÷ stock Strawberry", cpu_ratio(mine, rounds[STOCK]), 0.1),
        target("p99 ÷ p50, response cache off", tail(mine), 5),
        target("p99 ÷ p50, response cache on", tail(kept), 5),
        target("requests a second, response cache on ÷ bare page", rate_ratio(kept, page), 0.65, at_most=False),
    )


def stock(corpus: Path) -> Server:
    """Strawberry as it ships."""
    return Server(STOCK, [sys.executable, "-m", "bench.gateway.stock", str(corpus), "{port}"])


def yoga(corpus: Path) -> Server:
    """GraphQL Yoga as it ships."""
    return Server(YOGA, [node.program(), str(node.HERE / "yoga.mjs"), str(corpus), "{port}"])


def bare(mine: Server, page: Path, body: bytes) -> Server:
    """A page that holds what our gateway answers to this body, which is asked for and written down."""
    with running(mine):
        page.write_text(json.dumps({"data": send(mine.port, body)}, ensure_ascii=False), encoding="utf-8")
    return Server(BARE, [sys.executable, "-m", "bench.gateway.bare", str(page), "{port}"])


def agree(servers: Sequence[Server], bodies: Mapping[str, Sequence[bytes]]) -> None:
    """End the benchmark unless all give the same suppliers with the same values."""
    first = servers[0]
    expected = _nodes(send(first.port, bodies[first.name][0]))
    for server in servers[1:]:
        found = _nodes(send(server.port, bodies[server.name][0]))
        if found != expected:
            raise SystemExit(f"{server.name} does not answer as {first.name} does: {found}, not {expected}")


def _nodes(answer: dict[str, Any]) -> Nodes:
    """The suppliers of an answer, whichever its form; an instant may be spelled in several ways."""
    if "allSuppliers" in answer:
        nodes = [postgraphile.as_ours(row) for row in answer["allSuppliers"]["nodes"]]
    else:
        nodes = [edge["node"] for edge in answer["suppliers"]["edges"]]
    return [node | {"updatedAt": datetime.fromisoformat(node["updatedAt"])} for node in nodes]
