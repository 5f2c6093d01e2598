"""
GPT-3 175B, forecast from the seven smaller models
==================================================

The loss on the last word of LAMBADA (Brown et al. 2020), fitted to seven models of up to 13B parameters. The 175B model
has 13.6 times their largest compute and is not fitted. ``bs.predict(law, post, runs)`` draws losses of new runs, and
``bs.plots.prior_posterior(post, "E")`` the floor. With a file name as argument, the script writes the README's figure.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws.busbridge2025 import generalised_C

runs = bs.load("gpt3")
fitted, held = runs[runs.N < 1e11], runs[runs.N > 1e11]
post = bs.fit(generalised_C, fitted, method="laplace", seed=1, progressbar=False)

# %%
# Left: intervals of a new run, with law, discrepancy and noise. Right: what the runs say about the floor.

along = pd.DataFrame({"C": np.geomspace(1.5e20, 1e24, 80)})
q = bs.predict(generalised_C, post, along, seed=1)["loss"].quantile([0.05, 0.25, 0.5, 0.75, 0.95], ("chain", "draw"))

figure, (left, right) = plt.subplots(1, 2, figsize=(6.9, 2.8), layout="constrained", width_ratios=[1.7, 1])
left.fill_between(along.C, q[0], q[4], color="C0", alpha=0.2, lw=0, label="90 % interval")
left.fill_between(along.C, q[1], q[3], color="C0", alpha=0.35, lw=0, label="50 % interval")
left.plot(along.C, q[2], color="C0", lw=1)
left.plot(fitted.C, fitted.loss, "o", color="0.15", ms=4, label="seven models, fitted")
left.plot(held.C, held.loss, "D", color="C3", ms=6, label="175B, not fitted")
left.set(xscale="log", xlabel="Training compute [FLOP]", ylabel="LAMBADA loss [nats/word]")
left.legend(frameon=False, fontsize=8)
bs.plots.prior_posterior(post, "E", ax=right)
right.set(xlabel="Irreducible loss E [nats/word]", ylabel="Density")
if sys.argv[1:]:
    figure.savefig(sys.argv[1], dpi=200)
