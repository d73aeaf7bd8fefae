"""The commune that an address names, however partners write it: name and postcode, which must agree.

The places that are no communes are those of La Poste's list (``nomenclature/data/localities.csv``).
"""

import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from directory import geography
from directory.geography import Commune
from directory.nomenclature._files import rows
from directory.normalise import vocabulary, words

_LONGEST: Final = 100
_POSTCODE: Final = re.compile(r"(?<!\d)(\d{2}) ?(\d{3})(?!\d)")
_CEDEX: Final = re.compile(r"\bcedex(?: \d+)?\b")
_ORDINAL: Final = re.compile(r"\b0?(\d{1,2})(?:er|e|eme|ieme)?\b")
_NUMBER: Final = re.compile(r"\b\d+\b")
_IN_FULL: Final = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}
_ALIKE: Final = 0.8  # one slip in five letters
# Articles and lès ("near") come and go from one directory to the next.
_DROPPED: Final = vocabulary("l le la les lez d de du des arrondissement arrdt ardt arr")


def find(name: str | None, postcode: str | None = None) -> Commune | None:
    """The commune that an address names, however it is written; None outside the region and where it stays unclear.

    Name and postcode must agree. The postcode tells namesakes apart, gives Marseille its arrondissement (``MARSEILLE``
    and ``13006`` are 13206), and a place known to La Poste its commune (``JUAN LES PINS`` and ``06160`` are Antibes).
    The name of another commune than those that the postcode serves, or of none, is taken for one of theirs only where
    it is plainly a spelling of it. A missing name leaves the postcode's only commune. A CEDEX postcode is in no list:
    the name alone decides, unless the postcode is another department's.
    """
    return _find((name or "")[:_LONGEST], (postcode or "")[:_LONGEST].strip())


def contradict(name: str | None, postcode: str | None) -> bool:
    """Whether the postcode serves communes of the region, and the town named is none of them in any spelling."""
    key, code, here = _said((name or "")[:_LONGEST], (postcode or "")[:_LONGEST].strip())
    return bool(key and here) and not _agreed(key, code, here)


def department_shared(name: str | None, postcode: str | None) -> str | None:
    """The department in which both the town named and the postcode are, whether or not they agree on a commune."""
    key, code, _ = _said((name or "")[:_LONGEST], (postcode or "")[:_LONGEST].strip())
    return code[:2] if any(known.department == code[:2] for known in _named(key)) else None


def in_postcode(postcode: str) -> tuple[Commune, ...]:
    """The communes that five digits serve, an arrondissement rather than its city; none when they are in no list."""
    served = _by_postcode().get(postcode, ())
    parents = {known.parent for known in served}
    return tuple(known for known in served if known.code not in parents)


def is_confirmed(name: str | None, postcode: str | None) -> bool:
    """Whether name and postcode say the same: the name is that of a commune which the postcode serves, or a CEDEX.

    A town of another country has a namesake or a postcode here at times, both hardly ever.
    """
    key, code = _name_key((name or "")[:_LONGEST]), _postcode((postcode or "")[:_LONGEST].strip())
    if not key or not code:
        return False
    here = _by_postcode().get(code, ())
    return bool(_in_postcode(_named(key), here)) or (key, code) in _localities() or _is_cedex(name or "")


def town_key(name: str) -> str:
    """A town's name for comparing, wherever it lies: ``ST. LOUIS`` and ``Saint-Louis`` alike, ``New York City`` and
    ``New York``.
    """
    return _name_key(name[:_LONGEST]).removesuffix(" city")


@lru_cache(maxsize=8192)
def _find(name: str, postcode: str) -> Commune | None:
    key, code, here = _said(name, postcode)
    if key and here:
        return _most_precise(_agreed(key, code, here))
    if here or not key:
        return _most_precise(here)
    named = _named(key)
    # A postcode in no list is a CEDEX of its department, or a place's that only shares its name with a commune: Orange,
    # Connecticut, is 06477.
    return _most_precise(tuple(each for each in named if each.department == code[:2]) if code else named)


def _said(name: str, postcode: str) -> tuple[str, str, tuple[Commune, ...]]:
    """The name's key, the postcode, and the communes that it serves: none of another town, where the name has CEDEX."""
    key, code = _name_key(name), _postcode(postcode) or _postcode(name) or ""
    here = _by_postcode().get(code, ())
    return key, code, here if not _is_cedex(name) or _in_postcode(_named(key), here) else ()


