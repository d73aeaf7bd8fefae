"""From listings to suppliers: match, name, choose, and write only what changed.

What to do is worked out from a snapshot without holding any lock; then one transaction writes all of it, in batches, so
that readers see the suppliers of before or of after and nothing between. Of two resolutions at once the second finds
that its snapshot is old and starts again, usually to find nothing left to do.

Usually a part of the store is worked on: what changed since the last resolution, and what hangs together with it
(:mod:`directory.incremental`). Everything is, when nothing was matched yet, the rules are others, or much has changed;
then the frequencies of values are counted anew.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from directory import incremental, quality, reviewing, survivorship
from directory.choice import Observation, Policy
from directory.identity import Identities, assign
from directory.matching.contract import Matching, MatchRecord
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.records import ChangeKind, SupplierField, now
from directory.store import changes, matches, resolving, reviews, snapshots, state
from directory.store.database import Database
from directory.store.resolving import Membership, Resolved
from directory.store.snapshots import Pin, Settled, Snapshot

# Suppliers written at a time, and the most listings that those may be made of: what bounds the memory.
BATCH = 500
BATCH_LISTINGS = 5_000

Pins = dict[SupplierField, int]
Remember = Callable[[AsyncConnection], Awaitable[None]]

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder(order="deterministic").encode


class ResolutionReport(Struct, frozen=True, kw_only=True):
    """What a resolution found and did.

    ``suppliers`` is how many there are; ``created`` includes those that came back, ``split`` are the new ones made of
    listings that another supplier had. For ``capped``, ``blocked`` and ``contradicted`` see
    :class:`directory.matching.contract.MatchCounts`; they are of what was worked on, zero when there was nothing to do.
    """

    listings: int = 0
    suppliers: int = 0
    created: int = 0
    updated: int = 0
    merged: int = 0
    split: int = 0
    removed: int = 0
    capped: int = 0
    blocked: int = 0
    contradicted: int = 0


class _Outdated(Exception):
    """What the work was prepared from is no more: another resolution came first, or a partner's content was erased."""


class _Stale(Struct, frozen=True, gc=False):
    """A supplier to be computed anew, from which listings, and what names these in their present version."""

    supplier: int
    listings: Sequence[int]
    inputs: bytes


async def resolve(
    database: Database,
    *,
    matcher: ProbabilisticMatcher | None = None,
    policy: Policy | None = None,
    full: bool = False,
    clock: Callable[[], datetime] = now,
    progress: Callable[[int, int], None] | None = None,
) -> ResolutionReport:
    """Bring the suppliers up to date with listings, decisions and rules; costs next to nothing when they are.

    Without ``matcher`` the model that the hub carries matches; without ``policy`` the partners' own priorities choose.
    ``full`` matches everything, whatever has changed. ``progress`` is told how many suppliers are written, of how many
    that need it. Raises :class:`StoreError` alone; then nothing was changed.
    """
    matcher = matcher or ProbabilisticMatcher()
    while True:
        work = await _prepare(database, matcher, policy, clock(), full=full)
        if isinstance(work, Settled):
            return ResolutionReport(listings=work.listings, suppliers=work.suppliers)
        report = await work.write(database, progress)
        if report is not None:
            _log.info("resolution", **msgspec.structs.asdict(report))
            return report


async def _prepare(
    database: Database, matcher: ProbabilisticMatcher, policy: Policy | None, now: datetime, *, full: bool
) -> "Settled | _Work":
    """What there is to do, or the sign that there is nothing."""
    async with database.reading() as connection:
        policy = policy or Policy.of(await snapshots.partners(connection))
        rules = rules_of(matcher, policy)
        last = await snapshots.settled(connection)
        if last and last.rules == rules and not full:
            is_today = last.revision == await state.revision(connection)
            if is_today and not await snapshots.due(connection, now):
                return last
            if part := await incremental.prepare(connection, last, matcher, now):
                return await asyncio.to_thread(_part_work, part, last, policy, rules, now)
        snapshot, records = await snapshots.take(connection, now)
    # Seconds of computing at a large store: in a thread, so that a server goes on answering.
    return await asyncio.to_thread(_whole_work, snapshot, records, matcher, policy, rules, now)


def _whole_work(
    snapshot: Snapshot,
    records: Sequence[MatchRecord],
    matcher: ProbabilisticMatcher,
    policy: Policy,
    rules: str,
    now: datetime,
) -> "_Work":
    """Everything, compared by frequencies counted now."""
    compared = matcher.compare(records)
    matching = matcher.cluster(compared, snapshot.words.decisions)
    remember = partial(matches.rewrite, compared=compared, digests=snapshot.digests)
    return _Work(snapshot, matching, policy, rules, now, remember, counted=len(records))


