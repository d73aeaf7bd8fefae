"""The golden record: which value wins, from whom, by which rule; what lost stays visible.

Rules a field, on top of those of :mod:`directory.choice`:

========== ============================================================================================================
NAME       a legal name before a sign: a name that another listing knows as a trade name is a sign; among legal names
           that of a listing with a SIREN first. All other names become trade names, each comparable form once.
SIREN      only numbers that passed their check stand.
ADDRESS    that of the head office (:mod:`directory.establishments`), among the listings of that site.
LOCATION   likewise; the point of an address before the middle of a commune.
ACTIVITIES all of them, official codes first, the preferred listing's before the others'.
LABELS     all of them, with the partner who says so.
LEGAL_FORM the official code; that of a listing with a SIREN first.
others     one value: the partner's priority for the field, then the most recent. A description is taken whole and
           never for its length: which partner writes best is for the policy to say.
========== ============================================================================================================
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from directory import quality
from directory.choice import Candidate, Choice, Observation, Policy, choose_value, standing, values
from directory.establishments import Site, sites
from directory.normalise import name_key
from directory.records import (
    Activity,
    CompanySize,
    Contact,
    FieldProvenance,
    LabelGrant,
    Nomenclature,
    Quality,
    Supplier,
    SupplierField,
)

__all__ = ["RULES", "Observation", "Policy", "choose"]

RULES = 1  # raised with any change in what is chosen: every supplier is then computed again
_NOT_ASSESSED = Quality(score=0.0, completeness=0.0)


def choose(
    supplier_id: int, observations: Sequence[Observation], policy: Policy, *, now: datetime
) -> tuple[Supplier, tuple[FieldProvenance, ...]]:
    """The supplier that these listings make, and where each value comes from. ``observations`` must not be empty.

    Pure: the same listings in any order give the same record. ``now`` is for the quality's freshness alone.
    """
    return _Choosing(observations, policy).supplier(supplier_id, now)


class _Choosing:
    """One supplier being put together; ``provenance`` fills as values are chosen."""

    def __init__(self, observations: Sequence[Observation], policy: Policy) -> None:
        self._observations = observations
        self._policy = policy
        self._choices: dict[SupplierField, Choice] = {}

    def supplier(self, supplier_id: int, now: datetime) -> tuple[Supplier, tuple[FieldProvenance, ...]]:
        listings = [observation.listing for observation in self._observations]
        name = self._name()
        siren = self._value(SupplierField.SIREN, lambda seen: seen.keys.siren)
        places = self._sites(siren)
        made = Supplier(
            id=supplier_id,
            name=name,
            quality=_NOT_ASSESSED,
            siren=siren,
            trade_names=self._trade_names(name),
            description=self._value(SupplierField.DESCRIPTION, lambda seen: seen.listing.description),
            website=self._value(SupplierField.WEBSITE, lambda seen: seen.listing.website, lambda seen: seen.keys.site),
            size=self._size(),
            legal_form=self._value(SupplierField.LEGAL_FORM, lambda seen: seen.listing.legal_form_code, grade=_vouched),
            activities=self._activities(),
            labels=self._labels(),
            contact=self._contact(),
            establishments=tuple(site.establishment for site in places),
            partners=tuple(sorted({listing.partner for listing in listings})),
            listings=tuple(sorted(observation.id for observation in self._observations)),
        )
        freshest_at = max(observation.observed_at for observation in self._observations)
        provenance = tuple(self._choices[field].provenance for field in SupplierField if field in self._choices)
        return replace(made, quality=quality.assess(made, freshest_at, now)), provenance

    def _choose(self, field: SupplierField, candidates: Sequence[Candidate]) -> Choice | None:
        choice = choose_value(field, candidates, self._policy)
        if choice is not None:
            self._choices[field] = choice
        return choice

    def _value(
        self,
        field: SupplierField,
        read: Callable[[Observation], str | None],
        comparable: Callable[[Observation], str | None] | None = None,
        grade: Callable[[Observation], int] | None = None,
    ) -> str | None:
        choice = self._choose(field, values(self._observations, read, comparable, grade))
        return choice.provenance.chosen.value if choice else None

    def _name(self) -> str:
        signs = {sign for seen in self._observations for sign in seen.keys.trade_keys}

        def grade(seen: Observation) -> int:
            return 2 if seen.keys.name_key in signs else _vouched(seen)

        chosen = self._value(SupplierField.NAME, lambda seen: seen.listing.name, lambda seen: seen.keys.name_key, grade)
        return chosen or self._observations[0].listing.name

    def _trade_names(self, name: str) -> tuple[str, ...]:
        """Every other name, best witness first, each comparable form once."""
        distinct = {name_key(name): name}
        for seen in self._ranked(SupplierField.NAME):
            for sign in seen.listing.trade_names:
                distinct.setdefault(name_key(sign), sign)
            distinct.setdefault(seen.keys.name_key, seen.listing.name)
        return tuple(distinct.values())[1:]

    def _sites(self, siren: str | None) -> tuple[Site, ...]:
        found = sites(self._observations, siren, self._policy)
        for office in found[:1]:
            for field, choice in ((SupplierField.ADDRESS, office.address), (SupplierField.LOCATION, office.location)):
                if choice is not None:
                    self._choices[field] = choice
        return found

    def _size(self) -> CompanySize:
        candidates = [
            Candidate(seen, seen.listing.headcount or seen.listing.size.value, seen.listing.size)
            for seen in self._observations
            if seen.listing.size is not CompanySize.UNKNOWN
        ]
        choice = self._choose(SupplierField.HEADCOUNT, candidates)
        return choice.observation.listing.size if choice else CompanySize.UNKNOWN

    def _activities(self) -> tuple[Activity, ...]:
        self._value(SupplierField.ACTIVITIES, lambda seen: ", ".join(each.code for each in seen.listing.activities))
        distinct: dict[tuple[str, str], Activity] = {}
        for seen in self._ranked(SupplierField.ACTIVITIES):
            for activity in seen.listing.activities:
                distinct.setdefault((activity.nomenclature, activity.code), activity)
        return tuple(sorted(distinct.values(), key=lambda each: each.nomenclature is Nomenclature.PARTNER))

    def _labels(self) -> tuple[LabelGrant, ...]:
        self._value(SupplierField.LABELS, lambda seen: ", ".join(sorted(seen.listing.label_ids)))
        granted = {(label, seen.listing.partner) for seen in self._observations for label in seen.listing.label_ids}
        return tuple(LabelGrant(label, partner) for label, partner in sorted(granted))

    def _contact(self) -> Contact:
        people = values(self._observations, lambda seen: seen.listing.contact.name)
        # The person answers at the address that is shown, so the partner believed for the e-mail is believed for both.
        person = choose_value(SupplierField.EMAIL, people, self._policy)
        return Contact(
            name=person.provenance.chosen.value if person else None,
            email=self._value(SupplierField.EMAIL, lambda seen: seen.listing.contact.email),
            phone=self._value(SupplierField.PHONE, lambda seen: seen.listing.contact.phone),
        )

    def _ranked(self, field: SupplierField) -> Iterable[Observation]:
        return sorted(self._observations, key=lambda seen: standing(field, seen, self._policy))


def _vouched(seen: Observation) -> int:
    """0 for a listing that carries the company's number in the official register, 1 for one that does not."""
    return 0 if seen.keys.siren else 1
