"""Truths: simulated runs on a frontier that is straight, ends in a floor, or bends to a slower power law."""

from typing import NamedTuple

import numpy as np
import pandas as pd

#: Runs of a sweep, and the budget in the middle [FLOP].
RUNS, MIDDLE = 20, 1e20


class Truth(NamedTuple):
    """A kind of frontier, its noise [log loss] and its decades of compute."""

    kind: str
    noise: float
    decades: float


TRUTHS = {
    "straight .2 %": Truth("straight", 0.002, 3.0),
    "straight .5 %": Truth("straight", 0.005, 3.0),
    "straight 1 %": Truth("straight", 0.01, 3.0),
    "floor .2 %, 1 decade": Truth("floor", 0.002, 1.0),
    "floor 1 %, 2 decades": Truth("floor", 0.01, 2.0),
    "floor 1 %, 3 decades": Truth("floor", 0.01, 3.0),
    "floor .5 %, 1.5 decades": Truth("floor", 0.005, 1.5),
    "floor .5 %, 2 decades": Truth("floor", 0.005, 2.0),
    "floor .5 %, 3 decades": Truth("floor", 0.005, 3.0),
    "floor .2 %, 3 decades": Truth("floor", 0.002, 3.0),
    "slow .5 %, 4 decades": Truth("slow", 0.005, 4.0),
    "slow .2 %, 4 decades": Truth("slow", 0.002, 4.0),
}


class Sweep(NamedTuple):
    """A simulated sweep.

    Attributes
    ----------
    runs : DataFrame with C [FLOP] and loss.
    curvature : of the truth, in the middle.
    floor : of the truth, NaN without one.
    most : largest entropy that the truth allows: its floor, or its slow term or loss at the largest run.
    """

    runs: pd.DataFrame
    curvature: float
    floor: float
    most: float


def sweep(name: str, seed: int) -> Sweep:
    """The sweep of a truth and a seed; exponents and floor are drawn around published ones."""
    truth, rng = TRUTHS[name], np.random.default_rng([seed, len(name)])
    x = np.geomspace(10 ** (-truth.decades / 2), 10 ** (truth.decades / 2), RUNS)
    gamma, w, floor = rng.uniform(0.14, 0.20), rng.uniform(0.2, 0.4), np.nan
    level = rng.uniform(2.2, 3.0)
    if truth.kind == "straight":
        loss, q = x ** -rng.uniform(0.04, 0.08), 0.0
        most = level * loss[-1]
    else:
        omega = rng.uniform(0.015, 0.03) if truth.kind == "slow" else 0.0
        loss, q = (1 - w) * x**-omega + w * x**-gamma, w * (1 - w) * (gamma - omega) ** 2
        most = level * (1 - w) * x[-1] ** -omega
        floor = most if truth.kind == "floor" else np.nan
    noisy = level * loss * np.exp(truth.noise * rng.standard_normal(RUNS))
    return Sweep(pd.DataFrame({"C": MIDDLE * x, "loss": noisy}), q, floor, most)
