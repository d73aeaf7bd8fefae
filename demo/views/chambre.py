"""The Chambre's establishments: careful identifiers, names in capitals, one record an establishment."""

from random import Random
from typing import Any, ClassVar

from demo.company import Company, Site
from demo.ledger import Key, Record
from demo.spelling import spaced
from demo.texts import described
from demo.views.base import (
    INVENTED,
    View,
    band,
    carelessly,
    commune_name,
    known_phone,
    known_site,
    person_name,
    range_of,
    site_address,
    some,
    street,
    with_form,
)
from directory import geography
from directory.nomenclature import naf


class ChambreView(View):
    """Kinto ids are the Chambre's own file numbers; an instant is never given twice."""

    resolution: ClassVar[int] = 1
    instants_differ: ClassVar[bool] = True

    def key(self, position: int) -> Key:
        """``etab-0000042``."""
        return f"etab-{position:07d}"

    def position(self, key: Key) -> int:
        """The number inside the id."""
        return int(str(key).removeprefix("etab-"))

    def record(self, company: Company, site: int, key: Key, instant: int, rng: Random) -> Record:
        """Absent and null both occur, as the Chambre's software leaves them."""
        place = known_site(company, site, rng, stale=0.25)
        code = company.sketch.trade.naf
        full = {
            "raison_sociale": _name(company, rng),
            "enseigne": _sign(company, rng),
            "siret": _siret(place, rng),
            "siren": spaced(company.siren) if rng.random() < 0.1 else company.siren,
            "code_naf": code if rng.random() < 0.5 else code.replace(".", ""),
            "activite": naf.label(code),
            "effectif": _effectif(company, rng),
            "adresse": _address(place, rng),
            "telephone": known_phone(company, rng, missing=0.25),
            "courriel": company.email if rng.random() < 0.6 else None,
            "site_web": site_address(company, rng, missing=0.3),
            "presentation": described(company, rng, long=rng.random() < 0.5) if rng.random() < 0.6 else None,
            "produits": some(company.sketch.trade.vend, rng, 4),
            "certifications": list(company.labels),
            "coordonnees": _point(place, rng),
        }
        kept = {name: value for name, value in full.items() if value not in (None, []) or rng.random() < 0.5}
        return {"id": key, "last_modified": instant, **kept, "_demo": INVENTED}


def _name(company: Company, rng: Random) -> str:
    name = with_form(company, person_name(company, rng), rng, chance=0.45)
    return carelessly(name, rng, upper=0.6, plain=0.05, wrong=0.005)


def _sign(company: Company, rng: Random) -> str | None:
    if company.sign is None or rng.random() < 0.35:
        return None
    return carelessly(company.sign, rng, upper=0.4, plain=0.1)


def _siret(place: Site, rng: Random) -> str | None:
    drawn = rng.random()
    if drawn < 0.05:
        return None
    return spaced(place.siret) if drawn < 0.12 else place.siret


def _effectif(company: Company, rng: Random) -> str | None:
    drawn = rng.random()
    if drawn < 0.15:
        return None
    heads = company.sketch.heads
    return range_of(heads) if drawn < 0.6 else band(heads)


def _address(site: Site, rng: Random) -> dict[str, Any]:
    place = site.place
    department = geography.area(place.commune.department)
    return {
        "voie": street(site, rng, short=0.3, upper=0.6),
        "complement": place.complement,
        "code_postal": place.postcode,
        "commune": commune_name(site, rng, upper=0.6, district=0.2),
        "code_insee": place.commune.code if rng.random() < 0.8 else None,
        "departement": department.name if department else None,
    }


def _point(site: Site, rng: Random) -> dict[str, float] | None:
    return {"lat": site.place.latitude, "lon": site.place.longitude} if rng.random() < 0.7 else None
