"""How well matching works: ``python -m bench.matching --records 120000 --seeds 101,102``.

Every method gets the same generated records in a process of its own; ``--methods`` names some of them, ``--kinds``
those whose rows by kind are printed. A method whose library is missing is left out with a sentence.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from bench.machine import machine
from bench.matching import scores
from bench.matching.generator import HELD_OUT_SEEDS
from bench.matching.records import Benchmark, benchmark
from bench.matching.run import METHODS, Result

HEAD = (
    f"{'method':16} {'P':>6} {'R':>6} {'F1':>6} {'95 %':>13} {'B³':>6} {'suppliers P':>12} {'R':>6} {'F1':>6} "
    f"{'2 SIRENs':>8} {'seconds':>8} {'MB':>6}"
)


def measure(world: Benchmark, methods: Sequence[str]) -> Iterator[tuple[str, Result]]:
    """Each method's result on the same records, one process after another."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "records", Path(folder) / "result"
        source.write_bytes(msgspec.msgpack.encode(world.records))
        for method in methods:
            command = [sys.executable, "-W", "ignore", "-m", "bench.matching.run", method, str(source), str(target)]
            done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise SystemExit(f"{method} failed: {done.stderr}")
            yield method, msgspec.msgpack.decode(target.read_bytes(), type=Result)


def row(method: str, world: Benchmark, result: Result) -> str:
    """The method's line of the table."""
    sites = [truth.establishment for truth in world.truths]
    pairs, cubed = scores.pairwise(result.sites, sites), scores.b_cubed(result.sites, sites)
    between = scores.interval(result.sites, sites)
    suppliers = scores.pairwise(result.companies, [truth.company for truth in world.truths])
    mixed = scores.mixed(result.companies, [record.siren for record in world.records])
    return (
        f"{method:16} {pairs.precision:6.4f} {pairs.recall:6.4f} {pairs.f1:6.4f} {between.low:.4f}-{between.high:.4f} "
        f"{cubed.f1:6.4f} {suppliers.precision:12.4f} {suppliers.recall:6.4f} {suppliers.f1:6.4f} "
        f"{mixed:8} {result.seconds:8.1f} {result.megabytes:6.0f}"
    )


def kinds(world: Benchmark, result: Result) -> Iterator[str]:
    """A line a kind, the worst first."""
    named = [truth.kind for truth in world.truths]
    found = scores.by_kind(result.sites, [truth.establishment for truth in world.truths], named)
    for kind in sorted(found, key=lambda each: found[each].f1):
        score = found[kind]
        yield f"    {kind:16} {score.precision:6.4f} {score.recall:6.4f} {score.f1:6.4f} {named.count(kind):9} listings"


def report(records: int, seed: int, methods: Sequence[str], by_kind: Sequence[str]) -> None:
    """Generate, run and print one seed."""
    world = benchmark(records, seed)
    establishments = len({truth.establishment for truth in world.truths})
    without = sum(record.siret is None for record in world.records) / len(world.records)
    print(f"\n## seed {seed}: {records:,} listings of {establishments:,} establishments, {without:.0%} without SIRET")
    print(HEAD, flush=True)
    for method, result in measure(world, methods):
        print(result.missing or row(method, world, result), flush=True)
        if method in by_kind and not result.missing:
            print("\n".join(kinds(world, result)), flush=True)


def main() -> None:
    """Read the arguments and report each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=120_000)
    parser.add_argument("--seeds", default=",".join(map(str, HELD_OUT_SEEDS)), help="1,2,3 for tuning")
    parser.add_argument("--methods", default=",".join(METHODS), help=f"of {', '.join(METHODS)}")
    parser.add_argument("--kinds", default="ours", help="methods whose rows by kind are printed")
    arguments = parser.parse_args()
    print(machine())
    for seed in arguments.seeds.split(","):
        report(arguments.records, int(seed), arguments.methods.split(","), arguments.kinds.split(","))


if __name__ == "__main__":
    main()
