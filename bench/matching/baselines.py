"""The methods that ours must beat, from the plainest on: each takes match records and gives a cluster to each.

A cluster is an establishment; none of these knows a second level.
"""

from collections.abc import Callable, Hashable, Sequence

from directory.matching.contract import MatchRecord


def by_siret(records: Sequence[MatchRecord]) -> list[Hashable]:
    """One SIRET, one establishment; whoever gives none stands alone."""
    return _grouped(records, lambda record: record.siret)


def by_siren(records: Sequence[MatchRecord]) -> list[Hashable]:
    """One SIREN, one establishment: what happens to whoever forgets that a company has many sites."""
    return _grouped(records, lambda record: record.siren)


def by_name(records: Sequence[MatchRecord]) -> list[Hashable]:
    """The same comparable name in the same postcode."""
    return _grouped(records, _name_and_postcode)


def _name_and_postcode(record: MatchRecord) -> tuple[str, str] | None:
    return (record.names[0], record.postcode) if record.names and record.postcode else None


def _grouped(records: Sequence[MatchRecord], key: Callable[[MatchRecord], Hashable]) -> list[Hashable]:
    """Records of one key are together; a record without one is a cluster of its own, named by its id."""
    keys = (key(record) for record in records)
    return [record.listing if found is None else found for record, found in zip(records, keys, strict=True)]
