"""Coordinates: from what a law's parameters mean, and where the runs lie, to the sampling coordinates.

`structure` reads the meaning from a formula, `geometry` from the table, and `chart` holds the shears.
May be touched: a law has other coordinates only if it declares them; the Jacobian must stay one (tests/density).
May import: data, modelling, autodiff and base.
"""
