"""Doors as they are written in English: the number first, the kind of street last, either half of it left out at will.

``435 S. La Cienega Blvd.``, ``435 south la cienega boulevard, Los Angeles, CA 90048`` and ``435 La Cienega`` are one
door. Nothing here is certain, so that a line that could be French is left alone: there the kind of street comes first.
"""

import re
from typing import Final

from directory.normalise import vocabulary, words

# Kinds that are no French words: what follows them is the town, a suite, a crossing.
_KINDS: Final = vocabulary(
    "street road rd drive lane ln highway hwy parkway pkwy turnpike tpke expressway freeway trail trl crescent cres"
)
# Those that French has too, or writes like a saint, a doctor, a court: only at the end, or before what is no name.
_LAST_KINDS: Final = vocabulary(
    "avenue ave av boulevard blvd blv boul bl st str dr court ct place pl plaza square sq terrace ter way circle cir"
)
# With which a French street begins after its number, so that no English one is looked for.
_FRENCH: Final = vocabulary(
    "all allee allees anse av ave aven avenue bat batiment bd bld blv blvd boul boulevard bvd carre carrefour chaussee "
    "che chem chemin ch chm cite clos cote corniche cour cours crs degre dom domaine enclos esp esplanade espace "
    "faubourg fg galerie hameau ham imm immeuble imp impasse lieu lot lotissement mail maison mas montee mte parc "
    "parvis pas passage petite pl place placette plan pont port porte prom promenade qua quai quart quartier res "
    "residence rond rte route rpt rue ruelle r sentier sq square tra trav traverse trse tour villa voie za zac zae zi "
    "zone"
)
_ENDS: Final = vocabulary("street st str road rd lane ln dr")  # with which no French line ends
_DIRECTIONS: Final = {
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw", "southeast": "se",
    "southwest": "sw", "n": "n", "s": "s", "e": "e", "w": "w", "ne": "ne", "nw": "nw", "se": "se", "sw": "sw",
}  # fmt: skip
# What comes after a street and is none of it: a suite, a crossing, a landmark.
_BEYOND: Final = vocabulary(
    "suite ste unit apt floor fl room rm bldg building between btwn near at off opposite corner"
)
_ORDINALS: Final = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th", "eleventh": "11th", "twelfth": "12th",
}  # fmt: skip
_NUMBER: Final = re.compile(r"\d{1,5}[a-z]?")
_PARTS: Final = re.compile(r"[,;\n]+")


def door(line: str) -> str | None:
    """Number and name of the street, without its kind and direction; None where the line is not plainly English."""
    return next(filter(None, map(_door, _PARTS.split(line))), None)


def _door(part: str) -> str | None:
    number, *rest = words(part) or [""]
    if not rest or not _NUMBER.fullmatch(number) or (rest[0] in _FRENCH and rest[-1] not in _ENDS):
        return None
    has_direction = len(rest) > 1 and rest[0] in _DIRECTIONS and rest[1] not in _FRENCH and not _is_kind(rest, 1)
    named = rest[1:] if has_direction else rest
    end = next((place for place in range(1, len(named)) if _is_kind(named, place)), None)
    if end is None and not has_direction:
        return None
    name = named[: _beyond(named) if end is None else end]
    return " ".join([number, *(_ORDINALS.get(word) or _DIRECTIONS.get(word, word) for word in name)])


def _is_kind(parts: list[str], place: int) -> bool:
    if parts[place] in _KINDS:
        return True
    after = parts[place + 1] if place + 1 < len(parts) else None
    return parts[place] in _LAST_KINDS and (after is None or after in _DIRECTIONS or after in _BEYOND)


def _beyond(parts: list[str]) -> int:
    """Where the name of a street without a kind ends."""
    return next((place for place in range(1, len(parts)) if parts[place] in _BEYOND), len(parts))
