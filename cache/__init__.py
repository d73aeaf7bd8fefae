"""Answers kept, and for how long: memory, Redis, single flight, stale-while-revalidate. Imports nothing else of ours.

The front: build a :class:`Cache` of a :class:`MemoryTier` and, where Redis is to be had, ``cache.redis.RedisTier``
(a module of its own, because the client is the optional extra ``circuit-court[redis]``). Keys come from
:func:`make_key`.
"""

from cache.entry import Answer, Entry, Fleeting, Load, SharedTier, State
from cache.flight import SingleFlight
from cache.keys import Part, make_key
from cache.memory import MemoryTier
from cache.tiers import Cache
from cache.window import Ledger, SlidingWindow

__all__ = [
    "Answer",
    "Cache",
    "Entry",
    "Fleeting",
    "Ledger",
    "Load",
    "MemoryTier",
    "Part",
    "SharedTier",
    "SingleFlight",
    "SlidingWindow",
    "State",
    "make_key",
]
