"""
Back-test
=========

How often intervals covered runs beyond two cuts of compute (calibrated forecasts lie on the diagonal), and how far the
median was off. Here the generalised law covers too often, and Chinchilla's far too rarely:
``bs.plots.backtest(bs.backtest(laws, runs))``.
"""

import matplotlib.pyplot as plt

import bayescale as bs
from bayescale.laws import chinchilla, generalised

runs = bs.load("known_entropy")
runs = runs[runs["split"] != "heldout"]
laws = {"generalised": generalised, "Chinchilla": chinchilla}
results = bs.backtest(laws, runs, cuts=[1e10, 1e11], seed=1, progressbar=False)

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
bs.plots.backtest(results, "coverage", ax=panels[0])
bs.plots.backtest(results, "error", ax=panels[1])
