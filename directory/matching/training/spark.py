"""The same settings on Spark, for more listings than one machine holds: profiles in as Parquet, scored pairs out.

``python -m directory.matching.training.spark profiles.parquet pairs.parquet`` runs on the Spark of the environment
(``spark-submit``), or on this machine alone. It takes Java 17 or newer and `circuit-court[train,spark]`.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from directory.matching.model import Model, checked, shipped
from directory.matching.training.settings import SPARK, settings
from directory.matching.training.table import FREQUENCY, POPULATION

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LEAST: Final = 0.0  # bits; pairs below are left out of the file


def score(spark: "SparkSession", profiles: Path | str, pairs: Path | str, model: Model, least: float = LEAST) -> None:
    """Write the weight of every pair that Splink's blocking finds in ``profiles`` and that has ``least`` bits or more.

    Columns are ``listing_l``, ``listing_r`` and ``match_weight``; both paths may be of any file system Spark knows.
    """
    from logging import ERROR

    from pyspark.sql.functions import col
    from splink import Linker, SparkAPI

    table = spark.read.parquet(str(profiles))
    database = SparkAPI(  # type: ignore[no-untyped-call]
        spark_session=spark, break_lineage_method="persist", register_udfs_automatically=False
    )
    known = settings(SPARK, model=model, listings=_population(profiles, table))
    linker = Linker(database.register(table), known, log_level=ERROR)
    for column in FREQUENCY.values():
        lookup = table.select(column, col(column).alias(f"tf_{column}")).distinct()
        linker.table_management.register_term_frequency_lookup(database.register(lookup), column)
    scored = linker.inference.predict(threshold_match_weight=least).as_spark_dataframe()
    scored.select("listing_l", "listing_r", "match_weight").write.mode("overwrite").parquet(str(pairs))


def weights(pairs: Path | str) -> dict[tuple[int, int], float]:
    """The scored pairs of a file or folder that :func:`score` has written, the lower listing first."""
    import pyarrow.parquet as pq

    columns = pq.read_table(pairs, columns=["listing_l", "listing_r", "match_weight"]).to_pydict()
    sides = zip(columns["listing_l"], columns["listing_r"], strict=True)
    return {(min(pair), max(pair)): weight for pair, weight in zip(sides, columns["match_weight"], strict=True)}


def _population(profiles: Path | str, table: "DataFrame") -> int:
    """How many listings the prior is for: what the export has noted, else as many as there are."""
    import pyarrow.parquet as pq

    path = Path(profiles)
    noted = (pq.read_schema(path).metadata or {}).get(POPULATION) if path.is_file() else None
    return int(noted) if noted else table.count()


def main() -> None:
    """Run from a command line."""
    from pyspark.sql import SparkSession

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profiles", help="Parquet of `circuit profiles`")
    parser.add_argument("pairs", help="where scored pairs are written, as Parquet")
    parser.add_argument("--model", type=Path, help="a model of `circuit train`; without it, the hub's own")
    parser.add_argument("--least", type=float, default=LEAST, help="weight in bits below which a pair is left out")
    given = parser.parse_args()
    model = checked(given.model.read_bytes()) if given.model else shipped()
    score(SparkSession.builder.appName("circuit").getOrCreate(), given.profiles, given.pairs, model, given.least)


if __name__ == "__main__":
    main()
