"""Matching what is new against all that is there: the same clusters as if everything were matched, for little work.

What changed is compared with the listings it shares blocking keys with, by the frequencies of the last full resolution.
Then all that hangs together with it, before and after, by likeness, SIREN, supplier or a steward's word, is clustered
anew; nothing else can have become otherwise (:mod:`directory.matching.probabilistic`). A key that becomes, or is no
more, too frequent to tell anything makes every listing that has it be compared again.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.matching.blocking import is_company, largest, numbers_of
from directory.matching.comparing import Comparer, Likeness
from directory.matching.contract import Decisions, MatchRecord
from directory.matching.linkage import Pair
from directory.matching.probabilistic import ProbabilisticMatcher, ProbabilisticMatching
from directory.matching.profiles import Profile, profile_of
from directory.matching.terms import POPULATION, Terms, asked_of, number_of
from directory.store import changes, matches, snapshots
from directory.store.chunks import batches
from directory.store.matches import Delta, Remembered
from directory.store.snapshots import Homes, Settled, Snapshot

# Shares of the store: so many listings to be matched at once, or more or less than when frequencies were counted, and
# everything is matched again.
MOST_DIRTY: Final = 0.05
MOST_DRIFT: Final = 0.10
GROUP: Final = 20  # listings looked up at a time; between two groups a server goes on answering


class Part(Struct, frozen=True, kw_only=True):
    """A part of the store, matched: ``core`` are the listings whose suppliers may have become others, withdrawn ones
    too; those that the matching knows beside them only look alike, and are as they were.
    """

    snapshot: Snapshot
    matching: ProbabilisticMatching
    core: frozenset[int]
    delta: Delta


async def prepare(
    connection: AsyncConnection, last: Settled, matcher: ProbabilisticMatcher, now: datetime
) -> Part | None:
    """Match what changed since the last resolution; ``None`` when so much did that everything should be matched."""
    words = await snapshots.words(connection)
    notes, noted = await changes.noted(connection)
    dirty = await matches.dirty(connection, noted)
    due = await snapshots.due(connection, now)
    total = last.listings + len(dirty.fresh) - len(dirty.gone)
    seeds = words.touched(await snapshots.heard(connection)) | await snapshots.housed(connection, due)
    seeds |= dirty.fresh | dirty.changed | dirty.gone
    if len(seeds) > MOST_DIRTY * total or abs(total - last.counted) > MOST_DRIFT * last.counted:
        return None
    records = await snapshots.records(connection, dirty.fresh | dirty.changed)
    digests = await snapshots.versions(connection, dirty.fresh | dirty.changed)
    comparing = Comparing(connection, matcher.comparer(last.counted + POPULATION), last.counted)
    await comparing.take(records, dirty.changed, dirty.gone)
    await comparing.compare()
    delta = await comparing.delta(digests)
    surroundings = _Surroundings(connection, delta, words.decisions)
    core, homes = await surroundings.of(seeds | {number for pair in comparing.moved for number in pair})
    around, _ = await surroundings.of(surroundings.rivals(core) - core)
    there = (core | around) - dirty.gone
    profiles = surroundings.profiles(there)
    matching = await asyncio.to_thread(
        ProbabilisticMatching,
        profiles,
        words.decisions,
        surroundings.edges(there),
        comparing.comparer,
        len(comparing.capped),
    )
    snapshot = await snapshots.part(connection, there, homes, words, notes, total, now)
    return Part(snapshot=snapshot, matching=matching, core=frozenset(core), delta=delta)


class Comparing:
    """Compares listings with the store, a group at a time, as the store will be once all of them are taken in.

    ``moved`` are the pairs that are now more or less alike than they were, ``capped`` the keys that were met and tell
    nothing.
    """

    def __init__(self, connection: AsyncConnection, comparer: Comparer, counted: int) -> None:
        self.comparer, self._counted, self._connection = comparer, counted, connection
        self.moved: set[Pair] = set()
        self.capped: set[int] = set()
        self._new: dict[int, Remembered] = {}
        self._old: dict[int, Remembered] = {}
        self._gone: frozenset[int] = frozenset()
        self._by_key: dict[int, list[int]] = defaultdict(list)
        self._lost: Counter[int] = Counter()
        self._again: set[int] = set()
        self._edges: dict[Pair, Likeness] = {}

    async def take(
        self, records: Sequence[MatchRecord], changed: Collection[int] = (), gone: frozenset[int] = frozenset()
    ) -> None:
        """Take in what these listings say now, of which some have changed, and that others are gone."""
        self._gone = gone
        known = await matches.remembered(self._connection, [*changed, *gone])
        for some in batches(records, GROUP):
            numbers = {number_of(term) for record in some for term in asked_of(record)}
            terms = Terms.frozen(some, await matches.counts(self._connection, numbers), self._counted)
            for record in some:
                self._take(profile_of(record, terms), known.get(record.listing))
        self._old.update((number, known[number]) for number in gone)
        for old in self._old.values():
            self._lost.update(old.keys)

    async def compare(self) -> None:
        """Find the edges of what was taken in, and of who else is to be compared for it."""
        ahead = sorted(self._new.keys() | self._gone)
        while ahead:
            group, ahead = ahead[:GROUP], ahead[GROUP:]
            others = [number for number in group if number in self._again]
            mine = {number: self._new[number] for number in group if number in self._new}
            mine |= await matches.remembered(self._connection, others)
            blocks = await self._known_blocks(group, mine)
            again = self._crossing(blocks) - self._again
            self._again |= again
            ahead += sorted(again)
            await self._compare(mine, blocks)

    async def delta(self, digests: Mapping[int, bytes]) -> Delta:
        """What the store has to be told, once all are compared."""
        before = await matches.edges(self._connection, {*self._new, *self._again, *self._gone})
        same = {pair for pair, found in self._edges.items() if before.get(pair) == found}
        self.moved = (before.keys() | self._edges.keys()) - same
        old = {(key, number) for number, each in self._old.items() for key in each.keys}
        new = {(key, number) for number, each in self._new.items() for key in each.keys}
        return Delta(
            digests=digests,
            profiles=self._new,
            gone=self._gone,
            old_keys=old - new,
            new_keys=new - old,
            old_edges=before.keys() - same,
            new_edges={pair: found for pair, found in self._edges.items() if pair not in same},
        )

    def _take(self, profile: Profile, old: Remembered | None) -> None:
        if old and old.profile == profile:
            return
        if old:
            self._old[profile.listing] = old
        keys = numbers_of(profile)
        self._new[profile.listing] = Remembered(keys, profile)
        for key in keys:
            self._by_key[key].append(profile.listing)

    async def _known_blocks(self, group: Collection[int], mine: Mapping[int, Remembered]) -> dict[int, list[int]]:
        """Who has each key of these listings, or had one that they have no more."""
        keys = {key for known in (mine, self._old) for number in group if number in known for key in known[number].keys}
        found = await matches.blocks(self._connection, {key: largest(key) + self._lost[key] for key in keys})
        return {key: found.get(key, []) for key in keys}

    def _crossing(self, blocks: Mapping[int, Sequence[int]]) -> set[int]:
        """Who has a key that tells something only since now, or no more."""
        found: set[int] = set()
        for key, before in blocks.items():
            after = len(before) - self._lost[key] + len(self._by_key.get(key, ()))
            if (len(before) > largest(key)) != (after > largest(key)):
                found.update(before)
        return found - self._old.keys()

    async def _compare(self, mine: Mapping[int, Remembered], blocks: Mapping[int, Sequence[int]]) -> None:
        telling = self._telling(blocks)
        wanted = {number: self._candidates(number, each.keys, telling) for number, each in mine.items()}
        met = {other for found in wanted.values() for other in found} | mine.keys()
        profiles = await matches.profiles(self._connection, met - self._new.keys())
        profiles |= {number: new.profile for number in met & self._new.keys() if (new := self._new[number]).profile}
        for number, found in wanted.items():
            self._edges.update(self.comparer.edges(profiles[number], [profiles[other] for other in found]))

    def _telling(self, blocks: Mapping[int, Sequence[int]]) -> dict[int, list[int]]:
        """Who will have each of these keys; those that too many will have are left out."""
        found: dict[int, list[int]] = {}
        for key, before in blocks.items():
            block = [number for number in before if number not in self._old]
            block += self._by_key.get(key, ())
            if len(block) > largest(key):
                self.capped.add(key)
            else:
                found[key] = block
        return found

    @staticmethod
    def _candidates(number: int, keys: Iterable[int], blocks: Mapping[int, list[int]]) -> set[int]:
        found = {other for key in keys for other in blocks.get(key, ())}
        found.discard(number)
        return found


class _Surroundings:
    """What hangs together with listings: as far as the store knows, and as far as it is about to be told."""

    def __init__(self, connection: AsyncConnection, delta: Delta, decisions: Decisions) -> None:
        self._connection, self._delta = connection, delta
        self._bound: dict[int, set[int]] = defaultdict(set)
        for one, other in (*decisions.must_link, *decisions.same_site):
            self._bound[one].add(other)
            self._bound[other].add(one)
        self._companies: dict[int, list[int]] = defaultdict(list)
        for number, each in delta.profiles.items():
            for key in filter(is_company, each.keys):
                self._companies[key].append(number)
        self._edges: dict[Pair, Likeness] = {}
        self._known: dict[int, Remembered] = {}
        self._beside: dict[int, set[int]] = defaultdict(set)
        for pair in delta.new_edges:
            self._note(pair)

    async def of(self, seeds: Collection[int]) -> tuple[set[int], Homes]:
        """These and all that hangs together with them, with the suppliers of all."""
        reached: set[int] = set()
        homes, suppliers = Homes({}, {}), set[int]()
        ahead = set(seeds)
        while ahead:
            reached |= ahead
            found = await self._neighbours(ahead)
            theirs = await snapshots.homes(self._connection, ahead)
            homes.update(theirs)
            named = {*theirs.home.values(), *theirs.former.values()} - suppliers
            suppliers |= named
            ahead = (found | await snapshots.housed(self._connection, named)) - reached
        return reached, homes

    def rivals(self, listings: Collection[int]) -> set[int]:
        """Those that look like one of these but have another SIREN."""
        conflicts = (pair for pair, found in self._current() if found.is_conflict)
        return {other for one in conflicts for other in one if one[0] in listings or one[1] in listings}

    def edges(self, listings: Collection[int]) -> dict[Pair, Likeness]:
        """All edges among these."""
        return {pair: found for pair, found in self._current() if pair[0] in listings and pair[1] in listings}

    def profiles(self, listings: Collection[int]) -> list[Profile]:
        """Of these, in order of their keys."""
        known = {**self._known, **self._delta.profiles}
        found = (known[number].profile for number in listings if number in known)
        return sorted((profile for profile in found if profile), key=lambda profile: profile.key)

    def _current(self) -> Iterator[tuple[Pair, Likeness]]:
        old = self._delta.old_edges
        yield from ((pair, found) for pair, found in self._edges.items() if pair not in old)
        yield from self._delta.new_edges.items()

    def _note(self, pair: Pair) -> None:
        if not self._delta.new_edges[pair].is_conflict:
            self._beside[pair[0]].add(pair[1])
            self._beside[pair[1]].add(pair[0])

    async def _neighbours(self, listings: Collection[int]) -> set[int]:
        edges = await matches.edges(self._connection, listings)
        known = await matches.remembered(self._connection, listings)
        self._edges |= edges
        self._known |= known
        new = (self._delta.profiles[number] for number in listings if number in self._delta.profiles)
        keys = {key for each in (*known.values(), *new) for key in each.keys if is_company(key)}
        found = await matches.companions(self._connection, keys)
        found.update(number for key in keys for number in self._companies.get(key, ()))
        found.update(number for pair, each in edges.items() if not each.is_conflict for number in pair)
        for number in listings:
            found |= self._bound.get(number, set()) | self._beside.get(number, set())
        return found
