"""A company as the API Recherche d'entreprises gives it, and what of it is withheld under partial diffusion."""

import re
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Final

from demo import numbers
from demo.company import Company, Site
from demo.ledger import Record
from demo.register import Entry
from demo.spelling import acronym, capitals
from demo.views.base import INVENTED, band
from demo.wording import words
from directory.nomenclature import naf

HIDDEN: Final = "[NON-DIFFUSIBLE]"
# What a minimal answer leaves out unless it is asked for by name.
PARTS: Final = frozenset({"complements", "dirigeants", "finances", "matching_etablissements", "siege"})
_CATEGORIES: Final = ((5_000, "GE"), (250, "ETI"), (0, "PME"))
_REGION: Final = "93"  # Provence-Alpes-Côte d'Azur
_FORMS: Final[Mapping[str, str]] = {
    "EI": "1000", "SNC": "5202", "SELARL": "5485", "SARL": "5499", "EURL": "5498", "SCOP": "5458", "SCIC": "5460",
    "SA": "5599", "SAS": "5710", "SASU": "5720", "SCEA": "6597", "EARL": "6598", "Mutuelle": "8210",
    "Association loi 1901": "9220", "Fondation": "9300",
}  # fmt: skip
_STREET: Final = re.compile(r"(?:(?P<number>\d+)(?: (?P<repeated>bis|ter))?,? )?(?P<kind>\S+)(?: (?P<name>.+))?")

_PERSON_HIDDEN: Final = ("nom_complet", "nom_raison_sociale", "sigle")
_COMPANY_HIDDEN: Final = ("sigle",)
_SITE_HIDDEN: Final = (
    "adresse", "code_postal", "complement_adresse", "coordonnees", "distribution_speciale", "indice_repetition",
    "latitude", "libelle_voie", "longitude", "numero_voie", "type_voie",
)  # fmt: skip
_DIRECTOR_HIDDEN: Final = ("nom", "prenoms", "annee_de_naissance", "date_de_naissance", "nationalite")


def full_name(company: Company) -> str:
    """``nom_complet``: the legal name, or a sole trader's own; sign and acronym in brackets."""
    name = " ".join(company.person) if company.person else company.name
    added = [f"({each})" for each in (_commercial_name(company), _acronym(company)) if each]
    return capitals(" ".join([name, *added]))


def shown(company: Company, entry: Entry) -> Record:
    """The whole result as the register answers it: with its diffusion obeyed."""
    record = _result(company, entry)
    if entry.diffusion == "O":
        return record
    is_person = company.person is not None or entry.diffusion == "N"
    _hide(record, _PERSON_HIDDEN if is_person else _COMPANY_HIDDEN)
    _hide(record["siege"], _SITE_HIDDEN)
    if not is_person:
        record["nom_complet"] = record["nom_raison_sociale"]
    else:
        signs = record["siege"]["liste_enseignes"]
        record["siege"] |= {"nom_commercial": HIDDEN, "liste_enseignes": [HIDDEN] * len(signs) if signs else signs}
    for director in record["dirigeants"]:
        _hide(director, _DIRECTOR_HIDDEN)
    return record


def _hide(table: Record, fields: Iterable[str]) -> None:
    table.update(dict.fromkeys(fields, HIDDEN))


def _result(company: Company, entry: Entry) -> Record:
    heads, code = company.sketch.heads, company.sketch.trade.naf
    is_open = entry.closed_on is None
    sites = len(company.sites)
    levels = naf.levels(code)
    return {
        "siren": company.siren,
        "nom_complet": full_name(company),
        "nom_raison_sociale": None if company.person else capitals(company.name),
        "sigle": _acronym(company),
        "nombre_etablissements": sites + (company.former is not None),
        "nombre_etablissements_ouverts": sites if is_open else 0,
        "activite_principale": code,
        "categorie_entreprise": next(name for least, name in _CATEGORIES if heads >= least),
        "date_creation": entry.founded_on.isoformat(),
        "date_fermeture": entry.closed_on.isoformat() if entry.closed_on else None,
        "date_mise_a_jour": f"{entry.closed_on or entry.founded_on}T03:00:00",
        "etat_administratif": "A" if is_open else "C",
        "nature_juridique": _FORMS[company.form],
        "section_activite_principale": levels[0],
        "tranche_effectif_salarie": band(heads) if heads else "NN",
        "statut_diffusion": entry.diffusion,
        "siege": _site(company, company.sites[0], entry),
        "dirigeants": [_director(company)],
        "matching_etablissements": [],
        "finances": None,
        "complements": {
            "est_association": company.form.startswith("Association"),
            "est_entrepreneur_individuel": company.person is not None,
            "est_ess": company.sketch.world == "social",
        },
        "_demo": INVENTED,
    }


def _site(company: Company, site: Site, entry: Entry) -> Record:
    place, sign = site.place, company.sign if company.person is None else None
    street = _street(place.street)
    commune = _commune(place.commune.name)
    parts = (capitals(place.complement or ""), *street.values(), place.postcode, commune)
    return {
        "siret": site.siret,
        "activite_principale": company.sketch.trade.naf,
        "adresse": " ".join(part for part in parts if part),
        "code_postal": place.postcode,
        "commune": place.commune.code,
        "complement_adresse": capitals(place.complement) if place.complement else None,
        "coordonnees": f"{place.latitude},{place.longitude}",
        "date_creation": entry.founded_on.isoformat(),
        "date_fermeture": entry.closed_on.isoformat() if entry.closed_on else None,
        "departement": place.commune.department,
        "distribution_speciale": None,
        "est_siege": True,
        "etat_administratif": "F" if entry.closed_on else "A",
        "latitude": str(place.latitude),
        "libelle_commune": commune,
        "liste_enseignes": [capitals(sign)] if sign else None,
        "longitude": str(place.longitude),
        "nom_commercial": _commercial_name(company),
        "region": _REGION,
        "statut_diffusion_etablissement": "O" if entry.diffusion == "O" else "P",
        **street,
    }


def _street(line: str) -> dict[str, str | None]:
    """The parts of a street line as INSEE keeps them apart."""
    found = _STREET.fullmatch(line)
    parts: Mapping[str, Any] = found.groupdict() if found else {"name": line}
    named = {"numero_voie": "number", "indice_repetition": "repeated", "type_voie": "kind", "libelle_voie": "name"}
    return {field: capitals(parts[part]) if parts.get(part) else None for field, part in named.items()}


def _director(company: Company) -> Record:
    """The sole trader, or somebody invented."""
    rng = Random(numbers.mixed(int(company.siren), 8))
    given, family = company.person or (rng.choice(words().prenoms), rng.choice(words().patronymes))
    born = rng.randrange(1950, 2003)
    return {
        "nom": capitals(family),
        "prenoms": capitals(given),
        "annee_de_naissance": str(born),
        "date_de_naissance": f"{born}-{rng.randrange(1, 13):02d}",
        "qualite": None if company.person else "Gérant",
        "nationalite": "Française",
        "type_dirigeant": "personne physique",
    }


def _commercial_name(company: Company) -> str | None:
    return capitals(company.sign) if company.person and company.sign else None


def _acronym(company: Company) -> str | None:
    """Associations have long names and use short ones."""
    short = acronym(company.name)
    return short if company.sketch.world == "social" and len(short) > 2 else None


def _commune(name: str) -> str:
    """``Marseille 5e Arrondissement`` is MARSEILLE 5."""
    return capitals(re.sub(r"(\d+)er? .+", r"\1", name))
