"""Listings become suppliers: the rules, the store and the index. Imports nothing else of ours."""
