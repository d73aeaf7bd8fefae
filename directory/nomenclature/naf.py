"""NAF rév. 2, the French nomenclature of activities (decree 2007-1888): five levels, INSEE's labels.

Sections (``F``), divisions (``43``), groups (``43.2``), classes (``43.22``), sub-classes (``43.22A``). Only a sub-class
is the activity code (APE) of a company.
"""

from functools import cache

from msgspec import Struct

from directory.nomenclature._files import rows


class Entry(Struct, frozen=True):
    """One line of the nomenclature. ``parent`` is the code one level up; sections have none."""

    code: str
    label: str
    parent: str | None


@cache
def _entries() -> dict[str, Entry]:
    return {code: Entry(code, label, parent or None) for code, label, parent in rows("naf_rev2.csv")}


def known(code: str) -> bool:
    """Whether the NAF has this code, at any level."""
    return code in _entries()


def label(code: str) -> str | None:
    """INSEE's French label, or None for a code the NAF does not have."""
    entry = _entries().get(code)
    return entry.label if entry else None


def levels(code: str) -> tuple[str, ...]:
    """The code and all above it, widest first: ``("F", "43", "43.2", "43.22", "43.22A")``; empty when unknown."""
    above: list[str] = []
    entry = _entries().get(code)
    while entry is not None:
        above.append(entry.code)
        entry = _entries().get(entry.parent or "")
    return tuple(reversed(above))


def codes() -> tuple[str, ...]:
    """Every sub-class, in the nomenclature's order."""
    return tuple(code for code in _entries() if len(code) == len("43.22A"))


def entries() -> tuple[Entry, ...]:
    """Every line at every level, in the nomenclature's order."""
    return tuple(_entries().values())
