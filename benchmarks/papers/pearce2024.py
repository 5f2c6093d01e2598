"""Pearce & Song 2024: Chinchilla's frontier as it looks if embeddings are not counted."""

from collections.abc import Mapping

import numpy as np

from bayescale.laws import chinchilla
from benchmarks.claims import Claim
from benchmarks.papers._shared import TEX, chinchilla_runs
from benchmarks.store import Store

SOURCE = "Pearce & Song 2024, Reconciling Kaplan and Chinchilla Scaling Laws, arXiv:2406.12907"
#: N_T = N_E + OMEGA N_E^(1/3), their fit to the embeddings of Chinchilla's models.
OMEGA = 47491.0
#: Smallest and largest of Kaplan's sizes without embeddings [parameters].
SIZES = (768.0, 1.5e9)
#: Posterior draws that are used.
USED = 200


def total(N):
    """All parameters, given those that are not embeddings."""
    return N + OMEGA * N ** (1 / 3)


def some_draws(post) -> list[dict[str, float]]:
    """The parameters of some draws of Chinchilla's law, with the reference run."""
    posterior, constants = post["posterior"].to_dataset(), post["constant_data"].to_dataset()
    every = {name: posterior[name].to_numpy().ravel() for name in chinchilla.parameters}
    at = np.linspace(0, len(every["E"]) - 1, USED).astype(int)
    reference = {name: float(constants[name]) for name in ("N0", "D0")}
    return [{**{name: float(values[i]) for name, values in every.items()}, **reference} for i in at]


def frontier(parameters: Mapping[str, float], C: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Optimal N without embeddings and its loss at budgets C = 6 N_E D [FLOP], the loss by the total N."""
    grid = np.geomspace(1e2, 1e12, 2001)
    loss = chinchilla.formula(total(grid), C[:, None] / (6.0 * grid), **parameters)
    at, rows = np.clip(loss.argmin(axis=1), 1, len(grid) - 2), np.arange(len(C))
    low, middle, high = (loss[rows, at + i] for i in (-1, 0, 1))
    shift = 0.5 * (low - high) / (low - 2 * middle + high)  # the vertex of a parabola in log N
    return grid[at] * (grid[1] / grid[0]) ** shift, middle


def exponent(parameters: Mapping[str, float]) -> float:
    """Exponent of the optimal N over Kaplan's sizes."""
    C = np.geomspace(1e11, 1e22, 200)
    N, _ = frontier(parameters, C)
    inside = (N >= SIZES[0]) & (N <= SIZES[1])
    return float(np.polyfit(np.log(C[inside]), np.log(N[inside]), 1)[0])


def claims(store: Store) -> list[Claim]:
    post = store.fit("besiroglu2024", chinchilla, chinchilla_runs())
    E, log_A, log_B, alpha, beta = TEX
    tex = {"E": np.exp(E), "excess_N": np.exp(log_A), "alpha_N": alpha, "excess_D": np.exp(log_B), "alpha_D": beta}
    where = {"where": "recomputed; the paper prints 0.74 to 0.78, and Kaplan et al. 0.73", "tag": "C"}
    return [
        Claim(
            quantity="exponent of N_opt over Kaplan's sizes, 768 to 1.5e9, posterior of Chinchilla's law",
            published="0.787",
            here=np.array([exponent(draw) for draw in some_draws(post)]),
            **where,
        ),
        Claim(
            quantity="the same with Hoffmann's parameters",
            published="0.750",
            here=exponent({**tex, "N0": 1.0, "D0": 1.0}),
            **where,
        ),
    ]
