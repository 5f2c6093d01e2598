"""Data: tables of runs: read them, check them, find their checkpoints; `literature` has the published tables.

May be touched: add a check, a warning, or a data set in literature.
May import: modelling and base.
"""
