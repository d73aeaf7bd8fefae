"""CMAR (Chambre de métiers et de l'artisanat de région): a CP1252 CSV file, dates in Paris time."""

from connectors.contract import Declaration
from connectors.fields import Fields, Source

DECLARATION = Declaration(
    name="cmar",
    title="CMAR",
    organisation="Chambre de métiers et de l'artisanat de région Provence-Alpes-Côte d'Azur",
    url="https://www.cmar-paca.fr",
    priority=20,
    protocol="csv",
    page_size=500,
    charset="cp1252",
    timezone="Europe/Paris",
    auth="basic",
    anonymous=True,
    fields=Fields.of(
        id="NUMERO_RM",
        name=["DENOMINATION", "ENSEIGNE"],
        trade_names="ENSEIGNE",
        siren="SIREN",
        siret="SIRET",
        naf="CODE_APE",
        sectors="METIER",
        address_lines="ADRESSE",
        postcode="CODE_POSTAL",
        commune="COMMUNE",
        email="COURRIEL",
        phone="TELEPHONE",
        website="SITE",
        labels=["QUALITE", Source(path="LABELS", split="|")],
        modified_at=Source(path="MODIFIE_LE", read="french"),
    ),
)
