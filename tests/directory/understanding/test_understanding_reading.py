"""What is left of a need once places, quantities and politeness are out."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from directory.normalise import vocabulary
from directory.understanding.contract import MAX_NEED
from directory.understanding.reading import LOWER, Role
from tests.directory.understanding.understanding_kit import left, reading


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("recherche traiteur bio pour 200 personnes à moins de 20 km d'Aubagne, 3 mois", "traiteur bio"),
        ("Bonjour, je cherche un électricien svp, merci d'avance", "electricien"),
        ("nous recherchons une entreprise de nettoyage", "nettoyage"),
        ("J'ai besoin de quelqu'un pour refaire ma peinture", "refaire peinture"),
        ("société spécialisée dans la rénovation, devis gratuit, pas cher", "renovation"),
        ("nettoyage 3 jours/semaine, 6 mois, temps partiel", "nettoyage temps partiel"),
        ("location nacelle x2 pendant 2 semaines, budget 12 000 € HT", "location nacelle"),
        ("peinture de 40 m2 le 12 juin 2026", "peinture"),
        ("peinture de 40m² avant le 15/06", "peinture"),
        ("peinture avant la fin de l'année", "peinture"),
        ("peinture d'ici l'été", "peinture"),
        ("peinture lundi matin", "peinture"),
        ("chocolats de fin d'année", "chocolats fin annee"),
        ("un gars costaud, plombier", "plombier"),
        ("dépannage 24h/24 7j/7", "depannage"),
        ("nettoyage une fois par mois, deux heures", "nettoyage"),
        ("traiteur entre 100 et 150 convives", "traiteur"),
        ("livraison lundi 3 mars à 14h30", "livraison"),
        ("livraison semaine prochaine", "livraison"),
        ("impression 3D", "impression 3d"),
        ("permis 125", "permis 125"),
        ("formation CACES R489", "formation caces r489"),
        ("recherche de fuite", "recherche fuite"),
        ("recherche et développement", "recherche developpement"),
        ("vidéo d'entreprise", "video entreprise"),
        ("SNEF 552 100 554", "snef 552100554"),
        ("552100554", "552100554"),
        ("S.N.E.F", "snef"),
        ("plombier, 06 12 34 56 78, moi@exemple.fr", "plombier"),
        ("plom\u200bbier", "plombier"),
        ("e\u0301lectricien", "electricien"),
        ("devis urgent", "devis urgent"),
        ("bonjour", "bonjour"),
        ("à de la", "a de la"),
        ("à Aubagne", ""),
        ("?!…", ""),
        ("", ""),
    ],
)
def test_words_that_carry_meaning_are_left(text: str, words: str) -> None:
    assert left(text) == words


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("traiteur pour mariage avec location de vaisselle", {"mariage"}),
        ("nettoyage de bureaux chez particulier", {"particulier"}),
        ("plombier pour salle de bain, électricien", {"salle", "bain"}),
        ("pour mariage un traiteur", set()),
        ("conseil pour accompagner dans la paie", {"accompagner"}),
        ("plombier", set()),
    ],
)
def test_words_that_say_for_whom_weigh_less(text: str, lowered: set[str]) -> None:
    weights = {word.text: word.weight for word in reading(text).words}
    assert {word for word, weight in weights.items() if weight == LOWER} == lowered
    assert set(weights.values()) <= {LOWER, 1.0}


def test_every_span_is_where_it_was_typed() -> None:
    text = "Je cherche un électricien, à L’Isle-sur-la-Sorgue"
    spans = [(text[span.start : span.end], span.role) for span in reading(text).spans]
    assert ("électricien", Role.WORD) in spans
    assert ("cherche", Role.ASKING) in spans
    assert [typed for typed, role in spans if role is Role.PLACE] == ["à", "L’", "Isle", "sur", "la", "Sorgue"]


def test_a_long_text_is_read_up_to_a_words_end() -> None:
    read = reading("plombier " * 2000)
    assert len(read.text) <= MAX_NEED
    assert {word.text for word in read.words} == {"plombier"}


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=700))
@example("l'd'" * 2500)
@example("à moins de 20 km " * 500)
@example("dans le 13/" * 900)
@example("\u202e\u200b" * 5000)
@example("e" + "\u0301" * 9999)
@example("ﷺ²½٣" * 2000)
@example("٣ km de Gap")
@example("9" * 10_000 + " km de Gap")
@example("😀" * 10_000)
def test_any_text_is_read(text: str) -> None:
    read = reading(text)
    assert all(0 <= span.start < span.end <= len(read.text) for span in read.spans)
    assert [span.start for span in read.spans] == sorted(span.start for span in read.spans)
    assert all(word.text and word.text == word.text.lower() for word in read.words)


_PIECES = vocabulary(
    "à de la le les l' d' dans sur autour près 13 83 8e 13008 20 km rayon ( ) / , et ou Marseille Salon Aix Gard x2 m2 "
    "pour chez RGE bio juin 2026 € h CCI plombier arrondissement cedex région pays un fois par"
)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(sorted(_PIECES)), max_size=25))
def test_any_row_of_words_that_mean_something_is_read(pieces: list[str]) -> None:
    read = reading(" ".join(pieces))
    assert read == reading(" ".join(pieces))
    if read.place:
        assert bool(read.place.areas) != (read.place.centre is not None)
        assert reading(" ".join(pieces), read.place.key).place is None
