"""Prior-data conflict: how often the verdict's warning finds a wrong prior, and how often it warns of a right one."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale import Prior
from bayescale.laws import chinchilla
from bayescale.modelling.law import Law

#: Runs of each simulated table.
RUNS = 30
#: Median of the prior of alpha_N, and its spread [log], in the tables whose prior is moved.
MIDDLE, SPREAD = -1.2, 0.2


def _law(shift: float) -> Law:
    """Chinchilla's law with an informative prior of alpha_N, moved by so many of its standard deviations."""
    priors = {
        "E": Prior("Uniform", lower=0, upper=3),
        "excess_N": Prior("LogNormal", mu=-0.7, sigma=0.5),
        "excess_D": Prior("LogNormal", mu=-0.7, sigma=0.5),
        "alpha_N": Prior("LogNormal", mu=MIDDLE + shift * SPREAD, sigma=SPREAD),
        "alpha_D": Prior("LogNormal", mu=MIDDLE, sigma=SPREAD),
    }
    return replace(chinchilla, priors=priors, reference={"N0": 1e9, "D0": 2e10}, name=f"shift {shift:g}")


def simulate(seed: int) -> pd.DataFrame:
    """A table whose parameters are drawn from the prior that is not moved, and its noise from 0.3 % to 3 %."""
    rng = np.random.default_rng(seed)
    N, D = np.exp(rng.uniform(np.log(5e7), np.log(1e10), RUNS)), np.exp(rng.uniform(np.log(1e9), np.log(3e11), RUNS))
    E, excess_N, excess_D = rng.uniform(0.0, 3.0), *np.exp(rng.normal(-0.7, 0.5, 2))
    alpha_N, alpha_D = np.exp(rng.normal(MIDDLE, SPREAD, 2))
    mu = E + excess_N * (N / 1e9) ** -alpha_N + excess_D * (D / 2e10) ** -alpha_D
    sigma = np.exp(rng.uniform(np.log(0.003), np.log(0.03)))
    return pd.DataFrame({"N": N, "D": D, "loss": mu * np.exp(sigma * rng.standard_t(4, RUNS))})


def measure(tables: int, shifts: tuple[float, ...] = (0.0, 3.0, 5.0, 8.0), say: Callable = print) -> pd.DataFrame:
    """Share of tables with a conflict, of any parameter and of alpha_N, by how far the prior of alpha_N is moved.

    A prior moved by 0 is right: its share is the false-alarm rate. The others give hit rates.
    """
    rows = []
    for shift in shifts:
        found = []
        for seed in range(tables):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                post = bs.fit(_law(shift), simulate(seed), method="laplace", seed=seed, progressbar=False)
            found.append(json.loads(post.attrs["conflicts"]))
        rows.append(
            {
                "shift [sd]": shift,
                "tables": tables,
                "any": float(np.mean([bool(names) for names in found])),
                "alpha_N": float(np.mean(["alpha_N" in names for names in found])),
            }
        )
        say(rows[-1])
    return pd.DataFrame(rows)
