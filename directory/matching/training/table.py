"""Profiles as columns: one row a listing, in Arrow, as DuckDB and Spark read them.

Empty texts are nulls, sets are lists in order. The frequency of a value is a column of its own, ``<value>_frequency``.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from directory.matching.model import FREQUENCIES
from directory.matching.profiles import Profile

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS: Final = (
    "partner", "siren", "siret", "name", "commune", "postcode", "number", "street", "door", "phone", "email", "domain",
    "naf",
)  # fmt: skip
_SETS: Final = ("names", "sorted_names", "spelled", "telling", "rare", "rare_names", "acronyms")
_POINT: Final = ("latitude", "longitude")
# Values whose frequency counts: ``name`` of ``name_bits``.
VALUES: Final = tuple(dict.fromkeys(field.removesuffix("_bits") for field in FREQUENCIES.values()))


POPULATION: Final = b"population"  # in the metadata of the Parquet file: what the prior is for


def schema() -> "pa.Schema":
    """The columns, as an export of profiles has them too."""
    import pyarrow as pa

    return pa.schema(
        [
            ("listing", pa.int64()),
            *((name, pa.string()) for name in _TEXTS),
            *((name, pa.list_(pa.string())) for name in _SETS),
            *((name, pa.float64()) for name in _POINT),
            *((f"{value}_frequency", pa.float64()) for value in VALUES),
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


def frequencies(table: "pa.Table", value: str) -> "pa.Table":
    """Each different ``value`` and its frequency, in the columns that Splink looks them up by."""
    import pyarrow as pa

    counted = table.select([value, f"{value}_frequency"]).group_by([value, f"{value}_frequency"]).aggregate([])
    counted = counted.filter(pa.compute.is_valid(counted[value]))
    return counted.rename_columns([value, f"tf_{value}"])


def _getter(column: str) -> Callable[[Profile], Any]:
    if column.endswith("_frequency"):
        bits = f"{column.removesuffix('_frequency')}_bits"
        return lambda profile: 2.0 ** getattr(profile, bits) if getattr(profile, bits) else None
    if column in _SETS:
        return lambda profile: _listed(getattr(profile, column))
    if column in _TEXTS:
        return lambda profile: getattr(profile, column) or None
    return lambda profile: getattr(profile, column)


def _listed(values: Iterable[str]) -> list[str]:
    return sorted(values)
