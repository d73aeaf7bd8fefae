"""What is in the index: the fields of a document and how each is kept.

Terms are matched, columns (fast fields) are counted, ordered and compared. Text fields keep no frequencies: scores are
sums of whole weights, so that an unchanged supplier's score is the same in every generation (:mod:`.text`).
"""

from itertools import chain
from typing import Final

import tantivy

from directory.search.analysis import TOKENIZER
from directory.search.query import FacetField

# Raise it with every change to the fields or to what is put into them: older indexes are then refused, not misread.
VERSION: Final = 5

# Text: everything, and the parts that weigh more.
TEXT, NAME, ACTIVITY, PLACE = "text", "name", "activity", "place"
TEXT_FIELDS: Final = (TEXT, NAME, ACTIVITY, PLACE)

# Exact terms.
FULL_NAME, IDENTIFIER, NAF, LABEL, LEGAL_FORM = "full_name", "identifier", "naf", "label", "legal_form"
PARTNER, AREA, SERVES, HAS, CELL, POINT = "partner", "area", "serves", "has", "cell", "point"
# Only asked by roles that may see contacts (:mod:`.text`).
PHONE: Final = "phone"
TERM_FIELDS: Final = (FULL_NAME, IDENTIFIER, NAF, LABEL, LEGAL_FORM, PARTNER, AREA, SERVES, HAS, CELL, POINT, PHONE)
# Names for completing what is being typed (:mod:`.completing`): unstemmed words, the word that each name begins with,
# and the first letters of either. Companies that have closed have none of them.
WORD, FIRST_WORD, BEGINNING = "word", "first_word", "beginning"
COMPLETED_FIELDS: Final = (WORD, FIRST_WORD, BEGINNING)

# Signs that chains may go by, and where a supplier comes after others of its chain (:mod:`.chains`).
CHAIN, BEHIND = "chain", "behind"

# One value each, hence term and facet column at once.
SIZE, STATUS, RESPONSIBLE = "size", "status", "responsible"

# Columns. The three ``by_…`` end in the supplier's id: no two suppliers have the same, so each is a whole order.
ID, PARTNERS, QUALITY, UPDATED, SEAT = "id", "partners", "quality", "updated", "seat"
LATITUDE, LONGITUDE, SITES = "latitude", "longitude", "sites"
BY_NAME, BY_QUALITY, BY_UPDATE = "by_name", "by_quality", "by_update"

# A term that those bear who were added on top of a base (:mod:`.update`), and nobody else.
LATE: Final = "late"

# Stored: the points of a supplier that has several.
POINTS: Final = "points"

# A facet's values as columns of one value each: a column of many values is ten times slower to count. All but the last
# column hold one value; the last holds the rest of the set, joined by SEPARATOR, and is empty when there is none.
FACET_COLUMNS: Final[dict[FacetField, tuple[str, ...]]] = {
    FacetField.NAF: ("facet_naf_1", "facet_naf_2", "facet_naf"),
    FacetField.NAF_DIVISION: ("facet_division_1", "facet_division"),
    FacetField.NAF_SECTION: ("facet_section",),
    FacetField.SIZE: (SIZE,),
    FacetField.LABEL: ("facet_label",),
    FacetField.RESPONSIBLE_PURCHASING: (RESPONSIBLE,),
    FacetField.PARTNER: ("facet_partner",),
    FacetField.PARTNER_COUNT: ("facet_partner",),
    FacetField.DEPARTMENT: ("facet_department",),
    FacetField.EPCI: ("facet_epci",),
    FacetField.COMMUNE: ("facet_commune_1", "facet_commune"),
    FacetField.LEGAL_FORM: ("facet_legal_form",),
    FacetField.STATUS: (STATUS,),
    FacetField.HAS: ("facet_has",),
    FacetField.QUALITY: ("facet_quality",),
}
SEPARATOR: Final = "\x1f"

LARGEST_ID: Final = 2**32 - 1


def schema() -> tantivy.Schema:
    """The fields, as tantivy is told them."""
    builder = tantivy.SchemaBuilder()
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name=TOKENIZER, index_option="basic")
    for name in (*TERM_FIELDS, *COMPLETED_FIELDS, CHAIN, BEHIND, LATE):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (BY_NAME, *dict.fromkeys(chain.from_iterable(FACET_COLUMNS.values()))):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_unsigned_field(ID, indexed=True, fast=True)
    for name in (PARTNERS, SITES, SEAT, BY_QUALITY, BY_UPDATE):
        builder.add_unsigned_field(name, fast=True)
    builder.add_integer_field(UPDATED, fast=True)
    for name in (QUALITY, LATITUDE, LONGITUDE):
        builder.add_float_field(name, fast=True)
    builder.add_bytes_field(POINTS, stored=True)
    return builder.build()
