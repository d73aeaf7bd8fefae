"""Why a decision is not taken; the tree of them is drawn in :mod:`directory.stewardship`."""


class Refused(Exception):
    """Nothing was decided. ``about`` names the argument at fault, ``place`` the decision among several."""

    def __init__(self, sentence: str, about: str) -> None:
        super().__init__(sentence)
        self.about = about
        self.place = 0


class Unknown(Refused):
    """What it is about is not there, or not any more."""


class Meaningless(Refused):
    """It cannot be done to this."""


class Conflicting(Refused):
    """It would break what must hold, or is so already."""


class Stale(Refused):
    """What it is about has changed since the steward looked."""
