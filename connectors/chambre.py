"""Chambre (CCI Aix-Marseille-Provence): OAuth 2.0 client credentials before a Kinto collection of establishments."""

from connectors.contract import Declaration
from connectors.fields import Fields, Source

DECLARATION = Declaration(
    name="chambre",
    title="Chambre",
    organisation="Chambre de commerce et d'industrie métropolitaine Aix-Marseille-Provence",
    url="https://www.ccimp.com",
    priority=10,
    protocol="kinto",
    resource="buckets/cci/collections/etablissements/records",
    page_size=500,
    auth="oauth2",
    scope="annuaire.lecture",
    overlap=0,
    fields=Fields.of(
        id="id",
        name=["raison_sociale", "enseigne"],
        trade_names="enseigne",
        siren="siren",
        siret="siret",
        description=["presentation", Source(path="produits", prefix="Produits : ")],
        naf="code_naf",
        naf_label="activite",
        address_lines=["adresse.voie", "adresse.complement"],
        postcode="adresse.code_postal",
        commune="adresse.commune",
        commune_code="adresse.code_insee",
        department="adresse.departement",
        latitude="coordonnees.lat",
        longitude="coordonnees.lon",
        email="courriel",
        phone="telephone",
        website="site_web",
        headcount="effectif",
        labels="certifications",
        modified_at=Source(path="last_modified", read="epoch_ms"),
    ),
)
