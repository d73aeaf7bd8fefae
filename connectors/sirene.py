"""Sirene, INSEE's register of companies, by the API Recherche d'entreprises of the DINUM.

It asks for no credentials, for a User-Agent that says who is reading, and for at most 7 requests a second.
"""

from connectors.contract import Declaration
from connectors.fields import Fields, Source
from directory.records import PartnerKind

DECLARATION = Declaration(
    name="sirene",
    title="Sirene",
    organisation="Institut national de la statistique et des études économiques (Insee)",
    url="https://annuaire-entreprises.data.gouv.fr",
    licence="Licence Ouverte 2.0",
    priority=0,
    kind=PartnerKind.REGISTER,
    protocol="register",
    base_url="https://recherche-entreprises.api.gouv.fr",
    resource="search",
    page_size=25,
    rate=7,
    timezone="Europe/Paris",
    fields=Fields.of(
        id="siren",
        # A sole trader has no legal name but the person's, to which a sign and an acronym are added in brackets.
        name=["nom_raison_sociale", Source(path="nom_complet", read="unbracketed")],
        trade_names=["sigle", "siege.nom_commercial", "siege.liste_enseignes"],
        siren="siren",
        siret="siege.siret",
        naf="activite_principale",
        address_lines=[
            Source(path="siege.numero_voie", then=("siege.indice_repetition", "siege.type_voie", "siege.libelle_voie")),
            "siege.complement_adresse",
            "siege.distribution_speciale",
        ],
        postcode="siege.code_postal",
        commune="siege.libelle_commune",
        commune_code="siege.commune",
        department="siege.departement",
        latitude="siege.latitude",
        longitude="siege.longitude",
        headcount="tranche_effectif_salarie",
        legal_form="nature_juridique",
        founded="date_creation",
        url=Source(path="siren", prefix="https://annuaire-entreprises.data.gouv.fr/entreprise/"),
        modified_at=["date_mise_a_jour_insee", "date_mise_a_jour"],
        status="etat_administratif",
        closed_on="date_fermeture",
        disclosure=["statut_diffusion", "siege.statut_diffusion_etablissement"],
    ),
)