def _part_work(part: incremental.Part, last: Settled, policy: Policy, rules: str, now: datetime) -> "_Work":
    remember = partial(matches.apply, delta=part.delta)
    return _Work(part.snapshot, part.matching, policy, rules, now, remember, counted=last.counted, core=part.core)


class _Work:
    """One resolution, decided but not written; of a part of the store when there is a ``core``."""

    def __init__(
        self,
        snapshot: Snapshot,
        matching: Matching,
        policy: Policy,
        rules: str,
        now: datetime,
        remember: Remember,
        *,
        counted: int,
        core: frozenset[int] | None = None,
    ) -> None:
        self._snapshot, self._matching, self._policy, self._rules, self._now = snapshot, matching, policy, rules, now
        self._remember, self._counted, self._core = remember, counted, core
        words, homes = snapshot.words, snapshot.homes
        # A register says what is so of companies that directories list; what no directory lists is no supplier.
        listed = [cluster for cluster in matching.clusters if not snapshot.official.issuperset(cluster)]
        self._questions = reviewing.questions(matching, words.decisions, listed)
        clusters = listed if core is None else [cluster for cluster in listed if cluster[0] in core]
        if core is not None:
            self._questions = [each for each in self._questions if each.left in core or each.right in core]
        self._placed = frozenset(listing for cluster in clusters for listing in cluster)
        self._identities = assign(
            clusters, homes.home, snapshot.inputs.keys(), snapshot.next_id, homes.former, words.chosen
        )
        self._pins = _pins(words.pins, clusters, self._identities)
        inputs = _inputs(clusters, matching, self._identities.ids, snapshot, rules, self._pins)
        self._stale = [
            _Stale(supplier, listings, made_of)
            for supplier, listings, made_of in zip(self._identities.ids, clusters, inputs, strict=True)
            if snapshot.inputs.get(supplier) != made_of or supplier in snapshot.due
        ]

    async def write(self, database: Database, progress: Callable[[int, int], None] | None) -> ResolutionReport | None:
        """Write it all, or nothing and ``None`` when it is outdated."""
        try:
            async with database.writing() as connection:
                return self._report(await self._write(connection, progress))
        except _Outdated:
            return None

    async def _write(
        self, connection: AsyncConnection, progress: Callable[[int, int], None] | None
    ) -> Counter[ChangeKind]:
        await resolving.lock(connection)
        if await snapshots.settled(connection) != self._snapshot.settled:
            raise _Outdated
        at = max(self._now, await resolving.last_change_at(connection) or self._now)
        counts = Counter[ChangeKind]()
        done = 0
        for batch in _batches(self._stale):
            counts += await self._write_batch(connection, batch, at)
            done += len(batch)
            if progress is not None:
                progress(done, len(self._stale))
        counts += await self._retire(connection, at)
        is_asked_anew = await reviews.rewrite(connection, self._questions, at, self._core)
        await self._remember(connection)
        await changes.forget(connection, self._snapshot.notes)
        await self._settle(connection, changed=bool(counts) or is_asked_anew)
        return counts

    async def _write_batch(
        self, connection: AsyncConnection, batch: Sequence[_Stale], at: datetime
    ) -> Counter[ChangeKind]:
        listings = [listing for stale in batch for listing in stale.listings]
        witnesses = await resolving.observations(connection, listings)
        if len(witnesses) < len(listings) and await state.revision(connection) != self._snapshot.revision:
            raise _Outdated
        resolved = await asyncio.to_thread(self._compute, batch, witnesses)
        known = await resolving.digests(connection, [stale.supplier for stale in batch])
        changed = {each.supplier.id for each in resolved if known.get(each.supplier.id) != each.digest}
        await resolving.write(connection, resolved, changed, at)
        changes = [(self._kind(supplier), supplier, None) for supplier in sorted(changed)]
        await resolving.log(connection, changes, at)
        return Counter(kind for kind, _, _ in changes)

    def _compute(self, batch: Sequence[_Stale], witnesses: Mapping[int, Observation]) -> list[Resolved]:
        return [self._resolved(stale, [witnesses[listing] for listing in stale.listings]) for stale in batch]

    def _resolved(self, stale: _Stale, observations: Sequence[Observation]) -> Resolved:
        pins = self._pins.get(stale.supplier)
        policy = msgspec.structs.replace(self._policy, pins=pins) if pins else self._policy
        matched = {listing: self._matching.site(listing) for listing in stale.listings}
        supplier, provenance = survivorship.choose(stale.supplier, observations, policy, now=self._now, matched=matched)
        home = {listing: site.id for site in supplier.establishments for listing in site.listings}
        return Resolved(
            supplier=supplier,
            provenance=provenance,
            memberships=tuple(
                Membership(listing, home.get(listing), self._matching.explain(listing)) for listing in stale.listings
            ),
            inputs=stale.inputs,
            digest=blake2b(_encode((supplier, provenance)), digest_size=16).digest(),
            due_at=quality.next_step(supplier.quality.freshest_at, self._now),
        )

    def _kind(self, supplier: int) -> ChangeKind:
        if supplier in self._identities.split:
            return ChangeKind.SPLIT
        new = supplier in self._identities.created or supplier in self._identities.revived
        return ChangeKind.CREATED if new else ChangeKind.UPDATED

    async def _retire(self, connection: AsyncConnection, at: datetime) -> Counter[ChangeKind]:
        merged, removed = self._identities.merged, self._identities.removed
        await resolving.retire(connection, merged, removed, at)
        await resolving.leave(connection, self._snapshot.homes.home.keys() - self._placed, at)
        changes: list[resolving.Change] = [(ChangeKind.MERGED, old, into) for old, into in sorted(merged.items())]
        changes += [(ChangeKind.REMOVED, old, None) for old in sorted(removed)]
        await resolving.log(connection, changes, at)
        return Counter(kind for kind, _, _ in changes)

    async def _settle(self, connection: AsyncConnection, *, changed: bool) -> None:
        if changed:
            await state.bump(connection)
        await snapshots.keep(connection, self._snapshot.words)
        # Should a harvest have raised the revision meanwhile, this is not today's, and the next call has work to do.
        done = Settled(
            revision=self._snapshot.revision + changed,
            rules=self._rules,
            listings=self._snapshot.listings,
            suppliers=self._suppliers,
            counted=self._counted,
        )
        await snapshots.settle(connection, done)

    @property
    def _suppliers(self) -> int:
        """How many there are now."""
        last = self._snapshot.settled
        if self._core is None or last is None:
            return len(self._identities.ids)
        return last.suppliers - len(self._snapshot.inputs) + len(self._identities.ids)

    def _report(self, counts: Counter[ChangeKind]) -> ResolutionReport:
        heard = self._matching.counts
        return ResolutionReport(
            listings=self._snapshot.listings,
            suppliers=self._suppliers,
            **{kind.value.lower(): counts[kind] for kind in ChangeKind},
            capped=heard.capped,
            blocked=heard.blocked,
            contradicted=heard.contradicted,
        )


