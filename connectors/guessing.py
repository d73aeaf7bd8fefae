"""A partner's table guessed from a CSV file: which column is what, by its heading and by what its values look like.

A heading decides where it is one that people use, in French or in English; values decide where they can be told by
themselves (a SIRET, a mailbox), and have a say against a heading that they contradict. What is left out is named.
"""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from connectors import readers
from connectors.files import FileFault, opened, survey
from connectors.mapping import MAX_ID
from directory import identifiers
from directory.identifiers import InvalidValue

LARGEST: Final = 64_000_000
ROW_NUMBER: Final = "row_number"
_SAMPLE: Final = 500
_LONGEST_NAME: Final = 120
_DELIMITERS: Final = ",;\t|"
_ENOUGH: Final = 0.8  # of the values that are there, when they alone decide
_SOME: Final = 0.5  # when the heading has spoken
_WORDS: Final = re.compile(r"[^a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SLUG: Final = re.compile(r"[^a-z0-9]+")

# Headings by field, in plain words. A column is the first field that its whole heading names, then one whose heading
# begins or ends with such words; the earlier of two headings in a list is the better one.
_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "siret": ("siret", "numero siret", "n siret", "no siret", "siret siege", "etablissement siret"),
    "siren": ("siren", "numero siren", "n siren", "no siren"),
    "naf": ("naf", "ape", "code naf", "code ape", "naf ape", "activite principale", "code activite"),
    "commune_code": ("code insee", "insee", "code commune", "codgeo", "code commune insee", "com insee"),
    "postcode": ("code postal", "cp", "postal code", "postcode", "post code", "zip code", "zipcode", "zip",
                 "codepostal"),
    "latitude": ("latitude", "lat", "geo lat", "coord lat"),
    "longitude": ("longitude", "lon", "lng", "long", "geo lng", "geo lon", "coord lon"),
    "email": ("email", "e mail", "mail", "courriel", "email address", "adresse mail", "adresse email",
              "adresse e mail"),
    "phone": ("telephone", "tel", "phone", "phone number", "phone no", "telephone number", "numero de telephone",
              "tel fixe", "telephone fixe", "fixe", "mobile", "portable", "gsm", "telephone portable", "n telephone"),
    "website": ("site web", "site internet", "website", "web site", "url", "site", "homepage", "web", "www", "web page",
                "webpage", "domain", "home page"),
    "name": ("raison sociale", "denomination", "denomination sociale", "company name", "business name", "legal name",
             "organisation name", "organization name", "name", "nom", "nom entreprise", "nom de l entreprise",
             "nom structure", "nom de la structure", "company", "organisation", "organization", "entreprise", "societe",
             "structure", "title", "titre", "etablissement", "nom etablissement", "adherent", "membre", "exposant",
             "partenaire", "fournisseur", "client", "association", "commerce", "place name", "facility",
             "facility name", "provider name", "site name", "vendor", "supplier", "restaurant", "hospital",
             "university", "institution", "school", "hotel", "store", "firm", "libelle", "label", "nom usuel"),
    "trade_names": ("enseigne", "nom commercial", "trade name", "trading name", "brand", "dba", "alias", "aliases",
                    "also known as", "aka", "sigle", "acronym", "marque", "other name", "alternate name"),
    "commune": ("commune", "ville", "city", "town", "localite", "locality", "municipality", "libelle commune",
                "nom commune", "city name", "city town", "post town"),
    "department": ("departement", "dept", "code departement", "dpt"),
    "contact_name": ("contact name", "nom du contact", "contact", "dirigeant", "gerant", "responsable", "president"),
    "headcount": ("effectif", "effectifs", "nombre de salaries", "salaries", "employees", "number of employees",
                  "headcount", "tranche effectif"),
    "legal_form": ("forme juridique", "legal form", "statut juridique", "categorie juridique"),
    "founded": ("annee de creation", "date de creation", "date creation", "founded", "year founded", "annee creation"),
    "service_areas": ("zone d intervention", "zones d intervention", "zone intervention", "secteur geographique",
                      "service area", "service areas", "area served", "areas served"),
    "labels": ("labels", "certifications", "qualifications"),
    "sectors": ("secteur", "secteur d activite", "secteurs", "activite", "activites", "sector", "industry", "category",
                "categorie", "cuisine", "metier", "type of business", "business type"),
    "description": ("description", "presentation", "about", "objet", "resume", "summary"),
    "id": ("id", "identifiant", "identifier", "record id", "rec id", "uuid", "guid", "external id", "ref", "reference",
           "n adherent", "numero adherent", "no adherent", "numero", "code", "key", "num", "unique id", "member id"),
}  # fmt: skip
_LINES: Final = re.compile(
    r"(?:adresse|address|addr|adr|street address|street|rue|voie|complement|complement d adresse|address line|"
    r"adresse postale|adresse siege|street name|addressline|postal address|mailing address|ligne d adresse)(?: ?\d)?"
)
# Where no heading is one of these: words that say street anywhere in it, and words that make another thing of it.
_STREET_WORDS: Final = frozenset({"adresse", "address", "addr", "street", "rue", "voie"})
_NO_STREET: Final = frozenset({"mail", "email", "e", "web", "ip", "url", "site", "internet", "type", "city", "state"})
# Words that make another thing of a heading: a fax is no phone, an identifier of a city no member's.
_OTHER: Final = frozenset(
    {"fax", "telecopie", "parent", "country", "pays", "region", "state", "county", "date", "class"}
)


