"""Splink on Spark gives the weights that the hub gives; runs where Java ≥ 17 and PySpark (the extra `spark`) are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.matching.records import benchmark
from directory.matching import model
from directory.matching.profiles import profile_of
from directory.matching.scoring import Scorer
from directory.matching.terms import Terms

LISTINGS, JAVA = 800, 17


def java() -> int:
    """The version of the Java on this machine; 0 without one."""
    if not shutil.which("java"):
        return 0
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


@pytest.mark.timeout(600)
@pytest.mark.skipif(java() < JAVA, reason=f"no Java ≥ {JAVA} here")
@pytest.mark.filterwarnings("ignore")
def test_spark_weighs_as_the_hub_does(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="PySpark is not installed (the extra `spark`)")
    pytest.importorskip("splink", reason="Splink is not installed (the extra `train`)")
    from pyspark.sql import SparkSession

    from directory.matching.training.spark import score, weights
    from directory.matching.training.table import write_parquet

    records = benchmark(LISTINGS, seed=1).records
    terms = Terms.of(records)
    profiles = [profile_of(record, terms) for record in records]
    write_parquet(tmp_path / "profiles.parquet", profiles, terms.population)
    quiet = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.sql.warehouse.dir": f"{tmp_path}"}
    spark = SparkSession.builder.master("local[1]").config(map=quiet).getOrCreate()
    try:
        score(spark, tmp_path / "profiles.parquet", tmp_path / "pairs.parquet", model.shipped())
    finally:
        spark.stop()
    scorer = Scorer(model.shipped(), terms.population)
    known = {profile.listing: profile for profile in profiles}
    found = weights(tmp_path / "pairs.parquet")
    assert len(found) > LISTINGS / 2
    assert max(abs(scorer.weight(known[one], known[other]) - weight) for (one, other), weight in found.items()) <= 1e-9
