"""What stewards' words about pairs of listings amount to: which edges a decision takes, and what they say together.

A word is about two listings, named by partner and external id: *one company*, *one site* (and so one company), or *two
companies*. The last word on a pair stands. Words follow from one another as everybody would expect: what is one company
with a second that is one with a third is one with the third, and is two with whatever either of them is two with. They
do so through listings that are away, so that nobody's withdrawal undoes what was said of the others.

That is why a decision about many listings needs few words. To say that ``n`` listings are one company takes ``n - 1``
of them, from one listing to each of the others (:func:`joined`); to part them from ``m`` others takes ``m`` more, from
that same listing to each of the ``m`` (:func:`parted`). No smaller set says so for ever: with one word less some
listing would be bound to nothing. The others are not bound to each other: nobody has said that they are one company.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import pairwise

from directory.matching.contract import Decisions

Key = tuple[str, str]  # partner and external id
Pair = tuple[Key, Key]  # in ascending order


class Link(StrEnum):
    """What was said of a pair."""

    ONE_SITE = "ONE_SITE"
    ONE_COMPANY = "ONE_COMPANY"
    TWO_COMPANIES = "TWO_COMPANIES"


Words = Mapping[Pair, Link]
TOGETHER = frozenset({Link.ONE_SITE, Link.ONE_COMPANY})
APART = frozenset({Link.TWO_COMPANIES})


def pair_of(one: Key, other: Key) -> Pair:
    """The pair, whichever of the two is named first."""
    return (one, other) if one < other else (other, one)


def linked(words: Words, one: Key, other: Key, link: Link) -> dict[Pair, Link]:
    """The words that say this of two listings alone, and of what earlier words bind to them."""
    said = {pair_of(one, other): link}
    if link in TOGETHER:
        return _overruling(words, said, [one, other])
    return said | _inherited(words, {**words, **said}, [one, other])


def joined(words: Words, keys: Collection[Key]) -> dict[Pair, Link]:
    """The words that make these listings one company, whichever of them goes away.

    What was said against it before is overruled, pair by pair; two that are one site remain so.
    """
    centre, *others = sorted(keys)
    said = {}
    for other in others:
        pair = pair_of(centre, other)
        said[pair] = Link.ONE_SITE if words.get(pair) is Link.ONE_SITE else Link.ONE_COMPANY
    return _overruling(words, said, keys)


def parted(words: Words, leaving: Collection[Key], staying: Collection[Key]) -> dict[Pair, Link]:
    """The words that part listings from those they were with, whichever of them goes away; the former stay together.

    Earlier words that bound the two sides are overruled. What they bound by way of the other side stays bound; what was
    two companies with either side is so with both.
    """
    bonds = _neighbours(words, TOGETHER)
    home = _reach(bonds, staying, but=frozenset(leaving))
    centre = min(leaving)
    said = {pair_of(key, other): Link.TWO_COMPANIES for key in leaving for other in bonds.get(key, set()) & home}
    said |= {pair_of(centre, key): Link.TWO_COMPANIES for key in staying}
    said |= _bound_again(bonds, {**words, **said}, staying, home)
    said |= joined({**words, **said}, leaving)
    return said | _inherited(words, {**words, **said}, [*leaving, *staying])


def replay(words: Words, present: Mapping[Key, int]) -> Decisions:
    """The words about listings that are there, under their ids.

    Where a listing is away, those that it binds are bound to each other, and one of them stands for it. Words that
    bind nobody who is there wait.
    """
    sites, _ = _bridges(_neighbours(words, {Link.ONE_SITE}), present)
    companies, stand_in = _bridges(_neighbours(words, TOGETHER), present)
    sites |= {pair for pair, link in words.items() if link is Link.ONE_SITE}
    companies |= {pair for pair, link in words.items() if link is Link.ONE_COMPANY}
    apart = {
        pair_of(stand_in.get(one, one), stand_in.get(other, other))
        for (one, other), link in words.items()
        if link is Link.TWO_COMPANIES
    }
    return Decisions(
        must_link=_ids(companies - sites, present), cannot_link=_ids(apart, present), same_site=_ids(sites, present)
    )


def _overruling(words: Words, said: dict[Pair, Link], keys: Iterable[Key]) -> dict[Pair, Link]:
    """These words, and that everything they bind is one company where it was said to be two."""
    whole = _reach(_neighbours({**words, **said}, TOGETHER), keys)
    against = (pair for pair, link in words.items() if link is Link.TWO_COMPANIES and whole.issuperset(pair))
    return dict.fromkeys(against, Link.ONE_COMPANY) | said


def _bound_again(
    bonds: Mapping[Key, set[Key]], after: Words, staying: Iterable[Key], home: Collection[Key]
) -> dict[Pair, Link]:
    """The words that hold together what of a company stays, where those who held it leave."""
    left = _neighbours(after, TOGETHER)
    said: dict[Pair, Link] = {}
    for whole in _components(bonds, staying):
        pieces = _components(left, whole.intersection(home))
        said |= {pair_of(min(one), min(other)): Link.ONE_COMPANY for one, other in pairwise(pieces)}
    return said


def _inherited(before: Words, after: Words, keys: Iterable[Key]) -> dict[Pair, Link]:
    """What the pieces of something that comes apart have to be told again, since only the whole was told.

    When a and b were one, and b and c two, then a and c were two; parting a from b must not forget that.
    """
    old, new = _neighbours(before, TOGETHER), _neighbours(after, TOGETHER)
    strangers, still = _neighbours(before, APART), _neighbours(after, APART)
    said: dict[Pair, Link] = {}
    for whole in _components(old, keys):
        outside = {other for key in whole for other in strangers.get(key, ())} - whole
        for piece in _components(new, whole):
            for other in (part for far in _components(old, outside) for part in _components(new, far)):
                told = any(still.get(key, set()) & other for key in piece)
                if not told and piece.isdisjoint(other):
                    said[pair_of(min(piece), min(other))] = Link.TWO_COMPANIES
    return said


def _neighbours(words: Words, links: Collection[Link]) -> dict[Key, set[Key]]:
    found: dict[Key, set[Key]] = {}
    for (one, other), link in words.items():
        if link in links:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return found


def _reach(bonds: Mapping[Key, Collection[Key]], start: Iterable[Key], but: Collection[Key] = ()) -> set[Key]:
    """These and everything bound to them, by ways that lead through none of ``but``."""
    reached = set(start)
    ahead = list(reached)
    while ahead:
        found = [key for key in bonds.get(ahead.pop(), ()) if key not in reached and key not in but]
        reached.update(found)
        ahead.extend(found)
    return reached


def _components(bonds: Mapping[Key, Collection[Key]], keys: Iterable[Key]) -> Iterator[set[Key]]:
    """The companies that these listings are of, as far as words say, each once."""
    seen: set[Key] = set()
    for key in sorted(keys):
        if key not in seen:
            component = _reach(bonds, [key])
            seen |= component
            yield component


def _bridges(bonds: Mapping[Key, set[Key]], present: Collection[Key]) -> tuple[set[Pair], dict[Key, Key]]:
    """The pairs that listings which are away bind to each other, and who stands for each of those."""
    away = {key: {other for other in others if other not in present} for key, others in bonds.items()}
    pairs: set[Pair] = set()
    stand_in: dict[Key, Key] = {}
    for group in _components(away, [key for key in bonds if key not in present]):
        bound = sorted({other for key in group for other in bonds[key] if other in present})
        pairs.update(pairwise(bound))
        stand_in.update(dict.fromkeys(group, bound[0]) if bound else {})
    return pairs, stand_in


def _ids(pairs: Iterable[Pair], present: Mapping[Key, int]) -> tuple[tuple[int, int], ...]:
    known = ((present[one], present[other]) for one, other in pairs if one in present and other in present)
    return tuple(sorted({(min(pair), max(pair)) for pair in known if pair[0] != pair[1]}))
