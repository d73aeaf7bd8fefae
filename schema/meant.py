"""A question with its text understood: the same for the search, for whole results and for what is saved."""

from collections.abc import Callable, Sequence
from typing import Final

from directory.search.query import MAX_TEXT, SearchQuery
from directory.search.understood import understood
from directory.understanding.understander import Understander
from schema.errors import BadInput

MAX_WITHOUT: Final = 40


def meant(question: SearchQuery, without: Sequence[str], understander: Callable[[], Understander]) -> SearchQuery:
    """The question as its text is understood, but for the parts of these keys. Raises :class:`BadInput`.

    A blank text is none, and one that is too long is refused by the search.
    """
    if len(without) > MAX_WITHOUT:
        raise BadInput(f"`without` takes at most {MAX_WITHOUT} keys.")
    text = question.text
    if not text or not text.strip() or len(text) > MAX_TEXT:
        return question
    return understood(question, understander().understand(text, frozenset(without)))
