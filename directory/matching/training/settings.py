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

if TYPE_CHECKING:
    from splink import SettingsCreator


class Dialect(Struct, frozen=True):
    """How a database says what standard SQL has no words for: templates of list expressions."""

    name: str
    overlap: str
    inside: str
    spelled_alike: str


# `spelled_r` is named once outside the function: Splink looks for the columns of a condition there alone.
DUCKDB: Final = Dialect(
    "duckdb",
    overlap="list_has_any({0}_l, {0}_r)",
    inside="len(list_intersect({0}_{1}, {0}_{2})) = len({0}_{1})",
    spelled_alike="spelled_r is not null and len(list_filter(spelled_l, lambda one : "
    "len(list_filter(spelled_r, lambda other : {alike})) > 0)) > 0",
)
SPARK: Final = Dialect(
    "spark",
    overlap="arrays_overlap({0}_l, {0}_r)",
    inside="size(array_intersect({0}_{1}, {0}_{2})) = size({0}_{1})",
    spelled_alike="spelled_r is not null and size(filter(spelled_l, one -> "
    "size(filter(spelled_r, other -> {alike})) > 0)) > 0",
)
_TOWN: Final = "(coalesce(commune_l = commune_r, false) or coalesce(postcode_l = postcode_r, false))"
_TOWN_KNOWN: Final = (
    "((commune_l is not null and commune_r is not null) or (postcode_l is not null and postcode_r is not null))"
)
_STREETS: Final = "street_l is not null and street_r is not null"
_DOMAINS: Final = "domain_l is not null and domain_r is not null"
_MAILBOXES: Final = "email_l is not null and email_r is not null"
_ELSE: Final = "ELSE"

# Splink joins listings on each of these and compares each pair once.
BLOCKING: Final = (
    ("siren",), ("phone",), ("email",), ("domain",), ("name",), ("door",), ("name", "postcode"),
)  # fmt: skip


def conditions(dialect: Dialect) -> Mapping[str, Sequence[str]]:
    """For each comparison, when it cannot be made, and then the condition of each of its levels, best first."""
    spelled = dialect.spelled_alike.format(alike=_alike("one", "other", levels.LIKE_NAME, levels.SHORTEST))
    telling, rare = dialect.overlap.format("telling"), dialect.overlap.format("rare")
    inside = " or ".join(dialect.inside.format("telling", *sides) for sides in ("lr", "rl"))
    point = (
        f"abs(latitude_l - latitude_r) <= {_double(levels.SAME_POINT)} and "
        f"abs(longitude_l - longitude_r) * cos(radians(latitude_l)) <= {_double(levels.SAME_POINT)}"
    )
    numbers_may_be = "(number_l = number_r or number_l is null or number_r is null)"
    return {
        "name": (
            "name_l is null or name_r is null",
            "name_l = name_r",
            dialect.overlap.format("rare_names"),
            dialect.overlap.format("sorted_names"),
            spelled,
            f"{rare} and ({inside})",
            rare,
            f"not {telling} and {dialect.overlap.format('acronyms')}",
            dialect.overlap.format("names"),
            telling,
            _ELSE,
        ),
        "address": (
            f"not {_TOWN} and not {_TOWN_KNOWN}",
            f"{_TOWN} and number_l = number_r and street_l = street_r",
            f"{_TOWN} and {_STREETS} and {point}",
            f"{_TOWN} and street_l = street_r and (number_l is null or number_r is null)",
            f"{_TOWN} and {_alike('street_l', 'street_r', levels.LIKE_STREET)} and {numbers_may_be}",
            f"not ({_STREETS}) and postcode_l = postcode_r",
            f"not ({_STREETS}) and {_TOWN}",
            _TOWN,
            _ELSE,
        ),
        "phone": ("phone_l is null or phone_r is null", "phone_l = phone_r", _ELSE),
        "online": (
            f"not ({_DOMAINS}) and not ({_MAILBOXES})",
            "email_l = email_r",
            "domain_l = domain_r",
            f"not ({_DOMAINS})",
            _ELSE,
        ),
        "naf": (
            "naf_l is null or naf_r is null",
            "naf_l = naf_r",
            "substr(naf_l, 1, 5) = substr(naf_r, 1, 5)",
            "substr(naf_l, 1, 2) = substr(naf_r, 1, 2)",
            _ELSE,
        ),
        "siren": ("siren_l is null or siren_r is null", "siren_l = siren_r", _ELSE),
        "directory": ("partner_l is null or partner_r is null", "partner_l <> partner_r", _ELSE),
    }


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
            described["tf_adjustment_column"] = field.removesuffix("_bits")
            described["disable_tf_exact_match_detection"] = True
        if model:
            trained = model.comparisons[name][place]
            described |= {"m_probability": trained.m, "u_probability": trained.u}
        known.append(described)
    return {"output_column_name": name, "comparison_levels": known}


def _alike(one: str, other: str, least: float, shortest: int = 0) -> str:
    longest = f"greatest(length({one}), length({other}))"
    alike = f"levenshtein({one}, {other}) <= cast(floor({_double(1 - least)} * {longest}) as int)"
    return f"least(length({one}), length({other})) >= {shortest} and {alike}" if shortest else alike


def _double(value: float) -> str:
    return f"cast({value!r} as double)"  # a literal alone would be a decimal
