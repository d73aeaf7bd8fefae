"""Compiled execution: what repeats is planned once (``docs/adr/0016-compiled-execution.md``).

::

    fields      which fields a selection asks for (the specification's CollectFields)
    plan        what a plan is made of
    planning    an operation, for one role and one choice of @include and @skip, made a plan
    plans       the plans of one operation, kept for as long as its document is
    rows        the part of a plan that needs no waiting, as one generated function an object type
    running     a plan run: level by level, a field once for all the objects of its level

A plan calls the schema's own resolvers and knows success alone. Where it meets anything else (an error, a null where
none may be, a field that is not planned) the whole operation is told by Strawberry instead, from the beginning: queries
change nothing, so that nothing is done twice.
"""
