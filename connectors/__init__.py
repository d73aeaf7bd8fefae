"""Partners are read here: each a declaration on shared machinery. Imports directory.records and directory.identifiers only."""
