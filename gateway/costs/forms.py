"""A cost in closed form: a number, and what variables add to it. To know a request's cost is to fill them in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final, Protocol

Variables = Mapping[str, Any]

# No list is as long; sizes are brought down to it, so that no product of them leaves what a float can hold.
LONGEST: Final = 1_000_000
# What GraphQL's Int can hold; whatever costs more is refused as if it cost this.
DEAREST: Final = 2**31 - 1


class Part(Protocol):
    """What variables add to a cost."""

    def of(self, variables: Variables) -> float:
        """How much it is with these."""


@dataclass(frozen=True, slots=True)
class Form:
    """A number of units and what is added by variables; without those the cost is known already."""

    units: float = 0.0
    parts: tuple[Part, ...] = ()

    def of(self, variables: Variables) -> float:
        """The cost with these variables."""
        units = self.units
        for part in self.parts:
            units += part.of(variables)
        return units


FREE: Final = Form()


def cost_of(form: Form, variables: Variables) -> int:
    """What an operation of this form costs with these variables, in whole units, at most :data:`DEAREST`.

    The variables are as the caller sent them: one of a wrong type counts as left out, for it will be refused.
    """
    return min(ceil(form.of(variables)), DEAREST)


def added(forms: list[Form]) -> Form:
    """All of them."""
    return Form(sum(each.units for each in forms), tuple(part for each in forms for part in each.parts))


@dataclass(frozen=True, slots=True)
class Slicer:
    """A variable that says a size; ``otherwise`` stands for one that was not sent."""

    variable: str
    otherwise: object = field(hash=False)  # as the document says it: a list, perhaps
    is_list: bool


@dataclass(frozen=True, slots=True)
class Size:
    """How many items a list is taken to have: the largest of what is said, else ``assumed``. ``said`` is the largest
    that the document itself says, below 0 where it says nothing.
    """

    assumed: int = 1
    said: int = -1
    slicers: tuple[Slicer, ...] = ()

    def of(self, variables: Variables) -> int:
        """The number of items with these variables."""
        largest = self.said
        for slicer in self.slicers:
            count = counted(variables.get(slicer.variable, slicer.otherwise), slicer.is_list)
            if count > largest:  # noqa: PLR1730  # three times as fast as max()
                largest = count
        return largest if largest >= 0 else self.assumed

    def times(self, form: Form) -> Form:
        """So many of these."""
        if not self.slicers:
            count = self.of({})
            return form if count == 1 else Form(form.units * count, tuple(Many(self, (part,)) for part in form.parts))
        return Form(0.0, (Many(self, (form,)),)) if form != FREE else FREE


ONE: Final = Size()


def counted(value: object, is_list: bool) -> int:
    """The size that a value says; below 0 where it says none."""
    if type(value) is int and 0 <= value <= LONGEST and not is_list:
        return value
    if is_list:
        # A single value is taken for a list of one.
        return -1 if value is None else min(len(value), LONGEST) if isinstance(value, list) else 1
    if isinstance(value, bool):
        return -1
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int(min(max(value, 0), LONGEST))
    return -1


@dataclass(frozen=True, slots=True)
class Many:
    """So many times the sum of these."""

    size: Size
    parts: tuple[Part, ...]

    def of(self, variables: Variables) -> float:
        """How much it is with these variables."""
        units = 0.0
        for part in self.parts:
            units += part.of(variables)
        return self.size.of(variables) * units


@dataclass(frozen=True, slots=True)
class Condition:
    """``@include`` or ``@skip`` by a variable: holds where it is ``wanted``; ``otherwise`` where it was not sent."""

    variable: str
    wanted: bool
    otherwise: object = field(hash=False)

    def holds(self, variables: Variables) -> bool:
        """Whether what is under it is executed. A value that is no boolean will be refused; here it holds."""
        value = variables.get(self.variable, self.otherwise)
        return not isinstance(value, bool) or value is self.wanted


@dataclass(frozen=True, slots=True)
class Perhaps:
    """The cost of what is executed under conditions."""

    conditions: tuple[Condition, ...]
    form: Form

    def of(self, variables: Variables) -> float:
        """How much it is with these variables."""
        for condition in self.conditions:
            if not condition.holds(variables):
                return 0.0
        return self.form.of(variables)


@dataclass(frozen=True, slots=True)
class Dearest:
    """The dearest of several, for an object whose type is known only when it is there."""

    forms: tuple[Form, ...]

    def of(self, variables: Variables) -> float:
        """How much it is with these variables."""
        return max(form.of(variables) for form in self.forms)


def dearest(forms: list[Form]) -> Form:
    """One of them, whichever costs most."""
    distinct = tuple(dict.fromkeys(forms))
    if all(not form.parts for form in distinct):
        return max(distinct, key=lambda form: form.units, default=FREE)
    return distinct[0] if len(distinct) == 1 else Form(0.0, (Dearest(distinct),))
