"""The Chambre de métiers' export: capitals, the craft in words, a quality of craftsman."""

from random import Random
from typing import ClassVar, Final

from demo.clocks import french, from_ms
from demo.company import Company
from demo.ledger import Key, Record
from demo.spelling import capitals
from demo.views.base import (
    View,
    carelessly,
    commune_name,
    known_phone,
    known_siren,
    known_site,
    person_name,
    site_address,
    street,
    with_form,
)
from directory.nomenclature import naf

_QUALITIES: Final = ("Artisan", "Artisan", "Artisan", "Maître artisan", "", "Artisan d'art")


class CmarView(View):
    """Register numbers say that the row is of the demo; instants are whole minutes."""

    resolution: ClassVar[int] = 60_000

    def key(self, position: int) -> Key:
        """``RM13-D000042``: D for démonstration."""
        return f"RM13-D{position:06d}"

    def position(self, key: Key) -> int:
        """The number inside the register number."""
        return int(str(key).removeprefix("RM13-D"))

    def record(self, company: Company, site: int, key: Key, instant: int, rng: Random) -> Record:
        """Every cell is text; an empty one says nothing is known."""
        place = known_site(company, site, rng, stale=0.4)
        trade = company.sketch.trade
        has_siren, has_siret = rng.random() < 0.85, rng.random() < 0.6
        name = with_form(company, person_name(company, rng), rng, chance=0.3)
        return {
            "NUMERO_RM": str(key),
            "SIREN": known_siren(company, rng, wrong=0.004) if has_siren else "",
            "SIRET": place.siret if has_siret else "",
            "DENOMINATION": carelessly(name, rng, upper=0.75, plain=0.05),
            "ENSEIGNE": carelessly(company.sign, rng, upper=0.6, plain=0.1)
            if company.sign and rng.random() < 0.7
            else "",
            "METIER": trade.metier or naf.label(trade.naf) or "",
            "CODE_APE": trade.naf.replace(".", "") if rng.random() < 0.9 else "",
            "ADRESSE": _line(street(place, rng, short=0.4, upper=0.7), place.place.complement, rng),
            "CODE_POSTAL": place.place.postcode,
            "COMMUNE": commune_name(place, rng, upper=0.8, district=0.1),
            "TELEPHONE": known_phone(company, rng, missing=0.15) or "",
            "COURRIEL": company.email if company.email and rng.random() < 0.5 else "",
            "SITE": site_address(company, rng, missing=0.4) or "",
            "QUALITE": rng.choice(_QUALITIES),
            "LABELS": "|".join(_held(company, Random(company.siren))),
            "MODIFIE_LE": french(from_ms(instant)),
        }


def _held(company: Company, rng: Random) -> list[str]:
    """The labels; of some the clerk has noted until when they are held."""
    years = range(2025, 2029)
    return [
        f"{label} (jusqu'au {rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/{rng.choice(years)})"
        if rng.random() < 0.3
        else label
        for label in company.labels
    ]


def _line(line: str, complement: str | None, rng: Random) -> str:
    if complement is None or rng.random() < 0.5:
        return line
    return f"{capitals(complement)} {line}" if line.isupper() else f"{complement}, {line}"
