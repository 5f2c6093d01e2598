"""
Compute-optimal frontier
========================

The smallest loss that each compute can buy, with its 90 % band and the fitted runs, and the N that reaches it:
``bs.plots.frontier(bs.frontier(law, post, C), "loss", runs=runs)``.
"""

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
best = bs.frontier(chinchilla, post, np.geomspace(3e8, 1e13, 40))

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
bs.plots.frontier(best, "loss", runs=runs, ax=panels[0])
bs.plots.frontier(best, "N", ax=panels[1])
