"""Approaches to the frontier on simulated sweeps, and distances of published models."""
