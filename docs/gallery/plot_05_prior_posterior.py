"""
Prior against posterior
=======================

How far the runs narrow the irreducible loss E; its true value in this sweep is 1.965 nats/symbol:
``bs.plots.prior_posterior(post, "E")``.
"""

import matplotlib.pyplot as plt

import bayescale as bs
from bayescale.data.literature.known_entropy import ENTROPY
from bayescale.laws import generalised

runs = bs.load("known_entropy")
fitted = runs[runs["split"] != "heldout"]
post = bs.fit(generalised, fitted, method="laplace", seed=1, progressbar=False)

_, ax = plt.subplots(figsize=bs.plots.SINGLE, layout="constrained")
bs.plots.prior_posterior(post, "E", ax=ax)
ax.axvline(ENTROPY, color="black", lw=1, ls="--")
