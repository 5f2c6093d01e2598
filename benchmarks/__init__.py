"""Benchmarks of bayescale, run as ``python -m benchmarks``; not part of the wheel."""
