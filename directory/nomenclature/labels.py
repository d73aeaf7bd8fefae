"""Labels, qualifications and distinctions that partners write, under one id each.

The known ones are in ``data/labels.csv`` with their issuer, the other ways they are written, and whether they speak for
responsible purchasing (environment, inclusion, social economy). A text that is none of them is a label of its own.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Final
from zlib import crc32

from directory.nomenclature._files import rows
from directory.normalise import vocabulary, words
from directory.records import Label

_LONGEST: Final = 80
_LONGEST_TEXT: Final = 200
_UNTIL: Final = re.compile(
    r"(?:valable |valide |en cours de validit[ée] )?(?:jusqu['’ ]?(?:au|[àa])|expire(?: le)?|fin de validit[ée]|"
    r"[ée]ch[ée]ance)[ :]{1,3}(?:(?P<iso>\d{4}-\d{2}-\d{2})(?:T[\d:.Z+]{1,20})?|"
    r"(?P<french>\d{1,2}([/.-])\d{1,2}\3\d{4})(?!\d)|[^()|,;]{1,30}(?=\)|$))",
    re.IGNORECASE,
)
_NOT_IN_SLUG: Final = re.compile(r"[^a-z0-9]+")
_INTRODUCTION: Final = vocabulary(
    "label labellise labellisee certifie certifiee certification agree agreee agrement norme qualification mention"
)
# The edition, the number or the date of a certificate is no part of the label's name: "Qualibat n° 5112", "i-Lab 2019".
_DETAIL: Final = re.compile(r"v?\d.*|n|no|numero|version|promotion|promo|edition|certificat|depuis")


def find(text: str) -> Label:
    """The label that a text names; an unknown one has its own words as name and their slug as id.

    A slug is a text that names the same label. Words without a Latin letter or a digit have a checksum for slug. Until
    when it is held is no part of its name.
    """
    name = _UNTIL.sub(" ", text[:_LONGEST_TEXT])
    return _find((name if words(name) else text)[:_LONGEST])


def expires_on(text: str) -> date | None:
    """The last day on which the label is held, where the text says so: ``RGE (valable jusqu'au 31/12/2026)``."""
    said = _UNTIL.search(text[:_LONGEST_TEXT])
    if said is None or not (said["iso"] or said["french"]):
        return None
    year, month, day = said["iso"].split("-") if said["iso"] else reversed(re.split("[/.-]", said["french"]))
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def get(label_id: str) -> Label | None:
    """The known label of an id."""
    return _known().get(label_id)


def known() -> tuple[Label, ...]:
    """Every label of the list, in its order."""
    return tuple(_known().values())


def by_text() -> Mapping[str, Label]:
    """Known labels under every way of writing them: comparable words, spaced (``iso 9001``) and closed up."""
    return _by_text()


@lru_cache(maxsize=4096)
def _find(text: str) -> Label:
    spoken = words(text)
    listed = _listed(spoken) or _listed(_without_introduction(spoken))
    if listed:
        return listed
    slug = _NOT_IN_SLUG.sub("-", " ".join(spoken)).strip("-")
    checksum = crc32(text.encode(errors="replace"))
    return Label(id=slug or f"label-{checksum:08x}", name=" ".join(text.split()))


def _listed(spoken: list[str]) -> Label | None:
    """The known label, after as many details as need be are left off the end."""
    for end in range(len(spoken), 0, -1):
        label = _by_text().get(" ".join(spoken[:end]))
        if label or not _DETAIL.fullmatch(spoken[end - 1]):
            return label
    return None


def _without_introduction(spoken: list[str]) -> list[str]:
    start = next((at for at, word in enumerate(spoken) if word not in _INTRODUCTION), len(spoken))
    return spoken[start:]


@cache
def _known() -> dict[str, Label]:
    return {
        label_id: Label(id=label_id, name=name, issuer=issuer or None, responsible=responsible == "yes")
        for label_id, name, issuer, responsible, _ in rows("labels.csv")
    }


@cache
def _by_text() -> dict[str, Label]:
    """Labels under every way of writing them (id, name and what the list adds), spaced and closed up (``iso9001``)."""
    spaced = {
        " ".join(words(text)): _known()[label_id]
        for label_id, name, _, _, also in rows("labels.csv")
        for text in (label_id, name, *also.split("|"))
    }
    spaced.pop("", None)
    return {text.replace(" ", ""): label for text, label in spaced.items()} | spaced
