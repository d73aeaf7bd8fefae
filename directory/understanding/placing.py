"""The places found in a text as one: areas that are alternatives, or the first disc."""

from collections.abc import Sequence

from directory import geography
from directory.geography import AreaKind, Commune
from directory.understanding.contract import Place
from directory.understanding.places import NEARBY_KM, Found
from directory.understanding.tokens import Token

_VOWELS = frozenset("aeiouhyAEIOUHYÉÈÊÎÏÔ")


def placed(text: str, row: Sequence[Token], found: Sequence[Found]) -> Place | None:
    """The place that a text means; None when no name is among what was found."""
    named = [each for each in found if each.codes]
    if not named:
        return None
    typed = " ".join(", ".join(_typed(text, row, each) for each in found).split())
    return _disc(typed, found, named) or _areas(typed, row, named)


def _typed(text: str, row: Sequence[Token], found: Found) -> str:
    start, end = row[found.start].start, row[found.end - 1].end
    return text[start : end + 1] if text[end : end + 1] == ")" and "(" in text[start:end] else text[start:end]


def _disc(typed: str, found: Sequence[Found], named: Sequence[Found]) -> Place | None:
    """Around the largest commune of the first that is near something; a distance said apart is the first commune's."""
    apart = next((each.radius_km for each in found if not each.codes), None)
    for each in named:
        centre = _largest(each.codes)
        radius = each.radius_km or apart or (NEARBY_KM if each.is_near else None)
        if centre and radius:
            label = f"{radius:g} km autour {_of(centre.name)}".replace(".", ",", 1 if radius % 1 else 0)
            return Place(typed, label, centre=centre.location, radius_km=radius)
    return None


def _largest(codes: tuple[str, ...]) -> Commune | None:
    known = [found for code in codes if (found := geography.commune(code))]
    return max(known, key=lambda commune: commune.population, default=None)


def _areas(typed: str, row: Sequence[Token], named: Sequence[Found]) -> Place:
    """Every area once. One that only says where another lies goes, but not after "et" and "ou"."""
    adding = {each.codes for each in named if _is_added(row, each)}
    codes = dict.fromkeys(code for each in named for code in each.codes)
    qualified = {wider for code in codes for wider in geography.areas_of(code)[1:] if code != wider}
    added = {code for each in adding for code in each}
    kept = tuple(code for code in codes if code not in qualified or code in added)
    if kept != tuple(codes) or len(kept) > 1:
        kept = tuple(code for code in kept if not _is_region_beside(code, kept, added)) or kept
    return Place(typed, _listed([_name(code) for code in kept]), areas=kept)


def _is_added(row: Sequence[Token], found: Found) -> bool:
    before = row[found.start - 1].text if found.start else ""
    return before in {"et", "ou"} or row[found.start].text in {"et", "ou"}


def _is_region_beside(code: str, kept: tuple[str, ...], added: set[str]) -> bool:
    """Whether a region says where the departments or bodies beside it lie."""
    area = geography.area(code)
    return bool(area and area.kind is AreaKind.REGION and len(kept) > 1 and code not in added)


def _name(code: str) -> str:
    area = geography.area(code)
    return area.name if area else code


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return " ou ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _of(name: str) -> str:
    """``d'Aubagne``, ``du Lavandou``, ``des Mées``, ``de La Ciotat``."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"d'{name}" if name[0] in _VOWELS else f"de {name}"
