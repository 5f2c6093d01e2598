"""The tables of runs that contenders fit."""

import numpy as np
import pandas as pd

import bayescale as bs

TRUTH = {"E": 1.82, "A": 482.0, "alpha_N": 0.348, "B": 2085.0, "alpha_D": 0.366}
SIGMA = 0.005
ROWS = 245


def simulated(seed: int = 0) -> pd.DataFrame:
    """Runs like the Chinchilla sweep, of a known law: nine budgets of compute, and sizes about the best of each.

    C is 6e18 to 3e21 FLOP, N within a factor of ten about sqrt(C / 120), and D = C / (6 N).
    """
    rng = np.random.default_rng(seed)
    C = rng.choice(np.geomspace(6e18, 3e21, 9), ROWS)
    N = np.sqrt(C / 120) * 10 ** rng.uniform(-1, 1, ROWS)
    D = C / (6 * N)
    mean = TRUTH["E"] + TRUTH["A"] * N ** -TRUTH["alpha_N"] + TRUTH["B"] * D ** -TRUTH["alpha_D"]
    return pd.DataFrame({"N": N, "D": D, "loss": mean * np.exp(SIGMA * rng.standard_normal(ROWS))})


def published() -> pd.DataFrame:
    """The 240 points of Hoffmann et al. 2022 that Besiroglu et al. 2024 fit."""
    runs = bs.load("besiroglu2024")
    return runs.loc[~runs.excluded.astype(bool), ["N", "D", "loss"]]


TABLES = {"simulated": simulated, "besiroglu2024": published}
