"""Who may keep an answer, and whether he has it already: RFC 9110, sections 8.8.3 and 13.1.2; RFC 9111, section 5.2.

A tag is strong: a digest of the media type and of every byte. It is only ever compared with the tag of the answer that
was just made for whoever asks, so that one caller's tag brings another nothing but his own answer.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cache import Answer, Fleeting
from directory.disclosure import Role
from gateway.answering import Question
from gateway.settings import CachePolicy

NOT_KEPT: Final = "no-store"
# The caller's own cache may keep it and must ask each time: what a key may see can be over at any moment.
PRIVATE: Final = "private, no-cache"

_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_OF_THE_BODY: Final = frozenset({"content-type", "content-length"})


def caching(policy: CachePolicy, method: str, question: Question, given: Answer) -> str:
    """The Cache-Control of an answer: a query's by GET may be kept, by others for as long as we would ourselves."""
    if method == "POST" or not question.may_be_kept or isinstance(given.value, Fleeting):
        return NOT_KEPT
    if question.identity.role is not Role.PUBLIC:
        return PRIVATE
    return f"public, max-age={int(policy.fresh_seconds)}, stale-while-revalidate={int(policy.stale_seconds)}"


def tag_of(body: bytes, media: str) -> str:
    """The strong entity tag of these bytes in this media type."""
    digest = hashlib.sha256(media.encode() + b"\0")
    digest.update(body)
    return f'"{digest.hexdigest()[:32]}"'


def is_known(headers: Iterable[str], tag: str) -> bool:
    """Whether the If-None-Match ``headers`` name the tag: by weak comparison, in any of them, or by ``*``."""
    return any(header.strip() == "*" or tag in _TAG.findall(header) for header in headers)


def conditional(request: Request, body: bytes, headers: Mapping[str, str]) -> Response:
    """The answer 200 with its tag, or 304 with the same headers less the body's; without a tag where none may keep it.

    ``headers`` hold Content-Type and Cache-Control.
    """
    if headers["Cache-Control"] == NOT_KEPT:
        return Response(body, headers=dict(headers))
    tagged = {**headers, "ETag": tag_of(body, headers["Content-Type"])}
    if not is_known(request.headers.getlist("if-none-match"), tagged["ETag"]):
        return Response(body, headers=tagged)
    return Response(status_code=304, headers={k: v for k, v in tagged.items() if k.lower() not in _OF_THE_BODY})
