"""Where a directory stood when a reading of it ended: what makes the next one cheap while nothing changes.

A reading of changes shows no deletion; a sweep of every id does. The sweep is spared when the changes bring nothing new
and the partner announces as many records as last time: an addition would be among the changes, and without one a total
that stands still leaves no room for a deletion. What is added without showing as a change (a post scheduled long ago,
a row loaded with an old date) could make up for one, which is why there is a sweep every day all the same.
"""

import heapq
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

import msgspec

from directory.records import Listing

_SWEPT_EVERY: Final = timedelta(days=1)
_MOST_KNOWN: Final = 100


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """``total`` records, among which deletions were last looked for at ``swept_at``, by the partner's clock. ``known``
    are digests of records that the next reading will be given again.
    """

    total: int
    swept_at: datetime
    known: frozenset[str] = frozenset()

    def is_fresh(self, at: datetime | None) -> bool:
        """Whether a sweep is not due yet."""
        return at is not None and abs(at - self.swept_at) < _SWEPT_EVERY  # a clock once set wrong comes back


class Latest:
    """The latest changes among listings: most of those that lie within the overlap of the next reading."""

    def __init__(self) -> None:
        self._kept: list[tuple[datetime, str]] = []

    def see(self, listing: Listing) -> None:
        """Takes one listing into account."""
        changed, kept = listing.modified_at, self._kept
        if changed is None or (len(kept) >= _MOST_KNOWN and changed < kept[0][0]):
            return
        keep = heapq.heappushpop if len(kept) >= _MOST_KNOWN else heapq.heappush
        keep(kept, (changed, digest(listing.raw)))

    def since(self, moment: datetime) -> frozenset[str]:
        """Digests of those changed since a moment."""
        return frozenset(digest for changed, digest in self._kept if changed >= moment)


def digest(raw: str) -> str:
    """A record's text in short."""
    return blake2b(raw.encode(), digest_size=8).hexdigest()


def written(standing: Standing) -> Mapping[str, str]:
    """The part of a cursor's position that says it."""
    total, swept = str(standing.total), standing.swept_at.isoformat()
    return {"total": total, "swept": swept, "known": " ".join(sorted(standing.known))}


def read(position: Mapping[str, str]) -> Standing | None:
    """What a position says of it, if anything."""
    if "total" not in position:
        return None
    return Standing(
        total=int(position["total"]),
        swept_at=datetime.fromisoformat(position["swept"]),
        known=frozenset(position["known"].split()),
    )