class NoGuess(Exception):
    """Nothing can be made of the file. ``str()`` is one sentence with its remedy."""


class Guess(Struct, frozen=True, kw_only=True):
    """What the file seems to be.

    ``columns`` are its headings; ``fields`` maps fields of a listing to columns, ``left_out`` are the columns that are
    none of them, ``notes`` are sentences on what somebody should look at.
    """

    path: str
    charset: str
    delimiter: str
    final_newline: bool
    columns: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]
    rows: int
    notes: tuple[str, ...] = ()

    def table(self) -> dict[str, Any]:
        """The partner's table, as in the settings."""
        shape: dict[str, Any] = {"delimiter": self.delimiter}
        if not self.final_newline:
            shape["final_newline"] = False
        if self.fields["id"] == (ROW_NUMBER,):
            shape["row_number"] = ROW_NUMBER
        fields = {field: list(columns) if len(columns) > 1 else columns[0] for field, columns in self.fields.items()}
        return {"protocol": "csv", "path": self.path, "charset": self.charset, "csv": shape, "fields": fields}


def guess(path: Path) -> Guess:
    """Reads a file and says what it seems to be. Raises :class:`NoGuess`."""
    body, seen = _content(path)
    text = body.removeprefix(b"\xef\xbb\xbf").decode(seen.charset, errors="replace")
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    header = tuple(cell.strip() for cell in next(rows, []))
    named = [name for name in header if name]
    if len(named) < 2:
        raise NoGuess(f"{path} has no header of two columns or more; write the names of its columns in the first line.")
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise NoGuess(f"{path} has two columns {twice!r}; rename one.")
    table = [row for row in rows if len(row) == len(header)]
    values = {name: [row[place].strip() for row in table] for place, name in enumerate(header) if name}
    fields = _fields(values)
    notes = []
    if seen.charset != "utf-8":
        notes.append(f"the file is not in utf-8; it is taken to be in {seen.charset}")
    if "id" not in fields:
        fields["id"] = (ROW_NUMBER,)
        notes.append("no column identifies its rows: the number of the row is its id, which changes when rows move")
    if "name" not in fields:
        likely = _likely_name({name: cells for name, cells in values.items() if (name,) not in fields.values()})
        if likely is None:
            raise NoGuess(
                f"{path} has no column that could be a name, of {', '.join(map(repr, named))}; "
                "head the column of names `name`."
            )
        fields["name"] = (likely,)
        notes.append(f"no heading says which column is the name: {likely!r} is taken for it, as its rows differ most")
    used = {name for columns in fields.values() for name in columns}
    return Guess(
        path=str(path),
        charset=seen.charset,
        delimiter=delimiter,
        final_newline=seen.ends_line,
        columns=tuple(named),
        fields={"id": fields["id"], "name": fields["name"], **fields},
        left_out=tuple(name for name in named if name not in used),
        rows=len(table),
        notes=tuple(notes),
    )


