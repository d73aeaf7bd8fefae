"""What a page says of a match, in French: features, levels, and numbers as they are written in France."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FEATURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "Nom",
        "address": "Adresse",
        "contact": "Contact",
        "naf": "Activité",
        "siren": "SIREN",
        "siret": "SIRET",
        "directory": "Annuaire",
        "steward": "Gestionnaire",
    }
)
# Every level of directory.matching.levels, and what settles a membership without likeness.
LEVELS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "name": {
            "same name": "même nom",
            "same rare sign": "même enseigne rare",
            "like spelling": "orthographe proche",
            "one in the other, telling": "l'un dans l'autre, mots rares",
            "one in the other": "l'un dans l'autre",
            "telling words in common": "mots rares en commun",
            "words in common": "mots en commun",
            "same sign": "même enseigne",
            "acronym": "sigle",
            "a word in common": "un mot en commun",
            "nothing in common": "rien en commun",
        },
        "address": {
            "same door": "même rue et même numéro",
            "same point": "même point sur la carte",
            "same street": "même rue",
            "like street": "rue écrite presque pareil",
            "same postcode": "même code postal",
            "same town": "même commune",
            "other street": "autre rue",
            "other town": "autre commune",
        },
        "contact": {
            "same phone and mailbox": "même téléphone, même courriel",
            "same phone and domain": "même téléphone, même domaine",
            "same phone": "même téléphone",
            "same mailbox": "même courriel",
            "same domain": "même domaine",
            "same domain, other phone": "même domaine, autre téléphone",
            "other phone": "autre téléphone",
            "other domain": "autre domaine",
            "all other": "tout diffère",
        },
        "naf": {
            "same sub-class": "même sous-classe",
            "same class": "même classe",
            "same division": "même division",
            "other activity": "autre activité",
        },
        "siren": {"same SIREN": "même SIREN", "other SIREN": "autre SIREN"},
        "siret": {"same SIRET": "même SIRET"},
        "directory": {"another directory": "un autre annuaire", "same directory": "le même annuaire"},
        "steward": {"one company": "une seule entreprise"},
    }
)


def feature(name: str) -> str:
    """What was compared."""
    return FEATURES.get(name, name)


def level(of: str, name: str) -> str:
    """How far the two agree, of a feature."""
    return LEVELS.get(of, {}).get(name, name)


def bits(weight: float) -> str:
    """A weight with its sign: ``+7,2``, ``−13,0``."""
    return f"{weight:+.1f}".replace("-", "−").replace(".", ",")


def percent(share: float) -> str:
    """A share of 1, whole only when it is: ``99,9 %`` for 0.9996."""
    shown = f"{int(share * 1_000) / 10:.1f}".removesuffix(".0")
    return f"{shown} %".replace(".", ",")
