"""Everything that ``docs/performance.md`` reports, one after another: ``python -m bench`` (some minutes)."""

import subprocess
import sys

MODULES = (
    "bench.pipeline",
    "bench.query",
    "bench.admission",
    "bench.connectors",
    "bench.harvest",
    "bench.resolution",
    "bench.search.speed",
    "bench.gateway",
)


def main() -> None:
    """Run each in a process of its own, so that the memory of one is not counted to the next."""
    for module in MODULES:
        print(f"\n## {module}\n", flush=True)
        subprocess.run([sys.executable, "-m", module], check=True)


if __name__ == "__main__":
    main()
