"""What the hub adds to a listing before it is stored: official codes, a place on the map, and comparable forms.

The partner's own values stay; a value that contradicts what is known is dropped from its field, stays in ``raw`` and
is flagged. Pure: the same listing always gives the same :class:`Prepared`.
"""

import re
from datetime import date

from msgspec import Struct
from msgspec.structs import asdict, replace

from directory import abroad, areas, english, geography, normalise, towns
from directory.geography import Commune
from directory.nomenclature import labels, legal_forms, naf, sizes
from directory.records import MASK, Activity, Address, CompanySize, Flag, Listing, Location, Nomenclature

# The farthest hamlet of the region's widest commune (Arles, Salin-de-Giraud) is 37 km from its town hall.
FARTHEST_KM = 50.0
MOST_TRADE_NAMES = 8
SUB_CLASS = len("43.22A")
# A postcode and a town, behind a street or alone; after BP or CS five digits are a box.
_TOWN_AT_END = re.compile(r"(?:^|(?<!\bbp)(?<!\bcs)(?<!\btsa)[\s,-]+)(\d{5})\s+([^\d,;]+)$", re.IGNORECASE)

_NO_ACTIVITY = Activity("")


class ListingKeys(Struct, frozen=True, kw_only=True, gc=False):
    """Comparable forms: equal where two directories mean the same thing. A column each in ``listing``.

    ``name_key`` is the first name's (empty for one that is withheld), ``trade_keys`` those of other names; ``siren`` is
    also read from the SIRET. ``phone`` is E.164, or bare digits where France's plan has no such number: for comparing,
    never for showing. ``town`` is the town's name where no commune code is known; ``postcode`` may be another
    country's; ``naf`` is a sub-class; coordinates are the address's own, never a commune's middle.
    """

    name_key: str
    trade_keys: tuple[str, ...] = ()
    siren: str | None = None
    siret: str | None = None
    commune_code: str | None = None
    street_key: str | None = None
    phone: str | None = None
    site: str | None = None
    town: str | None = None
    postcode: str | None = None
    email: str | None = None
    naf: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class Prepared(Struct, frozen=True, gc=False):
    """A listing as it is stored, and how it is compared."""

    listing: Listing
    keys: ListingKeys


def prepare(listing: Listing) -> Prepared:
    """Complete a listing from the nomenclatures and give its comparable forms. Never raises for what a partner said."""
    flags = list(listing.flags)
    address, commune = _address(_unmasked(listing.address), listing, flags)
    form = legal_forms.find(listing.legal_form) if listing.legal_form else None
    complete = replace(
        listing,
        trade_names=tuple(name for name in listing.trade_names if name != MASK),
        activities=_activities(listing.activities, flags),
        address=address,
        location=_location(listing.location, commune, flags),
        size=_size(listing.headcount, flags),
        legal_form_code=form.code if form else None,
        label_ids=_label_ids(listing.labels),
        label_ends=_label_ends(listing.labels),
        service_area_keys=_service_area_keys(listing.service_areas, flags),
        flags=tuple(flags),
    )
    return Prepared(complete, keys_of(complete))


def keys_of(listing: Listing) -> ListingKeys:
    """The comparable forms of a prepared listing."""
    # What may not be diffused is nobody's name: two who withhold theirs are not namesakes.
    name_key = "" if listing.name == MASK else normalise.name_key(listing.name)
    siren = listing.siren or (listing.siret[:9] if listing.siret else None)
    # A SIRET of another company than the SIREN's identifies neither.
    siret = listing.siret if listing.siret and listing.siret[:9] == siren else None
    trade_keys = dict.fromkeys(normalise.name_key(name) for name in listing.trade_names[:MOST_TRADE_NAMES])
    address, contact, point = listing.address, listing.contact, _own_point(listing.location)
    return ListingKeys(
        name_key=name_key,
        trade_keys=tuple(key for key in trade_keys if key and key != name_key),
        siren=siren,
        siret=siret,
        commune_code=address.commune_code,
        street_key=_street_key(address.lines),
        phone=normalise.phone_key(contact.phone) if contact.phone else _refused_phone(listing.flags),
        site=normalise.site_key(listing.website) if listing.website else None,
        town=towns.town_key(address.commune or "") or None if address.commune_code is None else None,
        postcode=address.postcode or _refused_postcode(listing.flags),
        email=contact.email.lower() if contact.email else None,
        naf=next(filter(_is_sub_class, listing.activities), _NO_ACTIVITY).code or None,
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
    )


def _own_point(location: Location | None) -> Location | None:
    return None if location is None or location.approximate else location


def _is_sub_class(activity: Activity) -> bool:
    return activity.nomenclature is Nomenclature.NAF_REV2 and len(activity.code) == SUB_CLASS


def _refused_phone(flags: tuple[Flag, ...]) -> str | None:
    """The digits of a phone that failed its check: another country's as it is dialled there, mostly.

    Of a contact only a phone fails with ``RANGE``.
    """
    refused = (flag.value for flag in flags if flag.field == "contact" and flag.code == "RANGE")
    return next(filter(None, map(normalise.phone_digits, refused)), None)


def _refused_postcode(flags: tuple[Flag, ...]) -> str | None:
    """Another country's postcode, which failed its check as a French one."""
    refused = (flag.value for flag in flags if flag.field == "address" and flag.code == "FORMAT")
    return next(filter(None, map(normalise.foreign_postcode, refused)), None)


