"""
Forecast of held-out runs
=========================

Runs of 10, 30 and 100 times the largest fitted compute, forecast from the sweep below it:
``bs.plots.forecast(bs.predict(law, post, held_out), held_out)``.
"""

import matplotlib.pyplot as plt

import bayescale as bs
from bayescale.laws import chinchilla

runs = bs.load("known_entropy")
fitted, held_out = runs[runs["split"] != "heldout"], runs[runs["split"] == "heldout"]
post = bs.fit(chinchilla, fitted, method="laplace", seed=1, progressbar=False)

_, ax = plt.subplots(figsize=bs.plots.SINGLE, layout="constrained")
bs.plots.forecast(bs.predict(chinchilla, post, held_out, seed=1), held_out, ax=ax)