def _is_cedex(name: str) -> bool:
    return _CEDEX.search(" ".join(words(name))) is not None


def _named(key: str) -> tuple[Commune, ...]:
    return _by_name().get(key) or _by_name().get(_NUMBER.sub("", key).strip(), ())


def _agreed(key: str, code: str, here: tuple[Commune, ...]) -> tuple[Commune, ...]:
    """Those that name and postcode can both mean; ``here`` are the postcode's."""
    named = _named(key)
    return (
        _in_postcode(named, here)
        or _localities().get((key, code), ())
        or _of_one_city(named, here)
        or _spelled(key, here)
    )


def _of_one_city(named: tuple[Commune, ...], here: tuple[Commune, ...]) -> tuple[Commune, ...]:
    """The city, where a name and a postcode are of two arrondissements."""
    cities = {each.parent for each in named} & {each.parent for each in here}
    return tuple(known for city in cities if city for known in _known(city))


def _spelled(key: str, here: tuple[Commune, ...]) -> tuple[Commune, ...]:
    """Those whose name the key begins; where it is nobody's name, also what has their name in it or a slip in theirs.

    Sorgues is no Lorgues written badly, nor Les Pennes-Mirabeau a Mirabeau.
    """
    said = _NUMBER.sub("", key).strip()
    names = {each: _NUMBER.sub("", _name_key(each.name)).strip() for each in here} if said else {}
    begun = tuple(each for each, name in names.items() if name.startswith(f"{said} "))
    if begun or _named(key):
        return begun
    return tuple(each for each, name in names.items() if f" {name} " in f" {said} " or _is_slip(said, name))


def _is_slip(said: str, name: str) -> bool:
    return OSA.normalized_similarity(said.replace(" ", ""), name.replace(" ", "")) >= _ALIKE


def _in_postcode(named: tuple[Commune, ...], here: tuple[Commune, ...]) -> tuple[Commune, ...]:
    """Those that the postcode serves, with the arrondissements of a parent named."""
    codes = {commune.code for commune in named}
    return tuple(commune for commune in here if commune.code in codes or commune.parent in codes)


def _most_precise(candidates: tuple[Commune, ...]) -> Commune | None:
    """The only candidate, once a city is set aside for its arrondissement."""
    parents = {commune.parent for commune in candidates}
    precise = {commune.code: commune for commune in candidates if commune.code not in parents}
    return next(iter(precise.values())) if len(precise) == 1 else None


def _postcode(text: str) -> str | None:
    """Five digits, with the leading zero that a spreadsheet dropped."""
    found = _POSTCODE.search(text)
    if found:
        return found[1] + found[2]
    return f"0{text}" if len(text) == 4 and text.isdecimal() else None


def _name_key(name: str) -> str:
    """``ISLE S/ SORGUE`` and ``L'Isle-sur-la-Sorgue`` alike, and ``Marseille 06`` as its 6e Arrondissement."""
    spoken = " ".join(words(_POSTCODE.sub(" ", name)))
    kept = (word for word in _CEDEX.sub("", spoken).split() if word not in _DROPPED)
    return " ".join(_IN_FULL.get(word) or _ORDINAL.sub(r"\1", word) for word in kept)


@cache
def _by_name() -> dict[str, tuple[Commune, ...]]:
    """Communes under the key of their name; the name of a former commune leads to the one it has joined."""
    found: defaultdict[str, list[Commune]] = defaultdict(list)
    for name, known in geography.named_communes():
        found[_name_key(name)].append(known)
    return {key: tuple(named) for key, named in found.items()}


@cache
def _by_postcode() -> dict[str, tuple[Commune, ...]]:
    found: defaultdict[str, list[Commune]] = defaultdict(list)
    for known in geography.communes():
        for postcode in known.postcodes:
            found[postcode].append(known)
    return {postcode: tuple(served) for postcode, served in found.items()}


@cache
def _localities() -> dict[tuple[str, str], tuple[Commune, ...]]:
    """Communes of places that are none, by the key of the place's name and its postcode."""
    return {(_name_key(name), postcode): _known(code) for name, postcode, code in rows("localities.csv")}


def _known(code: str) -> tuple[Commune, ...]:
    found = geography.commune(code)
    return (found,) if found else ()
