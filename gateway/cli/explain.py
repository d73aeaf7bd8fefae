"""``circuit resolve --explain A B``: any two listings side by side, and what makes them one or two."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.context import run
from gateway.cli.explained import Counts, Explained, explained
from gateway.cli.output import Failure, as_json, console, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.matching.pairing import Pairing
    from directory.matching.profiles import Profile

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


def explain(names: tuple[str, str], svg: Path | None, *, json: bool) -> None:
    """Print why two listings are one or two; draw it into a file where one is named."""
    found = run(explained(Settings(), names))
    if svg is not None:
        _draw(found, svg)
    if json:
        as_json(_whole(found))
    else:
        _tell(found, names)


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
        "frequencies": found.counts,
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
        _frequencies(found.counts),
        _meeting(found.pairing),
        *(f"Joined by {tie.value}, whatever their likeness." for tie in pairing.joined),
        *(f"Kept apart: {PARTED[tie]}." for tie in pairing.parted),
        _outcome(found),
    ]


def _frequencies(counts: Counts) -> str:
    said = f"Rare is what is rare among the {counts.counted:,} listings that the last full resolution counted"
    if counts.counted != counts.listings:
        said += f"; today there are {counts.listings:,}"
    return f"{said}. Rules or model are others since then: run circuit resolve." if counts.are_old else f"{said}."


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
