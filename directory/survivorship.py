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
SERVICE    where it works: the areas of all who say so, the preferred listing's before the others'.
LEGAL_FORM the official code; that of a listing with a SIREN first.
STATUS     what a register says: closed, and since when; what none speaks of is in business.
DISCLOSURE the strictest of what listings say; before any register has spoken, see :func:`_disclosure`.
others     one value: the partner's priority for the field, then the most recent. A description is taken whole and
           never for its length: which partner writes best is for the policy to say.
========== ============================================================================================================

What a steward pinned comes before all of that: the value is what the pinned listing says, of several values (NAF codes,
labels, areas) those alone. A pin never makes a sole trader under partial diffusion look like a legal person.

A register's word comes first for the fields of :data:`directory.choice.OFFICIAL`: its NAF codes stand alone in their
nomenclature (codes of the NAF 2025 stay beside a register's of the NAF rév. 2) and its head office is the head
office. A register is no partner that lists the company: it is not among ``partners`` and keeps no record fresh. What it
withholds (:data:`directory.records.MASK`) or does not know, partners say.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import filterfalse

from msgspec.structs import replace

from directory import areas, quality
from directory.choice import VAGUE, Candidate, Choice, Observation, Policy, choose_value, standing, values
from directory.disclosure import SOLE_TRADER, STRICTNESS
from directory.establishments import Site, sites
from directory.normalise import name_key
from directory.records import (
    MASK,
    Activity,
    ChoiceRule,
    CompanySize,
    Contact,
    Disclosure,
    Establishment,
    FieldProvenance,
    LabelGrant,
    Nomenclature,
    Quality,
    Supplier,
    SupplierField,
    SupplierStatus,
)

__all__ = ["RULES", "Observation", "Policy", "choose"]

RULES = 4  # raised with any change in what is chosen: every supplier is then computed again
_NOT_ASSESSED = Quality(score=0.0, completeness=0.0)
_OFFICIAL_CODES = frozenset({Nomenclature.NAF_REV2, Nomenclature.NAF_2025})
_FIRST = (Nomenclature.NAF_REV2, Nomenclature.NAF_2025, Nomenclature.CPV, Nomenclature.PARTNER)


def choose(
    supplier_id: int,
    observations: Sequence[Observation],
    policy: Policy,
    *,
    now: datetime,
    matched: Mapping[int, int] | None = None,
) -> tuple[Supplier, tuple[FieldProvenance, ...]]:
    """The supplier that these listings make, and where each value comes from. ``observations`` must not be empty.

    Pure: the same listings in any order give the same record. ``now`` is for the quality's freshness alone; for
    ``matched`` see :func:`directory.establishments.sites`.
    """
    return _Choosing(observations, policy, matched or {}).supplier(supplier_id, now)


class _Choosing:
    """One supplier being put together; ``provenance`` fills as values are chosen."""

    def __init__(self, observations: Sequence[Observation], policy: Policy, matched: Mapping[int, int]) -> None:
        self._observations = observations
        self._matched = matched
        self._policy = policy
        self._registered = list(filter(self._is_official, observations))
        self._listed = list(filterfalse(self._is_official, observations))
        self._choices: dict[SupplierField, Choice] = {}

    def supplier(self, supplier_id: int, now: datetime) -> tuple[Supplier, tuple[FieldProvenance, ...]]:
        self._drop_a_pin_that_would_unmask()
        name = self._name()
        siren = self._value(SupplierField.SIREN, lambda seen: seen.keys.siren)
        status, closed_on = self._status()
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
            status=status,
            closed_on=closed_on,
            disclosure=self._disclosure(may_be_asked=siren is not None and bool(self._policy.registers)),
            labels=self._labels(),
            service_areas=self._service_areas(),
            contact=self._contact(),
            establishments=self._establishments(siren, is_open=status is not SupplierStatus.CLOSED),
            partners=tuple(sorted({seen.listing.partner for seen in self._listed})),
            listings=tuple(sorted(observation.id for observation in self._observations)),
        )
        freshest_at = max(seen.observed_at for seen in self._listed or self._observations)
        provenance = tuple(self._choices[field].provenance for field in SupplierField if field in self._choices)
        return replace(made, quality=quality.assess(made, freshest_at, now)), provenance

    def _drop_a_pin_that_would_unmask(self) -> None:
        """Whose name is hidden is read from the legal form: no pin makes a sole trader's name a company's."""
        is_guarded = self._disclosure(may_be_asked=bool(self._policy.registers)) is not Disclosure.FULL
        if (
            SupplierField.LEGAL_FORM in self._policy.pins
            and is_guarded
            and any(map(_is_sole_trader, self._observations))
        ):
            pins = {field: seen for field, seen in self._policy.pins.items() if field is not SupplierField.LEGAL_FORM}
            self._policy = replace(self._policy, pins=pins)

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
            is_sign = seen.keys.name_key in signs and not self._is_official(seen)
            return VAGUE if is_sign else _vouched(seen)

        return self._value(SupplierField.NAME, _name_said, lambda seen: seen.keys.name_key, grade) or MASK

    def _trade_names(self, name: str) -> tuple[str, ...]:
        """Every other name, best witness first, each comparable form once."""
        distinct = {name_key(name): name}
        for seen in self._ranked(SupplierField.NAME):
            for sign in seen.listing.trade_names:
                distinct.setdefault(name_key(sign), sign)
            if _name_said(seen):
                distinct.setdefault(seen.keys.name_key, seen.listing.name)
        return tuple(distinct.values())[1:]

    def _status(self) -> tuple[SupplierStatus, date | None]:
        """What the best register says of the company's state."""
        for seen in self._ranked(SupplierField.SIREN):
            if self._is_official(seen) and seen.listing.status:
                closed = seen.listing.status is SupplierStatus.CLOSED
                return seen.listing.status, seen.listing.closed_on if closed else None
        return SupplierStatus.ACTIVE, None

    def _disclosure(self, *, may_be_asked: bool) -> Disclosure:
        """The strictest of what listings say, or caution.

        A natural person may have asked INSEE for partial diffusion (Code de commerce, art. R123-232), and the hub hears
        of it only when the register is asked, which takes an hour over a whole directory. What she asked not to show
        must not be shown in that hour: where a register is among the partners, whoever is a sole trader by any listing
        is under partial diffusion until a register has spoken of her. One that it does not list stays so: that may be
        why. Where nobody could ever speak, without a register or without a SIREN to ask by, what partners publish is
        shown as they publish it.
        """
        said = [seen.listing.disclosure for seen in self._observations if seen.listing.disclosure]
        has_spoken = any(seen.listing.disclosure for seen in self._registered)
        if may_be_asked and not has_spoken and any(map(_is_sole_trader, self._observations)):
            said.append(Disclosure.PARTIAL)
        return max(said, default=Disclosure.FULL, key=STRICTNESS.index)

    def _establishments(self, siren: str | None, *, is_open: bool) -> tuple[Establishment, ...]:
        """The sites; those of a company that has closed are closed."""
        return tuple(
            site.establishment if is_open else replace(site.establishment, is_open=False) for site in self._sites(siren)
        )

    def _sites(self, siren: str | None) -> tuple[Site, ...]:
        found = sites(self._observations, siren, self._policy, self._matched)
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
        heard = self._heard(SupplierField.ACTIVITIES)
        settled = _nomenclatures(self._registered) & _OFFICIAL_CODES if len(heard) > 1 else frozenset()
        for seen in heard:
            for activity in seen.listing.activities:
                if activity.nomenclature not in settled or self._is_official(seen):
                    distinct.setdefault((activity.nomenclature, activity.code), activity)
        return tuple(sorted(distinct.values(), key=lambda each: _FIRST.index(each.nomenclature)))

    def _labels(self) -> tuple[LabelGrant, ...]:
        self._value(SupplierField.LABELS, lambda seen: ", ".join(sorted(seen.listing.label_ids)))
        heard = self._heard(SupplierField.LABELS)
        granted = {(label, seen.listing.partner) for seen in heard for label in seen.listing.label_ids}
        said = [(label, seen.listing.partner, day) for seen in heard for label, day in seen.listing.label_ends]
        ends = {(label, partner): day for label, partner, day in sorted(said)}  # of two days the later one
        return tuple(LabelGrant(*grant, ends.get(grant)) for grant in sorted(granted))

    def _service_areas(self) -> tuple[str, ...]:
        self._value(SupplierField.SERVICE_AREA, lambda seen: _area_names(seen.listing.service_area_keys))
        heard = self._heard(SupplierField.SERVICE_AREA)
        return tuple(dict.fromkeys(area for seen in heard for area in seen.listing.service_area_keys))

    def _contact(self) -> Contact:
        people = values(self._observations, lambda seen: seen.listing.contact.name)
        # The person answers at the address that is shown, so the partner believed for the e-mail is believed for both.
        person = choose_value(SupplierField.EMAIL, people, self._policy)
        return Contact(
            name=person.provenance.chosen.value if person else None,
            email=self._value(SupplierField.EMAIL, lambda seen: seen.listing.contact.email),
            phone=self._value(SupplierField.PHONE, lambda seen: seen.listing.contact.phone),
        )

    def _is_official(self, seen: Observation) -> bool:
        return seen.listing.partner in self._policy.registers

    def _heard(self, field: SupplierField) -> Sequence[Observation]:
        """Who speaks of a field that takes all values: all of them, unless one was pinned and has a value."""
        choice = self._choices.get(field)
        is_pinned = choice is not None and choice.provenance.rule is ChoiceRule.PINNED_BY_STEWARD
        return [choice.observation] if choice and is_pinned else self._ranked(field)

    def _ranked(self, field: SupplierField) -> list[Observation]:
        return sorted(self._observations, key=lambda seen: standing(field, seen, self._policy))


def _name_said(seen: Observation) -> str | None:
    return None if seen.listing.name == MASK else seen.listing.name


def _area_names(keys: tuple[str, ...]) -> str:
    return ", ".join(area.name for area in map(areas.of_key, keys) if area)


def _nomenclatures(observations: Sequence[Observation]) -> frozenset[Nomenclature]:
    return frozenset(activity.nomenclature for seen in observations for activity in seen.listing.activities)


def _is_sole_trader(seen: Observation) -> bool:
    return (seen.listing.legal_form_code or "").startswith(SOLE_TRADER)


def _vouched(seen: Observation) -> int:
    """0 for a listing that carries the company's number in the official register, 1 for one that does not."""
    return 0 if seen.keys.siren else 1
