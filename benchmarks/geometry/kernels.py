"""Kernel regression on spheres, where the exponent is a theorem: the error falls as n^-(2 nu / d).

The target is a draw of a Gaussian process with a Matérn kernel of smoothness nu at points uniform on the sphere S^d.
The student is kernel regression with the same kernel and no ridge (Spigler et al. 2019, arXiv:1905.10843).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.linalg import cholesky

from benchmarks.geometry.kept import Kept

#: Training points, two for each doubling.
SIZES = tuple(int(round(64 * 2 ** (half / 2))) for half in range(13))
NUS, DIMENSIONS, DRAWS = (0.5, 1.5), (2, 3, 4, 6), 5
#: Points at which the error is measured.
TEST_POINTS = 600
#: Added to the kernel's diagonal, as a share of it, for the Cholesky factor.
JITTER = 1e-10


def matern(distance: np.ndarray, nu: float) -> np.ndarray:
    """Matérn kernel of length 1 and variance 1 at these distances; `nu` is 1/2 or 3/2. The input is overwritten."""
    if nu == 0.5:
        return np.exp(np.negative(distance, out=distance), out=distance)
    distance *= np.sqrt(3)
    return (1 + distance) * np.exp(-distance)


def error(nu: float, d: int, n: int, rng: np.random.Generator) -> float:
    """Mean squared error of one draw: new points, new target.

    With the training points first, the target is L z and the student's prediction at the test points is the part of
    L z that comes from the first n columns of L. So one Cholesky factor gives target, fit and error.
    """
    points = rng.standard_normal((n + TEST_POINTS, d + 1))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    squared = np.maximum(2 - 2 * points @ points.T, 0)
    np.fill_diagonal(squared, 0)
    kernel = matern(np.sqrt(squared, out=squared), nu)
    kernel[np.diag_indices_from(kernel)] += JITTER
    factor = cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
    rest = factor[n:, n:] @ rng.standard_normal(TEST_POINTS)
    return float(np.mean(rest**2))


def measure(path: Path, say: Callable[[str], None]) -> None:
    """Every run that `path` lacks, added to it one by one."""
    kept = Kept(path, ("nu", "d", "draw", "n"))
    for draw in range(DRAWS):
        for nu in NUS:
            for d in DIMENSIONS:
                for n in SIZES:
                    key = {"nu": nu, "d": d, "draw": draw, "n": n}
                    if key not in kept:
                        rng = np.random.default_rng([2019, int(10 * nu), d, draw, n])
                        kept.add(key | {"mse": error(nu, d, n, rng)})
                say(f"kernels: nu {nu}, d {d}, draw {draw + 1} of {DRAWS}")
