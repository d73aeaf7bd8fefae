"""The plans of one operation: made when first asked for by a role, kept for as long as its document is."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import GraphQLError, OperationDefinitionNode, get_operation_ast, parse, specified_rules
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.schema import Schema

from directory.disclosure import Role
from gateway.execution.plan import NO_VARIABLES, NotPlanned, Plan, is_small
from gateway.execution.planning import plan_of
from schema.documents import mistakes

# Roles, times what conditions choose; what else is asked is Strawberry's. A plan takes some 150 kB at the worst.
KEPT_PLANS: Final = 4


class Plans:
    """Holds the text and not its syntax tree, which is twenty times as large and hardly ever asked for again."""

    def __init__(
        self, schema: Schema, text: str, operation: OperationDefinitionNode, conditions: tuple[str, ...]
    ) -> None:
        self._schema, self._text = schema, text
        self._kind = operation.operation.value
        self._name = operation.name.value if operation.name else None
        self._variables = operation.variable_definitions or ()
        self._names = [each.variable.name.value for each in self._variables]
        self._conditions = conditions
        self._plans: dict[tuple[Any, ...], Plan | NotPlanned] = {}
        self._last: tuple[list[tuple[str, type, Any]], VariableValues] | None = None

    def of(self, role: Role, given: Mapping[str, Any]) -> tuple[Plan, VariableValues, bool]:
        """The plan, the values of its variables, and whether it was known. Raises :class:`NotPlanned`."""
        if self._kind != "query":
            raise NotPlanned(self._kind)
        values = self._values(given)
        chosen = [values.coerced.get(name) for name in self._conditions]
        if not all(isinstance(value, bool) for value in chosen):
            raise NotPlanned("variables")
        key = (role, *chosen)
        known = self._plans.get(key)
        if known is None and len(self._plans) >= KEPT_PLANS:
            raise NotPlanned("variants")
        plan = known or self._made(role, values.coerced)
        self._plans[key] = plan
        if isinstance(plan, NotPlanned):
            raise plan
        return plan, values, known is not None

    def _values(self, given: Mapping[str, Any]) -> VariableValues:
        if not self._variables:
            return NO_VARIABLES
        # 1 is no true, though they are equal. What is given besides, under whatever long names, is not looked at.
        key = [(name, type(given[name]), given[name]) for name in self._names if name in given]
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        values = get_variable_values(self._schema._schema, self._variables, dict(given))
        if isinstance(values, list):
            raise NotPlanned("variables")
        if all(is_small(value) for _, _, value in key):
            self._last = key, values
        return values

    def _made(self, role: Role, chosen: Mapping[str, Any]) -> Plan | NotPlanned:
        document = parse(self._text, no_location=True)
        if mistakes(self._schema._schema, document, specified_rules, most=0):
            return NotPlanned("invalid")
        operation = get_operation_ast(document, self._name)
        assert operation is not None  # noqa: S101  # it is one of this very text's
        try:
            return plan_of(self._schema, document, operation, role, chosen)
        except NotPlanned as reason:
            return reason
        except GraphQLError:  # constants that an argument cannot take
            return NotPlanned("arguments")
