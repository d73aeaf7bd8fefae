"""Values of a listing that are made of several: the door it is behind, the domain it owns, the words of its names."""

import re
from functools import lru_cache
from typing import Final

from directory.matching.contract import MatchRecord
from directory.normalise import site_key, vocabulary

_NUMBER: Final = re.compile(r"^(\d+[a-z]?)\b *")
# Providers at which anybody has a mailbox: the domain says nothing about whose it is.
_PROVIDERS: Final = vocabulary(
    "9online.fr aliceadsl.fr aol.com bbox.fr cegetel.net club-internet.fr dbmail.com free.fr gmail.com gmx.com gmx.fr "
    "googlemail.com hotmail.com hotmail.fr icloud.com infonie.fr laposte.net libertysurf.fr live.com live.fr mac.com "
    "mail.com me.com msn.com neuf.fr noos.fr numericable.fr orange.fr outlook.com outlook.fr pm.me proton.me "
    "protonmail.com sfr.fr tele2.fr tiscali.fr voila.fr wanadoo.fr yahoo.com yahoo.fr ymail.com"
)


def domain_of(record: MatchRecord) -> str | None:
    """The domain that the company owns: its site's, else its mailbox's unless anybody can have one there."""
    return record.site or _own_domain(record.email or "")


def street_of(record: MatchRecord) -> tuple[str, str]:
    """Number and name of the street, each empty where it is not known: ``12b avenue republique``."""
    street = record.street or ""
    found = _NUMBER.match(street)
    return (found[1], street[found.end() :]) if found else ("", street)


def door_of(record: MatchRecord) -> str | None:
    """Street and town, or its postcode, where both are known: where many are at home, being there says little."""
    town = record.commune or record.postcode
    return f"{record.street}|{town}" if record.street and town else None


@lru_cache(maxsize=4_096)
def _own_domain(email: str) -> str | None:
    domain = email.rpartition("@")[2].lower()
    return None if not domain or domain in _PROVIDERS else site_key(f"https://{domain}")
