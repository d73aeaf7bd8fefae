"""Words and names that the tests of reading a text start from."""

from functools import cache

from directory.nomenclature import naf
from directory.understanding.preferences import Preferences
from directory.understanding.reading import Reading, read
from directory.understanding.vocabulary import Vocabulary, spoken

PARTNERS = {
    "chambre": ("CCI Aix-Marseille-Provence", "CCI", "chambre de commerce"),
    "cmar": ("Chambre de métiers et de l'artisanat", "CMAR", "chambre des métiers"),
    "cpme13": ("CPME 13", "CPME"),
    "cress-paca": ("Cress Paca", "Cress"),
    "french-tech": ("La French Tech", "French Tech", "startup", "start-up"),
}
_TRADES = (
    "plombier traiteur électricien électricité menuisier menuiserie photographe graphiste comptable caces nettoyage "
    "pharmacie mariage peintre rénovation paysagiste serrurier langue nacelle tableau marquage recharge borne sol "
    "architecte audit ramonage dépannage maçon chauffagiste agence web spa ongulaire matière poisson moto voiture"
)


@cache
def known() -> Vocabulary:
    return Vocabulary(spoken([_TRADES, *(naf.label(code) or "" for code in naf.codes())], names(), [("sotrinbat", 1)]))


@cache
def names() -> Preferences:
    return Preferences(PARTNERS)


def reading(text: str, *without: str) -> Reading:
    return read(text, known(), names(), frozenset(without))


def left(text: str, *without: str) -> str:
    """The words left to look for."""
    return " ".join(word.text for word in reading(text, *without).words)
