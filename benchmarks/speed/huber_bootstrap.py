"""The papers' own: L-BFGS-B on the Huber loss of log losses from Hoffmann et al.'s grid of starts, then a bootstrap.

The grid is the whole one of Hoffmann et al. 2022, section D.2 (4,500 starts; Besiroglu et al. 2024 use it too). The
4,000 bootstrap fits start from the best point. Exact gradients, and one BLAS thread: more made it slower.
"""

from itertools import product

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from benchmarks.speed import _contender

#: Residual of the log loss at which the Huber loss turns linear.
DELTA = 1e-3
#: Bootstrap fits.
FITS = 4000
_EXPONENTS = np.arange(0, 2.1, 0.5)
#: Starting values of a = log A, b = log B, e = log E, alpha, beta.
GRID = (np.arange(0, 26, 5), np.arange(0, 26, 5), np.arange(-1, 1.1, 0.5), _EXPONENTS, _EXPONENTS)


def design(runs: np.ndarray) -> np.ndarray:
    """Coefficients of a, b, e, alpha, beta in the logs of the three terms of each run; shape (5, 3 n)."""
    ones, zeros = np.ones(len(runs)), np.zeros(len(runs))
    rows = (ones, zeros, zeros), (zeros, ones, zeros), (zeros, zeros, ones)
    slopes = (-np.log(runs["N"]), zeros, zeros), (zeros, -np.log(runs["D"]), zeros)
    return np.array([np.concatenate(row) for row in (*rows, *slopes)])


def objective(theta: np.ndarray, terms_of, log_loss, weights) -> tuple[float, np.ndarray]:
    """Huber loss, summed over weighted runs, and its gradient, both over delta.

    Without the division the loss is so small that SciPy's default tolerances stop before the minimum.
    """
    terms = (theta @ terms_of).reshape(3, -1)
    top = np.maximum(np.maximum(terms[0], terms[1]), terms[2])
    shares = np.exp(terms - top)
    total = shares[0] + shares[1] + shares[2]
    residual = top + np.log(total) - log_loss
    bounded = np.minimum(np.maximum(residual, -DELTA), DELTA)
    slope = weights * bounded / DELTA
    return slope @ (residual - 0.5 * bounded), terms_of @ (shares * (slope / total)).ravel()


def minimum(start, *data) -> tuple[float, np.ndarray]:
    optimum = minimize(objective, start, args=data, jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return optimum.fun, optimum.x


@threadpool_limits.wrap(limits=1)
def fit(runs: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    data, n = (design(runs), np.log(runs["loss"])), len(runs)
    _, best = min((minimum(start, *data, np.ones(n)) for start in product(*GRID)), key=lambda optimum: optimum[0])
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=FITS)
    a, b, e, alpha, beta = np.array([minimum(best, *data, row.astype(float))[1] for row in counts]).T
    draws = {"E": np.exp(e), "A": np.exp(a), "alpha_N": alpha, "B": np.exp(b), "alpha_D": beta}
    return {name: values[None] for name, values in draws.items()}


if __name__ == "__main__":
    _contender.main(fit, _contender.expected_loss, lambda fitted: fitted)
