"""Values of a listing that are made of several: names in alphabetical order, the door it is behind, its own domain."""

import re
from functools import lru_cache
from typing import Final

from directory import geography
from directory.matching.contract import MatchRecord
from directory.normalise import site_key, vocabulary, words

MOST_NAMES: Final = 4
LONGEST_NAME: Final = 60  # characters that are compared: whoever writes more must not make every comparison dear
_NUMBERED: Final = re.compile(r"^(?:(?P<zone>\D.*?) )?(?P<number>\d{1,5}[a-z]?) (?P<street>.+)$")
# Providers at which anybody has a mailbox: the domain says nothing about whose it is.
_PROVIDERS: Final = vocabulary(
    "9online.fr aliceadsl.fr aol.com bbox.fr cegetel.net club-internet.fr dbmail.com free.fr gmail.com gmx.com gmx.fr "
    "googlemail.com hotmail.com hotmail.fr icloud.com infonie.fr laposte.net libertysurf.fr live.com live.fr mac.com "
    "mail.com me.com msn.com neuf.fr noos.fr numericable.fr orange.fr outlook.com outlook.fr pm.me proton.me "
    "protonmail.com sfr.fr tele2.fr tiscali.fr voila.fr wanadoo.fr yahoo.com yahoo.fr ymail.com"
)


def names_of(record: MatchRecord) -> tuple[str, ...]:
    """Each name with its words in order and without its town: ``speedy aubagne`` is Speedy when it is at Aubagne."""
    town = town_words(record.commune) if record.commune else frozenset()
    return tuple(dict.fromkeys(_ordered(name[:LONGEST_NAME], town) for name in record.names[:MOST_NAMES]))


def partner_of(record: MatchRecord) -> str:
    """The directory that lists it."""
    return record.key.partition("\x1f")[0]


def company(record: MatchRecord) -> str | None:
    """The SIREN that a listing stands for: its own, else the one its SIRET begins with."""
    return record.siren or (record.siret[:9] if record.siret else None)


def domain_of(record: MatchRecord) -> str | None:
    """The domain that the company owns: its site's, else its mailbox's unless anybody can have one there."""
    return record.site or _own_domain(record.email or "")


def street_of(record: MatchRecord) -> tuple[str, str, str]:
    """Zone, number and street, each empty where it is not known: ``zi paluds 12b avenue republique`` has all three.

    A zone alone stands for the street.
    """
    street = record.street or ""
    found = _NUMBERED.match(street)
    return (found["zone"] or "", found["number"], found["street"]) if found else ("", "", street)


def door_of(record: MatchRecord) -> str | None:
    """Street and town, or its postcode, where both are known: where many are at home, being there says little."""
    _, number, street = street_of(record)
    town = record.commune or record.postcode
    return f"{number} {street}|{town}" if street and town else None


@lru_cache(maxsize=4_096)
def town_words(commune: str) -> frozenset[str]:
    """The words of a town's name, by its code or by the name itself."""
    known = geography.commune(commune)
    return frozenset(words(known.name if known else commune))


def _ordered(name: str, town: frozenset[str]) -> str:
    spoken = name.split()
    return " ".join(sorted([word for word in spoken if word not in town] or spoken))


@lru_cache(maxsize=4_096)
def _own_domain(email: str) -> str | None:
    domain = email.rpartition("@")[2].lower()
    return None if not domain or domain in _PROVIDERS else site_key(f"https://{domain}")
