"""Laplace: mode search, mixtures, adaptive importance sampling, and the weights' diagnosis, without PyMC.

May be touched: thresholds stand at the top of each file, one comment each.
May import: density and below.
"""
