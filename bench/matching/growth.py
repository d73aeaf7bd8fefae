"""How scoring grows with the number of listings: the hub's own, and the same settings by Splink on DuckDB and on Spark.

``python -m bench.matching.growth [--records N …] [--engines hub duckdb spark]``: each size and engine in a process of
its own. Spark takes the extra `spark` and Java 17. Found are pairs of 0 bits and more by Splink, suppliers by the hub;
profiles are made before Splink is timed, and within the hub's time. Splink's blocking joins on whole keys, the hub caps
those that too many have.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench.machine import machine
from bench.matching.records import benchmark
from directory.matching import model
from directory.matching.contract import Decisions
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.matching.profiles import profile_of
from directory.matching.terms import Terms
from directory.matching.training.settings import settings
from directory.matching.training.spark import score
from directory.matching.training.table import FREQUENCY, frequencies, table_of, write_parquet

SEED: Final = 101
_LISTINGS: Final = "listings"


def by_hub(records: int, _folder: Path) -> tuple[int, float]:
    """Profiles, blocking, scoring and clusters, as a full resolution does them; how many suppliers there are."""
    held = benchmark(records, SEED).records
    began = perf_counter()
    found = ProbabilisticMatcher().match(held, Decisions())
    return len(found.clusters), perf_counter() - began


def by_duckdb(records: int, _folder: Path) -> tuple[int, float]:
    """Splink's blocking and scoring on DuckDB; how many pairs have 0 bits or more."""
    from splink import DuckDBAPI, Linker  # noqa: PLC0415 - an extra

    table, population = _table(records)
    database = DuckDBAPI()
    began = perf_counter()
    linker = Linker(database.register(table), settings(model=model.shipped(), listings=population))
    for column in FREQUENCY.values():
        linker.table_management.register_term_frequency_lookup(database.register(frequencies(table, column)), column)
    found: Any = linker.inference.predict(threshold_match_weight=0).as_duckdbpyrelation()
    pairs = found.aggregate("count(*)").fetchall()[0][0]
    return int(pairs), perf_counter() - began


def by_spark(records: int, folder: Path) -> tuple[int, float]:
    """The same on Spark with a local master, Parquet in and out."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    held = benchmark(records, SEED).records
    terms = Terms.of(held)
    write_parquet(folder / "profiles.parquet", [profile_of(each, terms) for each in held], terms.population)
    quiet = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "8g",
        "spark.sql.shuffle.partitions": "8",
    }
    spark = SparkSession.builder.master("local[2]").config(map=quiet).getOrCreate()
    try:
        began = perf_counter()
        score(spark, folder / "profiles.parquet", folder / "pairs.parquet", model.shipped())
        seconds = perf_counter() - began
        return spark.read.parquet(str(folder / "pairs.parquet")).count(), seconds
    finally:
        spark.stop()


ENGINES: Final = {"hub": by_hub, "duckdb": by_duckdb, "spark": by_spark}


def _table(records: int) -> tuple[Any, int]:
    held = benchmark(records, SEED).records
    terms = Terms.of(held)
    return table_of([profile_of(each, terms) for each in held]), terms.population


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[20_000, 120_000, 1_000_000])
    parser.add_argument("--engines", nargs="+", choices=[*ENGINES], default=[*ENGINES])
    parser.add_argument("--one", action="store_true", help="measure the first size and engine in this process")
    chosen = parser.parse_args()
    if chosen.one:
        with tempfile.TemporaryDirectory() as folder:
            found, seconds = ENGINES[chosen.engines[0]](chosen.records[0], Path(folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {chosen.records[0]:,} | {chosen.engines[0]} | {found:,} | {seconds:.1f} | {peak:,.0f} |", flush=True)
        return
    print(f"{machine()}\n\n| listings | engine | found | seconds | peak MB |\n|--:|---|--:|--:|--:|", flush=True)
    for records in chosen.records:
        for engine in chosen.engines:
            asked = ["--one", "--records", str(records), "--engines", engine]
            subprocess.run([sys.executable, "-m", "bench.matching.growth", *asked], check=False)


if __name__ == "__main__":
    main()
