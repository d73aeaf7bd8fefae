"""Partners and labels that a need names: they bring suppliers forward and hide none."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from directory.nomenclature import labels
from directory.normalise import vocabulary, words
from directory.understanding.contract import PartKind, Preference
from directory.understanding.phrases import Phrases
from directory.understanding.tokens import Token

# A partner's id with the names that it goes by, the first being the one to show.
Partners = Mapping[str, tuple[str, ...]]
Meaning = tuple[PartKind, str, str]

# Short forms that mean something else more often: artificial intelligence, a sole trader's legal form.
_NEVER: Final = vocabulary("ai ei nr")
# Words and syllables unless typed in capitals, or with one.
_IN_CAPITALS: Final = vocabulary("ab ea aci bdm hds igp")
_WITH_CAPITAL: Final = vocabulary("envol lucie diversite")
# Labels whose words say what is made or done as well: they stay among the words.
_TRADES_TOO: Final = vocabulary(
    "agriculture-biologique artisan-d-art maitre-restaurateur commerce-equitable haccp hds qualiopi rse aci ea ei etti "
    "eiti eatt esat ai geiq regie-de-quartier deeptech iso-9001 iso-13485 iso-14001 iso-20121 iso-22000 iso-26000 "
    "iso-27001 iso-45001 iso-50001 en-9100 iatf-16949 diversite egalite-professionnelle numerique-responsable "
    "tourisme-et-handicap batiment-durable-mediterraneen hqe achats-responsables cefri aop igp"
)


class Preferences:
    """The names of partners and labels, ready to be found in a row of words."""

    def __init__(self, partners: Partners) -> None:
        self._phrases: Final = Phrases([*_of_partners(partners), *_of_labels()], passing_over=True)

    def at(self, row: Sequence[Token], start: int) -> tuple[int, Meaning] | None:
        """Where the name that starts there ends, and whose it is."""
        found = self._phrases.at(row, start)
        if found is None or not _is_believed(row[start], found[0] - start):
            return None
        return found

    def words(self) -> set[str]:
        """Every word of a name, for the vocabulary that corrections are made from."""
        return set(self._phrases.words())


def stays(meaning: Meaning) -> bool:
    """Whether the words are looked for all the same."""
    kind, value, _ = meaning
    return kind is PartKind.LABEL and value in _TRADES_TOO


def preference(meaning: Meaning, typed: str) -> Preference:
    """The preference that a name stands for."""
    kind, value, label = meaning
    return Preference(kind, value, label, typed)


def _is_believed(token: Token, length: int) -> bool:
    if length > 1:
        return True
    if token.text in _IN_CAPITALS:
        return token.is_acronym
    return token.text not in _WITH_CAPITAL or token.has_capital


def _of_partners(partners: Partners) -> Iterator[tuple[str, Meaning]]:
    for partner, names in partners.items():
        for name in names:
            yield _phrase(name), (PartKind.PARTNER, partner, names[0])


@cache
def _of_labels() -> tuple[tuple[str, Meaning], ...]:
    found = [
        (written, (PartKind.LABEL, label.id, label.name))
        for text, label in labels.by_text().items()
        if text not in _NEVER
        for written in (text, _plural(text))
    ]
    return tuple(found)


def _plural(text: str) -> str:
    return " ".join(
        f"{word}s" if len(word) > 4 and word.isalpha() and word[-1] not in "sx" else word for word in text.split()
    )


def _phrase(name: str) -> str:
    return " ".join(word for written in name.replace("'", " ").replace("’", " ").split() for word in words(written))
