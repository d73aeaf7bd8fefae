"""Our gateway beside stock Strawberry, GraphQL Yoga, PostGraphile and a bare page, over the same suppliers.

The servers must give the same answers before anything is measured. They are then loaded by wrk in turns, each held to
the first core while wrk has the second. Processor time is that of the server's process, and for PostGraphile of the
processes of its database besides, which run on either core.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench.gateway.hot import hot_list
from bench.gateway.memory import memory
from bench.gateway.search import search
from bench.gateway.turns import Effort
from bench.gateway.world import filled
from bench.machine import machine

ROOT = Path(__file__).resolve().parent.parent.parent
CONNECTIONS = 8
PARTS = ("hot", "search")


def main() -> None:
    """Measure and print Markdown."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # servers and the database are ended, too
    options = _options()
    effort = Effort(options.rounds, options.seconds, options.connections)
    print(f"{machine()}; {effort.rounds} rounds of {effort.seconds:g} s, {effort.connections} connections", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        if options.memory:
            data = filled(folder / str(options.listed), options.listed)
            _print("Memory", options.listed, memory(data, options.gateway, options.memory, effort.connections))
            return
        if "hot" in options.only:
            data = filled(folder / str(options.listed), options.listed)
            _print("Hot list", options.listed, hot_list(data, options.gateway, effort))
        if "search" in options.only:
            data = filled(folder / str(options.searched), options.searched)
            _print("Search", options.searched, search(data, options.gateway, effort))


def _print(what: str, suppliers: int, text: str) -> None:
    print(f"\n## {what}, {suppliers:,} suppliers\n\n{text}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3, help="of load, in each round")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--listed", type=int, default=20_000, help="suppliers behind the hot list")
    parser.add_argument("--searched", type=int, default=100_000, help="suppliers behind the search")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--keep", type=Path, help="keep the suppliers in this folder for later runs")
    parser.add_argument("--memory", type=float, metavar="MINUTES", help="load ours for so long and see its memory")
    parser.add_argument("--gateway", type=Path, default=ROOT, help="the checkout whose gateway is measured")
    return parser.parse_args()


if __name__ == "__main__":
    main()
