"""
Forecast fan along compute, with held-out runs
==============================================

Left: the loss of the best run at each compute, from runs up to 1e12 FLOP, with the three larger runs that were not
fitted: ``bs.plots.frontier(best, "loss", runs=fitted, held_out=held_out)``. Right: the interval of each of the three:
``bs.plots.forecast(bs.predict(law, post, held_out), held_out)``. All three lie inside 90 % intervals, above the median.
With a file name as argument, the script writes the figure of the README's section on your own CSV.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs
from bayescale.laws import generalised

runs = bs.load("known_entropy")
fitted, held_out = runs[runs["split"] != "heldout"], runs[runs["split"] == "heldout"]
post = bs.fit(generalised, fitted, method="laplace", draws=500, seed=1, progressbar=False)
best = bs.frontier(generalised, post, np.geomspace(1e9, 1e14, 11), seed=1)

figure, (left, right) = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained", width_ratios=[1.5, 1])
bs.plots.frontier(best, "loss", runs=fitted, held_out=held_out, ax=left)
bs.plots.forecast(bs.predict(generalised, post, held_out, seed=1), held_out, ax=right)
if sys.argv[1:]:
    figure.savefig(sys.argv[1], dpi=200)
