"""Frontier: does it bend, and is there a floor, on simulated truths and on published tables."""
