"""Answers kept, and for how long: memory, Redis, single flight, stale-while-revalidate. Imports nothing else of ours."""
