"""The guard against sudden loss: which runs wait for a steward before anything of them is served.

A partner that loses half of its file, renames a field or lets its numbers go bad still answers well-formed pages. What
gives it away are the run's own figures, compared with what was read before. Pure: figures in, reasons out.
"""

from collections.abc import Mapping

from msgspec import Struct

FEW = 5  # rows that may go bad without a word, or one bad row would hold every small increment


class Guard(Struct, frozen=True, kw_only=True):
    """The largest shares, 0…1, that pass without a steward.

    ``loss`` is of the partner's members before the run, ``lacking`` of the records that were read, ``failing`` of the
    members that were read again.
    """

    loss: float = 0.2
    lacking: float = 0.02
    failing: float = 0.05


class Figures(Struct, frozen=True, kw_only=True):
    """What a run read and would do.

    ``members`` are the partner's before it, ``again`` those of them that it read again, ``unusable`` the rows without
    use. ``lacking`` counts records without a value by required field, ``failing`` the members that fail a check they
    passed before, by field of the listing.
    """

    members: int = 0
    read: int = 0
    again: int = 0
    withdrawn: int = 0
    unusable: int = 0
    lacking: Mapping[str, int] = {}
    failing: Mapping[str, int] = {}


def reasons(figures: Figures, guard: Guard, *, may_lose: bool = False) -> tuple[str, ...]:
    """Why a run has to wait, a clause each with its figures; none for a run that may pass.

    ``may_lose`` is for readings that were asked for some members alone: what is gone of them is meant.
    """
    return (*(() if may_lose else _loss(figures, guard)), *_lacking(figures, guard), *_failing(figures, guard))


def _loss(figures: Figures, guard: Guard) -> tuple[str, ...]:
    if figures.withdrawn <= guard.loss * figures.members:
        return ()
    return (f"{_share(figures.withdrawn, figures.members)} of the members would go ({_bound(guard.loss)})",)


def _lacking(figures: Figures, guard: Guard) -> tuple[str, ...]:
    said = [
        f"{count:,} of {figures.read:,} records have no {field} ({_measured(count, figures.read, guard.lacking)})"
        for field, count in sorted(figures.lacking.items())
        if _is_many(count, figures.read, guard.lacking)
    ]
    # A record without a required field is of no use, and is not counted against the partner twice.
    if not said and _is_many(figures.unusable, figures.read, guard.lacking):
        share = _measured(figures.unusable, figures.read, guard.lacking)
        said.append(f"{figures.unusable:,} of {figures.read:,} records cannot be used ({share})")
    return tuple(said)


def _failing(figures: Figures, guard: Guard) -> tuple[str, ...]:
    return tuple(
        f"{count:,} of {figures.again:,} members fail a check of {field} that they passed before "
        f"({_measured(count, figures.again, guard.failing)})"
        for field, count in sorted(figures.failing.items())
        if _is_many(count, figures.again, guard.failing)
    )


def _is_many(count: int, whole: int, share: float) -> bool:
    return count > FEW and count > share * whole


def _measured(count: int, whole: int, bound: float) -> str:
    return f"{_share(count, whole)}, {_bound(bound)}"


def _share(count: int, whole: int) -> str:
    return f"{100 * count / max(whole, 1):.3g} %"


def _bound(share: float) -> str:
    return f"at most {100 * share:.3g} % pass"
