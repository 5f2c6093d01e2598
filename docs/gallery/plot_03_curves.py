"""
Runs and fitted curves
======================

The loss against N for three numbers of tokens, with 90 % bands: ``bs.plots.curves(runs, loss, x="N", color_by="D")``,
where ``loss = law(post, N=…, D=…)``.
"""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)


def grid(name, values):
    return xr.DataArray(values, dims=name, coords={name: values})


N = grid("N", np.geomspace(runs["N"].min(), runs["N"].max(), 50))
D = grid("D", [1e4, 1e5, 1e6])

_, ax = plt.subplots(figsize=bs.plots.SINGLE, layout="constrained")
bs.plots.curves(runs, chinchilla(post, N=N, D=D), x="N", color_by="D", ax=ax)
