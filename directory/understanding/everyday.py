"""Words that everybody uses and no trade is named by: what people mean by them, and which are no slips of others.

``data/everyday.toml`` has both. Where the lexicon says *élagage* and *médecin*, people say *élaguer* and *toubib*:
French stemming does not make one word of these.
"""

import tomllib
from importlib.resources import files
from typing import Final

from directory.normalise import fold
from directory.search import analysis

_TOLD: Final = tomllib.loads(files(__package__).joinpath("data", "everyday.toml").read_text(encoding="utf-8"))

# By the folded word: the words of the lexicon that are meant.
MEANT: Final[dict[str, str]] = {fold(said): meant for said, meant in _TOLD["meant"].items()}
# Folded words that need not be mended although no supplier and no trade has them.
ORDINARY: Final = frozenset(map(fold, _TOLD["ordinary"]["words"].split()))


def meant_terms(word: str) -> tuple[str, ...]:
    """The terms of what people mean by a folded word or its plural; none for most words."""
    meant = MEANT.get(word) or MEANT.get(word.removesuffix("s"))
    return analysis.terms(meant) if meant else ()
