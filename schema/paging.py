"""Pages: how many are asked for, and where a page lies among the rest."""

from typing import Self

import strawberry

from directory.search.query import Window
from schema.errors import BadCursor, BadInput
from schema.opaque import seal, unseal

DEFAULT = 20
MAX = 100

FIRST = f"How many to give, from the start or after a cursor: {DEFAULT} unless said, at most {MAX}."
AFTER = "Give those that follow this cursor, taken from an earlier answer to the same question."
LAST = f"How many to give, from the end or before a cursor, at most {MAX}; not together with `first`."
BEFORE = "Give those that precede this cursor, taken from an earlier answer to the same question; goes with `last`."

NOT_OURS = "This cursor was not given by this list; take `endCursor` from its last page, or leave it out."


@strawberry.type(description="Where a page lies among the rest.")
class PageInfo:
    """The Relay page info."""

    has_next_page: bool = strawberry.field(description="Whether anything follows this page.")
    has_previous_page: bool = strawberry.field(description="Whether anything precedes this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the page's first item; null when empty.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the page's last item, to be given as `after` for the next page; null when empty."
    )

    @classmethod
    def around(cls, cursors: list[str], *, has_next: bool, has_previous: bool) -> Self:
        """The page info of the items with these cursors."""
        return cls(
            has_next_page=has_next,
            has_previous_page=has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )


def size(first: int | None, default: int = DEFAULT) -> int:
    """The number asked for. Raises :class:`BadInput` outside 0…100."""
    return _checked("first", default if first is None else first)


def window_of(
    first: int | None, after: str | None, last: int | None, before: str | None, *, count: bool = True
) -> Window:
    """The page asked for. Refuses what means nothing: both ends at once, or a cursor that goes with the other end."""
    if first is not None and last is not None:
        raise BadInput("Give `first` or `last`, not both.")
    if last is None and before is not None:
        raise BadInput("`before` goes with `last`; say how many with `last`.")
    if last is not None and after is not None:
        raise BadInput("`after` goes with `first`; say how many with `first`.")
    if last is not None:
        return Window(last=_checked("last", last), before=before, count=count)
    return Window(first=size(first), after=after, count=count)


def cursor(kind: str, place: str | int) -> str:
    """An opaque cursor for a place in a list of this kind."""
    return seal(f"{kind}>{place}")


def place(kind: str, opaque: str) -> str:
    """The place that a cursor of this kind stands for. Raises :class:`BadCursor` for any other text."""
    found_kind, separator, found = (unseal(opaque) or "").partition(">")
    if not separator or found_kind != kind:
        raise BadCursor(NOT_OURS)
    return found


def number(kind: str, opaque: str) -> int:
    """A place that is a number, of 18 digits at most: that many fit every store."""
    digits = place(kind, opaque)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise BadCursor(NOT_OURS)
    return int(digits)


def _checked(name: str, count: int) -> int:
    if not 0 <= count <= MAX:
        raise BadInput(f"`{name}` is a number from 0 to {MAX}.")
    return count
