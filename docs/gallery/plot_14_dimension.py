"""
Dimension against scale
=======================

1,000 points on a flat torus of dimension 2, with noise in ten columns. Near neighbours see the noise, farther ones see
the torus: ``bs.dimension(points, neighbours=(1, 2, 4, …))``. Bands are 90 % intervals.
"""

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs

rng = np.random.default_rng(1)
angles = rng.uniform(0, 2 * np.pi, (1000, 2))
torus = np.hstack([np.cos(angles), np.sin(angles), np.zeros((1000, 6))])
scales = (1, 2, 4, 8, 16, 32)

_, ax = plt.subplots(figsize=bs.plots.SINGLE, layout="constrained")
for sd, color in ((0.0, "#0072B2"), (0.05, "#D55E00"), (0.2, "#009E73")):
    points = torus + sd * rng.standard_normal(torus.shape)
    found = bs.dimension(points, neighbours=scales, shapes=(), seed=1)
    low, middle, high = found["uncalibrated"].quantile([0.05, 0.5, 0.95], ("chain", "draw"))
    ax.fill_between(found["distance"], low, high, color=color, alpha=0.28, linewidth=0)
    ax.plot(found["distance"], middle, color=color, marker="o", markersize=3, label=f"noise {sd:g}")
ax.axhline(2, color="0.45", linewidth=0.8, linestyle="--")
ax.set(xscale="log", xlabel="Median distance to neighbour k", ylabel="Dimension d")
ax.legend(frameon=False, fontsize=7)
