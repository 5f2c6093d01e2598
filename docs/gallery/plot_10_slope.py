"""
Frontier with discrepancy, and its slope
========================================

Left: the median loss of the compute-optimal run at each budget, with the fitted runs and the held-out ones. Right: its
slope, with the prior's band behind. A band as wide as the prior's says that the runs add nothing there:
``bs.plots.frontier(best, var, runs=fitted, held_out=held_out, prior=…)``.
"""

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs
from bayescale.laws import generalised

runs = bs.load("known_entropy")
fitted, held_out = runs[runs["split"] != "heldout"], runs[runs["split"] == "heldout"]
post = bs.fit(generalised, fitted, method="laplace", draws=250, seed=1, progressbar=False)
prior = bs.sample_prior(generalised, fitted, draws=250, seed=1)
C = np.geomspace(1e9, 1e14, 12)
best = bs.frontier(generalised, post, C, seed=1)
before = bs.frontier(generalised, prior, C, discrepancy=False)

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
bs.plots.frontier(best, "loss", runs=fitted, held_out=held_out, ax=panels[0])
bs.plots.frontier(best, "slope", prior=before, ax=panels[1])
