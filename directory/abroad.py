"""Whether an address is likely not French at all: a US zip has five digits too, and ``10021`` is not the Aube.

Nothing here is certain. A sign only makes the hub more careful: it no longer takes a place for a French one on the
strength of a postcode, or of a town's name, alone.
"""

import re
from typing import Final

from directory.records import Flag, Listing, Location

# The kind of street comes last in English and first in French; words that French has as well are left out.
_ENGLISH_STREET: Final = re.compile(
    r"\b(?:street|st|road|rd|ave|blvd?|drive|dr|lane|ln|highway|hwy|parkway|pkwy|turnpike|broadway)\b\.?"
    r"(?:[ ,]+(?:n|s|e|w|ne|nw|se|sw|north|south|east|west)\.?)?"
    r"(?:[ ,]+(?:suite|ste|floor|fl|unit|apt|room|rm|#).*)?$",
    re.IGNORECASE,
)
_FRENCH_STREET: Final = re.compile(r"\b(?:rue|chemin|impasse|all[ée]e|route|quai|place)\b", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"\d")
# Endings of hosts that nobody in France is given.
_FOREIGN_HOST: Final = re.compile(r"^https?://[^/?#]*\.(?:edu|gov|mil|us|uk|ie|ca|au|nz)(?=[:/?#]|$)", re.IGNORECASE)
# France's own country codes (metropolitan, overseas, Pacific) and those of its neighbours, where its firms have lines.
_NEAR: Final = re.compile(r"^\+(?:33|262|508|590|594|596|681|687|689|377|32|34|352|39|41|49)")
# Ten digits of the North American plan, written as at home.
_AMERICAN: Final = re.compile(r"^[\s(]*(?:\+?1[\s.\-/]*)?\(?[2-9]\d\d\)?[\s.\-/]*[2-9]\d\d[\s.\-]*\d{4}(?!\d)")
_MOST_SOUTH, _MOST_NORTH, _MOST_WEST, _MOST_EAST = 41.3, 51.1, -5.2, 9.6  # Bonifacio, Bray-Dunes, Ouessant, Corsica


def signs_of(listing: Listing) -> bool:
    """Whether phone, site, street or coordinates say that the address is in another country."""
    return (
        _is_foreign_phone(listing.contact.phone, listing.flags)
        or bool(listing.website and _FOREIGN_HOST.match(listing.website))
        or any(map(_is_english, listing.address.lines))
        or _is_elsewhere(listing.location, listing.address.postcode)
    )


def _is_foreign_phone(phone: str | None, flags: tuple[Flag, ...]) -> bool:
    if phone:
        return not _NEAR.match(phone)
    return any(_AMERICAN.match(flag.value) for flag in flags if flag.field == "contact" and flag.code == "RANGE")


def _is_english(line: str) -> bool:
    is_english = _NUMBERED.search(line) and _ENGLISH_STREET.search(line)
    return bool(is_english) and not _FRENCH_STREET.search(line)


def _is_elsewhere(point: Location | None, postcode: str | None) -> bool:
    """Whether the point is on Earth but not in France, not even with its coordinates exchanged."""
    if point is None or point.approximate or (postcode or "").startswith(("97", "98")):
        return False
    latitude, longitude = point.latitude, point.longitude
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0, 0):
        return False
    return not (_is_in_france(latitude, longitude) or _is_in_france(longitude, latitude))


def _is_in_france(latitude: float, longitude: float) -> bool:
    return _MOST_SOUTH <= latitude <= _MOST_NORTH and _MOST_WEST <= longitude <= _MOST_EAST
