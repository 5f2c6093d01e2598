"""
Prior against posterior
=======================

How far the runs narrow the irreducible loss E: ``bs.plots.prior_posterior(post, "E")``. The language of this sweep has
an entropy of 1.965 nats/symbol (dashed), which this posterior misses: E is identified weakly, as the verdict says.
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
