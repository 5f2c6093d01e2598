"""The sweeps behind `bs.load("known_entropy")` and `bs.load("text_sweep")`: ``python -m benchmarks.sweep``.

Needs the dependency group ``sweep`` (JAX for the CPU); nothing else in the project does.
"""
