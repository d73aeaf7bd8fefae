"""What is there when decisions are made, and what each of them comes to."""

from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from directory import links, survivorship
from directory.choice import Policy
from directory.links import Key, Link, Pair
from directory.stewardship.decisions import (
    Confirm,
    Decision,
    Merge,
    Move,
    Pin,
    Reject,
    Split,
    Undo,
    Unpin,
    listings,
    suppliers,
)
from directory.stewardship.refusals import Conflicting, Meaningless, Stale, Unknown
from directory.store import acts, members, resolving
from directory.store.acts import ActKind, PinWord, Word, WordKind
from directory.store.members import Member

CHANGED = "It has changed since you looked at it; look again, then decide."


class Entry(Struct, frozen=True):
    """A decision found good. Words about pairs depend on those before them, and are found when it is their turn."""

    kind: ActKind
    about: Collection[Key]
    words: "Sequence[Word] | Callable[[Desk], Sequence[Word]]"
    undoes: int | None = None


class Desk:
    """What is there when decisions are made: suppliers with their members and versions, and the words that stand."""

    def __init__(self, connection: AsyncConnection, known: members.Members, versions: dict[int, str]) -> None:
        self._connection = connection
        self._known, self._versions = known, versions
        self._member = {each.id: each for mine in known.values() for each in mine}
        self._joined: list[set[int]] = []
        self._undone: set[int] = set()
        self._answered: set[tuple[int, int]] = set()
        self.words: dict[Pair, Link] = {}

    @classmethod
    async def prepared(cls, connection: AsyncConnection, decisions: Sequence[Decision]) -> "Desk":
        """Read what the decisions are about."""
        named = await members.by_listing(connection, list(listings(decisions)))
        wanted = {*suppliers(decisions), *(each.supplier for each in named.values())}
        known = await members.of_suppliers(connection, wanted)
        desk = cls(connection, known, await members.versions(connection, known))
        desk.words = (await acts.standing(connection)).links
        return desk

    async def check(self, decision: Decision) -> Entry:
        """The entry that the decision makes. Raises :class:`Refused`."""
        match decision:
            case Confirm() | Reject():
                entry = self._answer(decision)
            case Merge():
                entry = self._merge(decision)
            case Split():
                entry = self._split(decision)
            case Move():
                entry = self._move(decision)
            case Pin():
                entry = await self._pin(decision)
            case Unpin():
                entry = await self._unpin(decision)
            case Undo():
                entry = await self._undo(decision)
        return entry

    def _answer(self, said: Confirm | Reject) -> Entry:
        left, right = self._listing(said.left, "review"), self._listing(said.right, "review")
        if left.id == right.id:
            raise Meaningless("A listing is one company with itself.", "review")
        seen = members.both([self._versions[left.supplier], self._versions[right.supplier]])
        if seen != said.version:
            raise Stale(CHANGED, "version")
        pair = min(left.id, right.id), max(left.id, right.id)
        if pair in self._answered:
            raise Meaningless("The same question is answered twice.", "review")
        self._answered.add(pair)
        if isinstance(said, Reject):
            return _linking(ActKind.REJECT, left.key, right.key, Link.TWO_COMPANIES)
        self._join(left.supplier, right.supplier, about="review")
        link = Link.ONE_SITE if said.same_site else Link.ONE_COMPANY
        return _linking(ActKind.CONFIRM, left.key, right.key, link)

    def _merge(self, said: Merge) -> Entry:
        merged = [said.into, *said.others]
        found = [self._listed(number, "into" if number == said.into else "from") for number in merged]
        if not said.others or len(set(merged)) < len(merged):
            raise Meaningless("Name the suppliers to merge, each once.", "from")
        self._check_versions(merged, said.versions)
        self._join(*merged, about="from")
        keys = [each.key for mine in found for each in mine]
        into = min(each.key for each in found[0])
        return Entry(ActKind.MERGE, keys, lambda desk: desk.say(links.joined(desk.words, keys), into=into))

    def _split(self, said: Split) -> Entry:
        mine = self._supplier(said.supplier, "id")
        self._check_versions([said.supplier], [said.version])
        leaving = [each for each in mine if each.id in said.listings]
        staying = [each for each in mine if each.id not in said.listings]
        if len(leaving) < len(set(said.listings)):
            raise Meaningless("These are not all listings of this supplier.", "listings")
        for part in (leaving, staying):
            if all(each.is_official for each in part):
                raise Meaningless("At least one listing leaves and one stays, registers' not counted.", "listings")
        gone, left = [each.key for each in leaving], [each.key for each in staying]
        return Entry(ActKind.SPLIT, [*gone, *left], lambda desk: desk.say(links.parted(desk.words, gone, left)))

    def _move(self, said: Move) -> Entry:
        moved = self._listing(said.listing, "listing")
        target = self._listed(said.to, "to")
        self._check_versions([moved.supplier, said.to], said.versions)
        if moved.supplier == target[0].supplier:
            raise Conflicting("The listing is of this supplier already.", "to")
        if moved.is_official:
            raise Meaningless("A register's listing follows its SIREN and cannot be moved.", "listing")
        _check_sirens([moved, *self._supplier(said.to, "to")], "to")
        others = [each.key for each in self._known[moved.supplier] if each.id != moved.id]
        new = [moved.key, *(each.key for each in target)]

        def words(desk: "Desk") -> list[Word]:
            parting = desk.say(links.parted(desk.words, [moved.key], others)) if others else []
            return parting + desk.say(links.joined(desk.words, new))

        return Entry(ActKind.MOVE, [*new, *others], words)

    async def _pin(self, said: Pin) -> Entry:
        mine = {each.id: each for each in self._supplier(said.supplier, "id")}
        self._check_versions([said.supplier], [said.version])
        if said.listing not in mine:
            raise Meaningless("This is not a listing of this supplier.", "fromListing")
        observed = await resolving.observations(self._connection, [said.listing])
        _, provenance = survivorship.choose(
            0, list(observed.values()), Policy(), now=observed[said.listing].observed_at
        )
        if said.field not in {each.field for each in provenance}:
            raise Meaningless(f"This listing says nothing of {said.field}.", "fromListing")
        member = mine[said.listing]
        word = acts.pinning(WordKind.PIN, member.supplier, said.field, member.key)
        return Entry(ActKind.PIN, [member.key], [word])

    async def _unpin(self, said: Unpin) -> Entry:
        self._supplier(said.supplier, "id")
        self._check_versions([said.supplier], [said.version])
        standing = [pin for pin in await self._pins_of(said.supplier) if pin.field is said.field]
        if not standing:
            raise Conflicting(f"{said.field} is not pinned.", "field")
        words = [acts.pinning(WordKind.UNPIN, pin.supplier, pin.field, pin.listing) for pin in standing]
        return Entry(ActKind.UNPIN, [pin.listing for pin in standing], words)

    async def _undo(self, said: Undo) -> Entry:
        act = (await acts.by_id(self._connection, [said.act])).get(said.act)
        if act is None:
            raise Unknown("There is no such decision.", "id")
        if act.kind is ActKind.UNDO:
            raise Conflicting("An undoing is not undone; what it undid can be decided again.", "id")
        if act.undone_by is not None or act.id in self._undone:
            raise Conflicting("This decision is undone already.", "id")
        self._undone.add(act.id)
        return Entry(ActKind.UNDO, act.listings, [Word(WordKind.UNDO, {"decision": act.id})], undoes=act.id)

    async def _pins_of(self, supplier: int) -> list[PinWord]:
        """The pins of a supplier, those that wait for their listing included."""
        standing = await acts.pins(self._connection)
        today = await members.aliases(self._connection, [pin.supplier for pin in standing])
        return [pin for pin in standing if today.get(pin.supplier, pin.supplier) == supplier]

    def say(self, said: dict[Pair, Link], into: Key | None = None) -> list[Word]:
        """The rows of these words, which stand from now on."""
        self.words.update(said)
        more = {} if into is None else {"into": into}
        return [Word(word.kind, {**word.payload, **more}) for word in map(acts.word, said, said.values())]

    def _listing(self, number: int, about: str) -> Member:
        if number not in self._member:
            raise Unknown("There is no such listing any more.", about)
        return self._member[number]

    def _supplier(self, number: int, about: str) -> Sequence[Member]:
        if number not in self._known:
            raise Unknown("There is no such supplier any more.", about)
        return self._known[number]

    def _listed(self, number: int, about: str) -> list[Member]:
        """What directories list of it: a register's listing follows its SIREN by itself."""
        return [each for each in self._supplier(number, about) if not each.is_official]

    def _check_versions(self, numbers: Sequence[int], seen: Sequence[str]) -> None:
        if [self._versions[number] for number in numbers] != list(seen):
            raise Stale(CHANGED, "version" if len(numbers) == 1 else "versions")

    def _join(self, *numbers: int, about: str) -> None:
        """Let these be one, with all that is one with them by the decisions before."""
        whole = set(numbers)
        for group in self._joined:
            if group & whole:
                whole |= group
        _check_sirens([each for number in whole for each in self._known[number]], about)
        self._joined = [group for group in self._joined if not group & whole] + [whole]


def _linking(kind: ActKind, one: Key, other: Key, link: Link) -> Entry:
    return Entry(kind, [one, other], lambda desk: desk.say(links.linked(desk.words, one, other, link)))


def _check_sirens(company: Iterable[Member], about: str) -> None:
    """Two valid SIRENs are two companies, whatever anybody decides."""
    sirens = sorted({each.siren for each in company if each.siren})
    if len(sirens) > 1:
        raise Conflicting(f"These are companies of different SIRENs, which are never one: {', '.join(sirens)}.", about)
