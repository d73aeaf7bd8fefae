"""Companies that are one group, or go by one sign: related, not merged.

A parent and its branch, the franchisees of a chain, a workshop and its shop under two numbers: each is a supplier of
its own, and a buyer may want to know of the others. Three things relate them, and each says what it is. What is
compared is what the caller may see: a hidden name, site or address relates nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from msgspec import Struct

from directory.matching.keys import town_words
from directory.matching.terms import RARE, Terms

MOST: Final = 50  # relations of one supplier
STRANGERS: Final = 3  # unlike companies on one site, beyond which it is an agency's or a platform's
CHAIN: Final = 3  # suppliers, and towns, from which one sign is a chain and no coincidence
SIGNED: Final = 2  # suppliers of a chain that have another name besides: a franchisee is a company of its own
_NAMES: Final = 4  # of a listing, and telling words of a name, that are looked up
_MARKS: Final = ("groupe", "group", "holding", "holdings")
_BEFORE: Final = Terms({}, 0)  # what is known of words before any store is counted


class RelationReason(StrEnum):
    """Why two suppliers are related, the most telling first."""

    GROUP_NAME = "GROUP_NAME"
    SAME_SITE = "SAME_SITE"
    SAME_SIGN = "SAME_SIGN"


class Presence(Struct, frozen=True, kw_only=True, gc=False):
    """What one listing says of its supplier, in comparable form, as far as the caller may see it.

    ``names`` is the name, then trade names; ``town`` an INSEE code or a folded name.
    """

    supplier: int
    names: tuple[str, ...] = ()
    town: str | None = None
    street: str | None = None
    site: str | None = None


class Shared(Struct, frozen=True, kw_only=True):
    """What listings of related suppliers would have: look for any of it. ``beginnings`` are names cut at a word."""

    sites: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    beginnings: frozenset[str] = frozenset()


class Relation(Struct, frozen=True, kw_only=True, gc=False):
    """Another supplier, why it is related, and by what: ``detail`` is the site, the sign or the group's name.

    ``strength`` in 0…1 orders a supplier's relations.
    """

    supplier: int
    reason: RelationReason
    detail: str
    strength: float


Words = tuple[str, ...]


def shared(own: Iterable[Presence]) -> Shared:
    """What to look for, to find whoever may be related to these."""
    sites: set[str] = set()
    names: set[str] = set()
    beginnings: set[str] = set()
    for presence in own:
        if presence.site:
            sites.add(presence.site)
        for sign in _signs(presence):
            core = _core(sign)
            beginnings.add(" ".join(core))
            names.update((" ".join(core), *_group_names(core)))
    return Shared(sites=frozenset(sites), names=frozenset(names), beginnings=frozenset(beginnings))


def signs(names: Sequence[str], towns: Iterable[str]) -> dict[Words, bool]:
    """The signs that a supplier may have in common with a chain, words in order, the towns' left out; and of each
    whether the supplier only trades under it and is called otherwise besides, as a franchisee is.

    ``names`` are comparable (:func:`directory.normalise.name_key`), ``towns`` INSEE codes or names.
    """
    towns_words = frozenset(word for town in towns for word in town_words(town))
    spoken = {tuple(sorted(name.split())) for name in names[:_NAMES]}
    found = (sign for sign in _telling_names(names, towns_words) if sign == _core(sign))
    return {key: _is_signed(spoken, key) for key in dict.fromkeys(tuple(sorted(sign)) for sign in found)}


class Neighbourhood:
    """Suppliers by what their listings say, taken apart once, to be asked of any of them."""

    def __init__(self, presences: Iterable[Presence]) -> None:
        self._names: defaultdict[int, set[Words]] = defaultdict(set)
        self._signs: defaultdict[int, set[Words]] = defaultdict(set)
        self._telling: defaultdict[int, set[str]] = defaultdict(set)
        self._grounds: defaultdict[int, set[Words]] = defaultdict(set)
        self._at_site: defaultdict[str, set[int]] = defaultdict(set)
        self._saying: defaultdict[str, set[int]] = defaultdict(set)
        self._signed: defaultdict[Words, set[int]] = defaultdict(set)
        self._towns: defaultdict[Words, set[str]] = defaultdict(set)
        for presence in presences:
            self._take(presence)

    def related(self, supplier: int) -> list[Relation]:
        """The supplier's relations to the others, the strongest first; at most :data:`MOST`."""
        best: dict[int, Relation] = {}
        for relation in (*self._by_group_name(supplier), *self._by_site(supplier), *self._by_sign(supplier)):
            known = best.get(relation.supplier)
            if known is None or relation.strength > known.strength:
                best[relation.supplier] = relation
        return sorted(best.values(), key=lambda each: (-each.strength, each.supplier))[:MOST]

    def _take(self, presence: Presence) -> None:
        supplier = presence.supplier
        self._grounds[supplier].update(_grounds(presence))
        self._names[supplier].update(tuple(sorted(name.split())) for name in presence.names[:_NAMES])
        if presence.site:
            self._at_site[presence.site].add(supplier)
        for sign in _signs(presence):
            self._signs[supplier].add(sign)
            for word in filter(_is_telling, _core(sign)):
                self._telling[supplier].add(word)
                self._saying[word].add(supplier)
            if presence.town:
                key = tuple(sorted(sign))
                self._signed[key].add(supplier)
                self._towns[key].add(presence.town)

    def _by_group_name(self, supplier: int) -> Iterator[Relation]:
        akin = {each for word in self._telling[supplier] for each in self._saying[word]} - {supplier}
        for each in akin:
            name = self._group(supplier, each) or self._group(each, supplier)
            if name and not self._grounds[supplier].isdisjoint(self._grounds[each]):
                yield Relation(supplier=each, reason=RelationReason.GROUP_NAME, detail=name, strength=1.0)

    def _group(self, parent: int, branch: int) -> str | None:
        """The parent's name when it is that of a group of which the branch's name holds all other words."""
        for sign in sorted(self._signs[parent]):
            core = set(_core(sign))
            if len(core) < len(set(sign)) and any(core <= set(words) for words in self._signs[branch]):
                return " ".join(sign)
        return None

    def _by_site(self, supplier: int) -> Iterator[Relation]:
        for _, site in sorted(ground for ground in self._grounds[supplier] if ground[0] == "site"):
            there = self._at_site[site] - {supplier}
            akin = {each for each in there if not self._telling[supplier].isdisjoint(self._telling[each])}
            for each in there if len(there - akin) <= STRANGERS else akin:
                strength = 0.9 if each in akin else 0.6
                yield Relation(supplier=each, reason=RelationReason.SAME_SITE, detail=site, strength=strength)

    def _by_sign(self, supplier: int) -> Iterator[Relation]:
        for sign in sorted(self._signs[supplier]):
            key = tuple(sorted(sign))
            if sign == _core(sign) and self._is_chain(key):
                for each in self._signed[key] - {supplier}:
                    name = " ".join(sign)
                    yield Relation(supplier=each, reason=RelationReason.SAME_SIGN, detail=name, strength=0.5)

    def _is_chain(self, sign: Words) -> bool:
        """``jardiniers`` of several towns are namesakes; so are those of one surname. What some trade under who are
        called otherwise is a chain's.
        """
        if len(self._towns[sign]) < CHAIN or len(self._signed[sign]) < CHAIN:
            return False
        return sum(_is_signed(self._names[each], sign) for each in self._signed[sign]) >= SIGNED


