"""Splink as its own "Getting started" page sets it up (5.0), on the columns of a match record.

Comparisons and thresholds are the library's defaults, the order of steps and their figures (recall .7, a million random
pairs, connected components at .95) are the page's; only columns and blocking rules are ours, as they must be. The same
model joined at .999, the best of .95, .99 and .999 on the tuning seeds, is measured too: .95 glues chains together.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import pyarrow
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from directory.matching.contract import MatchRecord

RECALL, RANDOM_PAIRS, LEAST_WEIGHT = 0.7, 1e6, -5
JOINED, JOINED_STRICTLY = 0.95, 0.999
COLUMNS = ("siren", "siret", "commune", "street", "site", "phone", "postcode", "email", "naf", "latitude", "longitude")


def by_splink(records: Sequence[MatchRecord]) -> list[Hashable]:
    """The establishment of each record, by the page's threshold."""
    return _joined(records, JOINED)


def by_strict_splink(records: Sequence[MatchRecord]) -> list[Hashable]:
    """The establishment of each record, by the threshold that does best."""
    return _joined(records, JOINED_STRICTLY)


def _joined(records: Sequence[MatchRecord], threshold: float) -> list[Hashable]:
    linker = Linker(DuckDBAPI().register(_table(records)), _settings(), log_level=None)
    train(linker)
    pairs = linker.inference.predict(threshold_match_weight=LEAST_WEIGHT)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold)
    found = dict(clusters.as_duckdbpyrelation().project("unique_id, cluster_id").fetchall())
    return [found[record.listing] for record in records]


def train(linker: Any) -> None:
    """The page's steps."""
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("siret"), block_on("name", "phone"), block_on("name", "street", "postcode")], recall=RECALL
    )
    training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("siret"))
    training.estimate_parameters_using_expectation_maximisation(block_on("phone"))


def _settings() -> Any:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("name"),
            cl.JaroWinklerAtThresholds("street"),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
            cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
            cl.ExactMatch("site").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
            cl.ExactMatch("naf").configure(term_frequency_adjustments=True),
            cl.ExactMatch("siret"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("siret"),
            block_on("siren", "postcode"),
            block_on("phone"),
            block_on("email"),
            block_on("name", "commune"),
            block_on("street", "postcode"),
            block_on("site", "postcode"),
            block_on("substr(name, 1, 5)", "postcode"),
        ],
        retain_matching_columns=False,
    )


def _table(records: Sequence[MatchRecord]) -> Any:
    columns: dict[str, list[Any]] = {name: [getattr(record, name) for record in records] for name in COLUMNS}
    columns["unique_id"] = [record.listing for record in records]
    columns["name"] = [record.names[0] if record.names else None for record in records]
    return pyarrow.table(columns)
