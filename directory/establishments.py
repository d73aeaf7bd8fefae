"""The sites of one company: listings grouped by SIRET, else by address, and which of them is the head office."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from directory import geography
from directory.choice import VAGUE, Candidate, Choice, Observation, Policy, choose_value, standing, values
from directory.normalise import fold
from directory.records import Address, Establishment, SupplierField


class Site(Struct, frozen=True, gc=False):
    """One establishment and how its address and its coordinates were chosen."""

    establishment: Establishment
    address: Choice | None
    location: Choice | None


class _Group(Struct):
    """Listings of one site, growing."""

    id: str
    siret: str | None
    members: list[Observation]


def sites(
    observations: Sequence[Observation], siren: str | None, policy: Policy, matched: Mapping[int, int] | None = None
) -> tuple[Site, ...]:
    """The company's sites, head office first, the others by id. ``matched`` names the site of each listing as the
    matching found it: those of one name stay together.

    The head office is the one that a register names, else the site that most partners name; among equals one with a
    SIRET, then the best partner's. A listing that gives no address is counted with the head office. Without SIRET, town
    or department there is no site. What a steward pinned is said of the head office, from whichever site it is taken.
    """
    groups, homeless = _groups(_units(observations, siren, matched or {}), siren)
    groups = _housed(groups, policy)
    if not groups:
        departments = sorted(seen.listing.address.department or "" for seen in homeless)
        if not departments[-1]:
            return ()
        # All that is known is a department: one site somewhere in it.
        groups, homeless = [_Group(_address_id((departments[-1], "")), None, homeless)], []
    usual = replace(policy, pins={}) if policy.pins else policy
    head = min(groups, key=lambda group: _head_standing(group, usual))
    head.members.extend(homeless)
    others = sorted((group for group in groups if group is not head), key=lambda group: group.id)
    seat = _site(head, usual, policy, observations)
    return seat, *(_site(group, usual) for group in others)


def one_line(address: Address) -> str:
    """The address as a person writes it: ``12 rue Haute, 13400 Aubagne``, or its department when it says no more."""
    town = " ".join(part for part in (address.postcode, address.commune) if part)
    line = ", ".join(part for part in (*address.lines, town) if part)
    known = geography.department(address.department) if address.department and not line else None
    return known.name if known else line


def place(seen: Observation) -> tuple[str, str]:
    """Town and street of a listing in comparable form; each empty when it is not known."""
    address = seen.listing.address
    known = town(address.commune_code) if address.commune_code else address.postcode
    return known or fold(address.commune or ""), seen.keys.street_key or ""


def town(commune_code: str) -> str:
    """The commune's own code, or its city's where the code is an arrondissement's: directories say one or the other."""
    commune = geography.commune(commune_code)
    return commune.parent or commune_code if commune else commune_code


def _units(
    observations: Sequence[Observation], siren: str | None, matched: Mapping[int, int]
) -> list[list[Observation]]:
    """Listings that were matched as one site, those that say most first; and so the units, so that the vaguer ones
    find the site they may belong to.
    """
    units: dict[int, list[Observation]] = {}
    for observation in sorted(observations, key=lambda each: _vagueness(each, siren)):
        # Listings have positive numbers: whoever was not matched is a unit of its own.
        units.setdefault(matched.get(observation.id, -observation.id), []).append(observation)
    return list(units.values())


def _groups(units: Iterable[list[Observation]], siren: str | None) -> tuple[list[_Group], list[Observation]]:
    """The sites, and the listings that name none."""
    by_id: dict[str, _Group] = {}
    by_place: dict[tuple[str, str], _Group] = {}
    homeless: list[Observation] = []
    for unit in units:
        siret = next((number for each in unit if (number := _siret(each, siren))), None)
        places = [where for where in map(place, unit) if where[0]]
        if not siret and not places:
            homeless.extend(unit)
            continue
        home = by_id.get(siret) if siret else next((by_place[where] for where in places if where in by_place), None)
        if home is None:
            home = _Group(siret or _address_id(places[0]), siret, [])
            by_id[home.id] = home
        home.members.extend(unit)
        for where in places:
            by_place.setdefault(where, home)
            # A listing that knows the town but not the street belongs to the first site there.
            by_place.setdefault((where[0], ""), home)
    return list(by_id.values()), homeless


