"""Members of CPME 13 as WordPress shows a post: nested ``rendered``, texturized titles, registered meta fields."""

import re
import unicodedata
from typing import Any

from demo.clocks import PARIS, read_iso
from demo.ledger import Record

SITE = "https://cpme13.example"  # WordPress writes its own configured address, whichever one was asked

TERMS = (
    (3, "Bâtiment et travaux publics", "batiment"),
    (4, "Industrie", "industrie"),
    (5, "Commerce", "commerce"),
    (6, "Hôtellerie et restauration", "hotellerie-restauration"),
    (7, "Métiers de bouche", "metiers-de-bouche"),
    (8, "Transport et logistique", "transport-logistique"),
    (9, "Numérique", "numerique"),
    (10, "Conseil et expertise", "conseil-expertise"),
    (11, "Communication et événementiel", "communication"),
    (12, "Services aux entreprises", "services-aux-entreprises"),
    (13, "Services à la personne", "services-a-la-personne"),
    (14, "Santé et action sociale", "sante-social"),
    (15, "Formation", "formation"),
    (16, "Automobile", "automobile"),
    (17, "Immobilier", "immobilier"),
    (18, "Banque, assurance, mutuelle", "banque-assurance"),
    (19, "Agriculture et espaces verts", "agriculture-espaces-verts"),
    (20, "Environnement et énergie", "environnement-energie"),
    (21, "Tourisme, culture et loisirs", "tourisme-loisirs"),
)
META = (
    "siren", "siret", "naf", "forme", "adresse", "code_postal", "commune", "telephone", "email", "site", "effectif",
    "ref",
)  # fmt: skip
# Telephone, e-mail and reference are for members of the site; an anonymous reader sees what the theme publishes.
META_SHOWN_TO_ALL = frozenset(META) - {"telephone", "email", "ref"}

Term = tuple[int, str, str]


def term(row: Term) -> dict[str, Any]:
    """A term of the taxonomy ``secteur``."""
    number, label, slug = row
    link = f"{SITE}/secteur/{slug}/"
    return {"id": number, "link": link, "name": label, "slug": slug, "taxonomy": "secteur", "parent": 0}


def post(record: Record, context: str, shown: frozenset[str] | None) -> dict[str, Any]:
    """A member as a post; ``shown`` bounds the meta fields (``None``: all), ``edit`` adds the raw texts."""
    modified = read_iso(record["modified_gmt"])
    slug = record.get("slug") or slugify(record["title"])
    meta = record.get("meta", {})
    body: dict[str, Any] = {
        "id": record["id"],
        "modified": modified.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M:%S"),
        "modified_gmt": record["modified_gmt"],
        "slug": slug,
        "status": "publish",
        "type": "adherent",
        "link": f"{SITE}/adherent/{slug}/",
        "title": {"rendered": texturized(record["title"])},
        "content": {"rendered": record.get("content") or "", "protected": False},
        "secteur": record.get("secteur", []),
        "meta": {name: meta.get(name, "") for name in META if shown is None or name in shown},
    }
    if context == "edit":
        body["title"]["raw"] = record["title"]
        body["content"]["raw"] = record.get("content") or ""
    return body


def pruned(body: dict[str, Any], fields: str) -> dict[str, Any]:
    """The fields named in ``_fields`` (``title.rendered`` names one inside); everything when none is named."""
    if not fields:
        return body
    kept: dict[str, Any] = {}
    for path in fields.split(","):
        outer, _, inner = path.strip().partition(".")
        value = body.get(outer)
        if inner and isinstance(value, dict) and inner in value:
            kept.setdefault(outer, {})[inner] = value[inner]
        elif not inner and outer in body:
            kept[outer] = value
    return kept


def texturized(title: str) -> str:
    """What ``wptexturize`` and ``convert_chars`` make of a title: typographic entities, lone ampersands escaped."""
    text = re.sub(r"&(?!#?\w+;)", "&amp;", title)
    text = text.replace(" - ", " &ndash; ").replace("...", "&hellip;")
    return text.replace("'", "&rsquo;").replace("’", "&rsquo;")


def slugify(title: str) -> str:
    """A post's slug: ASCII, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", re.sub(r"&#?\w+;", " ", title)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
