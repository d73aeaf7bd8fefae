"""A hundred lines of rules over rapidfuzz: what a careful programmer writes in a day, without a model.

Candidates share a key; points are added for what two records have in common; enough points join them, and joins are
followed without end. Only a contradiction of SIRETs or SIRENs keeps two records apart. What many share (a chain's sign
and site, an accountant's phone) says little.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations, product

from rapidfuzz import fuzz

from directory.matching.contract import MatchRecord
from directory.normalise import vocabulary

MOST_IN_A_BLOCK = 60
MOST_SHARE = 8
ENOUGH = 1.0
GENERIC_MAIL = vocabulary(
    "gmail.com orange.fr wanadoo.fr hotmail.fr hotmail.com free.fr yahoo.fr sfr.fr laposte.net outlook.fr live.fr "
    "icloud.com"
)


def by_rules(records: Sequence[MatchRecord]) -> list[Hashable]:
    """The establishment of each record."""
    rules = Rules(records)
    roots = list(range(len(records)))
    seen: set[tuple[int, int]] = set()
    for block in _blocks(records):
        for pair in combinations(block, 2):
            if pair not in seen:
                seen.add(pair)
                if rules.alike(records[pair[0]], records[pair[1]]):
                    roots[_root(roots, pair[0])] = _root(roots, pair[1])
    return [_root(roots, position) for position in range(len(records))]


class Rules:
    """The rules, knowing which values many records share."""

    def __init__(self, records: Sequence[MatchRecord]) -> None:
        carried = Counter(value for record in records for value in _told(record))
        self._shared = {value for value, number in carried.items() if number > MOST_SHARE}

    def alike(self, left: MatchRecord, right: MatchRecord) -> bool:
        """Whether two records are of one establishment."""
        if left.siret and right.siret:
            return left.siret == right.siret
        if left.siren and right.siren and left.siren != right.siren:
            return False
        points = self._name(left, right) + _place(left, right) + self._contact(left, right)
        if left.siren and left.siren == right.siren:
            points += 0.4
        return points >= ENOUGH

    def _name(self, left: MatchRecord, right: MatchRecord) -> float:
        pairs = product(left.names, right.names)
        best, name = max(((_likeness(*pair), pair[0]) for pair in pairs), default=(0.0, ""))
        if best < 75:
            return -0.1
        points = 0.5 if best >= 93 else 0.4 if best >= 85 else 0.15
        return min(points, 0.25) if name in self._shared else points

    def _contact(self, left: MatchRecord, right: MatchRecord) -> float:
        site, other = left.site or _mail_domain(left), right.site or _mail_domain(right)
        points = self._same(left.phone, right.phone, 0.45) + self._same(_mailbox(left), _mailbox(right), 0.35)
        return points + self._same(site, other, 0.25)

    def _same(self, one: str | None, other: str | None, points: float) -> float:
        if not one or not other:
            return 0.0
        if one != other:
            return -0.05
        return 0.05 if one in self._shared else points


def _told(record: MatchRecord) -> Iterator[str]:
    site = record.site or _mail_domain(record)
    yield from filter(None, (record.phone, _mailbox(record), site, *record.names[:1]))


def _likeness(one: str, other: str) -> float:
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other), fuzz.token_set_ratio(one, other) - 5)


def _place(left: MatchRecord, right: MatchRecord) -> float:
    together = left.postcode == right.postcode or left.commune == right.commune
    points = 0.25 if together else -0.3
    if left.street and right.street:
        likeness = fuzz.token_sort_ratio(left.street, right.street)
        same_number = left.street.split()[0] == right.street.split()[0]
        return points + (0.35 if likeness >= 90 and same_number else 0.1 if likeness >= 85 else -0.25)
    return points + 0.05 if together else points


def _mailbox(record: MatchRecord) -> str | None:
    return record.email.lower() if record.email else None


def _mail_domain(record: MatchRecord) -> str | None:
    domain = (record.email or "").rpartition("@")[2].lower()
    return domain if domain and domain not in GENERIC_MAIL else None


def _blocks(records: Sequence[MatchRecord]) -> Iterator[list[int]]:
    blocks: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, record in enumerate(records):
        for key in set(_keys(record)):
            blocks[key].append(position)
    return (block for block in blocks.values() if 1 < len(block) <= MOST_IN_A_BLOCK)


def _keys(record: MatchRecord) -> Iterator[tuple[str, ...]]:
    for value in (record.siret, record.phone, _mailbox(record)):
        if value:
            yield (value,)
    where = record.commune or record.postcode
    site = record.site or _mail_domain(record)
    if where:
        yield from ((where, value) for value in (record.siren, record.street, site) if value)
        for name in record.names:
            words = sorted(name.split(), key=len)
            yield where, " ".join(sorted(words))
            yield from ((where, word[:6]) for word in words[-2:] if len(word) > 3)


def _root(roots: list[int], position: int) -> int:
    while roots[position] != position:
        roots[position] = roots[roots[position]]
        position = roots[position]
    return position
