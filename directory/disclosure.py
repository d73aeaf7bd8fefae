"""Who may see, filter by, or count which field: one table, asked by every door.

Three things decide: the caller's role, the field, and the company's own status of diffusion (Code de commerce,
art. R123-232 and A123-96; INSEE's "statut de diffusion"). Under partial diffusion a sole trader's name, signs, address
and coordinates are masked, and of a legal person the address and coordinates; what could give those away (contact,
site, free text) goes with them. A company that opted out is shown to stewards alone, who keep the directory true and
must see what they keep.

What may be filtered by or counted may be put in an index as ``visible(supplier, Role.PUBLIC)`` gives it: a masked value
never gets there, so that no search can betray it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from directory import quality
from directory.matching.contract import Evidence, Match
from directory.normalise import fold, words
from directory.records import (
    MASK,
    Address,
    Contact,
    Disclosure,
    Establishment,
    FieldProvenance,
    Listing,
    Quality,
    Supplier,
    SupplierField,
)
from directory.relations import Presence

WITHHELD = "[…]"  # a contact inside a text
_TELLING = 3  # letters from which a word inside an id is no accident
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
# French numbers as people write them: 04 42 00 00 00, 04.42.00.00.00, +33 4 42 00 00 00, 0033 (0)4 42 00 00 00.
_PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)33[ .-]?(?:\(0\))?|0)[ .-]?[1-9](?:[ .-]?\d{2}){4}(?!\d)")

STRICTNESS = (Disclosure.FULL, Disclosure.PARTIAL, Disclosure.OPTED_OUT)  # of two statuses the later one is obeyed
SOLE_TRADER = "1"  # first digit of the legal form (INSEE, "catégories juridiques"): entrepreneur individuel


class Role(StrEnum):
    """Who asks. Without a key a caller is ``PUBLIC``."""

    PUBLIC = "PUBLIC"
    PARTNER = "PARTNER"
    BUYER = "BUYER"
    STEWARD = "STEWARD"


class Field(StrEnum):
    """What a rule can be about: the fields of :class:`SupplierField` under the same names, and some more."""

    NAME = "NAME"
    TRADE_NAMES = "TRADE_NAMES"
    SIREN = "SIREN"
    SIRET = "SIRET"
    DESCRIPTION = "DESCRIPTION"
    ACTIVITIES = "ACTIVITIES"
    ADDRESS = "ADDRESS"
    LOCATION = "LOCATION"
    WEBSITE = "WEBSITE"
    CONTACT_NAME = "CONTACT_NAME"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    HEADCOUNT = "HEADCOUNT"
    LEGAL_FORM = "LEGAL_FORM"
    LABELS = "LABELS"
    SERVICE_AREA = "SERVICE_AREA"
    LOGO = "LOGO"
    PARTNERS = "PARTNERS"
    STATUS = "STATUS"
    QUALITY = "QUALITY"
    RAW = "RAW"  # a partner's record byte for byte: it may hold anything


class Mask(StrEnum):
    """Whose value partial diffusion hides."""

    NOBODY = "NOBODY"
    SOLE_TRADER = "SOLE_TRADER"
    EVERYBODY = "EVERYBODY"


class Rule(Struct, frozen=True):
    """One row of the table: who may see, filter by and count the field, and whose partial diffusion hides it."""

    see: frozenset[Role]
    filter: frozenset[Role]
    count: frozenset[Role]
    partial: Mask


_ALL = frozenset(Role)
_KNOWN = _ALL - {Role.PUBLIC}
_STEWARD = frozenset({Role.STEWARD})
_NONE: frozenset[Role] = frozenset()

TABLE: Mapping[Field, Rule] = {
    # field             see       filter    count     hidden under partial diffusion
    Field.NAME: Rule(_ALL, _ALL, _NONE, Mask.SOLE_TRADER),
    Field.TRADE_NAMES: Rule(_ALL, _ALL, _NONE, Mask.SOLE_TRADER),
    Field.SIREN: Rule(_ALL, _ALL, _NONE, Mask.NOBODY),
    Field.SIRET: Rule(_ALL, _ALL, _NONE, Mask.NOBODY),
    Field.DESCRIPTION: Rule(_ALL, _ALL, _NONE, Mask.EVERYBODY),
    Field.ACTIVITIES: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.ADDRESS: Rule(_ALL, _ALL, _ALL, Mask.EVERYBODY),
    Field.LOCATION: Rule(_ALL, _ALL, _NONE, Mask.EVERYBODY),
    Field.WEBSITE: Rule(_ALL, _ALL, _NONE, Mask.EVERYBODY),
    Field.CONTACT_NAME: Rule(_KNOWN, _NONE, _NONE, Mask.EVERYBODY),
    Field.EMAIL: Rule(_KNOWN, _KNOWN, _NONE, Mask.EVERYBODY),
    Field.PHONE: Rule(_KNOWN, _KNOWN, _NONE, Mask.EVERYBODY),
    Field.HEADCOUNT: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.LEGAL_FORM: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.LABELS: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.SERVICE_AREA: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.LOGO: Rule(_ALL, _NONE, _NONE, Mask.SOLE_TRADER),
    Field.PARTNERS: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.STATUS: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.QUALITY: Rule(_ALL, _ALL, _ALL, Mask.NOBODY),
    Field.RAW: Rule(_STEWARD, _NONE, _NONE, Mask.EVERYBODY),
}

# What a feature of a match's evidence would betray.
_EVIDENCE: Mapping[str, Field] = {
    "siren": Field.SIREN,
    "siret": Field.SIRET,
    "name": Field.NAME,
    "address": Field.ADDRESS,
    "contact": Field.EMAIL,
    "naf": Field.ACTIVITIES,
    "directory": Field.PARTNERS,
    "steward": Field.STATUS,
}

# The fields that a criterion of quality, and through it the score, would betray.
_CRITERIA: Mapping[str, tuple[Field, ...]] = {
    "identifier": (Field.SIREN,),
    "activity": (Field.ACTIVITIES,),
    "address": (Field.ADDRESS,),
    "location": (Field.LOCATION,),
    "contact": (Field.EMAIL, Field.PHONE),
    "website": (Field.WEBSITE,),
    "description": (Field.DESCRIPTION,),
    "size": (Field.HEADCOUNT,),
    "corroboration": (Field.PARTNERS,),
    quality.FRESHNESS: (Field.QUALITY,),
}


def may_see(
    role: Role, field: Field | SupplierField, disclosure: Disclosure = Disclosure.FULL, *, legal_person: bool = False
) -> bool:
    """Whether the caller may see the field of a company with this status.

    Whoever is not known to be a legal person is treated as a sole trader: the stricter rule.
    """
    rule = TABLE[Field(field)]
    if role not in rule.see:
        return False
    if role is Role.STEWARD or disclosure is Disclosure.FULL:
        return True
    if disclosure is Disclosure.OPTED_OUT:
        return False
    return rule.partial is Mask.NOBODY or (rule.partial is Mask.SOLE_TRADER and legal_person)


def may_filter(role: Role, field: Field | SupplierField) -> bool:
    """Whether the caller may ask which companies have the field, or a value of it."""
    return role in TABLE[Field(field)].filter


def may_count(role: Role, field: Field | SupplierField) -> bool:
    """Whether the caller may have the field's values counted (facets)."""
    return role in TABLE[Field(field)].count


