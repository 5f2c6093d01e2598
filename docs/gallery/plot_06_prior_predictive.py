"""
Prior predictive curves
=======================

The losses that the prior allows before any loss is fitted: ``bs.plots.prior_predictive(law(prior, C=…), runs)``, where
``prior = bs.sample_prior(law, runs)``.
"""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

import bayescale as bs
from bayescale.laws.henighan2020 import L_C

runs = bs.load("gpt3")
prior = bs.sample_prior(L_C, runs, draws=2000, seed=1)
values = np.geomspace(1e17, 1e25, 60)
C = xr.DataArray(values, dims="C", coords={"C": values})

_, ax = plt.subplots(figsize=bs.plots.SINGLE, layout="constrained")
bs.plots.prior_predictive(L_C(prior, C=C), runs, ax=ax)
