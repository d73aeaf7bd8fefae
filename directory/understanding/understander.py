"""A text understood as a whole: what it says of place and preference is read, what is left names activities."""

from collections.abc import Iterable, Mapping

from directory.understanding.activities import Activities, Meaning, known_words
from directory.understanding.contract import Interpretation
from directory.understanding.lexicon import Lexicon
from directory.understanding.preferences import Preferences
from directory.understanding.reading import read
from directory.understanding.vocabulary import Vocabulary, spoken

Partners = Mapping[str, tuple[str, ...]]


class Understander:
    """Understands texts, for one state of the lexicon, of the partners' names and of the words that the index holds.

    Thread-safe: nothing in it changes once it is made.
    """

    def __init__(self, activities: Activities, preferences: Preferences, vocabulary: Vocabulary) -> None:
        self._activities, self._preferences, self._vocabulary = activities, preferences, vocabulary

    @classmethod
    def of(
        cls,
        lexicon: Lexicon,
        *,
        partners: Partners | None = None,
        indexed: Iterable[tuple[str, int]] = (),
        meaning: Meaning | None = None,
    ) -> "Understander":
        """One for a lexicon: about a second. ``partners`` are the names that each partner id goes by, ``indexed`` words
        of the index with how many suppliers have each.
        """
        preferences = Preferences(partners or {})
        vocabulary = Vocabulary(spoken(known_words(lexicon), preferences, indexed))
        return cls(Activities(lexicon, meaning), preferences, vocabulary)

    def understand(self, text: str, without: frozenset[str] = frozenset()) -> Interpretation:
        """What the text means, but for the parts whose keys are in ``without``. Any text is understood somehow."""
        found = read(text, self._vocabulary, self._preferences, without)
        activities = self._activities.find(found.words)
        return Interpretation(
            text=text,
            words=found.words,
            activities=tuple(each for each in activities if each.key not in without),
            place=found.place,
            preferences=found.preferences,
            corrections=found.corrections,
            dropped=tuple(sorted(without)),
        )
