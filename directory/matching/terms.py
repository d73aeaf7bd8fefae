"""How often each value occurs: what makes an agreement on it worth much or little.

Counts are of the listings of one store. A small store knows little of how common a word is, so that its counts are
mixed with what is known of French company names beforehand, as if :data:`POPULATION` further listings had been seen.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from math import log2
from typing import Final

from msgspec.structs import astuple

from directory.matching.contract import MatchRecord
from directory.matching.keys import company, domain_of, door_of, names_of, partner_of

Term = tuple[str, str]

POPULATION: Final = 50_000
RARE: Final = 1e-4  # of a word or name: a surname that is not among the common ones, an invented name
# Of those that have a value, so many others are taken to be the same establishment, listed elsewhere, and at least so
# many are taken to be another.
_SAME: Final = 1.5
_FEWEST: Final = 0.1
# A directory of which one listing in so many says again what another one of it says lists sites more than once. Of
# others hardly one in a thousand does.
_REPEATED: Final = 100
_FEWEST_REPEATED: Final = 2
_IDENTITY: Final = 2  # fields of a record that are not said but who says it


class Terms:
    """Frequencies of a store's values. ``listings`` is how many it had when they were counted."""

    def __init__(self, counts: Mapping[Term, int], listings: int) -> None:
        self._counts, self.listings = counts, listings
        self.population = listings + POPULATION

    @classmethod
    def frozen(cls, records: Iterable[MatchRecord], counts: Mapping[int, int], listings: int) -> "Terms":
        """Of the values of these records, as they were counted among so many listings; ``counts`` by
        :func:`number_of`.
        """
        terms = {term for record in records for term in asked_of(record)}
        return cls({term: count for term in terms if (count := counts.get(number_of(term)))}, listings)

    @classmethod
    def of(cls, records: Iterable[MatchRecord]) -> "Terms":
        """Counted anew."""
        counts: Counter[Term] = Counter()
        listings = 0
        said: set[tuple[object, ...]] = set()
        for record in records:
            listings += 1
            whole = _whole(record)
            if whole in said:
                counts.update((("partner", partner_of(record)), ("repeated", partner_of(record))))
                continue
            counts.update(terms_of(record))
            if whole:
                said.add(whole)
        return cls(counts, listings)

    def items(self) -> Iterator[tuple[Term, int]]:
        """The values that more than one listing has; another one counts as 1."""
        return ((term, count) for term, count in self._counts.items() if count > 1)

    def count(self, term: Term) -> int:
        """How many listings have the value."""
        return self._counts.get(term, 1)

    def bits(self, term: Term) -> float:
        """log2 of the chance that a listing of another establishment has the value that this one has."""
        return log2(max(self.count(term) - 1 - _SAME, _FEWEST) / self.population)

    def repeats_itself(self, partner: str) -> bool:
        """Whether this directory lists sites more than once: then being of it together tells nothing."""
        repeated = self._counts.get(("repeated", partner), 0)
        return repeated >= _FEWEST_REPEATED and repeated * _REPEATED >= self.count(("partner", partner))

    def share(self, term: Term) -> float:
        """How many of all listings have the value, 0…1."""
        before = _known().get(term[1], 0.0) if term[0] == "word" else 0.0
        return (self.count(term) + before * POPULATION) / self.population


def terms_of(record: MatchRecord) -> Iterator[Term]:
    """The values of a listing whose frequency counts, each once."""
    yield "partner", partner_of(record)
    names = names_of(record)
    yield from (("word", word) for word in {word for name in names for word in name.split()})
    yield from (("name", name) for name in names)
    for feature in ("siren", "phone", "email", "postcode", "naf"):
        if value := getattr(record, feature):
            yield feature, value
    if domain := domain_of(record):
        yield "domain", domain
    if door := door_of(record):
        yield "door", door


def asked_of(record: MatchRecord) -> Iterator[Term]:
    """The values whose frequencies its profile depends on, one maybe twice: a SIREN that only a SIRET tells is looked
    up though it is not counted.
    """
    yield from terms_of(record)
    yield "repeated", partner_of(record)
    if siren := company(record):
        yield "siren", siren


def _whole(record: MatchRecord) -> tuple[object, ...] | None:
    """All that a listing says, when it is enough to be recognised when it is said again."""
    if not record.names or not (record.street or record.phone):
        return None
    return (partner_of(record), *astuple(record)[_IDENTITY:])


def number_of(term: Term) -> int:
    """The term as a number of 63 bits, as the store keeps it: nothing personal in clear, and short."""
    digest = blake2b("\x1f".join(term).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


@cache
def _known() -> Mapping[str, float]:
    """Words of French company names and how many in a hundred thousand have each; see the file's own head."""
    found: dict[str, float] = {}
    text = files("directory.matching").joinpath("data/words.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            share, _, words = line.partition(" ")
            found.update(dict.fromkeys(words.split(), float(share) / 100_000))
    return found
