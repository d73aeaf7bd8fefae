"""Our gateway beside stock Strawberry, GraphQL Yoga, PostGraphile and a bare page, over the same suppliers.

The servers must give the same answers before anything is measured. They are then loaded by wrk in turns, each held to
the first core while wrk has the second. Processor time is that of the server's process.
"""

import argparse
import tempfile
from pathlib import Path

from bench.gateway.hot import hot_list
from bench.gateway.turns import Effort
from bench.gateway.world import filled
from bench.machine import machine

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Measure and print Markdown."""
    options = _options()
    effort = Effort(options.rounds, options.seconds, options.connections)
    print(
        f"{machine()}; {effort.rounds} rounds of {effort.seconds:g} s, {effort.connections} connections\n", flush=True
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        data = filled(folder / str(options.listed), options.listed)
        print(f"## Hot list, {options.listed:,} suppliers\n\n{hot_list(data, options.gateway, effort)}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3, help="of load, in each round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--listed", type=int, default=20_000, help="suppliers behind the hot list")
    parser.add_argument("--keep", type=Path, help="keep the suppliers in this folder for later runs")
    parser.add_argument("--gateway", type=Path, default=ROOT, help="the checkout whose gateway is measured")
    return parser.parse_args()


if __name__ == "__main__":
    main()
