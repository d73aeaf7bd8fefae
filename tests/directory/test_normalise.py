"""Comparable forms: what two directories write differently compares equal, what differs does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory import normalise


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Éléonore\u00a0 ŒUVRE ", "eleonore oeuvre"),
        ("L’Étoile – Café", "l'etoile - cafe"),
        ("Ǝ STRASSE ẞ", "ǝ strasse ss"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert normalise.fold(text) == folded


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert normalise.fold(normalise.fold(text)) == normalise.fold(text)


SAME_NAMES = [
    ("snef", ["S.N.E.F", "SNEF", "S N E F SA", "S.N.E.F. (S.A.S.)", "Société S.N.E.F."]),
    (
        "martin fils",
        ["Ets MARTIN & FILS", "Établissements Martin et Fils", "SARL Martin + fils", "MARTIN ET FILS S.A."],
    ),
    ("daisy cafe bakery", ["The Daisy Cafe & Bakery, Inc.", "Daisy Cafe and Bakery LLC", "DAISY CAFE AND BAKERY"]),
    ("oeuvre", ["L'Œuvre", "L’OEUVRE", "Association loi 1901 L'Oeuvre", "Asso. de l'œuvre"]),
    ("oneill", ["O'Neill", "ONEILL SASU", "Mr O’Neill EI"]),
    ("jean dupont", ["M. Jean DUPONT", "Mr Jean Dupont", "Monsieur Jean Dupont, entrepreneur individuel"]),
    (
        "soleil",
        ["SOLEIL", "Société par actions simplifiée SOLEIL", "Le Soleil SELARL", "Société Civile Immobilière Soleil"],
    ),
    (
        "pharmacie port",
        ["SELARL Pharmacie du Port", "Société d'exercice libéral à responsabilité limitée pharmacie du port"],
    ),
    ("ca", ["C&A", "C & A", "C et A"]),
    ("saint gobain", ["SAINT-GOBAIN", "Saint Gobain"]),
]


@pytest.mark.parametrize(("key", "name"), [(key, name) for key, names in SAME_NAMES for name in names])
def test_name_key(key: str, name: str) -> None:
    assert normalise.name_key(name) == key


@pytest.mark.parametrize(
    "pair", [("Martin Plomberie", "Martin Peinture"), ("Chez Paul", "Paul"), ("Garage M", "Garage N")]
)
def test_different_names_keep_different_keys(pair: tuple[str, str]) -> None:
    assert normalise.name_key(pair[0]) != normalise.name_key(pair[1])


@pytest.mark.parametrize(
    ("name", "key"), [("SA", "sa"), ("Société Anonyme", "societe anonyme"), ("L'", "l'"), ("***", "***")]
)
def test_a_name_of_nothing_else_is_folded(name: str, key: str) -> None:
    assert normalise.name_key(name) == key


@settings(deadline=None)
@given(st.text())
def test_name_key_is_empty_for_a_blank_name_alone(name: str) -> None:
    assert bool(normalise.name_key(name)) == bool(normalise.fold(name))


@settings(deadline=None)
@given(st.from_regex(r"\A[a-zé]{3,8}( [a-zé]{3,8}){0,2}\Z"), st.sampled_from(["SARL", "S.A.S.", "EURL", "Sté", "Ets"]))
def test_name_key_is_the_same_in_capitals_and_with_a_legal_form(name: str, form: str) -> None:
    assert normalise.name_key(f"{form} {name.upper()}") == normalise.name_key(name)


SAME_STREETS = [
    (
        "12b avenue republique",
        ["12 bis, Av. de la République", "12bis AVENUE DE LA REPUBLIQUE", "12 B ave de la république BP 40 CEDEX"],
    ),
    (
        "zi paluds 45 boulevard saint jean",
        ["Z.I. les Paluds, 45 Bd St-Jean", "Zone industrielle des Paluds 45 boulevard Saint Jean"],
    ),
    ("za milles", ["ZA des Milles", "Zone d'activités les Milles", "Z.A. Les Milles"]),
    ("5 place general gaulle", ["5 Pl. du Gal de Gaulle", "5, place du Général-de-Gaulle – CS 80 123"]),
    ("2t impasse lilas", ["2 ter imp. des Lilas", "2T IMPASSE DES LILAS"]),
    ("13 rue 8 mai 1945", ["13 rue du 8 mai 1945", "13 r. du 8 mai 1945"]),
    ("100 chemin madrague", ["100 CHE DE LA MADRAGUE", "100, chemin de la Madrague TSA 12345"]),
    ("", ["", "B.P. 12", "CEDEX 20"]),
]


@pytest.mark.parametrize(("key", "line"), [(key, line) for key, lines in SAME_STREETS for line in lines])
def test_street_key(key: str, line: str) -> None:
    assert normalise.street_key(line) == key


@settings(deadline=None)
@given(st.text())
def test_street_key_never_raises_and_leaves_plain_words(line: str) -> None:
    key = normalise.street_key(line)
    assert key == " ".join(key.split())
    assert all(word.isalnum() for word in key.split())


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.example.fr/contact?x=1", "example.fr"),
        ("http://EXAMPLE.fr:8080", "example.fr"),
        ("https://boutique.example.fr", "example.fr"),
        ("https://marseille.example.fr", "marseille.example.fr"),
        ("example.fr", "example.fr"),
        ("https://www.fr", "www.fr"),
        ("https://fr-fr.facebook.com/lasociete", None),
        ("https://lasociete.wixsite.com/site", None),
        ("https://lasociete.business.site", None),
        ("https://www.pagesjaunes.fr/pros/1", None),
        ("https://notfacebook.com", "notfacebook.com"),
        ("https://localhost", None),
        ("", None),
        ("https://", None),
    ],
)
def test_site_key(url: str, key: str | None) -> None:
    assert normalise.site_key(url) == key


@settings(deadline=None)
@given(st.text())
def test_site_key_never_raises(url: str) -> None:
    key = normalise.site_key(url)
    assert key is None or "." in key


@pytest.mark.parametrize(
    ("e164", "key"),
    [
        ("+33491543333", "+33491543333"),
        ("+33612345678", "+33612345678"),
        ("+33800123456", None),
        ("+33872000000", "+33872000000"),
    ],
)
def test_phone_key(e164: str, key: str | None) -> None:
    assert normalise.phone_key(e164) == key
