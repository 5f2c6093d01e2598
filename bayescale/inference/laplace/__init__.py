"""Laplace: mode search, mixtures, adaptive importance sampling and the check of its weights, without PyMC.

May be touched: thresholds stand at the top of each file, one comment each.
May import: density and below.
"""
