"""
Parameters with intervals
=========================

Medians and intervals of the exponents, without unit: ``az.plot_forest(post, var_names=[…], combined=True)`` of ArviZ.
"""

import arviz as az
import matplotlib.pyplot as plt

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)

names = ["alpha_N", "alpha_D", "a", "gamma"]
with plt.rc_context({"font.size": 7}):
    az.plot_forest(post, var_names=names, combined=True, figure_kwargs={"figsize": (6.8, 2.0)})
