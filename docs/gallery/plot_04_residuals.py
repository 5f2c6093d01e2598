"""
Residuals
=========

What the fit leaves over, in per cent of the loss, against compute. The trend (the smallest and the largest runs lie
below zero) shows that this law is misspecified here:
``bs.plots.residuals(np.log(observed / fitted), runs, x="C")``.
"""

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("text_sweep")
post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)

_, ax = plt.subplots(figsize=bs.plots.SINGLE, layout="constrained")
bs.plots.residuals(np.log(post["observed_data"]["loss"] / post["fitted"]["mu"]), runs, x="C", ax=ax)
