"""The model is trained: listings as a table, comparisons as SQL, probabilities by Splink, confidence by counting.

Splink, DuckDB and PyArrow are imported where they are used, so that the hub runs without them (`circuit-court[train]`).
"""
