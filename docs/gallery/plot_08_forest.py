"""
Parameters with intervals
=========================

Medians and intervals of the exponents, without unit: ``az.plot_forest(post, var_names=[…], combined=True)`` of ArviZ,
at the width of a column: ``with bs.plots.style("single", height=2.0) as size:``.
"""

import arviz as az

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)

names = ["alpha_N", "alpha_D", "a", "gamma"]
with bs.plots.style("single", height=2.0) as size:
    az.plot_forest(post, var_names=names, combined=True, figure_kwargs={"figsize": size})
