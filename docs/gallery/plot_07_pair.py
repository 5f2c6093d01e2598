"""
Pairs of parameters
===================

Which parameters the runs determine together: ``az.plot_pair(post, var_names=[…])`` of ArviZ takes a posterior
unchanged.
"""

import arviz as az

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)

names = ["E", "alpha_N", "alpha_D"]
size = {"figsize": (6.8, 5.2)}
plot = az.plot_pair(post, var_names=names, visuals={"scatter": {"alpha": 0.15}}, figure_kwargs=size)
