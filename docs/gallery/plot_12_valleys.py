"""
IsoFLOP valleys
===============

The loss against N at each budget, with the fitted valleys and their minima, and the optimal N that follows:
``bs.plots.valleys(bs.isoflop(runs))``.
"""

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs

runs = bs.load("known_entropy").query("split == 'grid'")
post = bs.isoflop(runs, seed=1)
best = bs.optimal(post, np.geomspace(1e9, 1e13, 9))

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
bs.plots.valleys(post, ax=panels[0])
bs.plots.frontier(best, "N", ax=panels[1])
