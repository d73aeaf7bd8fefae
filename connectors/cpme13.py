"""CPME 13 (Confédération des petites et moyennes entreprises): the WordPress REST API, sectors as a taxonomy."""

from connectors.contract import Declaration
from connectors.fields import Fields, Source

DECLARATION = Declaration(
    name="cpme13",
    title="CPME 13",
    organisation="Confédération des petites et moyennes entreprises des Bouches-du-Rhône",
    url="https://www.cpme13.fr",
    priority=40,
    protocol="wordpress",
    resource="adherent",
    page_size=100,
    auth="basic",
    fields=Fields.of(
        id="id",
        name=Source(path="title.rendered", read="html"),
        siren="meta.siren",
        siret="meta.siret",
        description=Source(path="content.rendered", read="html"),
        naf="meta.naf",
        sectors=Source(path="secteur", terms="secteur"),
        address_lines="meta.adresse",
        postcode="meta.code_postal",
        commune="meta.commune",
        email="meta.email",
        phone="meta.telephone",
        website="meta.site",
        headcount=Source(path="meta.effectif", read="people"),
        legal_form="meta.forme",
        url="link",
        modified_at="modified_gmt",
    ),
    extra_fields=("slug",),
)
