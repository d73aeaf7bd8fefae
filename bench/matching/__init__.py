"""How well listings are matched, measured on an invented world of which the truth is known.

``world`` invents companies and their sites, ``partners`` says what five directories say of them, ``scores`` judges a
clustering, ``baselines`` are the methods that ours must beat: ``python -m bench.matching``.
"""
