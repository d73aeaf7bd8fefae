"""Labels, qualifications and distinctions that partners write, under one id each.

The known ones, with their issuer and whether they speak for responsible purchasing, are in ``data/labels.csv``; a text
that is none of them becomes a label of its own.
"""

import re
from functools import cache, lru_cache
from typing import Final

from directory.nomenclature._files import rows
from directory.normalise import words
from directory.records import Label

_LONGEST_NAME: Final = 80
# The year of an award (French Tech 120 2023), the number of a certificate (Qualibat n° 5112): not the label's name.
_DETAIL: Final = re.compile(r"\s*(?:n°|no\.?|:|\().*$|\s+20\d\d$", re.IGNORECASE)


def find(text: str) -> Label:
    """The label that a partner's text names; an unknown one has its slug as id and its own words as name.

    Raises ValueError for a text without a letter or digit: it names nothing.
    """
    return _find(text[:_LONGEST_NAME])
