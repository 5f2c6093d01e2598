"""
Residuals
=========

What the fit leaves over, as a share of the loss, against compute; a trend would show a misspecified law:
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
