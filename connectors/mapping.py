"""Record → listing, as a declaration says: sources compiled once, values checked, what fails its check flagged.

A mapper never raises for a record, whatever is in it: the outcome is a :class:`Listing`, an :class:`Unusable` with its
reason, or an :class:`Absent`. It takes note of the records' shape as they pass, and of required fields that they lack.
"""

from collections import Counter
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from connectors import checks, jsontext, readers
from connectors.charsets import Accents
from connectors.checks import Checks
from connectors.contract import Declaration
from connectors.errors import RecordUnusable
from connectors.fields import Fields, Source
from connectors.official import SILENT, official
from connectors.paths import getter
from connectors.picking import MAX_ITEMS, First, Record, Terms, Texts, every, filled, first, instant, words
from connectors.shape import Profile
from directory import identifiers
from directory.identifiers import InvalidValue
from directory.records import Activity, Address, Contact, Listing, Location, Nomenclature, PartnerKind, Unusable

MAX_RECORD: Final = 262_144
MAX_ID: Final = 200
_MAX_NAME: Final = 300
_MAX_SHORT: Final = 200
_MAX_DESCRIPTION: Final = 5_000
_MAX_LINES: Final = 6
_EXCERPT: Final = 200


class Absent(msgspec.Struct, frozen=True):
    """A record that says of its id that it is no member: a tombstone, or one that ``only`` leaves out."""

    external_id: str


Outcome = Listing | Unusable | Absent
DatedIdentity = tuple[str | Absent | None, datetime | None]


