"""What people said of pairs of listings: one establishment, one company, or two. Listings are named by their keys.

A file of labels is CSV: ``partner,external_id,partner,external_id,same`` and a line a pair. It holds nothing personal.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Final

from msgspec import Struct

from directory.matching.contract import MatchRecord

HEADING: Final = ("partner", "external_id", "partner", "external_id", "same")
ROUNDS: Final = 1_000  # of the bootstrap

Key = tuple[str, str]  # partner and external id
Sides = tuple[int, int]


class Same(StrEnum):
    """How much one two listings are."""

    SITE = "site"
    COMPANY = "company"  # but two establishments of it
    NO = "no"


class Label(Struct, frozen=True, order=True):
    """What was said of a pair; ``left`` is the lower key."""

    left: Key
    right: Key
    same: Same


class Score(Struct, frozen=True):
    """How well labelled pairs are told apart: F1, and between what it lies in 95 of 100 resamplings."""

    precision: float
    recall: float
    f1: float
    low: float
    high: float


class Comparison(Struct, frozen=True):
    """A new model against an old one on the same labels: ``difference`` in F1 with its interval; ``changed`` are the
    pairs that they take differently, each with whether the new one is right.
    """

    pairs: int
    old: Score
    new: Score
    difference: tuple[float, float, float]
    changed: tuple[tuple[Label, bool], ...]

    @property
    def is_worse(self) -> bool:
        """Whether the new one is less right on these pairs."""
        return self.new.f1 < self.old.f1


def label(one: Key, other: Key, same: Same) -> Label:
    """What was said of a pair, whichever was named first."""
    return Label(min(one, other), max(one, other), same)


class Lines(Struct, frozen=True):
    """A file of labels, by the numbers of its lines: the last word on each pair, and what is wrong with others."""

    labels: Mapping[int, Label]
    problems: Mapping[int, str]


def read(lines: Iterable[str]) -> Lines:
    """What each line of a file says."""
    said: dict[tuple[Key, Key], tuple[int, Label]] = {}
    problems: dict[int, str] = {}
    reader = csv.reader(lines)
    number = 0
    try:
        for number, row in enumerate(reader, 1):
            if not row or (number == 1 and tuple(row) == HEADING):
                continue
            found = _label(row)
            if isinstance(found, Label):
                said[found.left, found.right] = number, found
            else:
                problems[number] = f"line {number} {found}"
    except csv.Error as error:
        problems[number + 1] = f"line {number + 1} is no CSV ({error})"
    return Lines(dict(said.values()), problems)


def rows(labels: Iterable[Label]) -> Iterator[tuple[str, ...]]:
    """The lines of a file of labels, its heading first."""
    yield HEADING
    yield from ((*each.left, *each.right, each.same.value) for each in labels)


def placed(labels: Iterable[Label], records: Sequence[MatchRecord]) -> dict[Sides, Label]:
    """The labels whose listings are both here, by listing ids."""
    said = list(labels)
    named = {key for each in said for key in (each.left, each.right)}
    ids = {key: record.listing for record in records if (key := key_of(record.key)) in named}
    return {(ids[each.left], ids[each.right]): each for each in said if each.left in ids and each.right in ids}


def key_of(key: str) -> Key:
    """Partner and external id of :attr:`directory.matching.contract.MatchRecord.key`."""
    partner, _, external_id = key.partition("\x1f")
    return partner, external_id


def compared(labels: Mapping[Sides, Label], old: Mapping[Sides, bool], new: Mapping[Sides, bool]) -> Comparison:
    """Two models on the same labels; ``old`` and ``new`` say of each pair whether it came out as one establishment."""
    outcomes = [(each.same is Same.SITE, old[sides], new[sides]) for sides, each in labels.items()]
    chance = Random(1)  # noqa: S311 - resampling, not cryptography
    resampled = [_f1s(chance.choices(outcomes, k=len(outcomes))) for _ in range(ROUNDS)] if outcomes else []
    before, after = (
        Score(
            *_scored((outcome[0], outcome[said]) for outcome in outcomes),
            *_interval(each[said - 1] for each in resampled),
        )
        for said in (1, 2)
    )
    return Comparison(
        pairs=len(labels),
        old=before,
        new=after,
        difference=(after.f1 - before.f1, *_interval(each[1] - each[0] for each in resampled)),
        changed=tuple(
            (each, (each.same is Same.SITE) is new[sides])
            for sides, each in labels.items()
            if old[sides] is not new[sides]
        ),
    )


def _label(row: Sequence[str]) -> Label | str:
    """What a line says, or what is wrong with it. Keys are taken to the letter: a partner's id may end with a blank."""
    if len(row) != len(HEADING):
        return f"has {len(row)} cells; a label is {','.join(HEADING)}"
    one, other, same = (row[0], row[1]), (row[2], row[3]), row[4].strip()
    if same not in set(Same):
        return f"says {same!r} of its pair; it should be {', '.join(Same)}"
    if one == other:
        return "compares a listing with itself"
    return label(one, other, Same(same))


def _scored(outcomes: Iterable[tuple[bool, bool]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of what was said (second) by what is so (first)."""
    right = found = wanted = 0
    for truth, said in outcomes:
        right += truth and said
        found += said
        wanted += truth
    precision, recall = right / found if found else 1.0, right / wanted if wanted else 1.0
    return precision, recall, 2 * right / (found + wanted) if found + wanted else 1.0


def _f1s(outcomes: Sequence[tuple[bool, bool, bool]]) -> tuple[float, float]:
    old = _scored((truth, before) for truth, before, _ in outcomes)
    new = _scored((truth, after) for truth, _, after in outcomes)
    return old[2], new[2]


def _interval(drawn: Iterable[float]) -> tuple[float, float]:
    ordered = sorted(drawn)
    if not ordered:
        return 0.0, 0.0
    return ordered[int(len(ordered) * 0.025)], ordered[min(len(ordered) - 1, int(len(ordered) * 0.975))]
