"""A model out of listings, without any label: u by random pairs, m by expectation–maximisation or by shared SIRETs.

Splink estimates on DuckDB; what it found is cleaned here (:func:`cleaned`) and becomes a
:class:`directory.matching.model.Model`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from hashlib import blake2b
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from directory.matching.contract import MatchRecord
from directory.matching.model import LEVELS, Level, Model, shipped
from directory.matching.profiles import Profile, profile_of
from directory.matching.terms import Terms
from directory.matching.training.isotonic import pooled
from directory.matching.training.settings import settings
from directory.matching.training.table import FREQUENCY, frequencies, table_of

if TYPE_CHECKING:
    import pyarrow as pa
    from splink import Linker

FEWEST: Final = 1_000  # listings; fewer have too few pairs of one establishment to learn from
PAIRS: Final = 10_000_000  # random pairs, which u is counted on
LEAST_M: Final = 1e-4  # a level that no pair of one establishment was at may be met all the same
LEAST_U: Final = 3e-7  # none among so many random pairs: 3 / PAIRS, the rule of three
LEFT: Final = 0.2  # of u at least, whatever part of it is due to pairs of one establishment
MOST: Final = 1 - 1e-6
RECALL: Final = 0.7  # of the certain rules, where no SIRET tells

# Pairs of which many are one establishment, each leaving other comparisons to be estimated.
_EM_RULES: Final = (("phone",), ("domain",), ("name", "commune"))
# Hardly ever true of two establishments.
_CERTAIN: Final = (
    ("name", "street", "commune"), ("name", "phone"), ("phone", "street", "commune"), ("email", "postcode", "phone"),
)  # fmt: skip
# Levels of which a better one is never worth less than a worse one, best first.
_ORDERED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "name": (
        ("one in the other, telling", "one in the other", "a word in common"),
        ("telling words in common", "words in common", "nothing in common"),
    ),
    "address": (
        ("same street", "like street", "other street"),
        ("same postcode", "same town", "other town"),
    ),
    "contact": (("other phone", "all other"),),
    "naf": (("same sub-class", "same class", "same division", "other activity"),),
    "siren": (("same SIREN", "other SIREN"),),
}  # fmt: skip


class TooFewListings(Exception):
    """There is not enough to learn from. ``str()`` says how much there is and how much it takes."""


class Method(StrEnum):
    """What stands for "one establishment" while m is estimated."""

    EM = "em"
    SIRET = "siret"


class Found(Struct, frozen=True):
    """What Splink estimated: (m, u) of each level, and the chance that two listings are one establishment."""

    levels: Mapping[str, Sequence[tuple[float | None, float | None]]]
    chance: float


def train(
    records: Sequence[MatchRecord],
    *,
    method: Method = Method.SIRET,
    seed: int = 1,
    pairs: int = PAIRS,
    tell: Callable[[str], None] = lambda _: None,
) -> Model:
    """A model of these listings, its confidence still the shipped one's. ``tell`` hears what is being done.

    Raises :class:`TooFewListings`.
    """
    if len(records) < FEWEST:
        raise TooFewListings(
            f"A model cannot be learned from {len(records):,} listings; it takes {FEWEST:,}: harvest more."
        )
    terms = Terms.of(records)
    tell("comparing random pairs")
    profiles = [profile_of(record, terms) for record in records]
    found = estimate(profiles, method=method, seed=seed, pairs=pairs, tell=tell)
    comparisons = {name: cleaned(name, each, found.chance) for name, each in found.levels.items()}
    told: dict[str, str | int | float] = {
        "listings": len(records),
        "method": method.value,
        "seed": seed,
        "pairs": pairs,
    }
    return named(
        Model(
            version="",
            partners=round(found.chance * len(records), 3),
            comparisons=comparisons,
            confidence=shipped().confidence,
            trained=told,
        )
    )


def named(model: Model) -> Model:
    """The model with its version, which is made of all that it says."""
    said = msgspec.json.encode((model.partners, model.comparisons, model.confidence), order="deterministic")
    return msgspec.structs.replace(model, version=f"fr-{blake2b(said, digest_size=5).hexdigest()}")


def linker_of(table: "pa.Table", *, model: Model | None = None, population: int = 0) -> "Linker":
    """Splink on DuckDB over a table of profiles, the frequencies being those of its columns."""
    from logging import ERROR

    from splink import DuckDBAPI, Linker

    database = DuckDBAPI()
    linker = Linker(database.register(table), settings(model=model, listings=population), log_level=ERROR)
    for column in FREQUENCY.values():
        known = database.register(frequencies(table, column))
        linker.table_management.register_term_frequency_lookup(known, column)
    return linker


def estimate(
    profiles: Sequence[Profile], *, method: Method, seed: int, pairs: int, tell: Callable[[str], None] = lambda _: None
) -> Found:
    """What Splink finds in the listings, as it finds it."""
    from splink import block_on

    table = table_of(profiles)
    linker = linker_of(table)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in _CERTAIN], recall=_recall(profiles)
    )
    training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed, min_count_per_level=None)
    tell("comparing pairs that may be one establishment")
    if method is Method.SIRET:
        by_siret = _by_siret(table)
    else:
        by_siret = {}
        for columns in _EM_RULES:
            training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), estimate_without_term_frequencies=True
            )
    said: dict[str, Any] = linker.misc.save_model_to_json()
    m, u = _probabilities(said, "m") | by_siret, _probabilities(said, "u")
    return Found(
        levels={name: list(zip(m[name], u[name], strict=True)) for name in LEVELS},
        chance=said["probability_two_random_records_match"],
    )


Probabilities = dict[str, list[float | None]]


def _by_siret(table: "pa.Table") -> Probabilities:
    """m of pairs that share a SIRET, as they would be compared if nobody had given a number: where two have one SIREN,
    neither names nor activities are compared, and all of these have.
    """
    import pyarrow as pa

    place = table.schema.get_field_index("siren")
    linker = linker_of(table.set_column(place, "siren", pa.nulls(table.num_rows, pa.string())))
    linker.training.estimate_m_from_label_column("siret")
    return _probabilities(linker.misc.save_model_to_json(), "m") | {"siren": [1.0, None]}


def _probabilities(said: Mapping[str, Any], kind: str) -> Probabilities:
    """m or u of each level; ``None`` for what was never seen."""
    return {
        each["output_column_name"]: [level.get(f"{kind}_probability") for level in each["comparison_levels"][1:]]
        for each in said["comparisons"]
    }


def cleaned(comparison: str, found: Sequence[tuple[float | None, float | None]], chance: float) -> tuple[Level, ...]:
    """Levels that can be weighed with.

    Of random pairs a few are of one establishment, which counts where a level is rarer still: their part is taken from
    u, but never all of it. What was never seen has a small probability, not none; a level that no pair of one
    establishment was at is worth what the next worse one is at most. Levels that stand in a better order than their
    weights (:data:`_ORDERED`) share the weight that they have together.
    """
    values: dict[str, tuple[float, float]] = {}
    worse = 1.0
    for name, (m, u) in reversed(list(zip(LEVELS[comparison], found, strict=True))):
        likely = min(MOST, max(LEAST_M, m or 0.0))
        random = max((u or 0.0) - chance * likely, (u or 0.0) * LEFT) / (1 - chance)
        if m is None:
            random = max(random, likely / worse)
        values[name] = likely, min(MOST, max(LEAST_U, random))
        worse = values[name][0] / values[name][1]
    for chain in _ORDERED.get(comparison, ()):
        worst_first = chain[::-1]
        for block in pooled(values[name] for name in worst_first):
            names = worst_first[block.first : block.last + 1]
            for name in names if len(names) > 1 else ():
                # Each keeps how often it is met (m + u); that splits as it does over all of them.
                share = sum(values[name]) / (block.part + block.whole)
                values[name] = block.part * share, block.whole * share
    return tuple(Level(name, *map(_rounded, values[name])) for name in LEVELS[comparison])


def _rounded(value: float) -> float:
    """To what a sum of floats in any order agrees on, and a person can read."""
    return min(MOST, float(f"{value:.5g}"))


def _recall(profiles: Sequence[Profile]) -> float:
    """Which part of the pairs of one establishment the certain rules find, what they find wrongly
    included: counted on the listings that have a SIRET.
    """
    numbered = [profile for profile in profiles if profile.siret]
    true = _pairs(numbered, ("siret",))
    if len(true) < FEWEST // 10:
        return RECALL
    found: set[tuple[int, int]] = set().union(*(_pairs(numbered, rule) for rule in _CERTAIN))
    return min(1.0, max(1e-3, len(found) / len(true)))


def _pairs(profiles: Sequence[Profile], fields: Sequence[str]) -> set[tuple[int, int]]:
    """Of those that have all these fields, the pairs with the same in each."""
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for profile in profiles:
        key = tuple(getattr(profile, field) for field in fields)
        if all(key):
            groups[key].append(profile.listing)
    return {pair for group in groups.values() for pair in combinations(sorted(group), 2)}
