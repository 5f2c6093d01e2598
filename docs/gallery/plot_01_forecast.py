"""
Forecast of held-out runs
=========================

Runs of 10, 30 and 100 times the largest fitted compute, with the intervals that were forecast from smaller runs:
``bs.plots.forecast(bs.predict(law, post, held_out), held_out)``.
"""

import matplotlib.pyplot as plt

import bayescale as bs
from bayescale.laws import generalised

runs = bs.load("known_entropy")
fitted, held_out = runs[runs["split"] != "heldout"], runs[runs["split"] == "heldout"]
post = bs.fit(generalised, fitted, method="laplace", seed=1, progressbar=False)

_, ax = plt.subplots(figsize=bs.plots.SINGLE, layout="constrained")
bs.plots.forecast(bs.predict(generalised, post, held_out, seed=1), held_out, ax=ax)
