"""An operation seen from inside: named, timed, counted, traced, and logged when it is slow.

What is told of an operation is its name, its document's hash and its cost: never its variables or its text.
"""

import time
from collections.abc import Awaitable, Mapping

import structlog

from cache import Answer
from gateway.answering import Question
from gateway.door import Notes
from gateway.hub import Hub
from gateway.manifests import digest
from gateway.metrics import count_answer, count_operation
from gateway.operations import NAME_LENGTH, Operation

log = structlog.get_logger()


def note_name(notes: Notes, operation: Operation) -> None:
    """Note which operation it is."""
    notes.operation, notes.kind = operation.name and operation.name[:NAME_LENGTH], operation.kind


async def observed(
    hub: Hub, notes: Notes, headers: Mapping[str, str], question: Question, answering: Awaitable[Answer]
) -> Answer:
    """What ``answering`` answers, or raises. ``notes`` are of this operation, ``headers`` those that it came with."""
    began = time.perf_counter()
    try:
        if hub.telemetry is None:
            return _noted(notes, question, await answering)
        with hub.telemetry.operation(notes, digest(question.request.query), headers):
            return _noted(notes, question, await answering)
    finally:
        seconds = time.perf_counter() - began
        count_operation(notes.operation, seconds)
        if seconds >= hub.slow_seconds:
            told = {"document": digest(question.request.query), **notes.of_operation()}
            log.warning("operation.slow", ms=round(seconds * 1000), **told)


def _noted(notes: Notes, question: Question, given: Answer) -> Answer:
    notes.plan = question.planned[0] if question.planned else None
    notes.cache = given.state.value
    count_answer(notes.cache)
    return given
