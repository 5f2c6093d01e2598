"""Trust: how far a forecast can be trusted, by back-tests that resemble it and by how it depends on priors.

May be touched: add a way to cut the runs, a gap in the evidence, or a change of a prior.
May import: inference and below, and the rest of forecasting.
"""
