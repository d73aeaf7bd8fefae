"""``/suppliers.csv``, ``.xlsx`` and ``.jsonl``: the whole result of a search as a file.

By GET with the arguments of ``suppliers`` as parameters (all but ``query`` as JSON), by POST with them as one JSON
object. The caller's role decides what a row shows and how many there may be; nothing is kept on the way.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from directory.disclosure import Role
from directory.export.found import total
from directory.export.making import Export, prepare
from directory.export.writing import Format
from directory.records import now
from directory.search.engine import Snapshot
from directory.search.errors import IndexProblem, InvalidQuery
from directory.search.orders import DEEPEST
from directory.search.query import OrderField, SearchQuery
from directory.store.errors import StoreError
from gateway.attendance import Visit, hearing
from gateway.auth import Identity
from gateway.bodies import body_of
from gateway.callers import identify
from gateway.errors import RequestRefused
from gateway.hub import Hub
from gateway.refusals import later, refuse, store_away
from gateway.requests import check_content
from gateway.scopes import Scope, require
from gateway.settings import Exporting
from gateway.streaming import Stream
from schema import ids
from schema.errors import INDEX_AWAY, STORE_AWAY, Forbidden, RequestError
from schema.questions import ARGUMENTS, question_of

_BUSY_SECONDS: Final = 10
_INDEX_SECONDS: Final = 60
# What a search costs in GraphQL; each row is a unit more, as a supplier is there.
SEARCH_UNITS: Final = 41


async def export(request: Request) -> Response:
    """The endpoint; refusals come in the form of GraphQL's errors, as everywhere in the hub."""
    try:
        return await _export(request)
    except RequestRefused as refused:
        return refuse(refused)
    except RequestError as error:
        return refuse(RequestRefused(403 if isinstance(error, Forbidden) else 400, error.code.value, str(error)))
    except InvalidQuery as error:
        return refuse(RequestRefused(400, "BAD_INPUT", str(error)))
    except IndexProblem:
        return refuse(_index_away())
    except StoreError:
        return refuse(store_away(STORE_AWAY))


def _index_away() -> RequestRefused:
    return later("INDEX_MISSING", INDEX_AWAY, _INDEX_SECONDS)


async def _export(request: Request) -> Response:
    hub: Hub = request.app.state.hub
    identity = await identify(hub, request)
    require(identity, Scope.EXPORTS)
    form = _form(request.path_params["form"])
    asked = await _asked(hub, request)
    question = question_of(asked, identity.role, hub.understanding.now)
    if hub.engine is None:
        raise _index_away()
    with hearing(request) as visit:
        return await _begun(hub, request, hub.engine.snapshot, (question, asked, form), (identity, visit))


async def _begun(
    hub: Hub,
    request: Request,
    index: Snapshot,
    wanted: tuple[SearchQuery, dict[str, Any], Format],
    who: tuple[Identity, Visit | None],
) -> Response:
    """The export with its beginning made, which is when everything that may be refused has been."""
    (question, asked, form), (identity, visit), policy = wanted, who, hub.settings.export
    charge = hub.budgets.opened(identity, request.scope)
    charge.take(SEARCH_UNITS)
    count = await total(index, question)
    _check_size(count, question, policy)
    charge.take(count)
    if hub.exports.locked():
        message = "Too many exports are being made just now; ask again in a few moments."
        raise later("BUSY", message, _BUSY_SECONDS)
    made = await prepare(hub.reader, index, question, asked, form, now(), partial(ids.encode, "Supplier"))
    if request.method == "HEAD":
        return Response(headers=_headers(made))
    stream = Stream(
        _in_turn(hub.exports, made), _headers(made), seconds=policy.seconds, stall_seconds=policy.stall_seconds
    )
    if visit is not None:
        visit.take_time()  # the stream has a deadline of its own
    await stream.begin()
    return stream


async def _in_turn(places: asyncio.Semaphore, made: Export) -> AsyncGenerator[bytes]:
    async with places, aclosing(made.chunks()) as chunks:
        async for chunk in chunks:
            yield chunk


def _headers(made: Export) -> dict[str, str]:
    return {
        "Content-Type": made.form.media_type,
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Cache-Control": "no-store",
        "Vary": "Authorization",
    }


def _form(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        offered = ", ".join(f"/suppliers.{form.value}" for form in Format)
        raise RequestRefused(404, "NOT_FOUND", f"Exports are to be had as {offered}.") from None


async def _asked(hub: Hub, request: Request) -> dict[str, Any]:
    if request.method == "POST":
        check_content(request.headers)
        limits = hub.settings.limits
        asked = _json("body", await body_of(request, limits.body_bytes, limits.body_seconds))
        if not isinstance(asked, dict):
            raise RequestRefused(400, "BAD_REQUEST", f"The body must be a JSON object of {', '.join(ARGUMENTS)}.")
        return asked
    given = {name: text for name, text in request.query_params.items() if text.strip()}
    return {name: text if name == "query" else _json(name, text) for name, text in given.items()}


def _json(name: str, text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RequestRefused(400, "BAD_JSON", f"« {name[:40]} » is not JSON in UTF-8.") from None


def _check_size(count: int, question: SearchQuery, policy: Exporting) -> None:
    most = policy.public_rows if question.role is Role.PUBLIC else policy.rows
    if count > most:
        help_ = "narrow the search, or ask with an API key" if question.role is Role.PUBLIC else "narrow the search"
        message = f"The search finds {count:,} suppliers, and an export of yours may hold {most:,}: {help_}."
        raise RequestRefused(400, "TOO_MANY", message)
    by_score = question.order.field is OrderField.RELEVANCE and question.text and question.text.strip()
    if by_score and count > DEEPEST:
        message = f"By RELEVANCE at most {DEEPEST:,} suppliers can be exported, and there are {count:,}: order by NAME."
        raise RequestRefused(400, "TOO_MANY", message)
