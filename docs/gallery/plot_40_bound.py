"""
Which dimensions an exponent allows
===================================

Probability that an exponent is at least 4/d, for every dimension d: ``bs.meets_bound(alpha, d)``. Exponents of language
models with their standard errors; without a floor none is published. Dashed: dimensions measured within one passage and
across passages (Sharma and Kaplan 2020).
"""

import matplotlib.pyplot as plt
import numpy as np

import bayescale as bs

rng = np.random.default_rng(1)
exponents = {
    "N, no floor (Kaplan et al. 2020)": (0.076, 0.0, "#D55E00"),
    "D, no floor (Kaplan et al. 2020)": (0.095, 0.0, "#E69F00"),
    "N, with a floor (Besiroglu et al. 2024)": (0.3478, 0.0154, "#0072B2"),
    "D, with a floor (Besiroglu et al. 2024)": (0.3658, 0.0206, "#56B4E9"),
}
dimensions = np.geomspace(5, 120, 200)

figure, ax = plt.subplots(figsize=(bs.plots.DOUBLE[0], 2.6), layout="constrained")
for name, (value, error, color) in exponents.items():
    alpha = rng.normal(value, error, 2000)
    chances = [float(bs.meets_bound(alpha, d)) for d in dimensions]
    ax.plot(dimensions, chances, color=color, label=name)
for d in (7, 90):
    ax.axvline(d, color="0.45", linewidth=0.8, linestyle="--")
ax.set(xscale="log", xlabel="Dimension d", ylabel="P(exponent ≥ 4/d)")
ax.set_xticks(ticks := (7, 11, 20, 42, 53, 90), [f"{tick}" for tick in ticks])
ax.tick_params(axis="x", which="minor", labelbottom=False)
figure.legend(frameon=False, fontsize=7, loc="outside right center")
