"""``circuit resolve --explain A B``: any two listings side by side, and what makes them one or two."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from directory.records import now
from gateway.cli.context import run
from gateway.cli.output import Failure, as_json, console, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.matching.comparing import Thresholds
    from directory.matching.contract import MatchRecord
    from directory.matching.pairing import Pairing
    from directory.matching.profiles import Profile
    from directory.store.reading import StoredListing
    from directory.store.snapshots import Snapshot

LINES: Final = {
    "what": "comparison",
    "level": "level",
    "left": "A",
    "right": "B",
    "weight": "bits",
    "frequency": "of which rarity",
    "sum": "sum",
}
KEYS: Final = {"kind": "key", "value": "value", "listings": "listings", "most": "at most", "used": "compared for it"}
VERDICTS: Final = {
    "AUTOMATIC": "they are one establishment without asking",
    "REVIEW": "a steward is asked",
    "APART": "too little to ask anybody",
}
PARTED: Final = {
    "STEWARD": "a steward decided that their suppliers are two",
    "SIRET": "two SIRETs are two establishments",
    "SIREN": "their suppliers have different SIRENs",
}


class Explained(Struct, frozen=True, kw_only=True):
    """Two listings compared, and where each is today; ``None`` for one that is not resolved yet."""

    pairing: "Pairing"
    thresholds: "Thresholds"
    places: "tuple[StoredListing, StoredListing]"

    @property
    def is_resolved(self) -> bool:
        return all(place.supplier_id is not None for place in self.places)

    @property
    def is_one_supplier(self) -> bool:
        left, right = self.places
        return self.is_resolved and left.supplier_id == right.supplier_id

    @property
    def is_one_establishment(self) -> bool:
        left, right = self.places
        return self.is_one_supplier and left.establishment is not None and left.establishment == right.establishment


def explain(names: tuple[str, str], svg: Path | None, *, json: bool) -> None:
    """Print why two listings are one or two; draw it into a file where one is named."""
    found = run(_explained(Settings(), names))
    if svg is not None:
        _draw(found, svg)
    if json:
        as_json(_whole(found))
    else:
        _tell(found, names)


async def _explained(settings: Settings, names: tuple[str, str]) -> Explained:
    from directory.matching.pairing import pair
    from directory.store import snapshots
    from directory.store.reading import Reader
    from gateway.matching import matcher_of
    from gateway.stores import opened_store

    matcher = matcher_of(settings)
    async with opened_store(settings) as database:
        async with database.reading() as connection:
            snapshot, records = await snapshots.take(connection, now())
        left, right = (_named(name, records) for name in names)
        if left.listing == right.listing:
            raise Failure(f"{names[0]} and {names[1]} are one listing; name two.", code=2)
        places = await Reader(database).listings([left.listing, right.listing])
    companies = _company(left, snapshot), _company(right, snapshot)
    pairing = pair(left, right, records, snapshot.words.decisions, matcher, companies)
    one, other = (place for place in places if place is not None)
    return Explained(pairing=pairing, thresholds=matcher.thresholds, places=(one, other))


def _named(name: str, records: "Sequence[MatchRecord]") -> "MatchRecord":
    """The listing that is called so, by number or by partner and external id. Raises :class:`Failure`."""
    from directory.store.snapshots import listing_key

    partner, colon, external_id = name.partition(":")
    key = listing_key(partner, external_id)
    for record in records:
        if (record.key == key) if colon else (str(record.listing) == name):
            return record
    raise Failure(
        f"There is no listing {name!r}; write PARTNER:ID as circuit export listings shows them, or its number."
    )


def _company(record: "MatchRecord", snapshot: "Snapshot") -> list[int]:
    homes = snapshot.homes.home
    home = homes.get(record.listing)
    return [] if home is None else [listing for listing, supplier in homes.items() if supplier == home]


def _draw(found: Explained, svg: Path) -> None:
    from directory.matching.waterfall import waterfall

    try:
        svg.write_text(waterfall(found.pairing.match, thresholds=found.thresholds), encoding="utf-8")
    except OSError as error:
        raise Failure(f"{svg} cannot be written ({error.strerror}); name another file.") from None


def _whole(found: Explained) -> dict[str, Any]:
    """Everything, for programs."""
    pairing = found.pairing
    left, right = found.places
    return {
        "left": {"listing": left.id, "supplier": left.supplier_id, **_forms(pairing.left)},
        "right": {"listing": right.id, "supplier": right.supplier_id, **_forms(pairing.right)},
        "prior": pairing.match.prior,
        "evidence": pairing.match.evidence,
        "weight": pairing.match.weight,
        "confidence": pairing.match.score,
        "thresholds": found.thresholds,
        "verdict": pairing.verdict,
        "keys": _keys(pairing),
        "compared": pairing.do_meet,
        "joined_by": pairing.joined,
        "parted_by": pairing.parted,
        "same_supplier": found.is_one_supplier if found.is_resolved else None,
        "same_establishment": found.is_one_establishment if found.is_resolved else None,
    }


def _forms(profile: "Profile") -> dict[str, Any]:
    """What is compared of a listing, as far as it says it."""
    point = None if profile.latitude is None else f"{profile.latitude:.4f} {profile.longitude:.4f}"
    return {
        "partner": profile.partner,
        "names": profile.names,
        "siren": profile.siren,
        "siret": profile.siret,
        "number": profile.number or None,
        "street": profile.street or None,
        "zone": profile.zone or None,
        "postcode": profile.postcode,
        "town": profile.commune,
        "point": point,
        "phone": profile.phone,
        "email": profile.email,
        "domain": profile.domain,
        "naf": profile.naf,
    }


def _keys(pairing: "Pairing") -> list[dict[str, Any]]:
    return [
        {"kind": key.kind, "value": key.value, "listings": key.listings, "most": key.most, "used": key.is_used}
        for key in pairing.keys
    ]


def _tell(found: Explained, names: tuple[str, str]) -> None:
    pairing = found.pairing
    left, right = (
        {name: " / ".join(form) if isinstance(form, tuple) else form for name, form in _forms(side).items()}
        for side in (pairing.left, pairing.right)
    )
    rows = [{"what": name, "left": left[name], "right": right[name]} for name in left]
    table([row for row in rows if row["left"] or row["right"]], _headings(names), json=False)
    table(_lines(pairing), LINES, json=False)
    if pairing.keys:
        table(_keys(pairing), KEYS, json=False)
    for sentence in _sentences(found):
        console.print(sentence, markup=False, soft_wrap=True)


def _headings(names: Sequence[str]) -> Mapping[str, str]:
    return {"what": "compared by", "left": f"A: {names[0]}", "right": f"B: {names[1]}"}


def _lines(pairing: "Pairing") -> list[dict[str, Any]]:
    """The weights in two decimals and their running sum."""
    match = pairing.match
    sums = accumulate((line.weight for line in match.evidence), initial=match.prior)
    rows: list[dict[str, Any]] = [{"what": "prior", "weight": _bits(match.prior), "sum": _bits(next(sums))}]
    for line, running in zip(match.evidence, sums, strict=True):
        rarity = _bits(line.frequency) if line.frequency else None
        shown = {"what": line.feature, "level": line.level, "left": line.left, "right": line.right}
        rows.append({**shown, "weight": _bits(line.weight), "frequency": rarity, "sum": _bits(running)})
    return [*rows, {"what": "weight", "weight": _bits(match.weight), "sum": _bits(match.weight)}]


def _bits(weight: float) -> str:
    return f"{weight:+.2f}"


def _sentences(found: Explained) -> list[str]:
    pairing, known = found.pairing, found.thresholds
    return [
        f"By likeness: {pairing.match.weight:+.2f} bits, confidence {_percent(pairing.match.score)}; automatic from "
        f"{known.automatic:g}, to a steward from {known.review:g}: {VERDICTS[pairing.verdict]}.",
        _meeting(found.pairing),
        *(f"Joined by {tie.value}, whatever their likeness." for tie in pairing.joined),
        *(f"Kept apart: {PARTED[tie]}." for tie in pairing.parted),
        _outcome(found),
    ]


def _percent(share: float) -> str:
    """Not said to be whole unless it is."""
    return f"{math.floor(round(1_000 * share, 6)) / 10:.1f} %"


def _meeting(pairing: "Pairing") -> str:
    if not pairing.keys:
        return "They are never compared: they have no key in common."
    used = sum(key.is_used for key in pairing.keys)
    never = "" if used else "never "
    return f"They are {never}compared: {used} of {len(pairing.keys)} common keys are rare enough."


def _outcome(found: Explained) -> str:
    left, right = found.places
    if not found.is_resolved:
        return "Not resolved yet: run circuit resolve."
    if found.is_one_establishment:
        return f"Today: one establishment of supplier {left.supplier_id}."
    if found.is_one_supplier:
        return f"Today: two establishments of supplier {left.supplier_id}."
    return f"Today: two suppliers, {left.supplier_id} and {right.supplier_id}."