def _unmasked(address: Address) -> Address:
    """The address without what INSEE withholds: directories copy its marks."""
    if MASK not in (*address.lines, address.postcode, address.commune, address.commune_code):
        return address
    parts = {name: value for name, value in asdict(address).items() if value != MASK}
    return Address(**parts | {"lines": tuple(line for line in address.lines if line != MASK)})


def _activities(activities: tuple[Activity, ...], flags: list[Flag]) -> tuple[Activity, ...]:
    unknown = {each for each in activities if each.nomenclature is Nomenclature.NAF_REV2 and not naf.known(each.code)}
    flags.extend(Flag("activities", "UNKNOWN", each.code) for each in activities if each in unknown)
    return tuple(each for each in activities if each not in unknown)


def _address(address: Address, listing: Listing, flags: list[Flag]) -> tuple[Address, Commune | None]:
    """The address with its official codes and name, and the commune where it is one of the region."""
    address = _taken_apart(address)
    given = address.commune_code
    found = towns.find(address.commune, address.postcode)
    named = geography.commune(given) if given else None
    if named is None and given and given.startswith(geography.DEPARTMENTS):
        flags.append(Flag("address", "UNKNOWN", given))
        given = None
    is_sure = named is not None or towns.is_confirmed(address.commune, address.postcode)
    postcode = address.postcode
    if not is_sure and abroad.signs_of(listing):
        found = postcode = None
    elif not given and towns.contradict(address.commune, postcode):
        flags.append(Flag("address", "CONFLICT", f"{postcode or ''} {address.commune or ''}".strip()))
        postcode = towns.department_shared(address.commune, postcode)
    # The postcode tells the arrondissement where the partner only said Marseille.
    commune = found if named is None or (found and found.parent == named.code) else named
    if commune is None or (given and named is None):
        # A commune elsewhere in France: its code is believed.
        return replace(address, commune_code=given, department=_department(address, given or postcode, flags)), None
    known = replace(address, commune=commune.name, commune_code=commune.code, department=commune.department)
    return known, commune


def _taken_apart(address: Address) -> Address:
    """The address with postcode and town of its own, where it has them in its last line alone: ``…, 13001 Marseille``.

    Only a town of the region that the postcode can be of is taken for one: elsewhere five digits are many things.
    """
    if not address.lines or address.postcode or address.commune or address.commune_code:
        return address
    *others, last = address.lines
    found = _TOWN_AT_END.search(last)
    if found is None or towns.find(found[2], found[1]) is None:
        return address
    street = last[: found.start()].rstrip(" ,-")
    return replace(address, lines=(*others, *filter(None, [street])), postcode=found[1], commune=found[2].strip())


def _department(address: Address, code: str | None, flags: list[Flag]) -> str | None:
    """The department of an address whose commune is not known here, by whatever else tells it.

    ``code`` is a commune's or a postal one.
    """
    said = geography.department(address.department) if address.department else None
    if address.department and said is None:
        flags.append(Flag("address", "UNKNOWN", address.department))
    found = said or geography.department(code or "")
    return found.code if found else None


def _location(location: Location | None, commune: Commune | None, flags: list[Flag]) -> Location | None:
    """The partner's point if it can be one of this commune, else the commune's own."""
    if location is not None:
        if _plausible(location, commune):
            return location
        flags.append(Flag("location", "RANGE", f"{location.latitude}, {location.longitude}"))
    return commune.location if commune else None


def _plausible(location: Location, commune: Commune | None) -> bool:
    # Written so that what is not a number fails every comparison.
    if not (abs(location.latitude) <= 90 and abs(location.longitude) <= 180):
        return False
    if commune is None:
        return (location.latitude, location.longitude) != (0, 0)
    return geography.distance_km(location, commune.location) <= FARTHEST_KM


def _size(headcount: str | None, flags: list[Flag]) -> CompanySize:
    if not headcount:
        return CompanySize.UNKNOWN
    band = sizes.find(headcount)
    if band is None:
        flags.append(Flag("headcount", "UNKNOWN", headcount))
        return CompanySize.UNKNOWN
    return band.size


def _label_ids(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labels.find(name).id for name in names))


def _label_ends(names: tuple[str, ...]) -> tuple[tuple[str, date], ...]:
    """Ids with the last day that is said of them; of two days the later one."""
    said = sorted((labels.find(name).id, day) for name in names if (day := labels.expires_on(name)))
    return tuple(dict(said).items())


def _service_area_keys(texts: tuple[str, ...], flags: list[Flag]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for part in dict.fromkeys(part for text in texts for part in areas.parts(text)):
        named = areas.find(part)
        found |= dict.fromkeys(map(areas.key, named))
        if not named:
            flags.append(Flag("service_areas", "UNKNOWN", part))
    return tuple(found)


def _street_key(lines: tuple[str, ...]) -> str | None:
    """The key of the line that has the number; a building or a residence goes before or after it at will."""
    keys = [key for line in lines if (key := english.door(line) or normalise.street_key(_without_town(line)))]
    numbered = (key for key in keys if key[0].isdigit())
    return next(numbered, keys[0] if keys else None)


def _without_town(line: str) -> str:
    """The line without postcode and town behind the street, of which they are no part."""
    found = _TOWN_AT_END.search(line)
    return line[: found.start()] if found and found.start() else line
