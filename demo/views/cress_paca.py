"""Cress Paca's table: legal family, type of work-integration structure, numbers that lost their zeros."""

from random import Random
from typing import Final

from demo.clocks import from_ms, iso_seconds
from demo.company import Company
from demo.ledger import Key, Record
from demo.spelling import acronym
from demo.views.base import (
    INVENTED,
    View,
    band,
    carelessly,
    commune_name,
    known_siren,
    known_site,
    person_name,
    site_address,
    street,
    with_form,
)
from directory import geography
from directory.nomenclature import naf

_FAMILIES: Final = {
    "Association loi 1901": "association",
    "SCOP": "coopérative",
    "SCIC": "coopérative",
    "Mutuelle": "mutuelle",
    "Fondation": "fondation",
}
_INTEGRATION: Final = ("ACI", "EI", "AI", "ETTI")


class CressPacaView(View):
    """Rows of a CKAN table, numbered from 1."""

    def record(self, company: Company, site: int, key: Key, instant: int, rng: Random) -> Record:
        """Columns of the resource; what is not known is null."""
        place = known_site(company, site, rng, stale=0.4)
        code = company.sketch.trade.naf
        siren, siret = known_siren(company, rng, wrong=0.006), place.siret
        if rng.random() < 0.5:
            siren, siret = siren.lstrip("0"), siret.lstrip("0")
        name = with_form(company, person_name(company, rng), rng, chance=0.1)
        located = rng.random() < 0.8
        return {
            "_id": key,
            "siren": siren if rng.random() < 0.92 else None,
            "siret": siret if rng.random() < 0.75 else None,
            "denomination": carelessly(name, rng, upper=0.45, plain=0.05),
            "sigle": acronym(company.name) if rng.random() < 0.15 else None,
            "enseigne": company.sign if rng.random() < 0.6 else None,
            "famille_juridique": _FAMILIES.get(company.form, "société commerciale") if rng.random() < 0.7 else None,
            "type_iae": _integration(company, rng),
            "esus": _esus(company, rng),
            "ape": code if rng.random() < 0.3 else code.replace(".", ""),
            "libelle_ape": naf.label(code) if rng.random() < 0.6 else None,
            "adresse": street(place, rng, short=0.2, upper=0.3) if rng.random() < 0.9 else None,
            "code_postal": place.place.postcode,
            "commune": commune_name(place, rng, upper=0.3, district=0.4),
            "code_commune": place.place.commune.code if rng.random() < 0.6 else None,
            "site_web": site_address(company, rng, missing=0.4),
            "latitude": _number(place.place.latitude, rng) if located else None,
            "longitude": _number(place.place.longitude, rng) if located else None,
            "tranche_effectif": band(company.sketch.heads) if rng.random() < 0.5 else None,
            "territoires": _territories(company, Random(company.siren)),
            "modifie": iso_seconds(from_ms(instant)),
            "source": INVENTED,
        }


def _integration(company: Company, rng: Random) -> str | None:
    return (
        rng.choice(_INTEGRATION) if "insertion" in " ".join(company.sketch.trade.fait) and rng.random() < 0.8 else None
    )


def _territories(company: Company, rng: Random) -> str | None:
    """Where it works, as each association writes it; most leave the column empty, and some write a sentence."""
    commune = company.sketch.commune
    department, epci = geography.area(commune.department), geography.area(commune.epci or "")
    if department is None or rng.random() < 0.6:
        return None
    written = (
        department.name,
        department.code,
        f"Département {department.name} ({department.code})",
        (epci or department).name,
        f"{commune.name};{department.name.upper()}",
        f"{department.name}; Vaucluse ;04",
        "Toute la région PACA",
        "France entière",
        "nous consulter",
    )
    return rng.choice(written)


def _esus(company: Company, rng: Random) -> str | None:
    if "ESUS" in company.labels:
        return "oui"
    return "non" if rng.random() < 0.2 else None


def _number(degrees: float, rng: Random) -> str | float:
    """Numbers may come as text."""
    return f"{degrees:.6f}" if rng.random() < 0.3 else degrees
