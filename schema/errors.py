"""Errors of reads: a stable code and one clear sentence for what was expected, a number to quote for what was not.

::

    RequestError            raised by resolvers; shown as it is
    ├── BadInput                BAD_INPUT      the arguments cannot be answered
    ├── BadCursor               BAD_CURSOR     the cursor is not one of this query's
    ├── Forbidden               FORBIDDEN      not for this role
    ├── NotFound                NOT_FOUND      no such entity that the caller may see
    ├── Unavailable             INDEX_MISSING, STORE_UNAVAILABLE    try again later
    └── NotFollowed             TOO_MANY, TOO_SLOW    a subscription is refused or ended; subscribe again later

Mistakes in the GraphQL itself are BAD_QUERY (syntax, unknown fields) or BAD_INPUT (values of the wrong form). All else
is masked as INTERNAL and logged with the request's id.
"""

from enum import StrEnum

import structlog
from graphql import GraphQLError

from directory.search.errors import IndexProblem, InvalidCursor, InvalidQuery
from directory.store.errors import StoreError

log = structlog.get_logger()


class Code(StrEnum):
    """Values of ``extensions.code``; documented in docs/graphql.md."""

    BAD_QUERY = "BAD_QUERY"
    BAD_INPUT = "BAD_INPUT"
    BAD_CURSOR = "BAD_CURSOR"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    INDEX_MISSING = "INDEX_MISSING"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    TOO_MANY = "TOO_MANY"
    TOO_SLOW = "TOO_SLOW"
    INTERNAL = "INTERNAL"


class RequestError(Exception):
    """Something a caller can understand and mend, or wait for. ``str()`` is shown to the caller."""

    code = Code.BAD_INPUT
    retryable = False


class BadInput(RequestError):
    """The arguments cannot be answered as they are."""


class BadCursor(RequestError):
    """The cursor is malformed or belongs to another query."""

    code = Code.BAD_CURSOR


class Forbidden(RequestError):
    """The caller's role may not ask this."""

    code = Code.FORBIDDEN


class NotFound(RequestError):
    """What a federation's gateway names is not there, or not for this caller; which of the two is not said."""

    code = Code.NOT_FOUND


class Unavailable(RequestError):
    """Part of the hub is away for now; the same request may succeed later."""

    retryable = True

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class NotFollowed(Unavailable):
    """A subscription cannot be begun, or not be gone on with, for what it asks of the hub."""


# The real sentences name files and servers: they are for the operator's log, not for the caller.
INDEX_AWAY = "The search index is not ready; try again in a few minutes."
STORE_AWAY = "The directory cannot be read just now; try again in a few moments."


def present(error: GraphQLError, request_id: str, *, executing: bool) -> None:
    """Make ``error`` fit to be shown, in place: its code, and another sentence where its own is not for callers.

    ``executing`` is whether the query itself was found good, so that what is wrong now lies in its values.
    """
    if _is_about_the_request(error):
        error.extensions = {"code": (Code.BAD_INPUT if executing else Code.BAD_QUERY).value}
        return
    cause = error.original_error
    if error.nodes and error.path is None and not executing:
        # Validation runs nothing but the reading of literals, which fails in words of Python's for some (a number of
        # more digits than it converts).
        error.message = "A value in the document cannot be read; check its form and its length."
        error.extensions = {"code": Code.BAD_QUERY.value}
        return
    expected = _expected(cause)
    if expected is None:
        log.error("graphql.internal_error", path=error.path, exc_info=cause or error)
        error.message = f"Internal error; tell the operator the request id {request_id}."
        error.extensions = {"code": Code.INTERNAL.value, "requestId": request_id}
        return
    if expected.retryable:
        log.warning("graphql.unavailable", code=expected.code.value, problem=str(cause))
    error.message = str(expected)
    error.extensions = {"code": expected.code.value, **({"retryable": True} if expected.retryable else {})}


def code_of(error: BaseException) -> Code:
    """The code under which this error of a resolver is shown."""
    expected = _expected(error)
    return Code.INTERNAL if expected is None else expected.code


def _is_about_the_request(error: GraphQLError) -> bool:
    """Whether graphql-core itself found fault with the query or its values; those sentences quote nothing of ours."""
    if error.path is None:
        return error.original_error is None or isinstance(error.original_error, GraphQLError)
    # Of the errors that it raises below a field, those about arguments name their place in the query; those about
    # what a resolver returned do not.
    return isinstance(error.original_error, GraphQLError) and bool(error.original_error.nodes)


def _expected(cause: BaseException | None) -> RequestError | None:
    match cause:
        case RequestError():
            return cause
        case InvalidCursor():
            return BadCursor(str(cause))
        case InvalidQuery():
            return BadInput(str(cause))
        case IndexProblem():
            return Unavailable(Code.INDEX_MISSING, INDEX_AWAY)
        case StoreError():
            return Unavailable(Code.STORE_UNAVAILABLE, STORE_AWAY)
    return None
