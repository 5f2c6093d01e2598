"""
Lines of equal loss, and the optimal path
=========================================

The median loss over N and D, lines of equal compute, the runs, and the optimum at each budget with its 90 % band:
``bs.plots.contours(loss, best, runs)``. Left: the law alone, ``loss = law(post, N=…, D=…)``. Right: with the law's
discrepancy, ``loss = bs.predict(law, post, pairs)["mu"]``; the band widens where there are no runs.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr

import bayescale as bs
from bayescale.laws import chinchilla, generalised

runs = bs.load("known_entropy").query("split == 'grid'")
N, D = np.geomspace(2e3, 4e6, 31), np.geomspace(5e4, 1e8, 31)
C = np.geomspace(1e9, 1e15, 25)

alone = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
on_grid = chinchilla(alone, N=xr.DataArray(N, coords={"N": N}), D=xr.DataArray(D, coords={"D": D}))

bent = bs.fit(generalised, runs, method="laplace", draws=250, seed=1, progressbar=False)
pairs = pd.MultiIndex.from_product([N, D], names=["N", "D"]).to_frame(index=False)
with_discrepancy = bs.predict(generalised, bent, pairs, seed=1)["mu"]

_, panels = plt.subplots(1, 2, figsize=bs.plots.DOUBLE, layout="constrained")
bs.plots.contours(on_grid, bs.frontier(chinchilla, alone, C), runs, ax=panels[0])
bs.plots.contours(with_discrepancy, bs.frontier(generalised, bent, C, seed=1), runs, ax=panels[1])