def may_count_presence(role: Role, field: Field | SupplierField) -> bool:
    """Whether the caller may know how many companies have the field: it is the total of a search that filters by it."""
    return may_filter(role, field)


def is_visible(supplier: Supplier, role: Role) -> bool:
    """Whether the caller may know that the supplier exists."""
    return role is Role.STEWARD or supplier.disclosure is not Disclosure.OPTED_OUT


def visible(supplier: Supplier, role: Role) -> Supplier | None:
    """The supplier as the caller may see it; ``None`` when the caller may not know of it.

    What is hidden is absent, but for the name, which every supplier has: it becomes :data:`MASK`. The quality is that
    of what is seen, so that no score tells whether something hidden is there.
    """
    if not is_visible(supplier, role):
        return None
    sight = Sight.of(supplier, role)
    return replace(
        supplier,
        quality=sight.quality(supplier.quality),
        name=supplier.name if sight.sees(Field.NAME) else MASK,
        trade_names=supplier.trade_names if sight.sees(Field.TRADE_NAMES) else (),
        description=sight.told(supplier.description),
        website=supplier.website if sight.sees(Field.WEBSITE) else None,
        service_areas=supplier.service_areas if sight.sees(Field.SERVICE_AREA) else (),
        contact=sight.contact(supplier.contact),
        establishments=sight.establishments(supplier.establishments),
    )


