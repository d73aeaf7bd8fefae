"""Subscriptions: changes told as they happen, over graphql-transport-ws and as server-sent events.

One ``feed`` a process reads what is new in the store and passes it on to every ``subscriber``; an ``operation``
executes each event for its caller; ``websocket`` and ``events`` carry the results. Of a WebSocket ``origins`` says
whose pages may open one and ``knowing`` lets its caller in; ``visits`` bounds who may have how many connections, and
ends them.
"""
