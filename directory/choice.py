"""One value chosen among what listings say, by which rule, and what lost.

The rules, in order: the listing that a steward pinned, then the word of an official register on what registers keep
(:data:`OFFICIAL`), then a value vouched for by an official identifier, then the partner's priority for the field, then
the most recent; what is still equal is settled by the listing's key, so that the choice never depends on the order of
arrival.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from directory.intake import ListingKeys
from directory.records import (
    ChoiceRule,
    FieldProvenance,
    FieldValue,
    Listing,
    PartnerInfo,
    PartnerKind,
    SupplierField,
)

DEFAULT_PRIORITY = 100
MOST_ALTERNATIVES = 20
# What registers are believed on before all others; what they say besides is one partner's word among others.
OFFICIAL = frozenset(
    {
        SupplierField.NAME,
        SupplierField.SIREN,
        SupplierField.ACTIVITIES,
        SupplierField.ADDRESS,
        SupplierField.LOCATION,
        SupplierField.HEADCOUNT,
        SupplierField.LEGAL_FORM,
    }
)
_PINNED, _OFFICIAL = -2, -1  # before every grade
# The grade of what is hardly a value: an address without its street, the middle of a commune. No register is believed
# on one of these before a partner who knows better.
VAGUE = 2


class Observation(Struct, frozen=True, gc=False):
    """A listing as a witness, with its comparable forms (:func:`directory.intake.keys_of`).

    ``id`` is its row; ``observed_at`` is when the partner last confirmed what it says.
    """

    id: int
    listing: Listing
    keys: ListingKeys
    observed_at: datetime


class Policy(Struct, frozen=True):
    """Whom to believe. Priorities are by partner id, lower wins; ``by_field`` overrides them a field at a time.

    ``registers`` are those among them that are official registers. Where there is one, the hub is cautious: a sole
    trader whom no register has spoken of yet is treated as under partial diffusion (:mod:`directory.survivorship`).
    ``pins`` are the listings, by id, from which a steward wants the fields of the one supplier in hand.
    """

    priorities: Mapping[str, int] = {}
    by_field: Mapping[SupplierField, Mapping[str, int]] = {}
    registers: frozenset[str] = frozenset()
    pins: Mapping[SupplierField, int] = {}

    @classmethod
    def of(
        cls, partners: Iterable[PartnerInfo], by_field: Mapping[SupplierField, Mapping[str, int]] | None = None
    ) -> "Policy":
        """The policy that the partners' own settings make."""
        known = tuple(partners)
        registers = frozenset(partner.id for partner in known if partner.kind is PartnerKind.REGISTER)
        return cls({partner.id: partner.priority for partner in known}, by_field or {}, registers)

    def is_pinned(self, field: SupplierField, observation: Observation) -> bool:
        """Whether a steward wants the field to be what this listing says."""
        return self.pins.get(field) == observation.id

    def is_official(self, field: SupplierField, partner: str, grade: int = 0) -> bool:
        """Whether the partner's value of this grade is believed because it is a register's."""
        return partner in self.registers and field in OFFICIAL and grade < VAGUE

    def rank(self, field: SupplierField, partner: str) -> int:
        """The partner's priority for the field."""
        own = self.by_field.get(field)
        if own and partner in own:
            return own[partner]
        return self.priorities.get(partner, DEFAULT_PRIORITY)


class Candidate(Struct, frozen=True, gc=False):
    """One listing's value. Equal ``comparable`` forms are one value.

    ``grade`` 0 is vouched for, higher is less so, from :data:`VAGUE` on it says hardly anything.
    """

    observation: Observation
    value: str
    comparable: str
    grade: int = 0


class Choice(Struct, frozen=True, gc=False):
    """The listing whose value was chosen, and the provenance to show for it."""

    observation: Observation
    provenance: FieldProvenance


Standing = tuple[int, int, float, str, str]


def choose_value(field: SupplierField, candidates: Sequence[Candidate], policy: Policy) -> Choice | None:
    """The best candidate, by the first rule that sets it apart from the best of the other values."""
    if not candidates:
        return None
    best, *others = _distinct(field, candidates, policy)
    provenance = FieldProvenance(
        field=field,
        chosen=_field_value(best),
        rule=_rule(field, best, others, policy),
        alternatives=tuple(_field_value(other) for other in others[:MOST_ALTERNATIVES]),
    )
    return Choice(best.observation, provenance)


def standing(field: SupplierField, observation: Observation, policy: Policy, grade: int = 0) -> Standing:
    """Sorts witnesses of a field, best first."""
    listing = observation.listing
    if policy.is_official(field, listing.partner, grade):
        grade = _OFFICIAL
    return (
        _PINNED if policy.is_pinned(field, observation) else grade,
        policy.rank(field, listing.partner),
        -observation.observed_at.timestamp(),
        listing.partner,
        listing.external_id,
    )


def values(
    observations: Iterable[Observation],
    read: Callable[[Observation], str | None],
    comparable: Callable[[Observation], str | None] | None = None,
    grade: Callable[[Observation], int] | None = None,
) -> list[Candidate]:
    """The candidates that ``read`` finds; listings without a value do not stand.

    Without ``comparable`` values are compared as they are; without ``grade`` none is better vouched for than another.
    """
    return [
        Candidate(
            observation,
            value,
            (comparable(observation) if comparable else None) or value,
            grade(observation) if grade else 0,
        )
        for observation in observations
        if (value := read(observation))
    ]


def _distinct(field: SupplierField, candidates: Sequence[Candidate], policy: Policy) -> Iterator[Candidate]:
    """Each value once, by its best witness, best first."""
    if len(candidates) == 1:  # by far the most frequent
        yield candidates[0]
        return
    seen: set[str] = set()
    for candidate in sorted(candidates, key=lambda each: standing(field, each.observation, policy, each.grade)):
        if candidate.comparable not in seen:
            seen.add(candidate.comparable)
            yield candidate


def _rule(field: SupplierField, best: Candidate, others: Sequence[Candidate], policy: Policy) -> ChoiceRule:
    if policy.is_pinned(field, best.observation):
        return ChoiceRule.PINNED_BY_STEWARD
    if policy.is_official(field, best.observation.listing.partner, best.grade):
        return ChoiceRule.OFFICIAL_REGISTER
    if not others:
        return ChoiceRule.ONLY_VALUE
    mine = standing(field, best.observation, policy, best.grade)
    theirs = standing(field, others[0].observation, policy, others[0].grade)
    if mine[0] != theirs[0]:
        return ChoiceRule.OFFICIAL_REGISTER
    return ChoiceRule.PARTNER_PRIORITY if mine[1] != theirs[1] else ChoiceRule.MOST_RECENT


def _field_value(candidate: Candidate) -> FieldValue:
    observation = candidate.observation
    return FieldValue(
        value=candidate.value,
        listing=observation.id,
        partner=observation.listing.partner,
        observed_at=observation.observed_at,
    )
