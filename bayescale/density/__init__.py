"""Density: the log posterior of a law on a table, for NumPy and machine code (joint, log_density) and as a PyMC model.

May be touched: sampling coordinates and likelihood; a test compares the two forms.
May import: data, modelling, autodiff and base.
"""
