"""Modelling: what is believed before the runs: formula, prior, noise, discrepancy, and the law that combines them.

May be touched: add a family to distributions, a variate to variates, a noise to noises.
May import: autodiff.tape (special functions and the error of a step that cannot be traced) and base.
"""
