"""What an operation costs, known before anything runs: the schema's weights times the sizes of the pages asked for.

``Tariff.of(schema)`` reads ``@cost`` and ``@listSize`` once; ``priced(document, tariff)`` makes a :class:`Form` of each
operation, once for each distinct document; ``cost_of(form, variables)`` only adds and multiplies.
"""

from gateway.costs.forms import FREE, Form, cost_of
from gateway.costs.pricing import priced
from gateway.costs.tariff import Tariff

__all__ = ["FREE", "Form", "Tariff", "cost_of", "priced"]
