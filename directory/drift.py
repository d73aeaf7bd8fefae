"""How a partner's own records differ from before: fields that appeared, vanished or changed their type.

Measured on the shapes that readings give (:class:`directory.records.FieldShape`), before any mapping: a field that is
renamed shows here by both of its names. Pure. What is compared is bounded, for a partner chooses its fields.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from directory.records import FieldShape
from directory.store.history import Drift, DriftKind

MOST_DRIFTS = 50
MOST_FIELDS = 500  # of a baseline
LONGEST_PATH = 200
CHANCE = 1e-6  # of a field being empty by accident in every record of a reading
ENOUGH = 20  # filled values that show a type
STRANGE = 0.05  # of them, of a kind never seen, that is a change
WHOLE = 100  # records that make a new baseline by themselves
_EMPTY = "empty"

Shapes = Iterable[FieldShape]


def drift(baseline: Shapes, shape: Shapes) -> tuple[Drift, ...]:
    """The differences of a reading from the baseline, by field; none where either is unknown."""
    before, after = _by_path(baseline), _by_path(shape)
    if not before or not after:
        return ()
    found = [*_appeared(before, after), *_vanished(before, after), *_changed(before, after)]
    return tuple(sorted(found, key=lambda each: (each.field, each.kind))[:MOST_DRIFTS])


def settled(baseline: Shapes, shape: Shapes, *, is_whole: bool) -> tuple[FieldShape, ...]:
    """The baseline after a reading was accepted.

    A reading of everything replaces it, and so does one of many records, but for the fields that are too rare to be
    missed in it. A small one is added to it.
    """
    before, after = _by_path(baseline), _by_path(shape)
    if not before or not after or is_whole:
        return tuple((after or before).values())[:MOST_FIELDS]
    gone = {each.field for each in _vanished(before, after)}
    if _records(after) >= WHOLE:
        kept = [each for path, each in before.items() if path not in after and path not in gone]
        return (*after.values(), *kept)[:MOST_FIELDS]
    paths = [*before, *(path for path in after if path not in before)]
    return tuple(_merged(before.get(path), after.get(path)) for path in paths[:MOST_FIELDS])


def _appeared(before: Mapping[str, FieldShape], after: Mapping[str, FieldShape]) -> Iterator[Drift]:
    for path, now in after.items():
        if path not in before:
            yield _drift(path, DriftKind.APPEARED, None, now)


def _vanished(before: Mapping[str, FieldShape], after: Mapping[str, FieldShape]) -> Iterator[Drift]:
    records, now = _records(before), _records(after)
    for path, then in before.items():
        share = _filled(then).total() / records if records else 0.0
        if not _filled(after.get(path)) and share and (1 - share) ** now < CHANCE:
            yield _drift(path, DriftKind.VANISHED, then, after.get(path))


def _changed(before: Mapping[str, FieldShape], after: Mapping[str, FieldShape]) -> Iterator[Drift]:
    for path, now in after.items():
        then, seen = _filled(before.get(path)), _filled(now)
        if then and seen.total() >= ENOUGH and (_is_strange(then, seen) or _main(then) != _main(seen)):
            yield _drift(path, DriftKind.CHANGED_TYPE, before[path], now)


def _is_strange(then: Counter[str], seen: Counter[str]) -> bool:
    return sum(count for kind, count in seen.items() if kind not in then) > STRANGE * seen.total()


def _main(kinds: Counter[str]) -> str:
    """The commonest kind; of two as common, the first by name."""
    return max(sorted(kinds), key=kinds.__getitem__)


def _filled(shape: FieldShape | None) -> Counter[str]:
    """The records with a value, by its kind."""
    kinds = {} if shape is None else shape.kinds
    return Counter({kind: count for kind, count in kinds.items() if kind != _EMPTY and count > 0})


def _records(shapes: Mapping[str, FieldShape]) -> int:
    """How many records were read: as many as have the commonest field, and every record has its id."""
    return max((sum(each.kinds.values()) for each in shapes.values()), default=0)


def _merged(before: FieldShape | None, after: FieldShape | None) -> FieldShape:
    known = [each for each in (after, before) if each is not None]
    kinds = sum((Counter(each.kinds) for each in known), Counter())
    example = next((each.example for each in known if each.example), "")
    return FieldShape(path=known[0].path, kinds=dict(kinds), example=example)


def _drift(path: str, kind: DriftKind, before: FieldShape | None, after: FieldShape | None) -> Drift:
    return Drift(
        field=path[:LONGEST_PATH],
        kind=kind,
        before=before.example if before else "",
        after=after.example if after else "",
    )


def _by_path(shapes: Shapes) -> dict[str, FieldShape]:
    return {each.path: each for each in shapes}