class Mapper:
    """One declaration's mapping. ``terms`` are the partner's taxonomies; ``tombstone`` is a field that is true for a
    record that was deleted. ``lacking`` counts, by required field, the records seen since :meth:`begin` that have
    nothing there; ``profile`` is their shape, ``accents`` whether their text was misread.
    """

    def __init__(self, declaration: Declaration, terms: Terms | None = None, tombstone: str | None = None) -> None:
        fields, flat = declaration.fields, declaration.protocol == "csv"
        self.profile, self.accents = Profile(), Accents(declaration.charset)
        self.lacking: Counter[str] = Counter()
        self._partner, self._charset = declaration.name, declaration.charset
        self._tombstone = tombstone
        self._only = [(getter(path, flat=flat), frozenset(values)) for path, values in declaration.only.items()]
        self._id = first(fields.id, flat=flat)
        self._looked = {"id": _places(fields.id), "name": _places(fields.name)}
        self._parts = _Parts(fields, declaration, terms or {}, flat=flat)
        self._official = official(fields, flat=flat) if declaration.kind is PartnerKind.REGISTER else None
        # A record without id or name is unusable, and counted as such.
        self._required = dict.fromkeys(("id", "name", *declaration.required))
        others = [name for name in self._required if name not in {"id", "name"}]
        self._wanted = [(name, filled(getattr(fields, name), flat=flat)) for name in others]
        self._mapped = [path for source in fields.every() for path in source.paths]

    def begin(self) -> None:
        """Forgets the records seen so far."""
        # A register says of some companies what nobody else may be shown.
        self.profile, self.lacking = Profile(self._mapped, examples=self._official is None), Counter()
        self.accents = Accents(self._charset)

    def lacks_all(self, unusable: Unusable) -> None:
        """Counts a row of which nothing could be read but perhaps its id."""
        self.lacking.update(name for name in self._required if name != "id" or unusable.external_id is None)

    def outcome(self, raw: str) -> Outcome:
        """What the record's JSON text comes to."""
        record, external_id = None, None
        try:
            record = self._decoded(raw)
            if self.profile.see(record):
                self.accents.see(raw, record)
            external_id = self._identified(record)
            return Absent(external_id) if self._is_absent(record) else self._listing(record, external_id, raw)
        except RecordUnusable as reason:
            unusable = Unusable(external_id, str(reason), readers.line(raw[: 2 * _EXCERPT])[:_EXCERPT])
            self._count(record, unusable)
            return unusable

    def identity(self, raw: str) -> str | Absent | None:
        """The id alone; ``None`` for a record without one."""
        return self.dated_identity(raw)[0]

    def dated_identity(self, raw: str) -> DatedIdentity:
        """The id, and when the record was last changed as far as it says, for a sweep."""
        try:
            record = self._decoded(raw)
            external_id = self._identified(record)
        except RecordUnusable:
            return None, None
        return Absent(external_id) if self._is_absent(record) else external_id, self._parts.modified_at(record)

    def _count(self, record: Record | None, unusable: Unusable) -> None:
        if record is None:
            self.lacks_all(unusable)
            return
        self.lacking["id" if unusable.external_id is None else "name"] += 1
        self._count_wanted(record)

    def _count_wanted(self, record: Record) -> None:
        for name, is_filled in self._wanted:
            if not is_filled(record):
                self.lacking[name] += 1

    def _decoded(self, raw: str) -> Record:
        if len(raw) > MAX_RECORD:
            raise RecordUnusable(f"The record is longer than {MAX_RECORD:,} characters: ask the partner to shorten it.")
        try:
            record = jsontext.decoded(raw, object)
        except jsontext.NotJson:
            raise RecordUnusable("The record is not valid JSON: ask the partner to mend it.") from None
        if not isinstance(record, dict):
            raise RecordUnusable("The record is not a JSON object: ask the partner to mend it.")
        return record

    def _identified(self, record: Record) -> str:
        external_id = self._id(record)
        if not external_id or len(external_id) > MAX_ID:
            fault = "no id" if not external_id else f"an id longer than {MAX_ID} characters"
            raise RecordUnusable(f"The record has {fault} in {self._looked['id']}: ask the partner to give it one.")
        return external_id

    def _is_absent(self, record: Record) -> bool:
        if self._tombstone and record.get(self._tombstone) is True:
            return True
        return any(readers.scalar(get(record)) not in kept for get, kept in self._only)

    def _listing(self, record: Record, external_id: str, raw: str) -> Listing:
        parts, checked, said = self._parts, Checks(), SILENT
        if self._official is not None:
            record, said = self._official(record, checked)
        name = parts.name_of(record) or said.name
        if not name:
            raise RecordUnusable(f"The record has no name in {self._looked['name']}: ask the partner to give it one.")
        if self._wanted:
            self._count_wanted(record)
        siren, siret = checked.company(parts.siren(record), parts.siret(record))
        return Listing(
            partner=self._partner,
            external_id=external_id,
            name=name,
            raw=raw,
            trade_names=parts.trade_names_of(record, name),
            siren=siren,
            siret=siret,
            description=parts.description_of(record),
            activities=parts.activities_of(record, checked),
            address=parts.address_of(record, checked),
            location=parts.location_of(record, checked),
            contact=parts.contact_of(record, checked),
            website=checked.value("website", parts.website(record), identifiers.website),
            headcount=parts.headcount(record)[:_MAX_SHORT] or None,
            legal_form=parts.legal_form(record)[:_MAX_SHORT] or None,
            labels=_distinct(parts.labels(record), _MAX_SHORT),
            service_areas=_distinct(parts.service_areas(record), _MAX_SHORT),
            founded=checked.value("founded", parts.founded(record), checks.year),
            url=checked.value("url", parts.url(record), checks.page_address),
            modified_at=parts.modified_at(record),
            flags=tuple(checked.flags),
            status=said.status,
            closed_on=said.closed_on,
            disclosure=said.disclosure,
        )


