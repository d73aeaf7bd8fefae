"""Days on which the pages do not add up, go in circles, or lead away."""

from collections.abc import Sequence

from aiohttp import hdrs

from demo.weather.answers import Answer, Row, with_value
from demo.weather.days import Day, Exchange, PagedDay
from demo.weather.manners import Manner


class PageForEver(PagedDay):
    """The first page again and again."""

    name = "page_for_ever"
    first = 1
    kept = 1

    def __init__(self) -> None:
        super().__init__()
        self._pages: list[Answer] = []

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """One of the first pages, in turn."""
        if len(self._pages) < self.kept:
            self._pages.append(answer)
        return self._pages[(exchange.page - 1) % self.kept]


class PageLoop(PageForEver):
    """The first page, the second, the first …"""

    name = "page_loop"
    kept = 2


class TotalMoves(Day):
    """Another total at every look: one more than before, or once, one too many."""

    name = "total_moves"

    def __init__(self, *, once: bool = False) -> None:
        super().__init__(once=once)
        self._more = 0

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """Where a total is announced."""
        return None if manner.total_at else "it announces no total"

    def strikes(self, exchange: Exchange) -> bool:
        """Every answer that holds the total, which Kinto gives on HEAD alone."""
        is_counted = bool(exchange.page) or exchange.request.method == hdrs.METH_HEAD
        return is_counted and not (self.once and self._more)

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """One more than the last time."""
        self._more += 1
        return exchange.manner.with_total(answer, self._more)


class DoubledIds(Day):
    """A member comes twice: in pages in place of another one, in a file beside all others."""

    name = "doubled_ids"
    first = 1

    def __init__(self) -> None:
        super().__init__()
        self._member: Row | None = None

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The first member of all at the beginning of every later page."""
        manner = exchange.manner
        if manner.is_file:
            return manner.with_rows(answer, lambda rows: [rows[0], *rows])
        if self._member is None:
            self._member = manner.rows(answer)[0]
            return answer
        member = self._member
        return manner.with_rows(answer, lambda rows: [member, *rows[1:]])


class MissingIds(Day):
    """Records have no id."""

    name = "missing_ids"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The ids are null, in a file blank."""
        manner, nothing = exchange.manner, "" if exchange.manner.is_file else None

        def without(rows: Sequence[Row]) -> list[Row]:
            return [with_value(row, manner.id_at, nothing) for row in rows]

        return manner.with_rows(answer, without)


class RedirectElsewhere(Day):
    """302 to another host."""

    name = "redirect_elsewhere"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """To the same path there."""
        return Answer(302, {hdrs.LOCATION: f"{exchange.stranger}{exchange.request.path_qs}"})


class RedirectInside(Day):
    """302 to a host inside the network, by one of its many spellings; ``{port}`` is the stranger's."""

    name = "redirect_inside"

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """To where a cloud keeps its machine's own credentials, for instance."""
        port = exchange.stranger.rpartition(":")[2]
        host = self.host if self.host == "169.254.169.254" else f"{self.host}:{port}"
        return Answer(302, {hdrs.LOCATION: f"http://{host}/latest/meta-data/"})


class RedirectLoop(Day):
    """302 to itself."""

    name = "redirect_loop"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The same address."""
        return Answer(302, {hdrs.LOCATION: exchange.request.path_qs})


class NextElsewhere(PagedDay):
    """The next page is said to be on another host."""

    name = "next_elsewhere"
    first = 1

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """Where pages name the next one."""
        return None if manner.next_at else "its pages do not name the next one"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The same path there."""
        return exchange.manner.with_next(answer, f"{exchange.stranger}{exchange.request.path_qs}")
