"""
Pairs of parameters
===================

Which parameters the runs determine together: ``az.plot_pair(post, var_names=[…])`` of ArviZ takes a posterior
unchanged. ``with bs.plots.style("double", height=4.5) as size:`` sets fonts and lines for print, and ``figure_kwargs``
the size, which ArviZ would otherwise choose by itself, far larger than a page.
"""

import arviz as az

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)

names = ["E", "alpha_N", "alpha_D"]
look = {"scatter": {"alpha": 0.1, "size": 4}}
with bs.plots.style("double", height=4.5) as size:
    az.plot_pair(post, var_names=names, visuals=look, figure_kwargs={"figsize": size})
