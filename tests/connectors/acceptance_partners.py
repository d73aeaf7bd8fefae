"""The cases of the acceptance test: the five built-in partners, and a further one that is settings alone."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from demo import Region
from demo.ledger import Key, Record, Stock
from demo.servers.base import PartnerServer
from demo.servers.chambre import ChambreServer
from demo.servers.cmar import CmarServer
from demo.servers.cpme13 import Cpme13Server
from demo.servers.cress_paca import CressPacaServer
from demo.servers.french_tech import FrenchTechServer
from demo.weather import MANNERS
from tests.connectors.acceptance_case import Case
from tests.connectors.pole_mer import DECLARED, POLE_MER, PoleMerServer, PoleMerStock

WRONG: Final = "hunter2secret"
CMAR_PASSWORD: Final = "mot-de-passe-artisan"


class _Remembered:
    """A stock whose records are invented once, not at every look."""

    def __init__(self, stock: Stock) -> None:
        self._entries = list(stock.entries())
        self._records = {key: msgspec.json.encode(stock.record(key)) for key, _ in self._entries}

    def entries(self) -> Iterable[tuple[Key, int]]:
        """Key and instant of last change of every member."""
        return self._entries

    def record(self, key: Key) -> Record:
        """The member, a new object at every call."""
        return msgspec.json.decode(self._records[key], type=Record)


@cache
def _stock(partner: str, companies: int) -> Stock:
    """40 to 60 members of one partner. A stock never changes, so one serves all tests."""
    return _Remembered(Region(13, companies).stock(partner))


def _of(
    partner: str, companies: int, server: Callable[..., PartnerServer], **options: Any
) -> Callable[[], PartnerServer]:
    return lambda: server(_stock(partner, companies), **options)


def _cpme13_as_sent(record: Record) -> Record:
    """The posts' own fields are made by WordPress; what a member's page holds is in ``meta``."""
    return {"id": record["id"], "meta": {name: value for name, value in record["meta"].items() if name != "ref"}}


def _numbered(record: Record) -> Record:
    """Ids are strings in Directus' GraphQL; what was not asked for is not sent."""
    unasked = {"statut", "source"}
    return {**{name: value for name, value in record.items() if name not in unasked}, "id": str(record["id"])}


