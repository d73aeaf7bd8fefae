"""Compiled execution: what repeats is planned once (``docs/adr/0016-compiled-execution.md``).

::

    documents   a text, read, checked and validated once; its operations and their plans, kept while they are in use
    fields      which fields a selection asks for (the specification's CollectFields)
    planning    an operation, for one role and one choice of @include and @skip, made a plan
    rows        the part of a plan that needs no waiting, as one generated function an object type
    running     a plan run: one call for all siblings of a level, the rows written in one go

A plan calls the schema's own resolvers and knows success alone. Where it meets anything else (an error, a null where
none may be, a field that is not planned) the whole operation is told by Strawberry instead, from the beginning: queries
change nothing, so that nothing is done twice.
"""
