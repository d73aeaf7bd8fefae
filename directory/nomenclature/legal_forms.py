"""Legal forms: INSEE's "catégories juridiques" (level III) and the ways partners write them."""

from functools import cache, lru_cache
from typing import Final

from msgspec import Struct

from directory.nomenclature._files import rows
from directory.normalise import words

_LONGEST: Final = 200


class LegalForm(Struct, frozen=True):
    """A legal form. ``code`` is INSEE's four digits, or the letters of a cooperative whose company form is not said."""

    code: str
    label: str


# A cooperative is a SARL, an SA or an SAS besides (laws 47-1775, 78-763 and 2001-624): INSEE has codes for some of the
# pairs and none for the kind alone, which is what partners mostly write.
_COOPERATIVES: Final = (
    LegalForm("COOP", "Société coopérative"),
    LegalForm("SCIC", "Société coopérative d'intérêt collectif"),
    LegalForm("SCOP", "Société coopérative de production"),
)


def find(text: str) -> LegalForm | None:
    """The form that a text names: a code, INSEE's label, an acronym (``S.A.R.L.``) or a family (``association``).

    What follows the name is left aside (``SARL au capital de 8 000 €``). An association is taken to be a declared one:
    no other can enter into a contract (law of 1 July 1901, article 5).
    """
    return _find(text[:_LONGEST])


def get(code: str) -> LegalForm | None:
    """The form of a code."""
    return _by_code().get(code)


def known() -> tuple[LegalForm, ...]:
    """Every legal form, by code."""
    return tuple(_by_code().values())


@lru_cache(maxsize=2048)
def _find(text: str) -> LegalForm | None:
    spoken = words(text)
    if spoken and spoken[0].isdecimal():
        return get(spoken[0])
    starts = (" ".join(spoken[:end]) for end in range(len(spoken), 0, -1))
    return next((_by_text()[start] for start in starts if start in _by_text()), None)


@cache
def _by_code() -> dict[str, LegalForm]:
    official = {code: LegalForm(code, label) for code, label in rows("legal_forms.csv")}
    return official | {form.code: form for form in _COOPERATIVES}


@cache
def _by_text() -> dict[str, LegalForm]:
    written = [(form.label, form.code) for form in known()] + [
        (text, code) for text, code in rows("legal_form_names.csv")
    ]
    return {" ".join(words(text)): _by_code()[code] for text, code in written}