class Sight(Struct, frozen=True):
    """What one caller may see of one company: to be taken once and used on everything that belongs to it."""

    role: Role
    disclosure: Disclosure
    legal_person: bool

    @classmethod
    def of(cls, supplier: Supplier, role: Role) -> "Sight":
        """The caller's sight of this supplier, its listings and its provenance."""
        form = supplier.legal_form or SOLE_TRADER
        return cls(role, supplier.disclosure, not form.startswith(SOLE_TRADER))

    def sees(self, field: Field | SupplierField) -> bool:
        """Whether the caller may see the field."""
        return may_see(self.role, field, self.disclosure, legal_person=self.legal_person)

    def quality(self, whole: Quality) -> Quality:
        """The quality by those criteria alone whose every field the caller may see."""
        hidden = {
            each.name for each in whole.criteria if not all(map(self.sees, _CRITERIA.get(each.name, (Field.RAW,))))
        }
        return quality.without(whole, hidden)

    def contact(self, contact: Contact) -> Contact:
        """The contact without what the caller may not see."""
        return Contact(
            name=contact.name if self.sees(Field.CONTACT_NAME) else None,
            email=contact.email if self.sees(Field.EMAIL) else None,
            phone=contact.phone if self.sees(Field.PHONE) else None,
        )

    def establishments(self, sites: Sequence[Establishment]) -> tuple[Establishment, ...]:
        """The sites likewise. One without a SIRET is an address and nothing else, and goes with it: its id is a digest
        that can be guessed, and the number of such sites is that of the addresses known.
        """
        return tuple(
            replace(
                site,
                name=site.name if self.sees(Field.TRADE_NAMES) else None,
                address=site.address if self.sees(Field.ADDRESS) else Address(),
                location=site.location if self.sees(Field.LOCATION) else None,
            )
            for site in sites
            if site.siret or self.sees(Field.ADDRESS)
        )

    def provenance(self, provenance: Collection[FieldProvenance]) -> tuple[FieldProvenance, ...]:
        """Where the fields come from that the caller may see."""
        seen = (each for each in provenance if self.sees(each.field))
        return tuple(self._descriptions(each) if each.field is SupplierField.DESCRIPTION else each for each in seen)

    def _descriptions(self, provenance: FieldProvenance) -> FieldProvenance:
        chosen, *others = (
            replace(each, value=self.told(each.value) or "") for each in (provenance.chosen, *provenance.alternatives)
        )
        return replace(provenance, chosen=chosen, alternatives=tuple(others))

    def told(self, description: str | None) -> str | None:
        """Free text; where partners write contacts into it, these are for those who may see contacts."""
        if description is None or not self.sees(Field.DESCRIPTION):
            return None
        if "@" in description and not self.sees(Field.EMAIL):
            description = _EMAIL.sub(WITHHELD, description)
        return description if self.sees(Field.PHONE) else _PHONE.sub(WITHHELD, description)

    def listing(self, listing: Listing) -> Listing:
        """A partner's record likewise; its page on the partner's site would show what is hidden, and goes with it."""
        return replace(
            listing,
            external_id=self._id(listing),
            name=listing.name if self.sees(Field.NAME) else MASK,
            raw=listing.raw if self.sees(Field.RAW) else "",
            trade_names=listing.trade_names if self.sees(Field.TRADE_NAMES) else (),
            description=self.told(listing.description),
            address=listing.address if self.sees(Field.ADDRESS) else Address(),
            location=listing.location if self.sees(Field.LOCATION) else None,
            service_areas=listing.service_areas if self.sees(Field.DESCRIPTION) else (),  # free text
            service_area_keys=listing.service_area_keys if self.sees(Field.SERVICE_AREA) else (),
            contact=self.contact(listing.contact),
            website=listing.website if self.sees(Field.WEBSITE) else None,
            url=listing.url if self.sees(Field.WEBSITE) else None,
            flags=listing.flags if self.sees(Field.RAW) else (),
        )

    def _id(self, listing: Listing) -> str:
        """The partner's own id, unless it is made of the words that are hidden, as in the address of a page."""
        hidden = () if self.sees(Field.NAME) else (listing.name, *listing.trade_names)
        if not self.sees(Field.ADDRESS):
            hidden = (*hidden, *listing.address.lines, listing.address.commune or "")
        spelled = fold(listing.external_id)
        told = (word for text in hidden if text != MASK for word in words(text) if len(word) >= _TELLING)
        return MASK if any(word in spelled for word in told if word.isalpha()) else listing.external_id

    def presence(self, presence: Presence) -> Presence:
        """What a listing relates its supplier to others by: a hidden name, site or address relates nobody."""
        is_named = self.sees(Field.NAME) and self.sees(Field.TRADE_NAMES)
        is_placed = self.sees(Field.ADDRESS)
        return replace(
            presence,
            names=presence.names if is_named else (),
            town=presence.town if is_placed else None,
            street=presence.street if is_placed else None,
            site=presence.site if self.sees(Field.WEBSITE) else None,
        )

    def match(self, match: Match) -> Match:
        """The explanation with the values gone that the caller may not see; the weights stay and add up."""
        return replace(match, evidence=tuple(self._evidence(each) for each in match.evidence))

    def _evidence(self, evidence: Evidence) -> Evidence:
        # A feature that nobody has thought of here is not shown: the safe side.
        shown = self.sees(_EVIDENCE.get(evidence.feature, Field.RAW))
        return evidence if shown else replace(evidence, left=None, right=None)
