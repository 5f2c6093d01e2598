"""Calibration: which manifolds of known dimension would give the estimate that a sample gives.

Estimates from neighbour distances are wrong in high dimensions, because a sample is then never dense enough. The error
depends on the number of points n and on the shape of the manifold. It is measured on shapes with the same n.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from bayescale.geometry.neighbours import distances
from bayescale.geometry.ratios import estimate, from_grid

#: Range of the dimensions of shapes, as multiples of the estimate.
RANGE = (0.6, 2.5)
#: Dimensions in that range, and samples of each shape.
DIMENSIONS, SAMPLES = 7, 6
#: At low dimensions few integers lie in the range; there are at least so many, from 1 up.
FEWEST = 4
#: Degree of the polynomial in log d that the mean of log estimate - log d follows, if there are dimensions enough.
DEGREE = 3
#: Points of the grid on which the posterior is computed.
GRID = 4001


def log_ratios(points: np.ndarray, neighbours: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Ratios of neighbour distances at each number of neighbours k.

    Returns
    -------
    log r_2k / r_k, shape (len(neighbours), n), and r_k, shape (len(neighbours), n).
    """
    found = distances(points, 2 * max(neighbours))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.array([np.log(found[:, 2 * k - 1] / found[:, k - 1]) for k in neighbours])
    return ratios, np.array([found[:, k - 1] for k in neighbours])


def sphere(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform on the sphere S^d, of dimension d: curved, without edges."""
    points = rng.standard_normal((n, d + 1))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def cube(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform in a cube: flat, with edges, near which most points lie if d is large."""
    return rng.uniform(size=(n, d))


def torus(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform on a product of d circles, in 2d columns: neighbours soon lie across a whole circle."""
    angles = rng.uniform(0, 2 * np.pi, (n, d))
    return np.hstack([np.cos(angles), np.sin(angles)])


#: Name of a shape -> what draws n points of dimension d.
SHAPES: dict[str, Callable] = {"sphere": sphere, "cube": cube, "torus": torus}


@lru_cache(maxsize=256)
def of_shape(shape: str, n: int, d: int, neighbours: tuple[int, ...]) -> np.ndarray:
    """Log of the estimates for samples of n points of a shape of dimension d; always the same samples.

    Returns
    -------
    array, shape (SAMPLES, len(neighbours)).
    """
    rng = np.random.default_rng([n, d, list(SHAPES).index(shape)])
    found = np.empty((SAMPLES, len(neighbours)))
    for row in found:
        ratios, _ = log_ratios(SHAPES[shape](n, d, rng), neighbours)
        row[:] = [np.log(estimate(each, k)) for each, k in zip(ratios, neighbours, strict=True)]
    return found


def dimensions(lowest: float, highest: float) -> list[int]:
    """Integer dimensions of the shapes, for estimates from `lowest` to `highest`."""
    start, end = max(1.0, RANGE[0] * lowest), max(float(FEWEST), RANGE[1] * highest)
    return sorted({int(d) for d in np.rint(np.geomspace(start, end, DIMENSIONS))})


def draw(raw: float, known: dict[int, np.ndarray], size: int, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Draws of d given the estimate of a sample, under a prior that is flat in log d.

    Parameters
    ----------
    raw : float, the estimate.
    known : dimension -> log of the estimates of samples of one shape.

    Returns
    -------
    draws of shape (size,), and whether they reach the largest dimension that is known.
    """
    log_d = np.log(list(known))
    off = np.array([each - at for each, at in zip(known.values(), log_d, strict=True)])
    degree = min(DEGREE, len(log_d) - 2)
    mean = np.polynomial.Polynomial.fit(np.repeat(log_d, off.shape[1]), off.ravel(), degree)
    spread = np.polynomial.Polynomial.fit(log_d, np.log(off.std(axis=1, ddof=1)), 1)
    # Outside the dimensions that are known, the bias is that of the nearest.
    grid = np.linspace(min(log_d[0], np.log(raw)) - 0.7, log_d[-1], GRID)
    inside = np.clip(grid, log_d[0], log_d[-1])
    # The curve of the mean is itself estimated, from all samples: its variance adds to that of one sample.
    sd = np.exp(spread(inside)) * np.sqrt(1 + (degree + 1) / off.size)
    density = -0.5 * ((np.log(raw) - grid - mean(inside)) / sd) ** 2 - np.log(sd)
    drawn = np.exp(from_grid(grid, density, size, rng))
    return drawn, bool(np.mean(drawn > 0.98 * np.exp(log_d[-1])) > 0.01)
