"""What fields cost, said in the schema: ``@cost`` and ``@listSize`` of the IBM GraphQL cost directives specification.

A unit is at most some fifty microseconds of the hub's processor, or as much of a partner's patience. An object costs
the weight of its type, and a field that gives objects its own weight each time it is run; both are 1 unless ``@cost``
says otherwise, and 0 for scalars and enumerations. What lies below a list counts as often as ``@listSize`` says.
"""

from typing import Any, Final

import strawberry
from strawberry.schema_directive import Location

# Sizes of lists that no argument bounds: what the directory's have on the mean, and some more.
FEW: Final = 2
SEVERAL: Final = 10


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    description="What a field costs each time it is run, or an object of a type each time it is given; 1 unless said, "
    "and 0 for scalars and enumerations (IBM GraphQL cost directives). docs/graphql.md reckons an example.",
)
class Cost:
    """The directive; ``weight`` is a number of units."""

    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="How many items a list is taken to have: the largest of the slicing arguments given, a list among them "
    "by its length; else the assumed size. With sized fields the numbers are theirs, and lists the field's own if it "
    "is one (IBM GraphQL cost directives).",
)
class ListSize:
    """The directive."""

    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=strawberry.UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=True
    )


def weighs(units: float) -> Any:
    """The field, or each object of the type, costs so many units."""
    return Cost(weight=f"{units:g}")


def holds(items: int) -> Any:
    """The list is taken to have so many items."""
    return ListSize(assumed_size=items)


def counted_by(*arguments: str, otherwise: int | None = None, in_fields: tuple[str, ...] = ()) -> Any:
    """The largest of these arguments is the size: of the list, or of these fields of what is given; where all are left
    out, ``otherwise``.
    """
    return ListSize(
        assumed_size=strawberry.UNSET if otherwise is None else otherwise,
        slicing_arguments=list(arguments),
        sized_fields=list(in_fields) or strawberry.UNSET,
        require_one_slicing_argument=otherwise is None,
    )


EDIT: Final = weighs(100)  # something is written, and what follows from it is worked out
