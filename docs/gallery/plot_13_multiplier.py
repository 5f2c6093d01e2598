"""
Compute multiplier of two recipes, and near-optimal sizes
=========================================================

Left: how many times the compute of recipe A recipe B needs for the same loss. A band that reaches the upper end of the
axis is infinite there, as B may never have the loss of A. Right: the sizes N whose loss is within 0.01 nats of the
best: ``bs.plots.multiplier(bs.multiplier(A, B, C))``, ``bs.plots.near_optimal(bs.near_optimal(law, post, C, 0.01))``.
"""

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("known_entropy").query("split == 'grid'")
other = runs.assign(loss=1.01 * runs["loss"])  # a recipe whose loss is 1 % higher everywhere
a = bs.fit(chinchilla, runs, method="laplace", draws=250, seed=1, progressbar=False)
b = bs.fit(chinchilla, other, method="laplace", draws=250, seed=2, progressbar=False)
C = np.geomspace(1e10, 1e14, 17)

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
bs.plots.multiplier(bs.multiplier((chinchilla, a), (chinchilla, b), C, seed=1), ax=panels[0])
bs.plots.near_optimal(bs.near_optimal(chinchilla, a, C, within=0.01, seed=1), ax=panels[1])
