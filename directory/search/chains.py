"""One chain does not fill the page: who comes after others that answer as well, because two of its sign do already.

A chain's sign is what :mod:`directory.relations` takes for one. A supplier's *rank* is how many in business of the same
sign have a smaller id: everywhere, in its department and in its town. From :data:`ABREAST` on it is *behind* there. A
question says how far it looks (:func:`scope_of`), and whoever is behind within that comes after all whose score is the
same (:mod:`.orders`): nobody is left out, and no score is changed.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from directory import geography, relations
from directory.establishments import town
from directory.geography import AreaKind, distance_km
from directory.records import Establishment, Location
from directory.relations import CHAIN, SIGNED
from directory.search import layout
from directory.search.completing import full_name
from directory.search.query import SearchQuery
from directory.search.reader import Reader
from directory.search.terms import term

ABREAST: Final = 2  # suppliers of one sign that stand among all others
# A question within so many kilometres looks at a town, or at a department.
TOWN_KM: Final = 5.0
DEPARTMENT_KM: Final = 60.0
# Bearers of one sign that are remembered: a text that thousands have for a name must not make an index dear.
_MOST: Final = 500
_ONLY_TRADES_SO: Final = "="
_DIGITS: Final = 36
_IN_DEPARTMENT: Final = _DIGITS**3  # codes of communes begin with two characters of the department's


Fields = dict[str, str | int | float | bytes | list[str]]


class Scope(StrEnum):
    """Within what a supplier's rank is counted."""

    EVERYWHERE = "all"
    DEPARTMENT = "department"
    TOWN = "town"


class _Bearer(Struct, frozen=True, order=True, gc=False):
    """Who has a sign. ``seat`` is its commune's code read as a number, 0 for none."""

    id: int
    seat: int
    is_signed: bool


def fields(names: Iterable[str], office: Establishment | None, sites: Iterable[Establishment]) -> Fields:
    """The signs and the seat of a supplier as fields of its document: of names and places that anybody may see."""
    towns = dict.fromkeys(town(code) for site in sites if (code := site.address.commune_code))
    terms: list[str] = []
    for words, is_signed in relations.signs(list(map(full_name, names)), towns).items():
        key = " ".join(words)
        terms += [key, f"{_ONLY_TRADES_SO}{key}"] if is_signed else [key]
    seat = _seat(town(office.address.commune_code)) if office and office.address.commune_code else 0
    return {layout.CHAIN: terms, layout.SEAT: seat}


def _seat_and_signs(fields: Mapping[str, object]) -> tuple[int, list[str]]:
    seat, signs = fields.get(layout.SEAT), fields.get(layout.CHAIN)
    return seat if isinstance(seat, int) else 0, signs if isinstance(signs, list) else []


def _seat(code: str) -> int:
    return int(code, _DIGITS) if len(code) == 5 and code.isascii() and code.isalnum() else 0


class Ranks:
    """Ranks suppliers that come by ascending id; on top of a base, among those of it that are not ``gone`` as well.

    What lies in the base keeps its rank until the next one, although who stood before it has gone meanwhile.
    """

    def __init__(self, base: Reader | None = None, gone: Collection[int] = ()) -> None:
        self._base, self._gone = base, frozenset(gone)
        # By a hash of the sign, and as tuples: nearly every sign is one supplier's own, and there are many.
        self._bearers: dict[int, tuple[_Bearer, ...]] = {}

    def behind(self, supplier_id: int, document: Mapping[str, object]) -> list[str]:
        """Where this supplier comes after others, as terms of :data:`layout.BEHIND`; it is remembered for the next."""
        found: set[str] = set()
        seat, signs = _seat_and_signs(document)
        for sign in signs:
            if not sign.startswith(_ONLY_TRADES_SO):
                own = _Bearer(supplier_id, seat, f"{_ONLY_TRADES_SO}{sign}" in signs)
                found.update(_behind(own, self._before(sign, own)))
        return sorted(found)

    def _before(self, sign: str, own: _Bearer) -> list[_Bearer]:
        key = hash(sign)
        known = self._bearers.get(key)
        if known is None:
            known = self._of_base(sign)
        if len(known) < _MOST:
            self._bearers[key] = (*known, own)
        return [each for each in known if each.id < own.id]

    def _of_base(self, sign: str) -> tuple[_Bearer, ...]:
        if self._base is None or not self._base.held(layout.CHAIN, sign):
            return ()
        there = self._base.every(term(layout.CHAIN, sign))
        signed = self._base.every(term(layout.CHAIN, f"{_ONLY_TRADES_SO}{sign}"))
        only_trading = set(self._base.column(layout.ID, signed))
        columns = (self._base.column(name, there) for name in (layout.ID, layout.SEAT))
        known = (_Bearer(number, seat, number in only_trading) for number, seat in zip(*columns, strict=True))
        return tuple(sorted(each for each in known if each.id not in self._gone)[:_MOST])


def _behind(own: _Bearer, before: list[_Bearer]) -> Iterable[Scope]:
    if len(before) < ABREAST or not _is_chain([*before, own]):
        return
    yield Scope.EVERYWHERE
    if own.seat:
        if sum(each.seat // _IN_DEPARTMENT == own.seat // _IN_DEPARTMENT for each in before) >= ABREAST:
            yield Scope.DEPARTMENT
        if sum(each.seat == own.seat for each in before) >= ABREAST:
            yield Scope.TOWN


def _is_chain(bearers: list[_Bearer]) -> bool:
    """As relations have it: in several towns, and some are called otherwise; else they are namesakes."""
    towns = {each.seat for each in bearers if each.seat}
    return len(towns) >= CHAIN and sum(each.is_signed for each in bearers) >= SIGNED


def scope_of(query: SearchQuery) -> Scope:
    """How far a question looks: two of a chain in each town are few in a department, and many in one town."""
    reach = [query.near.radius_km] if query.near else []
    if box := query.where.within:
        reach.append(distance_km(Location(box.south, box.west), Location(box.north, box.east)) / 2)
    scopes = [_within(km) for km in reach]
    if query.where.located_in:
        scopes.append(max((_of_area(code) for code in query.where.located_in), key=_WIDTH.index))
    return min(scopes, key=_WIDTH.index, default=Scope.EVERYWHERE)


_WIDTH: Final = (Scope.TOWN, Scope.DEPARTMENT, Scope.EVERYWHERE)


def _within(km: float) -> Scope:
    return Scope.TOWN if km <= TOWN_KM else Scope.DEPARTMENT if km <= DEPARTMENT_KM else Scope.EVERYWHERE


_OF_KIND: Final[Mapping[AreaKind, Scope]] = {
    AreaKind.COMMUNE: Scope.TOWN,
    AreaKind.EPCI: Scope.DEPARTMENT,
    AreaKind.DEPARTMENT: Scope.DEPARTMENT,
    AreaKind.REGION: Scope.EVERYWHERE,
}


def _of_area(code: str) -> Scope:
    area = geography.area(code)
    return _OF_KIND[area.kind] if area else Scope.TOWN
