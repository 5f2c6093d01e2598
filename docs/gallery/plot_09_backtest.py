"""
Back-test
=========

How often intervals covered runs beyond four cuts of compute, and how far the median was off:
``bs.plots.backtest(bs.backtest(law, runs))``.
"""

import matplotlib.pyplot as plt

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("known_entropy")
runs = runs[runs["split"] != "heldout"]
results = bs.backtest(chinchilla, runs, cuts=[3e9, 1e10, 3e10, 1e11], seed=1, progressbar=False)

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
bs.plots.backtest(results, "coverage", ax=panels[0])
bs.plots.backtest(results, "error", ax=panels[1])
