"""How good a supplier's record is: how complete, how fresh, and what is missing.

``completeness`` is the weighted share of the criteria of :data:`WEIGHTS`; where some are hidden from a caller, of the
others. ``score`` is 80 % completeness and 20 % freshness. Freshness falls in steps with the age of the newest
confirmation (:data:`STEPS`), so that a record that nobody touches is worth computing again four times in its life and
not every day; :func:`next_step` says when.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from directory.records import CompanySize, Criterion, Quality, Supplier

WEIGHTS: Mapping[str, float] = {
    "identifier": 0.15,  # a SIREN that passes its check
    "activity": 0.15,  # at least one activity code
    "address": 0.15,  # a street and a commune; half without the street
    "location": 0.10,  # coordinates of the address; half for the middle of the commune
    "contact": 0.15,  # half for a phone, half for an e-mail
    "website": 0.10,
    "description": 0.10,  # in full from 200 characters on
    "size": 0.05,
    "corroboration": 0.05,  # listed by two partners or more
}
RULES = 1  # raised with any change below: every supplier is then computed again
LONG_ENOUGH = 200
FRESHNESS, FRESHNESS_SHARE = "freshness", 0.2
# Age up to which a confirmation counts that much; older ones count OLD.
STEPS = ((timedelta(days=180), 1.0), (timedelta(days=365), 0.75), (timedelta(days=730), 0.5))
OLD = 0.25


def assess(supplier: Supplier, freshest_at: datetime | None, now: datetime) -> Quality:
    """The quality of ``supplier`` as of ``now``; what its own ``quality`` says is not read."""
    scores = _scores(supplier) | {FRESHNESS: freshness(freshest_at, now)}
    return _weighed([Criterion(name, round(score, 3)) for name, score in scores.items()], freshest_at)


def without(quality: Quality, hidden: Collection[str]) -> Quality:
    """The quality by the other criteria alone, as if the ``hidden`` ones had never been among them."""
    kept = [each for each in quality.criteria if each.name not in hidden]
    return quality if len(kept) == len(quality.criteria) else _weighed(kept, quality.freshest_at)


def freshness(freshest_at: datetime | None, now: datetime) -> float:
    """0 when nothing was ever confirmed, 1 when it was of late."""
    if freshest_at is None:
        return 0.0
    return next((score for age, score in STEPS if now - freshest_at < age), OLD)


def next_step(freshest_at: datetime | None, now: datetime) -> datetime | None:
    """When the freshness falls next; ``None`` when it cannot fall further."""
    if freshest_at is None:
        return None
    return next((freshest_at + age for age, _ in STEPS if now - freshest_at < age), None)


def _weighed(criteria: Collection[Criterion], freshest_at: datetime | None) -> Quality:
    """What the criteria add up to; those of completeness that are not among them weigh nothing."""
    scores = {each.name: each.score for each in criteria}
    weights = {name: weight for name, weight in WEIGHTS.items() if name in scores}
    reached = sum(weight * scores[name] for name, weight in weights.items())
    completeness = reached / sum(weights.values()) if weights else 0.0
    fresh = scores.get(FRESHNESS, 0.0)
    return Quality(
        score=round((1 - FRESHNESS_SHARE) * completeness + FRESHNESS_SHARE * fresh, 3),
        completeness=round(completeness, 3),
        freshest_at=freshest_at,
        criteria=tuple(criteria),
    )


def _scores(supplier: Supplier) -> dict[str, float]:
    office, contact = supplier.head_office, supplier.contact
    address = office.address if office else None
    point = office.location if office else None
    return {
        "identifier": float(supplier.siren is not None),
        "activity": float(bool(supplier.activities)),
        "address": (0.5 * bool(address.lines) + 0.5 * bool(address.commune)) if address else 0.0,
        "location": (0.5 if point.approximate else 1.0) if point else 0.0,
        "contact": 0.5 * bool(contact.phone) + 0.5 * bool(contact.email),
        "website": float(supplier.website is not None),
        "description": min(1.0, len(supplier.description or "") / LONG_ENOUGH),
        "size": float(supplier.size is not CompanySize.UNKNOWN),
        "corroboration": float(len(supplier.partners) > 1),
    }
