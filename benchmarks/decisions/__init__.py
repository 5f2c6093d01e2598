"""Decisions: simulated pairs of recipes whose multiplier is known, and pairs of published recipes."""
