"""Records become listings: every field that a partner publishes lands somewhere; bad values are kept and flagged."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import BUILTIN, declare
from connectors.mapping import Absent, Mapper
from connectors.picking import Term
from directory.records import Activity, Address, Contact, Flag, Listing, Location, Nomenclature, Unusable


def listing_of(partner: str, record: dict[str, Any], **overrides: Any) -> Listing:
    terms = {"secteur": {"7": Term("btp", "Bâtiment")}}
    outcome = Mapper(declare(partner, overrides), terms).outcome(msgspec.json.encode(record).decode())
    assert isinstance(outcome, Listing)
    return outcome


def partner_activity(code: str, label: str) -> Activity:
    return Activity(code, Nomenclature.PARTNER, label)


def test_chambre() -> None:
    record = {
        "id": "etab-1",
        "last_modified": 1_730_000_000_123,
        "raison_sociale": "SARL  DUPONT ET FILS",
        "enseigne": "Dupont Plomberie",
        "siret": "552 100 554 00013",
        "siren": "552100554",
        "code_naf": "4322A",
        "activite": "Travaux d'installation d'eau et de gaz",
        "effectif": "21",
        "adresse": {
            "voie": "12 RUE DE ROME",
            "complement": "Bât. B",
            "code_postal": "13006",
            "commune": "MARSEILLE 06",
            "code_insee": "13206",
            "departement": "Bouches-du-Rhône",
        },
        "telephone": "04 91 12 34 56",
        "courriel": "Contact@Dupont.FR",
        "site_web": "www.dupont.fr",
        "presentation": "Plombiers depuis 1950.\r\n\r\n\r\nDevis gratuit.",
        "produits": ["chauffe-eau", "robinetterie"],
        "certifications": ["RGE", "Qualibat"],
        "coordonnees": {"lat": 43.29, "lon": 5.38},
    }
    assert listing_of("chambre", record) == Listing(
        partner="chambre",
        external_id="etab-1",
        name="SARL DUPONT ET FILS",
        raw=msgspec.json.encode(record).decode(),
        trade_names=("Dupont Plomberie",),
        siren="552100554",
        siret="55210055400013",
        description="Plombiers depuis 1950.\n\nDevis gratuit.\n\nProduits : chauffe-eau, robinetterie",
        activities=(Activity("43.22A", Nomenclature.NAF_REV2, "Travaux d'installation d'eau et de gaz"),),
        address=Address(
            lines=("12 RUE DE ROME", "Bât. B"),
            postcode="13006",
            commune="MARSEILLE 06",
            commune_code="13206",
            department="Bouches-du-Rhône",
        ),
        location=Location(43.29, 5.38),
        contact=Contact(email="Contact@dupont.fr", phone="+33491123456"),
        website="https://www.dupont.fr",
        headcount="21",
        labels=("RGE", "Qualibat"),
        modified_at=datetime(2024, 10, 27, 3, 33, 20, 123000, tzinfo=UTC),
    )


def _activities(record: dict[str, Any], **fields: str) -> tuple[tuple[Activity, ...], tuple[Flag, ...]]:
    listing = listing_of("chambre", {"id": "1", "raison_sociale": "Dupont", **record}, fields=fields)
    return listing.activities, listing.flags


NEWER = Activity("43.22Y", Nomenclature.NAF_2025, "Plomberie")


def test_a_code_of_the_naf_2025_is_kept_beside_the_other() -> None:
    record = {"code_naf": "4322A", "activite": "Plomberie", "ape25": "4322Y", "libelle25": "Plomberie"}
    both, flags = _activities(record, naf_2025="ape25", naf_2025_label="libelle25")
    assert both == (Activity("43.22A", Nomenclature.NAF_REV2, "Plomberie"), NEWER)
    assert flags == ()
    bad = _activities({**record, "ape25": "43"}, naf_2025="ape25")
    assert bad == (both[:1], (Flag("activities", "FORMAT", "43"),))


def test_a_code_is_of_the_naf_2025_only_where_the_mapping_says_so() -> None:
    assert _activities({"code_naf": "43.22Y"}) == ((), (Flag("activities", "UNKNOWN", "43.22Y"),))


def test_one_column_may_change_over_from_one_nomenclature_to_the_other() -> None:
    shared = {"naf_2025": "code_naf"}
    assert _activities({"code_naf": "43.22Y", "activite": "Plomberie"}, **shared) == ((NEWER,), ())
    old = Activity("43.22A", Nomenclature.NAF_REV2, "Plomberie")
    assert _activities({"code_naf": "43.22A", "activite": "Plomberie"}, **shared) == ((old,), ())
    assert _activities({"code_naf": "rien"}, **shared) == ((), (Flag("activities", "FORMAT", "rien"),))
    assert _activities({}, **shared) == ((), ())


def test_a_label_may_have_its_last_day_in_a_place_of_its_own() -> None:
    fields = {"labels": [{"path": "rge", "label": "RGE", "until": "rge_fin"}, "certifications"]}

    def labels(record: dict[str, Any]) -> tuple[str, ...]:
        return listing_of("chambre", {"id": "1", "raison_sociale": "Dupont", **record}, fields=fields).labels

    said = {"rge": True, "rge_fin": "2026-12-31", "certifications": ["Qualibat"]}
    assert labels(said) == ("RGE (jusqu'au 2026-12-31)", "Qualibat")
    assert labels({**said, "rge_fin": None}) == ("RGE", "Qualibat")
    assert labels({**said, "rge": False}) == ("Qualibat",)


def test_cmar() -> None:
    record = {
        "NUMERO_RM": "RM13-1",
        "SIREN": "552100554",
        "SIRET": "",
        "DENOMINATION": "",
        "ENSEIGNE": "L'Atelier d'Ocre",
        "METIER": "Plombier-chauffagiste",
        "CODE_APE": "43.22A",
        "ADRESSE": "3 bd Voltaire",
        "CODE_POSTAL": "4100",
        "COMMUNE": "MANOSQUE",
        "TELEPHONE": "0491123456",
        "COURRIEL": "",
        "SITE": "",
        "QUALITE": "Maître artisan",
        "LABELS": "RGE| Artisan d'art |rge",
        "MODIFIE_LE": "13/07/2026 06:05",
    }
    listing = listing_of("cmar", record)
    assert (listing.name, listing.trade_names) == ("L'Atelier d'Ocre", ())
    assert listing.activities == (
        Activity("43.22A"),
        partner_activity("plombier-chauffagiste", "Plombier-chauffagiste"),
    )
    assert listing.address == Address(lines=("3 bd Voltaire",), postcode="04100", commune="MANOSQUE")
    assert listing.labels == ("Maître artisan", "RGE", "Artisan d'art")
    assert listing.modified_at == datetime(2026, 7, 13, 4, 5, tzinfo=UTC)
    assert listing.flags == ()


def test_cpme13() -> None:
    record = {
        "id": 1002,
        "slug": "foret-d-ocre",
        "link": "https://cpme13.example/adherent/foret-d-ocre/",
        "modified_gmt": "2026-06-16T08:27:00",
        "title": {"rendered": "For&ecirc;t d&rsquo;Ocre &amp; Fils", "raw": "x"},
        "content": {
            "rendered": "<p>Pose &amp; d&eacute;pose.</p>\n<ul><li>Bois</li><li>Fer</li></ul><script>x()</script>"
        },
        "secteur": [7, 999],
        "meta": {
            "siren": " 552 100 554 ",
            "naf": "",
            "forme": "SARL",
            "adresse": "1 rue Foch",
            "code_postal": "13400",
            "commune": "AUBAGNE",
            "telephone": "",
            "email": "",
            "site": "",
            "effectif": 21,
            "ref": "A1",
        },
    }
    listing = listing_of("cpme13", record)
    assert (listing.external_id, listing.name) == ("1002", "Forêt d’Ocre & Fils")
    assert listing.description == "Pose & dépose.\n\nBois\nFer"
    assert listing.activities == (partner_activity("btp", "Bâtiment"),)
    assert listing.flags == (Flag("activities", "UNKNOWN", "999"),)
    assert (listing.siren, listing.legal_form, listing.headcount) == ("552100554", "SARL", "21 salariés")
    assert listing.url == "https://cpme13.example/adherent/foret-d-ocre/"
    assert listing.modified_at == datetime(2026, 6, 16, 8, 27, tzinfo=UTC)


def test_cress_paca() -> None:
    record = {
        "_id": 12,
        "siren": 5750553,
        "siret": None,
        "denomination": "LA PETITE OURSE",
        "sigle": "LPO",
        "enseigne": "La petite ourse",
        "famille_juridique": "association",
        "type_iae": "ACI",
        "esus": "oui",
        "ape": "9499Z",
        "libelle_ape": "Autres organisations",
        "adresse": "Rue des Gentianes",
        "code_postal": 5000,
        "commune": "Gap",
        "code_commune": "5061",
        "site_web": None,
        "latitude": "44,551069",
        "longitude": "6.05",
        "tranche_effectif": "NN",
        "territoires": "Gap ; Hautes-Alpes;",
        "modifie": "2026-07-01T03:45:00",
    }
    listing = listing_of("cress_paca", record)
    assert (listing.external_id, listing.trade_names) == ("12", ("LPO",))
    assert listing.labels == ("ACI", "ESUS")
    assert listing.legal_form == "association"
    assert listing.service_areas == ("Gap", "Hautes-Alpes")
    assert listing.activities == (Activity("94.99Z", Nomenclature.NAF_REV2, "Autres organisations"),)
    assert listing.address == Address(
        lines=("Rue des Gentianes",), postcode="05000", commune="Gap", commune_code="05061"
    )
    assert listing.location == Location(44.551069, 6.05)
    assert listing.flags == (Flag("siren", "CHECKSUM", "5750553"),)


def test_french_tech() -> None:
    record = {
        "id": "3",
        "nom": "Newsteo",
        "raison_sociale": "AAZ SOLUTIONS",
        "siren": None,
        "site": "http://www.newsteo.com/",
        "accroche": "Capteurs miniatures",
        "description": "Capteurs miniatures",
        "thematiques": ["Électronique", "IoT"],
        "adresse": "Place Bargemon",
        "code_postal": "13002",
        "ville": "Marseille",
        "latitude": 43.29,
        "longitude": 5.36,
        "annee_creation": 2005,
        "effectif": "10-19",
        "levee_eur": 150_000,
        "labels": ["Pass French Tech"],
        "statut": "published",
        "date_created": "2026-03-08T15:59:00Z",
        "date_updated": None,
    }
    listing = listing_of("french_tech", record)
    assert (listing.name, listing.trade_names, listing.founded) == ("AAZ SOLUTIONS", ("Newsteo",), 2005)
    assert listing.description == "Capteurs miniatures"
    assert listing.activities == (partner_activity("electronique", "Électronique"), partner_activity("iot", "IoT"))
    assert (listing.headcount, listing.labels) == ("10-19", ("Pass French Tech",))
    assert listing.modified_at == datetime(2026, 3, 8, 15, 59, tzinfo=UTC)
    assert '"levee_eur":150000' in listing.raw


def test_a_draft_is_no_member() -> None:
    mapper = Mapper(BUILTIN["french_tech"])
    raw = '{"id":"9","nom":"Secret","statut":"draft"}'
    assert mapper.outcome(raw) == Absent("9")
    assert mapper.identity(raw) == Absent("9")


def test_a_tombstone_is_absent() -> None:
    mapper = Mapper(BUILTIN["chambre"], tombstone="deleted")
    assert mapper.outcome('{"id":"a","last_modified":5,"deleted":true}') == Absent("a")


@pytest.mark.parametrize(
    ("field", "value", "flag"),
    [
        ("siren", "123456789", Flag("siren", "CHECKSUM", "123456789")),
        ("siret", "12345", Flag("siret", "FORMAT", "12345")),
        ("code_naf", "99.99X", Flag("activities", "UNKNOWN", "99.99X")),
        ("telephone", "pas de téléphone", Flag("contact", "FORMAT", "pas de téléphone")),
        ("courriel", "a@b", Flag("contact", "FORMAT", "a@b")),
        ("site_web", "javascript:alert(1)", Flag("website", "FORMAT", "javascript:alert(1)")),
        ("adresse", {"code_postal": "1340A"}, Flag("address", "FORMAT", "1340A")),
        ("coordonnees", {"lat": "143.2", "lon": "5"}, Flag("location", "RANGE", "143.2")),
    ],
)
def test_a_value_that_fails_its_check_is_absent_and_flagged(field: str, value: Any, flag: Flag) -> None:
    listing = listing_of("chambre", {"id": "a", "raison_sociale": "A", field: value})
    assert listing.flags == (flag,)
    bare = listing_of("chambre", {"id": "a", "raison_sociale": "A"})
    assert msgspec.structs.replace(listing, flags=(), raw=bare.raw) == bare


def test_a_siret_of_another_company_is_flagged() -> None:
    record = {"id": "a", "raison_sociale": "A", "siren": "552100554", "siret": "73282932000074"}
    listing = listing_of("chambre", record)
    assert (listing.siren, listing.siret) == ("552100554", None)
    assert listing.flags == (Flag("siret", "RANGE", "73282932000074"),)


def test_an_activity_without_a_valid_code_keeps_its_words() -> None:
    listing = listing_of("chambre", {"id": "a", "raison_sociale": "A", "activite": "Métiers d'art"})
    assert listing.activities == (partner_activity("metiers-d-art", "Métiers d'art"),)


def test_texts_are_bounded_and_cleaned() -> None:
    record = {"id": "a", "raison_sociale": "A\u202e\x00\u200bB\n C" + "x" * 400, "presentation": "é " * 9_000}
    listing = listing_of("chambre", record)
    assert listing.name.startswith("AB C")
    assert (len(listing.name), len(listing.description or "")) == (300, 4_999)


@pytest.mark.parametrize("partner", BUILTIN)
def test_names_and_descriptions_of_every_partner_are_plain_text(partner: str) -> None:
    written = "For&ecirc;t d&amp;rsquo;<b>Ocre</b>\u202e &amp; Fils"
    fields = declare(partner).fields
    record: dict[str, Any] = {"statut": "published"}
    for source in (fields.id[0], fields.name[0], *fields.trade_names[:1], *fields.description[:1]):
        outer, _, inner = source.path.partition(".")
        value = "7" if source is fields.id[0] else written
        record[outer] = {inner: value} if inner else value
    listing = listing_of(partner, record)
    assert listing.name == "Forêt d’Ocre & Fils"
    assert {text for text in (listing.description, *listing.trade_names) if text} <= {"Forêt d’Ocre & Fils"}


def test_words_are_plain_text_and_identifiers_are_as_they_were_given() -> None:
    record = {
        "id": "a&amp;b",
        "raison_sociale": "&lt;b&gt;A&lt;/b&gt;",
        "adresse": {"voie": "1 rue de l&#39;&Eacute;glise", "commune": "Aix&nbsp;en Provence"},
        "certifications": ["Label &amp; co"],
        "site_web": "https://a.fr/x?a=1&amp=2",
    }
    listing = listing_of("chambre", record)
    assert (listing.external_id, listing.name) == ("a&amp;b", "A")
    assert listing.address == Address(lines=("1 rue de l'Église",), commune="Aix en Provence")
    assert (listing.labels, listing.website) == (("Label & co",), "https://a.fr/x?a=1&amp=2")


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ('{"id":"a","raison_sociale":"A\\u0000\\u2066B"}', "AB"),
        ('{"id":"a","raison_sociale":"' + "A" * 40_000 + '"}', "A" * 300),
        ('{"id":"x","raison_sociale":"X","id":"a","raison_sociale":"A"}', "A"),  # the last one counts, as in JSON.parse
        ('{"id":"a","raison_sociale":"A","coordonnees":{"lat":1e308,"lon":500}}', "A"),
        ('{"id":"a","raison_sociale":"A","coordonnees":{"lat":"1e999","lon":"nan"}}', "A"),
        ('{"id":"a","raison_sociale":"A","last_modified":-1e300,"adresse":[[[[[]]]]]}', "A"),
        ('{"id":"a","raison_sociale":"A","effectif":' + "9" * 4_000 + "}", "A"),
    ],
)
def test_absurd_values_leave_a_listing(raw: str, name: str) -> None:
    listing = Mapper(BUILTIN["chambre"]).outcome(raw)
    assert isinstance(listing, Listing)
    assert (listing.external_id, listing.name, listing.location, listing.modified_at) == ("a", name, None, None)


@pytest.mark.parametrize(
    "raw",
    [
        '{"id":"a","raison_sociale":"A","x":1e999}',
        '{"id":"a","raison_sociale":"A\\ud800"}',
        '{"id":"a","raison_sociale":"A","x":' + "[" * 20_000 + "]" * 20_000 + "}",
        '{"id":"a","raison_sociale":"A","x":NaN}',
    ],
)
def test_what_is_no_json_costs_its_own_record_alone(raw: str) -> None:
    outcome = Mapper(BUILTIN["chambre"]).outcome(raw)
    assert isinstance(outcome, Unusable)
    assert outcome.reason == "The record is not valid JSON: ask the partner to mend it."


@pytest.mark.parametrize(
    ("year", "flag"),
    [
        ("0", Flag("founded", "FORMAT", "0")),
        ("0000", Flag("founded", "RANGE", "0000")),
        (20_260, Flag("founded", "FORMAT", "20260")),
        (-5, Flag("founded", "FORMAT", "-5")),
    ],
)
def test_no_company_is_of_the_year_nought(year: Any, flag: Flag) -> None:
    listing = listing_of("french_tech", {"id": "1", "nom": "A", "statut": "published", "annee_creation": year})
    assert (listing.founded, listing.flags) == (None, (flag,))


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00", "0000-00-00T00:00:00", "1899-12-31T23:59:59Z", "99999-01-01"])
def test_a_date_that_stands_for_none_gives_way_to_the_next(date: str) -> None:
    record = {
        "id": "1",
        "nom": "A",
        "statut": "published",
        "date_updated": date,
        "date_created": "2026-01-02T03:04:05Z",
    }
    assert listing_of("french_tech", record).modified_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_what_records_lack_is_counted_by_field() -> None:
    mapper = Mapper(declare("chambre", {"required": ["siren", "address_lines"]}), tombstone="deleted")
    mapper.begin()
    for raw in (
        '{"id":"a","raison_sociale":"A","siren":"pas un siren","adresse":{"voie":"1 rue Foch"}}',
        '{"id":"b","raison_sociale":"B","siren":" ","adresse":{"voie":[]}}',
        '{"id":"c","siren":"552100554","adresse":{"complement":"Bât. B"}}',
        '{"raison_sociale":"D","siren":"552100554"}',
        '{"id":"e","deleted":true}',
        "{",
    ):
        mapper.outcome(raw)
    mapper.lacks_all(Unusable("f", "Its quotes do not match."))
    assert mapper.lacking == {"siren": 3, "address_lines": 4, "name": 3, "id": 2}
    mapper.begin()
    assert mapper.lacking == {}


@pytest.mark.parametrize(
    ("raw", "external_id", "reason"),
    [
        ("[1]", None, "The record is not a JSON object: ask the partner to mend it."),
        ('{"id": 1, ', None, "The record is not valid JSON: ask the partner to mend it."),
        ('{"raison_sociale":"A"}', None, "The record has no id in id: ask the partner to give it one."),
        (
            '{"id":"a","enseigne":" ","raison_sociale":null}',
            "a",
            "The record has no name in raison_sociale or enseigne: ask the partner to give it one.",
        ),
        (
            '{"id":"' + "a" * 201 + '"}',
            None,
            "The record has an id longer than 200 characters in id: ask the partner to give it one.",
        ),
        (
            '{"id":"a","x":"' + "a" * 262_144 + '"}',
            None,
            "The record is longer than 262,144 characters: ask the partner to shorten it.",
        ),
    ],
)
def test_a_row_without_id_or_name_is_unusable_with_a_reason(raw: str, external_id: str | None, reason: str) -> None:
    outcome = Mapper(BUILTIN["chambre"]).outcome(raw)
    assert isinstance(outcome, Unusable)
    assert (outcome.external_id, outcome.reason) == (external_id, reason)
    assert len(outcome.excerpt) <= 200


def test_a_path_into_a_list_and_a_column_with_a_dot() -> None:
    listing = listing_of(
        "essai",
        {"id": 1, "contacts": [{"nom": "Mme X"}]},
        protocol="json",
        fields={"id": "id", "name": "contacts.0.nom"},
    )
    assert listing.name == "Mme X"
    row = {"N°": "1", "Nom. usuel": "Y"}
    assert listing_of("essai", row, protocol="csv", fields={"id": "N°", "name": "Nom. usuel"}).name == "Y"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RECORDS = {
    partner: st.dictionaries(
        st.sampled_from(sorted({source.path.split(".")[0] for source in declaration.fields.every()})), json_values
    )
    for partner, declaration in BUILTIN.items()
}


@pytest.mark.parametrize("partner", BUILTIN)
@given(data=st.data())
def test_no_record_whatever_is_in_it_raises(partner: str, data: st.DataObject) -> None:
    raw = msgspec.json.encode(data.draw(RECORDS[partner])).decode()
    outcome = Mapper(BUILTIN[partner]).outcome(raw)
    assert isinstance(outcome, Listing | Unusable | Absent)
    if isinstance(outcome, Listing):
        assert outcome.raw == raw
        assert msgspec.json.decode(msgspec.json.encode(outcome), type=Listing) == outcome