def _vagueness(observation: Observation, siren: str | None) -> tuple[bool, bool, str, str]:
    listing = observation.listing
    return not _siret(observation, siren), not listing.address.lines, listing.partner, listing.external_id


def _siret(observation: Observation, siren: str | None) -> str | None:
    """The listing's SIRET, unless it is another company's."""
    siret = observation.keys.siret
    return siret if siret and siret[:9] == siren else None


def _address_id(where: tuple[str, str]) -> str:
    return "-" + hashlib.blake2b("|".join(where).encode(), digest_size=8).hexdigest()


def _housed(groups: list[_Group], policy: Policy) -> list[_Group]:
    """The sites, that of a register which withholds its address at the best of those that have no SIRET.

    What the register does not say, partners may: theirs is the head office's address unless its SIRET is another's.
    """
    bare = [group for group in groups if _is_official(group, policy) and not any(map(_has_town, group.members))]
    homes = [group for group in groups if group.siret is None]
    if not bare or not homes:
        return groups
    home = min(homes, key=lambda group: _head_standing(group, policy))
    bare[0].members.extend(home.members)
    return [group for group in groups if group is not home]


def _is_official(group: _Group, policy: Policy) -> bool:
    return any(member.listing.partner in policy.registers for member in group.members)


def _has_town(member: Observation) -> bool:
    return bool(place(member)[0])


def _head_standing(group: _Group, policy: Policy) -> tuple[object, ...]:
    partners = {member.listing.partner for member in group.members} - policy.registers
    best = min(standing(SupplierField.ADDRESS, member, policy) for member in group.members)
    return not _is_official(group, policy), -len(partners), group.siret is None, best, group.id


def _site(group: _Group, policy: Policy, pinning: Policy | None = None, company: Sequence[Observation] = ()) -> Site:
    """The site of these listings; of the head office, also the policy with its pins and all listings of the company."""
    choosing = pinning or policy
    seen = _witnesses(SupplierField.ADDRESS, group, choosing, company)
    address = choose_value(SupplierField.ADDRESS, list(_addresses(seen)), choosing)
    seen = _witnesses(SupplierField.LOCATION, group, choosing, company)
    location = choose_value(SupplierField.LOCATION, list(_locations(seen)), choosing)
    signs = values(group.members, lambda member: next(iter(member.listing.trade_names), None))
    sign = choose_value(SupplierField.NAME, signs, policy)
    establishment = Establishment(
        id=group.id,
        siret=group.siret,
        name=sign.provenance.chosen.value if sign else None,
        address=address.observation.listing.address if address else Address(),
        location=location.observation.listing.location if location else None,
        is_head_office=pinning is not None,
        listings=tuple(sorted(member.id for member in group.members)),
    )
    return Site(establishment, address, location)


def _witnesses(
    field: SupplierField, group: _Group, policy: Policy, company: Sequence[Observation]
) -> Sequence[Observation]:
    """Who speaks of the site, and whom a steward wants to be heard of it besides."""
    if field not in policy.pins:
        return group.members
    here = {member.id for member in group.members}
    return [*group.members, *(each for each in company if policy.is_pinned(field, each) and each.id not in here)]


def _addresses(members: Iterable[Observation]) -> Iterator[Candidate]:
    """An address with its SIRET is vouched for, one with a street says more than one without."""
    for member in members:
        listing = member.listing
        if line := one_line(listing.address):
            grade = 0 if member.keys.siret else 1
            vague = VAGUE if listing.address.postcode or listing.address.commune else VAGUE + 1
            yield Candidate(member, line, "|".join(place(member)), grade if listing.address.lines else vague)


def _locations(members: Iterable[Observation]) -> Iterator[Candidate]:
    """A point of the address before the middle of the commune; 4 decimals are about 10 m."""
    for member in members:
        if point := member.listing.location:
            value = f"{point.latitude:.6f}, {point.longitude:.6f}"
            yield Candidate(
                member, value, f"{point.latitude:.4f}|{point.longitude:.4f}", VAGUE if point.approximate else 0
            )
