"""What was understood of a text: plain values, each of which a buyer can click away by its key.

A text is understood without I/O, within a few milliseconds, and the same way every time for the same lexicon and
vocabulary. Nothing understood hides a supplier but a place, which the buyer named; everything else only ranks.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from directory.records import Location

# Longer needs are read up to here, at a word's end.
MAX_NEED: Final = 500


class PartKind(StrEnum):
    """What a part of an interpretation is; a part's key is its kind, a colon and its value (``naf:43.22A``)."""

    ACTIVITY = "naf"
    PLACE = "place"
    PARTNER = "partner"
    LABEL = "label"
    CORRECTION = "correction"


class Word(Struct, frozen=True):
    """A word to look for in listings, as it was understood. ``weight`` in 0…1: less after "pour", "chez", "dans"."""

    text: str
    weight: float = 1.0


class Activity(Struct, frozen=True):
    """A NAF sub-class that may meet the need. ``weight`` in 0…1, the best one's is 1 only when nearly certain.

    ``because`` is the expression of the lexicon or the official label that speaks for it most.
    """

    naf: str
    label: str
    weight: float
    because: str

    @property
    def key(self) -> str:
        """What it is clicked away by."""
        return f"{PartKind.ACTIVITY}:{self.naf}"


class Place(Struct, frozen=True):
    """Where: official area codes that the supplier must be in, or a disc around ``centre`` of ``radius_km``.

    ``typed`` are the words it was read from, ``label`` says it in French.
    """

    typed: str
    label: str
    areas: tuple[str, ...] = ()
    centre: Location | None = None
    radius_km: float | None = None

    @property
    def key(self) -> str:
        """What it is clicked away by."""
        return f"{PartKind.PLACE}:{self.typed}"


class Preference(Struct, frozen=True):
    """A partner or label that the text names: who has it comes earlier, who has not is found all the same."""

    kind: PartKind
    value: str
    label: str
    typed: str

    @property
    def key(self) -> str:
        """What it is clicked away by."""
        return f"{self.kind}:{self.value}"


class Correction(Struct, frozen=True):
    """A word that nobody uses, read as one that somebody does."""

    typed: str
    understood: str

    @property
    def key(self) -> str:
        """What it is clicked away by."""
        return f"{PartKind.CORRECTION}:{self.typed}"


class Interpretation(Struct, frozen=True, kw_only=True):
    """A text, understood. ``words`` are what is left to look for once places, quantities and politeness are out.

    ``activities`` are at most 20, best first. ``dropped`` are the keys that the buyer clicked away.
    """

    text: str
    words: tuple[Word, ...] = ()
    activities: tuple[Activity, ...] = ()
    place: Place | None = None
    preferences: tuple[Preference, ...] = ()
    corrections: tuple[Correction, ...] = ()
    dropped: tuple[str, ...] = ()
