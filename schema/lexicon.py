"""The trade lexicon in GraphQL: what buyers call the work of each activity; stewards add to it without a release."""

from collections.abc import Sequence
from typing import Annotated, Self

import strawberry

from directory.lexicography import change, current
from directory.nomenclature import naf as nomenclature
from directory.understanding.lexicon import Entry, problem
from schema.context import Info
from schema.cost import EDIT, FEW, holds
from schema.errors import BadInput
from schema.fields import resolved
from schema.payload import ErrorCode, UserError, reason_error
from schema.roles import for_stewards
from schema.run_decision import Reason

MOST_EXPRESSIONS = 200

Naf = Annotated[str, strawberry.argument(description="The NAF sub-class (`43.22A`).")]
Expressions = Annotated[
    list[str], strawberry.argument(description="Expressions of at most 8 words and 80 characters; at most 200.")
]


@strawberry.type(description="What the work of an activity is called, by those who buy it and those who do it.")
class TradeExpressions:
    """The expressions of one NAF sub-class."""

    naf: str = strawberry.field(description="The sub-class.")
    label: str = strawberry.field(description="INSEE's label, in French.")
    expressions: list[str] = strawberry.field(description="The expressions; the official label is known besides.")

    @classmethod
    async def of(cls, info: Info, naf: str) -> Self:
        """Those in force now."""
        lexicon = await current(info.context.database)
        return cls(naf=naf, label=nomenclature.label(naf) or naf, expressions=list(lexicon.expressions.get(naf, ())))


@strawberry.type(description="The expressions that were changed, or why they were not.")
class LexiconPayload:
    """What :class:`LexiconMutation` answers."""

    trade: TradeExpressions | None = strawberry.field(
        description="The activity's expressions as they are now; null when nothing was changed."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was changed; empty when all went well.", directives=[holds(FEW)]
    )


@strawberry.type
class LexiconQuery:
    """The root field that reads the lexicon."""

    @resolved("What an activity is called besides its official label: the search understands needs by it.")
    async def trade_expressions(self, info: Info, naf: Naf) -> TradeExpressions:
        if naf not in nomenclature.codes():
            raise BadInput(f"{naf!r:.40} is no sub-class of the NAF rév. 2: give one like 43.22A.")
        return await TradeExpressions.of(info, naf)


@strawberry.type
class LexiconMutation:
    """The root fields that change the lexicon."""

    @for_stewards("Add expressions to an activity; needs are understood by them within seconds.", EDIT)
    async def lexicon_add(self, info: Info, naf: Naf, expressions: Expressions, reason: Reason) -> LexiconPayload:
        return await _change(info, naf, expressions, reason, taken_out=False)

    @for_stewards("Take expressions of an activity out, those that the hub came with included.", EDIT)
    async def lexicon_remove(self, info: Info, naf: Naf, expressions: Expressions, reason: Reason) -> LexiconPayload:
        return await _change(info, naf, expressions, reason, taken_out=True)


async def _change(info: Info, naf: str, expressions: Sequence[str], reason: str, *, taken_out: bool) -> LexiconPayload:
    spelled = [" ".join(each.split()) for each in expressions]
    errors = [error for error in (reason_error(reason), *_faults(naf, spelled)) if error]
    if errors:
        return LexiconPayload(trade=None, user_errors=errors)
    context = info.context
    await change(
        context.database,
        [Entry(naf, expression, taken_out) for expression in spelled],
        author=context.caller.author,
        reason=reason.strip(),
        clock=context.clock,
    )
    context.forget()
    return LexiconPayload(trade=await TradeExpressions.of(info, naf), user_errors=[])


def _faults(naf: str, expressions: Sequence[str]) -> list[UserError]:
    """One error an expression that cannot stand; of an unknown code, one."""
    if not expressions:
        return [UserError.of("expressions", ErrorCode.INVALID, "Give at least one expression.")]
    if len(expressions) > MOST_EXPRESSIONS:
        sentence = f"{len(expressions):,} expressions at once; give {MOST_EXPRESSIONS} at most."
        return [UserError.of("expressions", ErrorCode.TOO_MANY, sentence)]
    if naf not in nomenclature.codes():
        return [UserError.of("naf", ErrorCode.INVALID, problem(naf, "-") or "")]
    return [
        UserError.of("expressions", ErrorCode.INVALID, f"« {expression:.80} » : {why}")
        for expression in expressions
        if (why := problem(naf, expression))
    ]
