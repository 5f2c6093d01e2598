"""Dimension from ratios of neighbour distances: likelihood, estimate and draws, at one number of neighbours.

In a sample of locally constant density on a manifold of dimension d, mu = r_2k / r_k has the density
d (mu^d - 1)^(k-1) / (B(k, k) mu^(d (2k-1) + 1)) (Denti et al. 2022, arXiv:2104.13832). For k = 1 this is a Pareto
density, so that the posterior under a prior that is flat in log d is Gamma(n, sum of log mu) (Facco et al. 2017).
"""

import numpy as np

#: Range of dimensions that is searched.
LOWEST, HIGHEST = 0.05, 2000.0
#: Points of the grid on which a posterior without closed form is computed, and its half width in standard deviations.
GRID, HALF_WIDTH = 161, 6.0


def log_likelihood(d: np.ndarray, log_ratios: np.ndarray, k: int) -> np.ndarray:
    """Log-likelihood of dimensions d, without the constant B(k, k).

    Parameters
    ----------
    d : array, shape (m,).
    log_ratios : array, shape (n,), log r_2k / r_k > 0.
    """
    linear = len(log_ratios) * np.log(d) - (d * k + 1) * log_ratios.sum()
    if k == 1:
        return linear
    return linear + (k - 1) * np.array([np.log(-np.expm1(-each * log_ratios)).sum() for each in d])


def estimate(log_ratios: np.ndarray, k: int) -> float:
    """The dimension of largest likelihood."""
    if k == 1:
        return len(log_ratios) / float(log_ratios.sum())
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_d: -float(log_likelihood(np.array([np.exp(log_d)]), log_ratios, k)[0]),
        bounds=(np.log(LOWEST), np.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(found.x))


def draw(log_ratios: np.ndarray, k: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of d under a prior that is flat in log d; ratios of different points count as independent.

    Returns
    -------
    array, shape (size,).
    """
    if k == 1:
        return rng.gamma(len(log_ratios), 1 / log_ratios.sum(), size)
    middle = np.log(estimate(log_ratios, k))
    step = 1e-3  # of log d; the curvature is then good to 1e-6
    at = log_likelihood(np.exp(middle + step * np.array([-1.0, 0.0, 1.0])), log_ratios, k)
    sd = step / np.sqrt(max(2 * at[1] - at[0] - at[2], 1e-12))
    grid = middle + HALF_WIDTH * sd * np.linspace(-1, 1, GRID)
    return np.exp(from_grid(grid, log_likelihood(np.exp(grid), log_ratios, k), size, rng))


def from_grid(grid: np.ndarray, log_density: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draws from a density given on an even grid, by linear interpolation of its distribution function."""
    density = np.exp(log_density - log_density.max())
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(rng.uniform(size=size) * below[-1], below, grid)
