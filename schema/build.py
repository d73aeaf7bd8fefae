"""The schema as a whole: its root, its scalars, and what happens to every error."""

from functools import cached_property, partial

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.change import ChangeQuery
from schema.comparison import ComparisonQuery
from schema.documents import DocumentCache
from schema.errors import present
from schema.federation import REPRESENTATION, FederationQuery
from schema.lexicon import LexiconMutation, LexiconQuery
from schema.listing import ListingQuery
from schema.match_review import MatchReviewQuery
from schema.node import NodeQuery
from schema.outcomes import note_outcomes
from schema.partner import PartnerQuery
from schema.partner_pause import PartnerMutation
from schema.rate_limit import RateLimitQuery
from schema.run_decision import RunMutation
from schema.saved_search import SavedSearchMutation, SavedSearchQuery
from schema.scalars import SCALARS
from schema.stewardship import StewardMutation
from schema.subscription import ChangeSubscription
from schema.suggest import SuggestQuery
from schema.supplier import SupplierQuery
from schema.suppliers import SuppliersQuery


@strawberry.type(description="What can be read.")
class Query(
    NodeQuery,
    SupplierQuery,
    SuppliersQuery,
    ComparisonQuery,
    SuggestQuery,
    ChangeQuery,
    ListingQuery,
    PartnerQuery,
    MatchReviewQuery,
    LexiconQuery,
    SavedSearchQuery,
    RateLimitQuery,
):
    """The root: the root fields of every concept."""


@strawberry.type(name="Query", description="What can be read.")
class SubgraphQuery(Query, FederationQuery):
    """The root with what the gateway of a federation asks besides."""


@note_outcomes
@strawberry.type(description="What can be done; each answers with what it changed, or with `userErrors`.")
class Mutation(RunMutation, PartnerMutation, StewardMutation, LexiconMutation, SavedSearchMutation):
    """The root of edits: the mutations of every concept."""


@strawberry.type(description="What can be followed; each event comes when it happens.")
class Subscription(ChangeSubscription):
    """The root of subscriptions."""


class HubSchema(strawberry.Schema):
    """A schema whose errors all have a code, and show nothing that is not for callers.

    It answers the gateway of a federation, too, but is shown (:meth:`as_str`) without what is for gateways alone.
    """

    @cached_property
    def _shown(self) -> str:
        return strawberry.Schema(Query, self.mutation, self.subscription, config=self.config).as_str()

    def as_str(self) -> str:
        """The SDL for callers; for those who compose a federation see :func:`schema.federation.subgraph`."""
        return self._shown

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry's hook for errors of every phase, called before anything is answered."""
        executing = execution_context is not None and execution_context.result is not None
        request_id = getattr(getattr(execution_context, "context", None), "request_id", "unknown")
        for error in errors:
            present(error, request_id, executing=executing)


def build_schema() -> strawberry.Schema:
    """The schema, with a cache of queries of its own."""
    return HubSchema(
        SubgraphQuery,
        Mutation,
        Subscription,
        config=StrawberryConfig(scalar_map={**SCALARS, **REPRESENTATION}),
        extensions=[partial(DocumentCache, DocumentCache.empty())],
    )