def _grounds(presence: Presence) -> Iterator[Words]:
    """Its site, and the door it is behind."""
    if presence.site:
        yield "site", presence.site
    if presence.town and presence.street and any(map(str.isdigit, presence.street)):
        yield "door", presence.street, presence.town


def _signs(presence: Presence) -> Iterator[Words]:
    """Its names without the town's, in words, as far as they tell anything: ``speedy`` of ``speedy aubagne``."""
    return _telling_names(presence.names, town_words(presence.town) if presence.town else frozenset())


def _telling_names(names: Sequence[str], town: frozenset[str]) -> Iterator[Words]:
    for name in names[:_NAMES]:
        words = tuple(word for word in name.split() if word not in town)
        if any(map(_is_telling, _core(words))):
            yield words


def _is_signed(names: Collection[Words], sign: Words) -> bool:
    """Whether the sign is one of the names, words in order, and another has nothing of it."""
    return sign in names and any(set(sign).isdisjoint(name) for name in names)


def _core(words: Sequence[str]) -> Words:
    return tuple(word for word in words if word not in _MARKS)


@lru_cache(maxsize=16_384)
def _is_telling(word: str) -> bool:
    return len(word) > 2 and not word.isdecimal() and _BEFORE.share(("word", word)) <= RARE


def _group_names(core: Sequence[str]) -> Iterator[str]:
    """What a group of this name, or of one of its telling words, may be called."""
    telling = [word for word in core if _is_telling(word)][:_NAMES]
    for name in dict.fromkeys((" ".join(core), *telling)):
        for mark in _MARKS:
            yield f"{mark} {name}"
            yield f"{name} {mark}"