class _Parts:
    """The compiled sources of every field, and the fields that are made of several."""

    def __init__(self, fields: Fields, declaration: Declaration, terms: Terms, *, flat: bool) -> None:
        def one(sources: tuple[Source, ...]) -> First:
            return first(sources, flat=flat)

        def worded(sources: tuple[Source, ...]) -> First:
            return first(sources, flat=flat, wordy=True)

        def several(sources: tuple[Source, ...]) -> Texts:
            return every(sources, flat=flat)

        self.name, self.siren, self.siret = worded(fields.name), one(fields.siren), one(fields.siret)
        self.naf, self.naf_label = one(fields.naf), worded(fields.naf_label)
        self.naf_2025, self.naf_2025_label = one(fields.naf_2025), worded(fields.naf_2025_label)
        self.postcode, self.commune = one(fields.postcode), worded(fields.commune)
        self.commune_code, self.department = one(fields.commune_code), worded(fields.department)
        self.latitude, self.longitude = one(fields.latitude), one(fields.longitude)
        self.contact_name, self.email, self.phone = worded(fields.contact_name), one(fields.email), one(fields.phone)
        self.website, self.url, self.founded = one(fields.website), one(fields.url), one(fields.founded)
        self.headcount, self.legal_form = worded(fields.headcount), worded(fields.legal_form)
        self.trade_names, self.labels = several(fields.trade_names), several(fields.labels)
        self.service_areas = several(fields.service_areas)
        self.description, self.address_lines = several(fields.description), several(fields.address_lines)
        self.sectors = words(fields.sectors, terms, flat=flat)
        self.modified_at = instant(fields.modified_at, ZoneInfo(declaration.timezone), flat=flat)

    def name_of(self, record: Record) -> str:
        """The name; one that HTML says with tags as text loses them too, for no company's has any."""
        name = self.name(record)
        return (readers.line(readers.plain(name)) if "<" in name else name)[:_MAX_NAME]

    def trade_names_of(self, record: Record, name: str) -> tuple[str, ...]:
        """Names beside the first one, each once."""
        found = _distinct(self.trade_names(record), _MAX_NAME)
        return tuple(other for other in found if other.casefold() != name.casefold()) if found else found

    def description_of(self, record: Record) -> str | None:
        """Paragraphs, each once."""
        clean = dict.fromkeys(readers.paragraphs(text) for text in self.description(record))
        return "\n\n".join(text for text in clean if text)[:_MAX_DESCRIPTION].rstrip() or None

    def activities_of(self, record: Record, checked: Checks) -> tuple[Activity, ...]:
        """The official activity, by either nomenclature, then the partner's own words; an official label without its
        code is one of those.
        """
        found = self._official_activities(record, checked)
        label = self.naf_label(record)[:_MAX_SHORT]
        if label and not found:
            found.append(Activity(checks.slug(label), Nomenclature.PARTNER, label))
        for word in self.sectors(record):
            if word.slug:
                found.append(Activity(word.slug, Nomenclature.PARTNER, word.name))
            else:
                checked.flag("activities", "UNKNOWN", word.name)
        return tuple(found)

    def _official_activities(self, record: Record, checked: Checks) -> list[Activity]:
        """A code that both may mean, from one and the same place, is the NAF rév. 2's where that has it."""
        text, newer = self.naf(record), self.naf_2025(record)
        is_shared = text == newer
        if is_shared and not _is_naf_rev2(text):
            text = ""
        elif is_shared:
            newer = ""
        code = checked.value("activities", text, identifiers.naf)
        code_2025 = checked.value("activities", newer, identifiers.naf_2025)
        label, label_2025 = self.naf_label(record)[:_MAX_SHORT], self.naf_2025_label(record)[:_MAX_SHORT]
        if is_shared:
            label_2025 = label_2025 or label
        return [
            Activity(each, nomenclature, said or None)
            for each, nomenclature, said in (
                (code, Nomenclature.NAF_REV2, label),
                (code_2025, Nomenclature.NAF_2025, label_2025),
            )
            if each
        ]

    def address_of(self, record: Record, checked: Checks) -> Address:
        """Where the company is, as far as the record says."""
        lines = [line for text in self.address_lines(record) for line in text.splitlines()]
        return Address(
            lines=_distinct(lines, _MAX_SHORT)[:_MAX_LINES],
            postcode=checked.value("address", self.postcode(record), checks.postcode),
            commune=self.commune(record)[:_MAX_SHORT] or None,
            commune_code=checked.value("address", self.commune_code(record), identifiers.commune_code),
            department=self.department(record)[:_MAX_SHORT] or None,
        )

    def location_of(self, record: Record, checked: Checks) -> Location | None:
        """The point, if both coordinates are there and on Earth; zero and zero is how software writes "none"."""
        latitude = checked.value("location", self.latitude(record), checks.latitude)
        longitude = checked.value("location", self.longitude(record), checks.longitude)
        if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
            return None
        return Location(latitude, longitude)

    def contact_of(self, record: Record, checked: Checks) -> Contact:
        """Whom to ask."""
        return Contact(
            name=self.contact_name(record)[:_MAX_SHORT] or None,
            email=checked.value("contact", self.email(record), identifiers.email),
            phone=checked.value("contact", self.phone(record), identifiers.phone),
        )


def _is_naf_rev2(text: str) -> bool:
    try:
        return bool(identifiers.naf(text))
    except InvalidValue:
        return False


def _distinct(found: list[str], longest: int) -> tuple[str, ...]:
    """Clean, bounded, each once whatever its case."""
    if not found:
        return ()
    kept: dict[str, str] = {}
    for text in found[:MAX_ITEMS]:
        line = readers.line(text)[:longest]
        if line:
            kept.setdefault(line.casefold(), line)
    return tuple(kept.values())


def _places(sources: tuple[Source, ...]) -> str:
    return " or ".join(source.path for source in sources)
