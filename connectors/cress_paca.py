"""Cress Paca (Chambre régionale de l'économie sociale et solidaire): a CKAN DataStore resource."""

from connectors.contract import Declaration
from connectors.fields import Fields, Source

DECLARATION = Declaration(
    name="cress_paca",
    title="Cress Paca",
    organisation="Chambre régionale de l'économie sociale et solidaire Provence-Alpes-Côte d'Azur",
    url="https://www.cresspaca.org",
    priority=30,
    protocol="ckan",
    page_size=1_000,
    auth="header",
    anonymous=True,
    fields=Fields.of(
        id="_id",
        name=["denomination", "enseigne", "sigle"],
        trade_names=["enseigne", "sigle"],
        siren="siren",
        siret="siret",
        naf="ape",
        naf_label="libelle_ape",
        address_lines="adresse",
        postcode="code_postal",
        commune="commune",
        commune_code="code_commune",
        latitude="latitude",
        longitude="longitude",
        website="site_web",
        headcount="tranche_effectif",
        legal_form="famille_juridique",
        labels=["type_iae", Source(path="esus", label="ESUS")],
        service_areas=Source(path="territoires", split=";"),
        modified_at="modifie",
    ),
)
