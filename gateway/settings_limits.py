"""Settings of how much there may be of anything: requests, documents, connections, and what is followed."""

from pydantic import Field

from gateway.settings_sources import Section


class Limits(Section):
    """What one request may ask of the hub."""

    body_bytes: int = Field(
        default=262_144, ge=1_024, le=2**26, description="Largest request body, in bytes; beyond it the answer is 413."
    )
    document_bytes: int = Field(
        default=65_536, ge=1_024, le=2**26, description="Largest GraphQL document, in bytes of UTF-8."
    )
    document_tokens: int = Field(
        default=5_000,
        ge=100,
        le=1_000_000,
        description="Most tokens (names, braces, values) a GraphQL document may have.",
    )
    document_depth: int = Field(
        default=10, ge=3, le=50, description="Most levels of fields a document may have; introspection has 20."
    )
    document_fields: int = Field(
        default=500, ge=50, le=10_000, description="Most fields a document may ask for, its fragments spread out."
    )
    document_aliases: int = Field(
        default=100, ge=1, le=10_000, description="Most aliases a document may have, its fragments spread out."
    )
    document_directives: int = Field(
        default=50, ge=1, le=10_000, description="Most directives a document may have, its fragments spread out."
    )
    document_fragments: int = Field(default=100, ge=1, le=200, description="Most fragments a document may define.")
    document_operations: int = Field(
        default=20, ge=1, le=100, description="Most operations a document may hold, of which a request names one."
    )
    document_pairs: int = Field(
        default=5_000,
        ge=100,
        le=1_000_000,
        description="Most pairs of fields a document may have that are one field of the answer, its fragments spread "
        "out: validation compares them all.",
    )
    document_spreads: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="Most times a document may spread a fragment, those within fragments and inline ones included.",
    )
    root_fields: int = Field(default=20, ge=1, le=1_000, description="Most root fields one operation may ask for.")
    entities: int = Field(
        default=100,
        ge=1,
        le=1_000,
        description="Most entities that the gateway of a federation may fetch at once (`_entities`).",
    )
    value_depth: int = Field(
        default=10, ge=3, le=100, description="Most levels of lists and objects in an argument or a variable."
    )
    variable_values: int = Field(
        default=5_000, ge=10, le=1_000_000, description="Most values that the variables of a request may hold."
    )
    batch: int = Field(
        default=0, ge=0, le=100, description="Most operations one body may hold as a list; with 0 a list is refused."
    )
    request_seconds: float = Field(
        default=30.0, gt=0, le=600, description="Time one request may take; beyond it the answer is 503."
    )
    body_seconds: float = Field(
        default=10.0, gt=0, le=600, description="Time a request's body may take to arrive; beyond it the answer is 408."
    )
    header_seconds: float = Field(
        default=10.0,
        gt=0,
        le=600,
        description="Time a connection has to send a request's line and headers; beyond it the answer is 408.",
    )
    header_bytes: int = Field(
        default=32_768,
        ge=1_024,
        le=2**20,
        description="Largest request line and headers together, in bytes; beyond it the answer is 431.",
    )
    keep_alive_seconds: int = Field(
        default=5, ge=1, le=600, description="Time a connection without a request is kept for the next one."
    )
    stall_seconds: float = Field(
        default=20.0, gt=0, le=600, description="Time a caller may take nothing of its answer; then it is cut off."
    )
    connections: int = Field(
        default=2_000,
        ge=10,
        le=100_000,
        description="Connections one process keeps open; beyond it those that have waited longest without asking go.",
    )
    executions: int = Field(
        default=32,
        ge=1,
        le=10_000,
        description="Operations one process executes at once; those answered from the cache do not count.",
    )
    waiting: int = Field(
        default=128,
        ge=0,
        le=100_000,
        description="Operations that may wait to be executed; beyond it the answer is 503 `OVERLOADED`.",
    )
    wait_seconds: float = Field(
        default=1.0, gt=0, le=60, description="Longest wait to be executed; a twentieth of it while many wait."
    )
    shutdown_seconds: int = Field(
        default=30, ge=0, le=600, description="Time running requests are given to finish when the process is stopped."
    )


class Subscriptions(Section):
    """What callers may follow, over WebSocket and as server-sent events."""

    connections: int = Field(
        default=500, ge=0, le=100_000, description="Most connections that one process has open; with 0 none is."
    )
    public_connections: int = Field(
        default=100, ge=0, le=100_000, description="Most of them that callers without a key have together."
    )
    caller_connections: int = Field(
        default=20, ge=1, le=100_000, description="Most of them that one key or address has."
    )
    operations: int = Field(default=10, ge=1, le=1_000, description="Most operations under way on one connection.")
    pending: int = Field(
        default=1_000,
        ge=250,
        le=100_000,
        description="Most events that wait for one subscriber; who is slower is told so, and the subscription ends.",
    )
    init_seconds: float = Field(
        default=10.0, gt=0, le=600, description="Time that a WebSocket has to send `connection_init`."
    )
    idle_seconds: float = Field(
        default=60.0, gt=0, le=86_400, description="Time after which a WebSocket is closed on which nothing is asked."
    )
    lifetime_seconds: float = Field(
        default=3_600.0, gt=0, le=604_800, description="Time after which a connection is closed, to be made anew."
    )
    stall_seconds: float = Field(
        default=20.0, gt=0, le=600, description="How long a client is waited for that takes nothing of what it is sent."
    )