def columns(path: Path, charset: str | None = None, delimiter: str | None = None) -> tuple[str, ...]:
    """The headings of a file; charset and delimiter are told by itself where they are not said. Raises NoGuess."""
    body, seen = _content(path)
    text = body.removeprefix(b"\xef\xbb\xbf").decode(charset or seen.charset, errors="replace")
    return tuple(cell.strip() for cell in next(_rows(text, delimiter or _delimiter(text)), []))


def _likely_name(values: Mapping[str, Sequence[str]]) -> str | None:
    """The first column of words that nearly all rows have, each its own, and none of them long."""

    def is_likely(cells: Sequence[str]) -> bool:
        said = [cell for cell in cells if cell]
        wordy = _share(said, lambda cell: _is_words(cell) and len(cell) <= _LONGEST_NAME and not cell[0].isdigit())
        return wordy >= _ENOUGH and len(said) >= _ENOUGH * len(cells) and len(set(said)) >= _SOME * len(said)

    return next((name for name, cells in values.items() if is_likely(cells)), None)


def partner_name(text: str) -> str:
    """A text as the name of a partner: ``Fodor's (2024)`` gives ``fodor_s_2024``."""
    plain = _SLUG.sub("_", _plain(text)).strip("_")
    return (plain if plain[:1].isalpha() else f"file_{plain}").strip("_")[:40]


def _content(path: Path) -> tuple[bytes, Any]:
    try:
        descriptor = opened(path)
        try:
            seen = survey(descriptor, LARGEST)
            os.lseek(descriptor, 0, os.SEEK_SET)
            with os.fdopen(os.dup(descriptor), "rb") as file:
                return file.read(LARGEST), seen
        finally:
            os.close(descriptor)
    except FileFault as fault:
        raise NoGuess(f"{path} {fault}; name a CSV file.") from None


def _delimiter(text: str) -> str:
    """The mark that cuts the first rows into most columns, all rows alike."""
    head = "\n".join(text.split("\n", 51)[:50])

    def share(mark: str) -> tuple[float, int]:
        lengths = [len(row) for row in _rows(head, mark)]
        alike = sum(length == lengths[0] for length in lengths) / len(lengths) if lengths else 0
        return (round(alike, 1), lengths[0]) if lengths and lengths[0] > 1 else (0, 0)

    return max(_DELIMITERS, key=share)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a bad row; the reading itself says which
            continue
        if row:
            yield row


