"""The hot list: the first 20 suppliers by name, 15 values each, the very same question every time."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.gateway import node, operations
from bench.gateway.asking import send
from bench.gateway.servers import Server, ours, running
from bench.gateway.table import cpu_ratio, rate_ratio, table, tail, target
from bench.gateway.turns import Effort, in_turns
from bench.gateway.world import described

UNCACHED, CACHED = "ours, response cache off", "ours, response cache on"
STOCK, YOGA, BARE = "stock Strawberry", "GraphQL Yoga", "bare page (json.dumps)"


def hot_list(data: Path, checkout: Path, effort: Effort) -> str:
    """Measure, and say in Markdown what came out."""
    body = operations.hot_list()
    servers = _servers(data, checkout, body)
    bodies = {server.name: [body] for server in servers}
    rounds = in_turns(servers, bodies, effort, check=lambda found: _agree(found, body))
    mine = rounds[UNCACHED]
    targets = (
        target("CPU, ours ÷ Yoga", cpu_ratio(mine, rounds[YOGA]), 0.35),
        target("CPU, ours ÷ stock Strawberry", cpu_ratio(mine, rounds[STOCK]), 0.1),
        target("p99 ÷ p50, response cache off", tail(mine), 5),
        target("p99 ÷ p50, response cache on", tail(rounds[CACHED]), 5),
        target(
            "requests a second, response cache on ÷ bare page",
            rate_ratio(rounds[CACHED], rounds[BARE]),
            0.65,
            at_most=False,
        ),
    )
    return "\n".join((table(rounds, UNCACHED), "", *targets))


def _servers(data: Path, checkout: Path, body: bytes) -> list[Server]:
    uncached = ours(UNCACHED, data, checkout, cached=False)
    corpus, page = str(described(data, uncached)), data / "page.json"
    with running(uncached):
        page.write_text(json.dumps({"data": send(uncached.port, body)}, ensure_ascii=False), encoding="utf-8")
    return [
        uncached,
        ours(CACHED, data, checkout, cached=True),
        Server(STOCK, [sys.executable, "-m", "bench.gateway.stock", corpus, "{port}"]),
        Server(YOGA, [node.program(), str(node.HERE / "yoga.mjs"), corpus, "{port}"]),
        Server(BARE, [sys.executable, "-m", "bench.gateway.bare", str(page), "{port}"]),
    ]


def _agree(servers: Sequence[Server], body: bytes) -> None:
    """End the benchmark unless all give the same 20 suppliers with the same values."""
    first, expected = servers[0].name, None
    for server in servers:
        found = comparable(send(server.port, body))
        if expected is None:
            expected = found
        if found != expected:
            raise SystemExit(f"{server.name} does not answer the hot list as {first} does: {found}, not {expected}")


def comparable(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The suppliers of an answer; an instant may be spelled in two ways."""
    nodes = [edge["node"] for edge in answer["suppliers"]["edges"]]
    return [node | {"updatedAt": datetime.fromisoformat(node["updatedAt"])} for node in nodes]
