"""What can go wrong in a search. ``str()`` of each is one sentence that names the thing, the cause and the remedy.

::

    SearchError
    ├── IndexProblem       the index cannot be served: tell the operator
    │   ├── IndexMissing       there is none, or it is damaged
    │   ├── IndexOutdated      it was built by another version or another analysis
    │   ├── IndexBusy          another process is building it
    │   └── IndexNotBuilt      building it failed; what was served still is
    └── InvalidQuery       the caller asked for something that cannot be answered: tell the caller
        └── InvalidCursor      the cursor is not one of this query's
"""


class SearchError(Exception):
    """Base of everything this package raises on purpose."""


class IndexProblem(SearchError):
    """The index cannot be served."""


class IndexMissing(IndexProblem):
    """There is no index, or its files are damaged."""


class IndexOutdated(IndexProblem):
    """The index was built by another version of the hub, or with another text analysis."""


class IndexBusy(IndexProblem):
    """Another process is building the index."""


class IndexNotBuilt(IndexProblem):
    """A new generation could not be written; the one served before still is."""


class InvalidQuery(SearchError):
    """The query cannot be answered as it was asked."""


class InvalidCursor(InvalidQuery):
    """The cursor is malformed, or was given by another query."""
