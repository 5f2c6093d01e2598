"""
Pairs of parameters
===================

Which parameters the runs determine together: ``az.plot_pair(post, var_names=[…])`` of ArviZ takes a posterior
unchanged.
"""

import arviz as az
import matplotlib.pyplot as plt

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)

names = ["E", "alpha_N", "alpha_D"]
look = {"scatter": {"alpha": 0.1, "size": 4}}
with plt.rc_context({"font.size": 7, "axes.labelsize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7}):
    az.plot_pair(post, var_names=names, visuals=look, figure_kwargs={"figsize": (6.8, 5.2)})
