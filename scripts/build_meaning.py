"""Compute the activities' meaning from the lexicon: ``make meaning``."""

from directory.understanding.lexicon import carried
from directory.understanding.meaning import DATA, build

if __name__ == "__main__":
    build(carried())
    print(f"{DATA.name}: {DATA.stat().st_size / 1e6:.1f} MB")
