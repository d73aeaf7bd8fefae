"""How far two listings agree, comparison by comparison: each function gives the index of a level, or :data:`UNKNOWN`.

What a level is worth is the model's business (:mod:`directory.matching.model`); what it means is said here once, and
once more in SQL where the model is trained (:mod:`directory.matching.training`), which a test compares.
"""

from math import cos, radians
from typing import Final

from rapidfuzz.distance import Levenshtein

from directory.matching.profiles import Profile

UNKNOWN: Final = -1

# Names of the levels, best first; those of :data:`directory.matching.model.FREQUENCIES` count by the value's rarity.
NAME: Final = (
    "same name", "same rare sign", "same words", "like spelling", "one in the other", "rare word in common",
    "acronym", "same sign", "telling word in common", "nothing in common",
)  # fmt: skip
ADDRESS: Final = (
    "same door", "same point", "same street", "like street",
    "same postcode", "same town", "other street", "other town",
)  # fmt: skip
PHONE: Final = ("same number", "other number")
ONLINE: Final = ("same mailbox", "same domain", "other mailbox", "other domain")
NAF: Final = ("same sub-class", "same class", "same division", "other activity")
SIREN: Final = ("same SIREN", "other SIREN")
DIRECTORY: Final = ("another directory", "same directory")

LIKE_NAME: Final = 0.86
LIKE_STREET: Final = 0.8
SAME_POINT: Final = 0.0007  # degrees of latitude: about 75 m
SHORTEST: Final = 5


def name(left: Profile, right: Profile) -> int:
    """Of all names of both, the best that can be said."""
    if not left.names or not right.names:
        return UNKNOWN
    if left.name == right.name:
        return 0
    if not left.rare_names.isdisjoint(right.rare_names):
        return 1
    if not left.sorted_names.isdisjoint(right.sorted_names):
        return 2
    return 3 if _is_spelled_alike(left, right) else _words(left, right)


def _words(left: Profile, right: Profile) -> int:
    """The level of two whose names differ as a whole."""
    common = left.telling & right.telling
    if not left.rare.isdisjoint(right.rare):
        return 4 if common in (left.telling, right.telling) else 5
    if not common and not left.acronyms.isdisjoint(right.acronyms):
        return 6
    if not left.names.isdisjoint(right.names):
        return 7
    return 8 if common else 9


def address(left: Profile, right: Profile) -> int:
    """Where both are; nothing when either does not say."""
    if not _in_same_town(left, right):
        is_known = bool((left.commune and right.commune) or (left.postcode and right.postcode))
        return 7 if is_known else UNKNOWN
    if left.street and right.street:
        return _streets(left, right)
    if left.postcode and left.postcode == right.postcode:
        return 4
    return 5


def phone(left: Profile, right: Profile) -> int:
    """Whether both give the same number."""
    if not left.phone or not right.phone:
        return UNKNOWN
    return 0 if left.phone == right.phone else 1


def online(left: Profile, right: Profile) -> int:
    """Mailbox and domain at once, for one mostly follows from the other."""
    if left.email and left.email == right.email:
        return 0
    if left.domain and right.domain:
        return 1 if left.domain == right.domain else 3
    return 2 if left.email and right.email else UNKNOWN


def naf(left: Profile, right: Profile) -> int:
    """How far down the nomenclature both activities are the same: ``43.22A``, ``43.22``, ``43``."""
    if not left.naf or not right.naf:
        return UNKNOWN
    if left.naf == right.naf:
        return 0
    if left.naf[:5] == right.naf[:5]:
        return 1
    return 2 if left.naf[:2] == right.naf[:2] else 3


def siren(left: Profile, right: Profile) -> int:
    """Whether both have the company's number; a company has many sites."""
    if not left.siren or not right.siren:
        return UNKNOWN
    return 0 if left.siren == right.siren else 1


def directory(left: Profile, right: Profile) -> int:
    """A directory seldom lists one site twice."""
    return 1 if left.partner == right.partner else 0


def _is_spelled_alike(left: Profile, right: Profile) -> bool:
    for one in left.spelled:
        for other in right.spelled:
            if min(len(one), len(other)) >= SHORTEST and _likeness(one, other, LIKE_NAME):
                return True
    return False


def _likeness(one: str, other: str, least: float) -> bool:
    distance = int((1 - least) * max(len(one), len(other)))
    return Levenshtein.distance(one, other, score_cutoff=distance) <= distance


def _in_same_town(left: Profile, right: Profile) -> bool:
    return bool((left.commune and left.commune == right.commune) or (left.postcode and left.postcode == right.postcode))


def _streets(left: Profile, right: Profile) -> int:
    if left.number == right.number and left.number and left.street == right.street:
        return 0
    if _at_same_point(left, right):
        return 1
    if left.street == right.street:
        return 2 if not left.number or not right.number else 6
    return 3 if _likeness(left.street, right.street, LIKE_STREET) and _may_be(left.number, right.number) else 6


def _may_be(one: str, other: str) -> bool:
    return one == other or not one or not other


def _at_same_point(left: Profile, right: Profile) -> bool:
    if left.latitude is None or right.latitude is None or left.longitude is None or right.longitude is None:
        return False
    if abs(left.latitude - right.latitude) > SAME_POINT:
        return False
    return abs(left.longitude - right.longitude) * cos(radians(left.latitude)) <= SAME_POINT
