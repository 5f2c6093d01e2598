"""Random features, fixed in number, with far more data: the variance-limited regime, whose exponent is 1.

The target is linear in many inputs with a power-law spectrum; the model is least squares on P random projections of
them. All inputs are normal, so that the sums that least squares needs have a Wishart distribution: they are drawn from
it, without drawing the data. The error on new data is exact. P features then have an excess error of P/(D - P - 1) of
the limit, on average.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from benchmarks.geometry.kept import Kept

FEATURES, INPUTS = 50, 400
#: Data sizes, from 32 to 2048 for each feature.
SIZES = tuple(1600 * 2**power for power in range(7))
#: Repeats of the experiment, each with new features and a new target.
REPEATS = 100
#: Data sets at each size, of which the mean error and its standard error are kept.
DATA_SETS = 16


def covariance(rng: np.random.Generator) -> np.ndarray:
    """Covariance of the features and, last, the target; input i has the variance i^-1.5."""
    scale = np.arange(1, INPUTS + 1) ** -0.75
    maps = np.vstack([rng.standard_normal((FEATURES, INPUTS)), rng.standard_normal(INPUTS)]) * scale
    found = maps @ maps.T
    sizes = np.sqrt(np.diag(found))
    return found / np.outer(sizes, sizes)


def excess(D: int, rng: np.random.Generator) -> float:
    """Excess error of least squares on D data, as a share of the limit.

    In whitened features, and with the part of the target that no feature explains scaled to 1, the lower triangular
    factor of the Wishart matrix has chi variates on its diagonal and normal ones below.
    """
    below = rng.standard_normal((FEATURES + 1, FEATURES))
    factor = np.tril(below[:FEATURES], -1)
    factor[np.diag_indices(FEATURES)] = np.sqrt(rng.chisquare(D - np.arange(FEATURES)))
    off = solve_triangular(factor, below[FEATURES], lower=True, trans="T")
    return float(off @ off)


def limit(joint: np.ndarray) -> float:
    """Error for infinite data: the variance of the target given the features."""
    return float(cholesky(joint, lower=True)[-1, -1] ** 2)


def measure(path: Path, say: Callable[[str], None]) -> None:
    """Every row that `path` lacks, added to it one by one."""
    kept = Kept(path, ("repeat", "D"))
    for repeat in range(REPEATS):
        best = limit(covariance(np.random.default_rng([2021, repeat])))
        for D in SIZES:
            if (key := {"repeat": repeat, "D": D}) not in kept:
                rng = np.random.default_rng([2022, repeat, D])
                errors = best * (1 + np.array([excess(D, rng) for _ in range(DATA_SETS)]))
                se = float(errors.std(ddof=1) / np.sqrt(DATA_SETS))
                # Ten digits: the excess at the largest size is 5e-4 of the error.
                kept.add(key | {"error": f"{errors.mean():.10g}", "se": se, "limit": f"{best:.10g}"})
    say(f"features: {REPEATS} repeats")
