"""Density: the log posterior of a law on a table, for NumPy and machine code (joint, log_density) and as a PyMC model.

May be touched: sampling coordinates, likelihood; a test holds the two forms together.
May import: data, modelling, autodiff and base.
"""
