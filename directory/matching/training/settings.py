"""The comparisons of :mod:`directory.matching.levels` once more, as SQL conditions: Splink's settings.

The same settings run on DuckDB and on Spark; what the two spell differently is a :class:`Dialect`. Conditions are tried
in the order of the levels, so that each may take for granted that those before it did not hold, but for
:data:`directory.matching.levels.UNKNOWN`, which Splink wants first. Nulls: a condition that is null does not hold.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from directory.matching import levels
from directory.matching.model import FREQUENCIES, LEVELS, Model
from directory.matching.training.table import FREQUENCY

if TYPE_CHECKING:
    from splink import SettingsCreator


class Dialect(Struct, frozen=True):
    """How a database says what standard SQL has no words for, as templates.

    ``overlap``: two lists of {0} have something in common. ``spelled_alike``: a spelling of the left and one of the
    right are {alike}. ``inside``: the words of one of a side's names are all spoken by the other. ``bits``: what the
    words in common are worth together.
    """

    name: str
    overlap: str
    spelled_alike: str
    inside: str
    bits: str


# What a function inside a condition compares with is named once outside of it: Splink looks for columns there alone.
DUCKDB: Final = Dialect(
    "duckdb",
    overlap="list_has_any({0}_l, {0}_r)",
    spelled_alike="spelled_r is not null and len(list_filter(spelled_l, lambda one : "
    "len(list_filter(spelled_r, lambda other : {alike})) > 0)) > 0",
    inside="(spoken_{1} is not null and len(list_filter(contents_{0}, lambda one : "
    "len(list_intersect(one, spoken_{1})) = len(one))) > 0)",
    bits="coalesce(list_sum(list_transform(list_intersect(words_l, words_r), lambda one : one.bits)), 0)",
)
SPARK: Final = Dialect(
    "spark",
    overlap="arrays_overlap({0}_l, {0}_r)",
    spelled_alike="spelled_r is not null and size(filter(spelled_l, one -> "
    "size(filter(spelled_r, other -> {alike})) > 0)) > 0",
    inside="(spoken_{1} is not null and size(filter(contents_{0}, one -> "
    "size(array_intersect(one, spoken_{1})) = size(one))) > 0)",
    bits="aggregate(array_intersect(words_l, words_r), cast(0 as double), (total, one) -> total + one.bits)",
)
_TOWN: Final = "(coalesce(commune_l = commune_r, false) or coalesce(postcode_l = postcode_r, false))"
_TOWN_KNOWN: Final = (
    "((commune_l is not null and commune_r is not null) or (postcode_l is not null and postcode_r is not null))"
)
_STREETS: Final = "street_l is not null and street_r is not null"
_ONE_SIREN: Final = "coalesce(siren_l = siren_r, false)"
_PHONES: Final = "phone_l is not null and phone_r is not null"
_DOMAINS: Final = "domain_l is not null and domain_r is not null"
_ELSE: Final = "ELSE"

# Splink joins listings on each of these and compares each pair once.
BLOCKING: Final = (
    ("siren",), ("phone",), ("email",), ("domain",), ("name",), ("number", "street", "commune"), ("name", "postcode"),
)  # fmt: skip


def conditions(dialect: Dialect) -> Mapping[str, Sequence[str]]:
    """For each comparison, when it cannot be made, and then the condition of each of its levels, best first."""
    return {
        "name": _names(dialect),
        "address": _addresses(),
        "contact": (
            f"not ({_PHONES}) and not ({_DOMAINS}) and not coalesce(email_l = email_r, false)",
            "phone_l = phone_r and email_l = email_r",
            "phone_l = phone_r and domain_l = domain_r",
            "phone_l = phone_r",
            "email_l = email_r",
            f"domain_l = domain_r and not ({_PHONES})",
            "domain_l = domain_r",
            f"not ({_DOMAINS})",
            f"not ({_PHONES})",
            _ELSE,
        ),
        "naf": (
            f"naf_l is null or naf_r is null or {_ONE_SIREN}",
            "naf_l = naf_r",
            "substr(naf_l, 1, 5) = substr(naf_r, 1, 5)",
            "substr(naf_l, 1, 2) = substr(naf_r, 1, 2)",
            _ELSE,
        ),
        "siren": ("siren_l is null or siren_r is null", "siren_l = siren_r", _ELSE),
        "directory": ("partner_l is null or partner_r is null", "partner_l <> partner_r", _ELSE),
    }


def _names(dialect: Dialect) -> Sequence[str]:
    shortest = f"least(length(one), length(other)) >= {levels.SHORTEST}"
    spelled_alike = f"{shortest} and one <> other and {_alike('one', 'other', levels.LIKE_NAME)}"
    inside = f"({' or '.join(dialect.inside.format(*sides) for sides in ('lr', 'rl'))})"
    telling, saying, something = (
        f"{dialect.bits} >= {_double(bits)}" for bits in (levels.TELLING, levels.SAYING, levels.SOMETHING)
    )
    return (
        f"name_l is null or name_r is null or {_ONE_SIREN}",
        "name_l = name_r",
        dialect.overlap.format("rare_names"),
        dialect.spelled_alike.format(alike=spelled_alike),
        f"{telling} and {inside}",
        f"{saying} and {inside}",
        telling,
        saying,
        dialect.overlap.format("names"),
        dialect.overlap.format("acronyms"),
        something,
        _ELSE,
    )


def _addresses() -> Sequence[str]:
    near = _double(levels.SAME_POINT)
    point = (
        f"abs(latitude_l - latitude_r) <= {near} and "
        f"abs(longitude_l - longitude_r) * cos(radians(latitude_l)) <= {near}"
    )
    is_open = "(number_l is null or number_r is null)"
    door = "(number_l = number_r and street_l = street_r)"
    return (
        f"not {_TOWN} and {_TOWN_KNOWN} = coalesce({door}, false)",
        f"{_TOWN} and {door}",
        f"{_TOWN} and {_STREETS} and {point}",
        f"(not {_TOWN} and {door}) or "
        f"({_TOWN} and {_STREETS} and {is_open} and (street_l = street_r or street_l = zone_r or zone_l = street_r))",
        f"{_TOWN} and ({is_open} or number_l = number_r) and {_alike('street_l', 'street_r', levels.LIKE_STREET)}",
        f"not ({_STREETS}) and postcode_l = postcode_r",
        f"not ({_STREETS}) and {_TOWN}",
        _TOWN,
        _ELSE,
    )


def settings(dialect: Dialect = DUCKDB, *, model: Model | None = None, listings: int = 0) -> "SettingsCreator":
    """Splink's settings, with the probabilities of a model if one is given: then ``listings`` is the population that
    its prior is for (:attr:`directory.matching.terms.Terms.population`).
    """
    from splink import SettingsCreator, block_on

    odds = 2.0 ** model.prior(listings) if model else 1e-4
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="listing",
        comparisons=[_comparison(name, each, model) for name, each in conditions(dialect).items()],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKING],
        probability_two_random_records_match=odds / (1 + odds),
        retain_matching_columns=False,
        em_convergence=0.0005,
        max_iterations=40,
    )


def _comparison(name: str, sql: Sequence[str], model: Model | None) -> dict[str, Any]:
    known = [{"sql_condition": sql[0], "label_for_charts": "unknown", "is_null_level": True}]
    for place, (level, condition) in enumerate(zip(LEVELS[name], sql[1:], strict=True)):
        described: dict[str, Any] = {"sql_condition": condition, "label_for_charts": level}
        if field := FREQUENCIES.get((name, level)):
            described["tf_adjustment_column"] = FREQUENCY[field]
            described["disable_tf_exact_match_detection"] = True
        if model:
            trained = model.comparisons[name][place]
            described |= {"m_probability": trained.m, "u_probability": trained.u}
        known.append(described)
    return {"output_column_name": name, "comparison_levels": known}


def _alike(one: str, other: str, least: float) -> str:
    longest = f"greatest(length({one}), length({other}))"
    return f"levenshtein({one}, {other}) <= cast(floor({_double(1 - least)} * {longest}) as int)"


def _double(value: float) -> str:
    return f"cast({value!r} as double)"  # a literal alone would be a decimal
