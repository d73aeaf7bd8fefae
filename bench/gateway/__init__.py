"""The gateway beside its peers, over the same suppliers: ``python -m bench.gateway``."""
