"""Pareto-smoothed importance sampling (Vehtari et al. 2024, arXiv:1507.02646), for many sets of weights at once.

ArviZ has it too, but is loaded in eight seconds, and smooths one set at a time; a test holds the two together.
"""

import numpy as np

# Vehtari et al. 2024: with a tail heavier than this the weights cannot be used.
MAX_K = 0.7
# Vehtari et al. 2021 (arXiv:1903.08008): effective draws before a posterior is reported, by chains or by weights.
MIN_ESS = 400


def smooth(log_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smooth the tail of importance weights.

    Parameters
    ----------
    log_weights : array of shape (..., draw), up to a constant; -inf is a weight of nought.

    Returns
    -------
    weights : array of shape (..., draw) that sums to one along the draws.
    k : array of shape (...), the tail's shape: the weights can be used up to 0.7.
    """
    rows = np.atleast_2d(log_weights)
    rows = rows - rows.max(axis=-1, keepdims=True)
    tail = _tail(rows.shape[-1])
    order = np.argsort(rows, axis=-1)
    sorted_rows = np.take_along_axis(rows, order, axis=-1)
    edge = np.exp(sorted_rows[:, -tail - 1 : -tail])
    excess = np.exp(sorted_rows[:, -tail:]) - edge
    k, sigma = _generalised_pareto(np.maximum(excess, 1e-300))
    p = (np.arange(tail) + 0.5) / tail
    with np.errstate(all="ignore"):
        quantiles = np.where(np.abs(k) < 1e-8, -np.log1p(-p), np.expm1(-k * np.log1p(-p)) / k) * sigma
        smoothed = np.minimum(np.log(quantiles + edge), 0.0)
    np.put_along_axis(
        rows, order[:, -tail:], np.where(np.isfinite(smoothed), smoothed, sorted_rows[:, -tail:]), axis=-1
    )
    weights = np.exp(rows)
    shape = np.shape(log_weights)
    return (weights / weights.sum(axis=-1, keepdims=True)).reshape(shape), k[:, 0].reshape(shape[:-1])


def pareto_k(log_weights: np.ndarray) -> np.ndarray:
    """The tail's shape alone, for weights of shape (set, draw); of shape (set,)."""
    tail = _tail(log_weights.shape[-1])
    top = np.sort(np.partition(log_weights, -tail - 1, axis=-1)[:, -tail - 1 :], axis=-1)
    top = np.exp(top - top[:, -1:])
    return _generalised_pareto(np.maximum(top[:, 1:] - top[:, :1], 1e-300))[0][:, 0]


def _tail(draws: int) -> int:
    """How many draws are the tail."""
    return int(3 * np.sqrt(draws) if draws > 225 else draws / 5)


def _generalised_pareto(excess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shape and scale of sorted excesses of shape (set, n), each of shape (set, 1), by Zhang & Stephens (2009)."""
    n = excess.shape[-1]
    grid = 30 + int(np.sqrt(n))
    quarter = excess[:, int(n / 4 + 0.5) - 1, None]
    b = 1 / excess[:, -1:] + (1 - np.sqrt(grid / (np.arange(grid) + 0.5))) / (3 * quarter)
    with np.errstate(all="ignore"):
        k = np.stack([np.log1p(-b[:, j : j + 1] * excess).mean(axis=-1) for j in range(grid)], axis=-1)
        level = n * (np.log(-b / k) - k - 1)
        weight = np.exp(level - np.nanmax(level, axis=-1, keepdims=True))
    weight = np.nan_to_num(weight)
    b = (b * weight).sum(axis=-1, keepdims=True) / weight.sum(axis=-1, keepdims=True)
    k = np.log1p(-b * excess).mean(axis=-1, keepdims=True)
    sigma = -k / b
    return (n * k + 5.0) / (n + 10.0), sigma  # a weak prior of ten draws at k = 0.5
