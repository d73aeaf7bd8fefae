"""French Tech's start-ups: product names, pitches, half of them without SIREN."""

from random import Random

from demo.clocks import from_ms, iso_zulu
from demo.company import Company
from demo.ledger import Key, Record
from demo.spelling import sentence
from demo.texts import described
from demo.views.base import (
    INVENTED,
    View,
    carelessly,
    commune_name,
    known_site,
    range_of,
    site_address,
    some,
    street,
    with_form,
)

_MS_A_DAY = 86_400_000


class FrenchTechView(View):
    """Items of a Directus collection, numbered from 1."""

    def record(self, company: Company, site: int, key: Key, instant: int, rng: Random) -> Record:
        """``date_updated`` is null until the first edit; one item in fifty is a draft."""
        place = known_site(company, site, rng, stale=0.3)
        edited = rng.random() < 0.5
        created = instant - rng.randrange(1, 200) * _MS_A_DAY if edited else instant
        addressed, located = rng.random() < 0.75, rng.random() < 0.6
        return {
            "id": key,
            "nom": carelessly(company.shown_name, rng, upper=0.2, plain=0.1),
            "raison_sociale": with_form(company, company.name, rng, chance=0.5) if rng.random() < 0.4 else None,
            "siren": company.siren if rng.random() < 0.5 else None,
            "site": site_address(company, rng, missing=0.1),
            "accroche": sentence(company.works[0]) if rng.random() < 0.8 else None,
            "description": described(company, rng, long=True) if rng.random() < 0.75 else None,
            "thematiques": list(company.sketch.trade.themes) or some(company.sketch.trade.vend, rng, 2),
            "adresse": street(place, rng, short=0.2, upper=0.05) if addressed else None,
            "code_postal": place.place.postcode if addressed else None,
            "ville": commune_name(place, rng, upper=0.1, district=0.05),
            "latitude": place.place.latitude if located else None,
            "longitude": place.place.longitude if located else None,
            "annee_creation": company.founded if rng.random() < 0.8 else None,
            "effectif": range_of(company.sketch.heads) if rng.random() < 0.6 else None,
            "levee_eur": rng.choice((150_000, 400_000, 800_000, 1_500_000, 3_000_000)) if rng.random() < 0.3 else None,
            "labels": list(company.labels),
            "statut": "draft" if rng.random() < 0.02 else "published",
            "date_created": iso_zulu(from_ms(created)),
            "date_updated": iso_zulu(from_ms(instant)) if edited else None,
            "source": INVENTED,
        }
