"""The hub scores by its own code what Splink would score with the same model: to the same weights, level by level."""

from collections import Counter
from itertools import combinations
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from bench.matching.records import benchmark
from directory.matching import model
from directory.matching.blocking import Blocks, numbers_of
from directory.matching.contract import MatchRecord
from directory.matching.levels import ADDRESS, UNKNOWN
from directory.matching.model import FREQUENCIES, LEVELS
from directory.matching.profiles import Profile, profile_of
from directory.matching.scoring import COMPARISONS, Scorer
from directory.matching.terms import Terms

pytest.importorskip("splink", reason="Splink is not installed (the extra `train`)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LISTINGS, CANDIDATES, STRANGERS = 6_000, 9_000, 1_000

SIGN = "garage"

Scored = dict[str, Any]


def rarities() -> list[MatchRecord]:
    """Levels that the benchmark hardly knows: a sign that many have, a street misspelled, nothing said at all."""
    many = [
        MatchRecord(listing=LISTINGS + each, key=f"rare\x1f{each}", names=(f"zyx{each}", SIGN), commune=town)
        for each, town in enumerate(("13005", "13055") * 6)
    ]
    streets = [
        MatchRecord(
            listing=LISTINGS + 20 + place, key=f"rare\x1f2{place}", names=("zyx0",), street=street, postcode="13400"
        )
        for place, street in enumerate(("12 avenue republique", "12 avenue republiqe", "avenue republiqu"))
    ]
    return [*many, *streets, MatchRecord(listing=LISTINGS + 30, key="rare\x1f30")]


@pytest.fixture(scope="module")
def terms_and_profiles() -> tuple[Terms, list[Profile]]:
    records = sorted((*benchmark(LISTINGS, seed=1).records, *rarities()), key=lambda record: record.key)
    terms = Terms.of(records)
    return terms, [forgetful(profile_of(record, terms)) for record in records]


def forgetful(profile: Profile) -> Profile:
    """Of some, nobody has counted how frequent their values are: of a tenth of the companies and a fortieth of all."""
    if (profile.siren or "9").endswith("0") or profile.listing % 40 == 0:
        return replace(profile, **dict.fromkeys(FREQUENCIES.values()))
    return profile


@pytest.fixture(scope="module")
def pairs(terms_and_profiles: tuple[Terms, list[Profile]]) -> list[tuple[Profile, Profile]]:
    """What blocking finds worth comparing, and some that have nothing to do with each other."""
    _, profiles = terms_and_profiles
    chance = Random(1)
    found = list(Blocks([numbers_of(profile) for profile in profiles]).pairs())
    chance.shuffle(found)
    strangers = [tuple(sorted(chance.sample(range(LISTINGS), 2))) for _ in range(STRANGERS)]
    rare = combinations([place for place, profile in enumerate(profiles) if profile.partner == "rare"], 2)
    return [(profiles[one], profiles[other]) for one, other in dict.fromkeys((*found[:CANDIDATES], *strangers, *rare))]


@pytest.fixture(scope="module")
def scored(
    terms_and_profiles: tuple[Terms, list[Profile]], pairs: list[tuple[Profile, Profile]]
) -> dict[tuple[int, int], Scored]:
    """What Splink says of each pair."""
    import pyarrow as pa

    from directory.matching.training.table import table_of
    from directory.matching.training.train import linker_of

    terms, profiles = terms_and_profiles
    linker = linker_of(table_of(profiles), model=model.shipped(), population=terms.population)
    sides = zip(*((left.listing, right.listing) for left, right in pairs), strict=True)
    blocked = dict(zip(("join_key_l", "join_key_r"), map(list, sides), strict=True))
    linker.table_management.register_blocked_pairs_for_predict(
        linker._db_api.register(pa.table({"match_key": ["0"] * len(pairs), **blocked}))
    )
    rows = linker.inference.predict().as_record_list()
    return {(row["listing_l"], row["listing_r"]): row for row in rows}


def test_ten_thousand_pairs_weigh_the_same(
    terms_and_profiles: tuple[Terms, list[Profile]],
    pairs: list[tuple[Profile, Profile]],
    scored: dict[tuple[int, int], Scored],
) -> None:
    scorer = Scorer(model.shipped(), terms_and_profiles[0].population)
    assert len(pairs) >= 10_000
    difference = max(
        abs(scorer.weight(left, right) - scored[left.listing, right.listing]["match_weight"]) for left, right in pairs
    )
    assert difference <= 1e-9


def test_frequencies_are_unknown_of_one_side_and_of_both(pairs: list[tuple[Profile, Profile]]) -> None:
    met = [pair for pair in pairs if COMPARISONS["address"](*pair) == ADDRESS.index("same door")]
    unknown = Counter(sum(side.door_bits is None for side in pair) for pair in met)
    assert min(unknown[sides] for sides in (0, 1, 2)) > 20


def test_which_of_two_is_left_does_not_matter(
    terms_and_profiles: tuple[Terms, list[Profile]], pairs: list[tuple[Profile, Profile]]
) -> None:
    scorer = Scorer(model.shipped(), terms_and_profiles[0].population)
    assert all(scorer.weight(left, right) == scorer.weight(right, left) for left, right in pairs)


def test_every_level_is_among_the_pairs(pairs: list[tuple[Profile, Profile]]) -> None:
    met = {name: Counter(compare(*pair) for pair in pairs) for name, compare in COMPARISONS.items()}
    unmet = {
        f"{name}: {level}" for name, known in LEVELS.items() for at, level in enumerate(known) if not met[name][at]
    }
    assert unmet == set()
    assert [name for name in LEVELS if not met[name][UNKNOWN]] == ["directory"]
