"""What stewards decide about matching and values: merge, split, move, confirm, reject, pin, and undo any of it.

A decision is made on a view (which listings, in which version: :mod:`directory.store.members`) and refused when that
has changed since. Several are decided together: all are checked against what is there before the first is written, then
all are written in one transaction, or none.

::

    Refused                 nothing was decided; ``str()`` is one sentence, ``about`` the argument at fault
    ├── Unknown                 there is no such thing (any more)
    ├── Meaningless             it cannot be done to this
    ├── Conflicting             it would break what must hold, or is so already
    └── Stale                   the view has changed: look again

What is one company to a steward is so of every listing in view, whichever of them goes away later; an answer to a
question of the queue is about its two listings alone.
"""

from directory.stewardship.deciding import decide
from directory.stewardship.decisions import Confirm, Decision, Merge, Move, Pin, Reject, Split, Undo, Unpin
from directory.stewardship.refusals import Conflicting, Meaningless, Refused, Stale, Unknown

__all__ = [
    "Confirm",
    "Conflicting",
    "Decision",
    "Meaningless",
    "Merge",
    "Move",
    "Pin",
    "Refused",
    "Reject",
    "Split",
    "Stale",
    "Undo",
    "Unknown",
    "Unpin",
    "decide",
]