CHAMBRE = Case(
    name="chambre",
    manner=MANNERS["chambre"],
    server=_of("chambre", 80, ChambreServer),
    places={
        "name": ("raison_sociale", "enseigne"),
        "siren": ("siren",),
        "siret": ("siret",),
        "postcode": ("adresse.code_postal",),
        "street": ("adresse.voie", "adresse.complement"),
        "email": ("courriel",),
        "phone": ("telephone",),
        "website": ("site_web",),
        "headcount": ("effectif",),
        "latitude": ("coordonnees.lat",),
        "longitude": ("coordonnees.lon",),
    },
    renamed=lambda name: {"raison_sociale": name},
    newcomer=lambda name: {"raison_sociale": name, "adresse": {"commune": "Aubagne", "code_postal": "13400"}},
    wrong_secret={"client_secret": WRONG},
    refusal="Chambre: its token server does not accept the client (401 invalid_client); correct "
    "partners.chambre.client_id and partners.chambre.client_secret",
)
CMAR = Case(
    name="cmar",
    manner=MANNERS["cmar"],
    server=_of("cmar", 120, CmarServer, password=CMAR_PASSWORD),
    places={
        "name": ("DENOMINATION", "ENSEIGNE"),
        "siren": ("SIREN",),
        "siret": ("SIRET",),
        "postcode": ("CODE_POSTAL",),
        "street": ("ADRESSE",),
        "email": ("COURRIEL",),
        "phone": ("TELEPHONE",),
        "website": ("SITE",),
    },
    renamed=lambda name: {"DENOMINATION": name},
    newcomer=lambda name: {"DENOMINATION": name, "COMMUNE": "AUBAGNE", "CODE_POSTAL": "13400"},
    wrong_secret={"password": WRONG},
    refusal="CMAR: its server does not accept the credentials (401); correct partners.cmar.username and "
    "partners.cmar.password",
)
CPME13 = Case(
    name="cpme13",
    manner=MANNERS["cpme13"],
    server=_of("cpme13", 120, Cpme13Server),
    places={
        "name": ("title",),
        "siren": ("meta.siren",),
        "siret": ("meta.siret",),
        "postcode": ("meta.code_postal",),
        "street": ("meta.adresse",),
        "email": ("meta.email",),
        "phone": ("meta.telephone",),
        "website": ("meta.site",),
    },
    renamed=lambda name: {"title": name},
    newcomer=lambda name: {
        "title": name,
        "content": "<p>Neuf</p>",
        "secteur": [],
        "meta": {"commune": "Aubagne", "code_postal": "13400"},
    },
    wrong_secret={"password": WRONG},
    refusal="CPME 13: its site takes us for an anonymous reader (401 rest_not_logged_in), so the application password "
    "is wrong; make a new one in the user's profile there and correct partners.cpme13.username and "
    "partners.cpme13.password",
    as_sent=_cpme13_as_sent,
)
CRESS_PACA = Case(
    name="cress_paca",
    manner=MANNERS["cress_paca"],
    server=_of("cress_paca", 300, CressPacaServer),
    places={
        "name": ("denomination", "enseigne", "sigle"),
        "siren": ("siren",),
        "siret": ("siret",),
        "postcode": ("code_postal",),
        "street": ("adresse",),
        "website": ("site_web",),
        "headcount": ("tranche_effectif",),
        "latitude": ("latitude",),
        "longitude": ("longitude",),
    },
    renamed=lambda name: {"denomination": name},
    newcomer=lambda name: {"denomination": name, "commune": "Aubagne", "code_postal": "13400"},
    wrong_secret={"token": WRONG},
    refusal="Cress Paca: its server does not let these credentials read the directory (403 Authorization Error); ask "
    "the partner for the right or correct partners.cress_paca.token",
)
FRENCH_TECH = Case(
    name="french_tech",
    manner=MANNERS["french_tech"],
    server=_of("french_tech", 600, FrenchTechServer, requests_per_second=100_000),
    places={
        "name": ("raison_sociale", "nom"),
        "siren": ("siren",),
        "postcode": ("code_postal",),
        "street": ("adresse",),
        "website": ("site",),
        "latitude": ("latitude",),
        "longitude": ("longitude",),
    },
    renamed=lambda name: {"raison_sociale": name},
    newcomer=lambda name: {"raison_sociale": name, "nom": name, "ville": "Aubagne", "code_postal": "13400"},
    wrong_secret={"token": WRONG},
    refusal="French Tech: its server does not accept the credentials (401 INVALID_CREDENTIALS); correct "
    "partners.french_tech.token",
    is_member=lambda record: record["statut"] == "published",
    as_sent=_numbered,
)
FURTHER = Case(
    name="pole_mer",
    manner=POLE_MER,
    server=lambda: PoleMerServer(PoleMerStock(_stock("chambre", 80))),
    overrides=DECLARED,
    places={
        "name": ("company.legalName", "company.brand"),
        "siren": ("company.siren",),
        "postcode": ("address.zip",),
        "street": ("address.street",),
        "email": ("contact.mail",),
        "latitude": ("geo.lat",),
        "longitude": ("geo.lng",),
    },
    renamed=lambda name: {"company": {"legalName": name}},
    newcomer=lambda name: {"company": {"legalName": name}, "address": {"city": "Aubagne", "zip": "13400"}},
    wrong_secret={"token": WRONG},
    refusal="Pôle Mer: its server does not accept the credentials (401); correct partners.pole_mer.token",
)

CASES: Final[Mapping[str, Case]] = {
    case.name: case for case in (CHAMBRE, CMAR, CPME13, CRESS_PACA, FRENCH_TECH, FURTHER)
}
