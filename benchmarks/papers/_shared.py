"""What several papers need: lines through printed numbers, and a law for rows of equal compute."""

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale import Law, Prior
from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT

#: Draws of a quantity that is simulated here.
DRAWS = 4000
#: log E, log A, log B, alpha, beta of the TeX source of Hoffmann et al. 2022.
TEX = np.array([0.5267228, 6.0073404, 6.0179186, 0.33917084, 0.2849083])


def slope(x, y, seed: int = 0) -> np.ndarray:
    """Draws of the slope of log y on log x: Student-t about least squares, under a flat prior."""
    u, v = np.log(np.asarray(x, dtype=float)), np.log(np.asarray(y, dtype=float))
    (b, a), freedom = np.polyfit(u, v, 1), len(u) - 2
    left = v - a - b * u
    scale = np.sqrt(left @ left / freedom / ((u - u.mean()) @ (u - u.mean())))
    return b + scale * np.random.default_rng(seed).standard_t(freedom, DRAWS)


def rounded(text_value: float, half: float, seed: int) -> np.ndarray:
    """Draws of a printed number, uniform within its rounding."""
    return np.random.default_rng(seed).uniform(text_value - half, text_value + half, DRAWS)


def chinchilla_runs() -> pd.DataFrame:
    """The 240 points that Besiroglu et al. use."""
    runs = bs.load("besiroglu2024")
    return runs[~runs["excluded"]]


def tokens_per_parameter(C: float, A, B, alpha, beta):
    """Optimal D/N at a budget [FLOP], by the closed form of Chinchilla's law (Hoffmann et al. 2022, Eq 4)."""
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    return (C / 6.0) ** ((alpha - beta) / (alpha + beta)) / G**2


def _row(N, C, N0, C0, *, E, excess_C, alpha_C, bend, best, a):
    """Loss on a row of equal compute: a parabola in log N about its optimum, above a floor."""
    away = np.log(N / N0) - best - a * np.log(C / C0)
    return E + excess_C * (C / C0) ** -alpha_C * (1 + bend * away * away)


#: The IsoFLOP approach (Hoffmann et al. 2022, approach 2) as one law: N* = N0 exp(best) (C/C0)^a.
isoflop = Law(
    _row,
    {
        "E": ENTROPY,
        "excess_C": EXCESS,
        "alpha_C": EXPONENT,
        "bend": Prior("LogNormal", mu=-2.5, sigma=1.0),
        "best": Prior("Normal", mu=0.0, sigma=1.5),
        "a": Prior("Normal", mu=0.5, sigma=0.25),
    },
    name="isoflop",
)


def near_optimum(runs: pd.DataFrame, within: float = 4.0) -> pd.DataFrame:
    """Runs whose N is within a factor of the best of their row of equal compute, in rows that have five or more."""
    parts = []
    for _, row in runs.groupby(runs["C"].round(-10)):
        best = row.loc[row["loss"].idxmin(), "N"]
        near = row[np.abs(np.log(row["N"] / best)) <= np.log(within)]
        if len(near) >= 5:
            parts.append(near)
    return pd.concat(parts, ignore_index=True)
