"""An operation seen from inside: timed, counted, traced, logged when it is slow, and given up when nobody waits for it.

What is told of an operation is its name, its document's hash and its cost: never its variables or its text.
"""

import hashlib
import time
from collections.abc import Awaitable

import structlog
from starlette.requests import Request

from cache import Answer
from gateway.answering import Question
from gateway.attendance import visit_of
from gateway.door import Notes, notes_of
from gateway.hub import Hub
from gateway.metrics import count_answer, count_operation

log = structlog.get_logger()


async def observed(hub: Hub, request: Request, question: Question, answering: Awaitable[Answer]) -> Answer:
    """What ``answering`` answers, or raises. The request's body must have been read."""
    notes, began = notes_of(request.scope), time.perf_counter()
    visit = visit_of(request.scope)
    if visit is not None and question.operation.kind == "query":  # a mutation that was begun is finished
        visit.receive = request.receive
    try:
        if hub.telemetry is None:
            return _noted(notes, question, await answering)
        with hub.telemetry.operation(notes, document_hash(question.request.query), request.headers):
            return _noted(notes, question, await answering)
    finally:
        if visit is not None:
            visit.stop_listening()
        seconds = time.perf_counter() - began
        count_operation(notes.operation, seconds)
        if seconds >= hub.slow_seconds:
            told = {"document": document_hash(question.request.query), **notes.of_operation()}
            log.warning("operation.slow", ms=round(seconds * 1000), **told)


def document_hash(query: str) -> str:
    """The SHA-256 of a document's text, in hexadecimal: the name that persisted queries have for it."""
    return hashlib.sha256(query.encode(errors="replace")).hexdigest()


def _noted(notes: Notes, question: Question, given: Answer) -> Answer:
    notes.plan = question.planned[0] if question.planned else None
    notes.cache = given.state.value
    count_answer(notes.cache)
    return given