def _fields(values: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    sample = {name: [value for value in cells[:_SAMPLE] if value] for name, cells in values.items()}
    free = {name: _heading(name) for name in values}
    found: dict[str, tuple[str, ...]] = {}
    lines = _address_lines(free)
    for take in (_whole, _part):
        for field, headings in _HEADINGS.items():
            if field in found:
                continue
            able = [name for name in free if name not in lines and _agrees(field, values[name], sample[name])]
            ranked = [(take(free[name], headings), name) for name in able]
            best = [name for rank, name in sorted(ranked, key=lambda each: each[0]) if rank < len(headings)]
            if best:
                chosen = tuple(best) if field in {"phone", "trade_names"} else (best[0],)
                found[field] = chosen
                for name in chosen:
                    del free[name]
    for field, check in _TELLING.items():  # what is told by its values alone
        if field not in found:
            sure = [name for name in free if name not in lines and _share(sample[name], check) >= _ENOUGH]
            if sure:
                found[field] = (sure[0],)
                del free[sure[0]]
    if lines:
        found["address_lines"] = lines
    if ("latitude" in found) != ("longitude" in found):
        found.pop("latitude", None)
        found.pop("longitude", None)
    return {field: found[field] for field in (*_ORDER, *found) if field in found}


def _address_lines(headings: Mapping[str, str]) -> tuple[str, ...]:
    plain = tuple(name for name, words in headings.items() if _LINES.fullmatch(words))
    said = {name: frozenset(words.split()) for name, words in headings.items()}
    near = (name for name, words in said.items() if words & _STREET_WORDS and not words & (_NO_STREET | _OTHER))
    return plain or tuple(near)[:1]


_ORDER: Final = ("id", "name", "trade_names", "siren", "siret", "naf", "address_lines", "postcode", "commune")


def _whole(heading: str, headings: Sequence[str]) -> int:
    return headings.index(heading) if heading in headings else len(headings)


def _part(heading: str, headings: Sequence[str]) -> int:
    """The first of these that the heading begins or ends with, unless another word makes a different thing of it."""
    if _OTHER & set(heading.split()):
        return len(headings)
    near = (place for place, known in enumerate(headings) if f" {heading} ".startswith(f" {known} ")
            or f" {heading} ".endswith(f" {known} "))  # fmt: skip
    return next(near, len(headings))


def _agrees(field: str, cells: Sequence[str], sample: Sequence[str]) -> bool:
    """Whether the values may be the field's: a heading alone makes no coordinates of words."""
    if field == "id":
        return bool(cells) and len(set(cells)) == len(cells) and all(0 < len(cell) <= MAX_ID for cell in cells)
    if not sample:
        return False
    check = _LIKE.get(field)
    return check is None or _share(sample, check) >= _SOME


def _share(sample: Sequence[str], check: Callable[[str], bool]) -> float:
    return sum(map(check, sample)) / len(sample) if sample else 0.0


def _valid(check: Callable[[str], object]) -> Callable[[str], bool]:
    def is_valid(text: str) -> bool:
        try:
            check(text)
        except InvalidValue:
            return False
        return True

    return is_valid


def _is_site(text: str) -> bool:
    return "." in text and "@" not in text and " " not in text and _valid(identifiers.website)(text)


def _is_web(text: str) -> bool:
    return text.lower().startswith(("http://", "https://", "www.")) and _is_site(text)


def _is_phone(text: str) -> bool:
    digits = sum(map(str.isdigit, text))
    return 6 <= digits <= 30 and digits >= len(text) / 3


def _within(bound: float) -> Callable[[str], bool]:
    def is_within(text: str) -> bool:
        value = readers.number(text)
        return value is not None and abs(value) <= bound

    return is_within


def _is_postcode(text: str) -> bool:
    return len(text) <= 10 and any(map(str.isdigit, text))


def _is_words(text: str) -> bool:
    return any(map(str.isalpha, text))


_LIKE: Final[Mapping[str, Callable[[str], bool]]] = {
    "siret": _valid(identifiers.siret),
    "siren": _valid(identifiers.siren),
    "naf": _valid(identifiers.naf),
    "commune_code": _valid(identifiers.commune_code),
    "email": lambda text: "@" in text,
    "phone": _is_phone,
    "website": _is_site,
    "latitude": _within(90),
    "longitude": _within(180),
    "postcode": _is_postcode,
    "name": _is_words,
    "trade_names": _is_words,
    "commune": _is_words,
    "sectors": _is_words,
    "contact_name": _is_words,
    "description": _is_words,
}
_TELLING: Final[Mapping[str, Callable[[str], bool]]] = {
    "siret": _LIKE["siret"],
    "siren": _LIKE["siren"],
    "naf": _LIKE["naf"],
    "email": _valid(identifiers.email),
    "website": _is_web,
}


def _heading(name: str) -> str:
    return " ".join(_WORDS.sub(" ", _plain(_CAMEL.sub(" ", name))).split())


def _plain(text: str) -> str:
    return (
        unicodedata.normalize("NFKD", text.replace("°", " ").replace("œ", "oe"))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
