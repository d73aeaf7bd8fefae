"""Embedded full-text search: French analysis, filters, facets and keyset cursors over a tantivy index.

A buyer's question is a :class:`~directory.search.query.SearchQuery`; :class:`~directory.search.engine.TantivyEngine`
answers it from the generation that :func:`~directory.search.build.build` swapped in last.
"""
