"""Pearce & Song 2024: Chinchilla's frontier as it looks if embeddings are not counted."""

import numpy as np

from bayescale.laws import chinchilla
from benchmarks.claims import Claim
from benchmarks.papers._shared import chinchilla_runs
from benchmarks.store import Store

SOURCE = "Pearce & Song 2024, Reconciling Kaplan and Chinchilla Scaling Laws, arXiv:2406.12907"
#: N_T = N_E + OMEGA N_E^(1/3), their fit to the embeddings of Chinchilla's models.
OMEGA = 47491.0
USED = 200


def total(N):
    """All parameters, given those that are not embeddings."""
    return N + OMEGA * N ** (1 / 3)


def non_embedding_frontier(post, budgets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Budgets and optimal N without embeddings, each of shape (draw, budget): C = 6 N_E D, loss by the total N."""
    draws, reference = post["posterior"].to_dataset(), post["constant_data"].to_dataset()
    every = draws.sizes["draw"] * draws.sizes["chain"] // USED
    p = {name: draws[name].to_numpy().ravel()[::every][:USED, None, None] for name in chinchilla.parameters}
    grid = np.geomspace(1e2, 1e12, 2001)
    tokens = budgets[:, None] / (6.0 * grid)
    best = np.empty((USED, len(budgets)))
    for k in range(USED):
        one = {name: values[k] for name, values in p.items()}
        loss = chinchilla.formula(total(grid), tokens, float(reference["N0"]), float(reference["D0"]), **one)
        at = np.clip(loss.argmin(axis=1), 1, len(grid) - 2)
        rows = np.arange(len(budgets))
        low, mid, high = (loss[rows, at + i] for i in (-1, 0, 1))
        shift = 0.5 * (low - high) / (low - 2 * mid + high)  # the vertex of a parabola in log N
        best[k] = grid[at] * (grid[1] / grid[0]) ** shift
    return np.broadcast_to(budgets, best.shape), best


def claims(store: Store) -> list[Claim]:
    post = store.fit("besiroglu2024", chinchilla, chinchilla_runs())
    C, N = non_embedding_frontier(post, np.geomspace(1e11, 1e22, 200))
    exponent = []
    for c, n in zip(C, N, strict=True):
        inside = (n >= 768) & (n <= 1.5e9)
        exponent.append(np.polyfit(np.log(c[inside]), np.log(n[inside]), 1)[0])
    found = np.array(exponent)
    return [
        Claim(
            quantity="exponent of N_opt over Kaplan's sizes, 768 to 1.5e9, by Besiroglu's law",
            published="0.787",
            here=found,
            where="their Eq for the local exponent, Epoch's parameters",
            tag="C",
        ),
        Claim(
            quantity="the same, their printed range for Chinchilla's law",
            published="0.76",
            here=found,
            where="Section 4",
            tag="N",
            interval=(0.74, 0.78),
            note="Kaplan et al. print 0.73 for this range of sizes.",
        ),
    ]
