"""What mutations answer with: what was changed, or why it was not, in words for a form and codes for a program."""

from enum import StrEnum
from typing import Self

import strawberry

from schema.enums import publish

LONGEST_REASON = 1_000


class ErrorCode(StrEnum):
    """Why an edit was not made."""

    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    STALE_VERSION = "STALE_VERSION"
    TOO_MANY = "TOO_MANY"


publish(
    ErrorCode,
    "Why a mutation changed nothing.",
    {
        ErrorCode.NOT_FOUND: "What it is about does not exist.",
        ErrorCode.FORBIDDEN: "The caller may not do this to it.",
        ErrorCode.INVALID: "A value cannot be taken as it is.",
        ErrorCode.CONFLICT: "It is not in a state in which this can be done.",
        ErrorCode.STALE_VERSION: "It has changed since the caller read it.",
        ErrorCode.TOO_MANY: "More than may be done at once.",
    },
)


@strawberry.type(description="Why a mutation changed nothing: something for its caller to mend.")
class UserError:
    """One fault."""

    field: list[str] | None = strawberry.field(description="The argument at fault; null where none is.")
    code: ErrorCode = strawberry.field(description="The fault, for programs.")
    message: str = strawberry.field(description="The fault, for people: one sentence.")

    @classmethod
    def of(cls, argument: str, code: ErrorCode, message: str) -> Self:
        """A fault of one argument."""
        return cls(field=[argument], code=code, message=message)


def reason_error(reason: str) -> UserError | None:
    """What is wrong with the reason of a decision, which is kept with it for ever."""
    if not reason.strip():
        return UserError.of("reason", ErrorCode.INVALID, "Say why; the reason is kept with the decision.")
    if len(reason) > LONGEST_REASON:
        sentence = f"The reason has {len(reason):,} characters; say it in {LONGEST_REASON:,}."
        return UserError.of("reason", ErrorCode.INVALID, sentence)
    if not _can_be_kept(reason):
        return UserError.of("reason", ErrorCode.INVALID, "The reason holds a character that cannot be kept.")
    return None


def _can_be_kept(text: str) -> bool:
    try:
        return b"\0" not in text.encode()  # PostgreSQL's text cannot hold it
    except UnicodeEncodeError:  # half of a character, as JSON may write it
        return False
