"""How far two listings agree, comparison by comparison: each function gives the index of a level, or :data:`UNKNOWN`.

What a level is worth is the model's business (:mod:`directory.matching.model`); what it means is said here once, and
once more in SQL where the model is trained (:mod:`directory.matching.training`), which a test compares.

What follows from something else is not said twice: two listings of one SIREN have one name and one activity anyway,
and who shares a telephone mostly shares the mailbox.
"""

from math import cos, fsum, radians
from typing import Final

from rapidfuzz.distance import Levenshtein

from directory.matching.profiles import Profile

UNKNOWN: Final = -1

# Names of the levels; those of :data:`directory.matching.model.FREQUENCIES` count by the value's rarity.
NAME: Final = (
    "same name", "same rare sign", "like spelling", "one in the other, telling", "one in the other",
    "telling words in common", "words in common", "same sign", "acronym", "a word in common", "nothing in common",
)  # fmt: skip
ADDRESS: Final = (
    "same door", "same point", "same street", "like street", "same postcode", "same town", "other street", "other town",
)  # fmt: skip
CONTACT: Final = (
    "same phone and mailbox", "same phone and domain", "same phone", "same mailbox", "same domain",
    "same domain, other phone", "other phone", "other domain", "all other",
)  # fmt: skip
NAF: Final = ("same sub-class", "same class", "same division", "other activity")
SIREN: Final = ("same SIREN", "other SIREN")
DIRECTORY: Final = ("another directory", "same directory")

NAMED_ALIKE: Final = NAME.index("one in the other")  # the last level at which one of the two names may be the other
SAME_DIRECTORY: Final = DIRECTORY.index("same directory")
LIKE_NAME: Final = 0.86
LIKE_STREET: Final = 0.8
SHORTEST: Final = 5  # letters below which two spellings are not compared
TELLING: Final = 14.0  # bits of the words in common: a surname with its first name, an invented word
SAYING: Final = 9.0
SOMETHING: Final = 5.0
SAME_POINT: Final = 0.0007  # degrees of latitude: about 75 m


def name(left: Profile, right: Profile) -> int:
    """Of all names of both, the best that can be said; nothing where their SIREN has said it."""
    if not left.names or not right.names or (left.siren and left.siren == right.siren):
        return UNKNOWN
    if left.name == right.name:
        return 0
    if not left.rare_names.isdisjoint(right.rare_names):
        return 1
    return 2 if _is_spelled_alike(left, right) else _words(left, right)


def address(left: Profile, right: Profile) -> int:
    """Where both are; nothing when either does not say.

    Nor when number and street are the same and the towns are not: one street name in two towns, or one town that two
    directories call by its own name and by its neighbour's. Where one does not say its town, that much is as good as
    the same street.
    """
    if not _in_same_town(left, right):
        is_known = bool((left.commune and right.commune) or (left.postcode and right.postcode))
        if _is_same_door(left, right):
            return UNKNOWN if is_known else 2
        return 7 if is_known else UNKNOWN
    if left.street and right.street:
        return _streets(left, right)
    return 4 if left.postcode and left.postcode == right.postcode else 5


def contact(left: Profile, right: Profile) -> int:
    """Telephone, mailbox and domain at once; another mailbox alone says nothing."""
    is_mail = bool(left.email and left.email == right.email)
    if left.phone and left.phone == right.phone:
        return 0 if is_mail else 1 if left.domain and left.domain == right.domain else 2
    has_other_phone = bool(left.phone and right.phone)
    if is_mail:
        return 3
    if left.domain and right.domain:
        if left.domain == right.domain:
            return 5 if has_other_phone else 4
        return 8 if has_other_phone else 7
    return 6 if has_other_phone else UNKNOWN


def naf(left: Profile, right: Profile) -> int:
    """How far down the nomenclature both activities are the same: ``43.22A``, ``43.22``, ``43``."""
    if not left.naf or not right.naf or (left.siren and left.siren == right.siren):
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
    """A directory seldom lists one site twice; nothing where it does."""
    if left.partner is None or right.partner is None:
        return UNKNOWN
    return SAME_DIRECTORY if left.partner == right.partner else 0


def _is_spelled_alike(left: Profile, right: Profile) -> bool:
    for one in left.spelled:
        for other in right.spelled:
            # The very same sign is another matter: it may be everybody's.
            if min(len(one), len(other)) >= SHORTEST and one != other and _is_like(one, other, LIKE_NAME):
                return True
    return False


def _is_like(one: str, other: str, least: float) -> bool:
    distance = int((1 - least) * max(len(one), len(other)))
    return Levenshtein.distance(one, other, score_cutoff=distance) <= distance


def _words(left: Profile, right: Profile) -> int:
    """The level of two whose names differ as a whole."""
    common = left.words.keys() & right.words.keys()
    bits = fsum(left.words[word] for word in common)  # exact, so that the order of a set does not matter
    if bits >= SAYING:
        if any(each <= common for each in left.contents) or any(each <= common for each in right.contents):
            return 3 if bits >= TELLING else 4
        return 5 if bits >= TELLING else 6
    if not set(left.names).isdisjoint(right.names):
        return 7
    if not left.acronyms.isdisjoint(right.acronyms):
        return 8
    return 9 if bits >= SOMETHING else 10


def _in_same_town(left: Profile, right: Profile) -> bool:
    return bool((left.commune and left.commune == right.commune) or (left.postcode and left.postcode == right.postcode))


def _is_same_door(left: Profile, right: Profile) -> bool:
    return bool(left.number and left.street) and left.number == right.number and left.street == right.street


def _streets(left: Profile, right: Profile) -> int:
    if _is_same_door(left, right):
        return 0
    if _at_same_point(left, right):
        return 1
    is_open = not left.number or not right.number
    if is_open and (left.street in (right.street, right.zone) or left.zone == right.street):
        return 2
    is_like = (is_open or left.number == right.number) and _is_like(left.street, right.street, LIKE_STREET)
    return 3 if is_like else 6


def _at_same_point(left: Profile, right: Profile) -> bool:
    if left.latitude is None or right.latitude is None or left.longitude is None or right.longitude is None:
        return False
    if abs(left.latitude - right.latitude) > SAME_POINT:
        return False
    return abs(left.longitude - right.longitude) * cos(radians(left.latitude)) <= SAME_POINT