def rules_of(matcher: ProbabilisticMatcher, policy: Policy) -> str:
    """Names everything but the listings that a supplier depends on: when it changes, all are computed again."""
    spoken = (survivorship.RULES, quality.RULES, matcher.version, policy)
    return blake2b(_encode(spoken), digest_size=16).hexdigest()


def _pins(pins: Iterable[Pin], clusters: Sequence[Sequence[int]], identities: Identities) -> dict[int, Pins]:
    """The pins of each supplier whose listing is one of its own; the last one of a field stands, others wait."""
    pinned = list(pins)
    wanted = {pin.listing for pin in pinned}
    home = {
        listing: supplier
        for supplier, cluster in zip(identities.ids, clusters, strict=True)
        for listing in wanted.intersection(cluster)
    }
    found: dict[int, Pins] = defaultdict(dict)
    for pin in pinned:
        supplier = identities.merged.get(pin.supplier, pin.supplier)
        if home.get(pin.listing) == supplier:
            found[supplier][pin.field] = pin.listing
    return found


def _inputs(
    clusters: Sequence[Sequence[int]],
    matching: Matching,
    suppliers: Sequence[int],
    snapshot: Snapshot,
    rules: str,
    pins: Mapping[int, Pins],
) -> Iterator[bytes]:
    """What each cluster's supplier is made of: rules, its listings' versions and sites, what stewards said of them."""
    decided: dict[int, list[bytes]] = defaultdict(list)
    decisions = snapshot.words.decisions
    said = ("must", decisions.must_link), ("site", decisions.same_site), ("cannot", decisions.cannot_link)
    for kind, pairs in said:
        for pair in sorted(pairs):
            for listing in pair:
                decided[listing].append(_encode((kind, pair)))
    for supplier, cluster in zip(suppliers, clusters, strict=True):
        made_of = blake2b(rules.encode(), digest_size=16)
        if supplier in pins:
            made_of.update(_encode(pins[supplier]))
        for listing in cluster:
            made_of.update(listing.to_bytes(8) + matching.site(listing).to_bytes(8) + snapshot.digests[listing])
            made_of.update(b"".join(decided.get(listing, ())))
        yield made_of.digest()


def _batches(stale: Sequence[_Stale]) -> Iterator[list[_Stale]]:
    """In order, each within both bounds unless it is one supplier that alone exceeds them."""
    batch: list[_Stale] = []
    size = 0
    for each in stale:
        if batch and (len(batch) == BATCH or size + len(each.listings) > BATCH_LISTINGS):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(each.listings)
    if batch:
        yield batch
