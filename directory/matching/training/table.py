"""Profiles as columns: one row a listing, in Arrow, as DuckDB and Spark read them.

Empty texts are nulls, sets are lists in order. The frequency of a value is a column of its own, ``<value>_frequency``,
null where there is no value.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from directory.matching.model import FREQUENCIES
from directory.matching.profiles import Profile

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS: Final = (
    "partner", "siren", "siret", "name", "commune", "postcode", "zone", "number", "street", "phone", "email", "domain",
    "naf",
)  # fmt: skip
_SETS: Final = ("names", "spelled", "rare_names", "acronyms")
_POINT: Final = ("latitude", "longitude")
# Columns of frequencies: ``name_frequency`` of the field ``name_bits``.
FREQUENCY: Final = {field: f"{field.removesuffix('_bits')}_frequency" for field in FREQUENCIES.values()}


POPULATION: Final = b"population"  # in the metadata of the Parquet file: what the prior is for


def schema() -> "pa.Schema":
    """The columns, as an export of profiles has them too.

    ``words`` are those of all names with their bits, ``spoken`` the same without; ``contents`` are the words of each
    name of which no word is the town's own.
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("listing", pa.int64()),
            *((name, pa.string()) for name in _TEXTS),
            *((name, pa.list_(pa.string())) for name in _SETS),
            ("words", pa.list_(pa.struct([("word", pa.string()), ("bits", pa.float64())]))),
            ("spoken", pa.list_(pa.string())),
            ("contents", pa.list_(pa.list_(pa.string()))),
            *((name, pa.float64()) for name in _POINT),
            *((name, pa.float64()) for name in FREQUENCY.values()),
        ]
    )


def table_of(profiles: Sequence[Profile]) -> "pa.Table":
    """The profiles as a table of :func:`schema`."""
    import pyarrow as pa

    wanted = schema()
    return pa.Table.from_arrays(
        [pa.array(map(_getter(field.name), profiles), field.type) for field in wanted], schema=wanted
    )


def write_parquet(path: Path, profiles: Sequence[Profile], population: int) -> None:
    """The table as a Parquet file, which notes the population (:attr:`directory.matching.terms.Terms.population`)."""
    import pyarrow.parquet as pq

    pq.write_table(table_of(profiles).replace_schema_metadata({POPULATION: str(population)}), path)


def frequencies(table: "pa.Table", column: str) -> "pa.Table":
    """The different frequencies of a column, under the names that Splink looks them up by: each stands for itself."""
    import pyarrow as pa

    known = table[column].drop_null().unique()
    return pa.table({column: known, f"tf_{column}": known})


def _getter(column: str) -> Callable[[Profile], Any]:
    if found := _MADE.get(column):
        return found
    if column.endswith("_frequency"):
        bits = f"{column.removesuffix('_frequency')}_bits"
        return lambda profile: None if (found := getattr(profile, bits)) is None else 2.0**found
    if column in _SETS:
        return lambda profile: sorted(set(getattr(profile, column)))
    if column in _TEXTS:
        return lambda profile: getattr(profile, column) or None
    return lambda profile: getattr(profile, column)


_MADE: Final[Mapping[str, Callable[[Profile], Any]]] = {
    "words": lambda profile: [{"word": word, "bits": bits} for word, bits in sorted(profile.words.items())],
    "spoken": lambda profile: sorted(profile.words),
    "contents": lambda profile: [sorted(each) for each in profile.contents if each <= profile.words.keys()],
}
