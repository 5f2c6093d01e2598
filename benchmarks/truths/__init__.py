"""Simulated sweeps whose truth is known: forecasts at 10, 100 and 1,000 times the compute, and how good they are."""
