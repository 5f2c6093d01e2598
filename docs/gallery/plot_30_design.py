"""
Which runs to train next
========================

Each grey dot is a run that could be trained: the standard deviation of the target that it would leave, against its
cost. The line is the chosen batch: ``bs.plots.design(bs.design(law, post, candidates, target, budget=...))``. Left: the
loss of a run of 100 times the compute. Right: the irreducible loss E.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("known_entropy")
post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", draws=250, seed=1, progressbar=False)
N, D = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e4, 1e6, 9), np.geomspace(1e6, 1e8, 9)))
candidates = pd.DataFrame({"N": N, "D": D})

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
target = runs.query("split == 'heldout'").tail(1)
bs.plots.design(bs.design(chinchilla, post, candidates, target, budget=1e14, count=8, seed=1), ax=panels[0])
bs.plots.design(bs.design(chinchilla, post, candidates, "E", budget=1e14, count=8, seed=1), ax=panels[1])
