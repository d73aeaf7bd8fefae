"""French Tech Aix-Marseille: a GraphQL upstream (Directus). Drafts are the association's own work, not members."""

from connectors.contract import Declaration
from connectors.fields import Fields, Source

DECLARATION = Declaration(
    name="french_tech",
    title="French Tech",
    organisation="La French Tech Aix-Marseille",
    url="https://lafrenchtech-aixmarseille.fr",
    priority=50,
    protocol="directus",
    resource="startups",
    page_size=500,
    auth="bearer",
    fields=Fields.of(
        id="id",
        name=["raison_sociale", "nom"],
        trade_names="nom",
        siren="siren",
        description=["accroche", "description"],
        sectors="thematiques",
        address_lines="adresse",
        postcode="code_postal",
        commune="ville",
        latitude="latitude",
        longitude="longitude",
        website="site",
        headcount=Source(path="effectif", read="people"),
        labels="labels",
        founded="annee_creation",
        modified_at=["date_updated", "date_created"],
    ),
    only={"statut": ("published",)},
    extra_fields=("levee_eur",),
)
