"""The official lists that listings are read against: NAF, legal forms, size bands, labels.

The files under ``data/`` are rebuilt by ``scripts/build_nomenclatures.py``; ``data/SOURCES.md`` says from where.
Each is read once, when first asked for.
"""
