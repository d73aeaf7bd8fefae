"""Days on which the records themselves are strange, fewer, or change while they are read."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from aiohttp import web

from demo.weather.answers import Answer, Row, value_at, with_value
from demo.weather.days import Day, Exchange, PagedDay
from demo.weather.manners import Manner

_TAGGED: Final = "<b>Durand</b> &amp; Fils<script>alert('x')</script> &eacute;lectricit&eacute;"


class FieldRenamed(PagedDay):
    """The field that holds the name has another one. A GraphQL server then does not know what it is asked for."""

    name = "field_renamed"
    first = 1

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """Records with the name where nobody looks for it."""
        manner = exchange.manner
        if manner.protocol == "directus":
            failure = {"message": "GraphQL validation error.", "extensions": {"code": "GRAPHQL_VALIDATION"}}
            return Answer(400, answer.headers).with_json({"errors": [failure]})
        outer, _, last = manner.name_at.rpartition(".")

        def renamed(rows: Sequence[Row]) -> list[Row]:
            for row in rows:
                holder = value_at(row, outer)
                holder[f"{last}_v2"] = holder.pop(last)
            return list(rows)

        return manner.with_rows(answer, renamed)


class FieldAdded(PagedDay):
    """Every record has a field more."""

    name = "field_added"
    first = 1

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """A GraphQL server gives no more than it is asked for."""
        return "it gives what is asked for alone" if manner.protocol == "directus" else super().absent(manner)

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """A field that was never there."""
        return exchange.manner.with_rows(answer, lambda rows: [{**row, "nouveau": "oui"} for row in rows])


class OneMember(Day):
    """Something is strange about one member."""

    def __init__(self) -> None:
        super().__init__(once=True)

    def strange(self, exchange: Exchange) -> dict[str, Any]:
        """Values by the dotted path of their field."""
        raise NotImplementedError

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The first record of the page."""

        def changed(rows: list[Row]) -> list[Row]:
            for path, value in self.strange(exchange).items():
                with_value(rows[0], path, value)
            return rows

        return exchange.manner.with_rows(answer, changed)


class AbsurdValues(OneMember):
    """Year 0, longitude 500, a name of 40,000 characters with NUL and bidi controls."""

    name = "absurd_values"

    def strange(self, exchange: Exchange) -> dict[str, Any]:
        """What the partner's own fields can hold of that."""
        return dict(exchange.manner.absurd)


class HtmlInNames(OneMember):
    """Tags, a script and entities in a name."""

    name = "html_in_names"

    def strange(self, exchange: Exchange) -> dict[str, Any]:
        """The name."""
        return {exchange.manner.name_at: _TAGGED}


class HalfVanish(Day):
    """The server is restored from a copy that holds half of the members: another server answers in its place."""

    name = "half_vanish"

    def __init__(self, restored: str) -> None:
        super().__init__()
        self.upstream = restored


class Meanwhile(Day):
    """The partner's staff do something while the directory is read, before its second page is given."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        super().__init__(once=True)
        self.name = name
        self._act = act

    async def struck(self, exchange: Exchange) -> web.StreamResponse:
        """The partner's own answer after that."""
        self._act()
        return await exchange.passed()
