"""Subscriptions: changes told as they happen, over graphql-transport-ws and as server-sent events.

One ``feed`` a process reads what is new in the store and passes it on to every ``subscriber``; an ``operation``
executes each event for its caller; ``websocket`` and ``events`` carry the results; ``callers`` bounds who may have how
much.
"""
