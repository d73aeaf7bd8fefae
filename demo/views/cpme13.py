"""CPME 13's members as their own staff typed them: signs, SIRENs left blank, text with entities."""

from random import Random
from typing import ClassVar, Final

from demo.clocks import from_ms, iso_seconds
from demo.company import Company
from demo.ledger import Key, Record
from demo.servers.posts import TERMS
from demo.spelling import entities, spaced, unaccented
from demo.texts import described
from demo.views.base import (
    INVENTED,
    View,
    carelessly,
    commune_name,
    known_phone,
    known_siren,
    known_site,
    person_name,
    range_of,
    site_address,
    some,
    street,
    with_form,
)

_TERM_IDS: Final = {slug: number for number, _, slug in TERMS}


class Cpme13View(View):
    """Post ids begin where WordPress's own pages end."""

    first_key: ClassVar[int] = 1001

    def record(self, company: Company, site: int, key: Key, instant: int, rng: Random) -> Record:
        """The title is what people call the company; identifiers are mostly blank."""
        place = known_site(company, site, rng, stale=0.5)
        trade = company.sketch.trade
        siren = _siren(known_siren(company, rng, wrong=0.01), rng)
        return {
            "id": key,
            "modified_gmt": iso_seconds(from_ms(instant)),
            "title": _title(company, rng),
            "content": _content(company, rng),
            "secteur": [_TERM_IDS[trade.secteur]],
            "meta": {
                "siren": siren,
                "siret": place.siret if siren and rng.random() < 0.3 else "",
                "naf": trade.naf if rng.random() < 0.35 else "",
                "forme": company.form if rng.random() < 0.5 else "",
                "adresse": street(place, rng, short=0.5, upper=0.1) if rng.random() < 0.85 else "",
                "code_postal": place.place.postcode,
                "commune": commune_name(place, rng, upper=0.5, district=0.05),
                "telephone": known_phone(company, rng, missing=0.2) or "",
                "email": company.email if company.email and rng.random() < 0.6 else "",
                "site": _site(company, rng),
                "effectif": range_of(company.sketch.heads) if rng.random() < 0.4 else "",
                "ref": INVENTED,
            },
        }


def _siren(siren: str, rng: Random) -> str:
    drawn = rng.random()
    if drawn < 0.65:
        return ""
    return spaced(siren) if drawn < 0.85 else siren


def _site(company: Company, rng: Random) -> str:
    """The field is free text, and some members wrote a sentence in it."""
    return "en construction" if rng.random() < 0.005 else site_address(company, rng, missing=0.25) or ""


def _title(company: Company, rng: Random) -> str:
    known = company.shown_name if rng.random() < 0.85 else person_name(company, rng)
    name = carelessly(with_form(company, known, rng, chance=0.1), rng, upper=0.2, plain=0.1, wrong=0.015)
    return entities(name) if rng.random() < 0.3 else name


def _content(company: Company, rng: Random) -> str:
    text = described(company, rng, long=rng.random() < 0.6)
    if rng.random() < 0.3:
        text = entities(text)
    elif rng.random() < 0.1:
        text = unaccented(text)
    items = "".join(f"<li>{item}</li>" for item in some(company.sketch.trade.vend, rng, 3))
    return f"<p>{text.replace(chr(39), '&rsquo;')}</p>\n" + (f"<ul>{items}</ul>\n" if items else "")
