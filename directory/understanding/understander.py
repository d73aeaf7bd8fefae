"""A text understood as a whole: what it says of place and preference is read, what is left names activities."""

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from typing import Final, Protocol

from directory.search.catalogue import Catalogue, trades
from directory.understanding.activities import Activities, Meaning, known_words
from directory.understanding.contract import Interpretation
from directory.understanding.lexicon import Lexicon
from directory.understanding.preferences import Preferences
from directory.understanding.reading import read
from directory.understanding.vocabulary import Vocabulary, spoken

REMEMBERED: Final = 1024  # texts; some 4 kB each

Partners = Mapping[str, tuple[str, ...]]


class Indexed(Protocol):
    """The words that suppliers use."""

    def vocabulary(self) -> Iterable[tuple[str, int]]:
        """Words of names with how many suppliers have each."""
        ...

    def stems(self) -> Iterable[str]:
        """The stems of every word that a supplier has anywhere."""
        ...


class Understander:
    """Understands texts, for one state of the lexicon, of the partners' names and of the words that the index holds.

    Thread-safe: nothing in it changes once it is made. ``trades`` completes what is being typed by the same lexicon.
    """

    def __init__(
        self, activities: Activities, preferences: Preferences, vocabulary: Vocabulary, trades: Catalogue
    ) -> None:
        self.trades = trades
        # The next page and the next portal ask in the same words.
        self._understood = lru_cache(REMEMBERED)(partial(_understood, activities, preferences, vocabulary))

    @classmethod
    def of(
        cls,
        lexicon: Lexicon,
        *,
        partners: Partners | None = None,
        indexed: Indexed | None = None,
        meaning: Meaning | None = None,
    ) -> "Understander":
        """One for a lexicon: one or two seconds. ``partners`` are the names that each partner id goes by."""
        preferences = Preferences(partners or {})
        counted = spoken(known_words(lexicon), preferences, indexed.vocabulary() if indexed else ())
        vocabulary = Vocabulary(counted, indexed.stems() if indexed else ())
        return cls(_activities(lexicon, meaning), preferences, vocabulary, _trades(lexicon))

    def understand(self, text: str, without: frozenset[str] = frozenset()) -> Interpretation:
        """What the text means, but for the parts whose keys are in ``without``. Any text is understood somehow."""
        return self._understood(text, without)


def _understood(
    activities: Activities, preferences: Preferences, vocabulary: Vocabulary, text: str, without: frozenset[str]
) -> Interpretation:
    found = read(text, vocabulary, preferences, without)
    return Interpretation(
        text=text,
        words=found.words,
        activities=tuple(each for each in activities.find(found.words) if each.key not in without),
        place=found.place,
        preferences=found.preferences,
        corrections=found.corrections,
        dropped=tuple(sorted(without)),
    )


# What depends on the lexicon alone takes the longest to make, and outlives many states of the index.
_activities = lru_cache(maxsize=2)(Activities)
_trades = lru_cache(maxsize=2)(trades)
