"""Modes: the local maxima of a posterior, and its curvature at each."""

from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import START_RUNS, LogDensity

#: Draws from the prior, from which starting points of the mode search are chosen.
CANDIDATES = 512
#: The same in a rough search.
CANDIDATES_ROUGH = 256
#: Share of the candidates, those of the highest density, among which starting points are chosen.
BEST = 0.1
#: Number of starting points with at most `SIMPLE` coordinates. They lie as far apart as possible: the candidates of the
#: highest density lie side by side and miss modes (docs/project/decisions/13-mode-search.md).
CLIMBED = 8
#: Each coordinate beyond this number doubles the number of starting points.
SIMPLE = 6
#: Largest number of starting points.
MOST_CLIMBED = 32
#: Ranks, by density, of the starting points with a discrepancy; a rough search takes every second. With a discrepancy
#: there are fewer modes, and far from the data the integral is numerically useless, so the best candidates are taken.
RANKS = (0, 1, 2, 3, 6, 12, 24, 48)
#: Two maxima are one mode if their log densities differ by less than this and they are near each other.
SAME_HEIGHT = 1e-3
#: Largest number of Newton steps of a climb.
STEPS = 100
#: A climb ends at a step that raises the log density by less than this: the proposal needs no exact maximum.
GAIN = 1e-6
#: A climb ends when damping exceeds this.
MOST_DAMPING = 1e12
#: Upper bound on the variance at a mode along any direction, in units of the prior's variance.
WIDER = 2.0
#: Modes with less than this share of the mass of the largest are dropped.
NEGLIGIBLE = 1e-3


@dataclass(frozen=True)
class Mode:
    """A mode, and the normal density that matches the posterior there to second order.

    Attributes
    ----------
    point : array of shape (size,), in the sampling coordinates.
    height : float, log density at the mode.
    root : array of shape (size, size), R with covariance R R'.
    """

    point: np.ndarray
    height: float
    root: np.ndarray

    def is_near(self, point: np.ndarray) -> bool:
        """Whether a point lies within one standard deviation of the mode."""
        return bool(np.linalg.norm(np.linalg.solve(self.root, point - self.point)) < 1.0)

    @property
    def log_mass(self) -> float:
        """Log of the posterior mass around the mode by Laplace's method, up to a constant."""
        return self.height + float(np.linalg.slogdet(self.root)[1])


def find_modes(density: LogDensity, rng: np.random.Generator, rough: bool = False) -> list[Mode]:
    """Find the modes of a posterior.

    Parameters
    ----------
    density : LogDensity. If it knows points near its modes (`LogDensity.near`), the search starts from those.
        Otherwise it starts from draws from the prior.
    rng : Generator
    rough : bool, whether a faster search from fewer starting points is enough.

    Returns
    -------
    list of Mode : the mode of the largest mass first. Modes of negligible mass are left out.
    """
    candidates = density.promising(rng, CANDIDATES_ROUGH if rough else CANDIDATES)
    prior_sd = candidates.std(axis=0) + 1e-12
    known = len(density.near) > 0
    maxima, heights = climb(density, density.near) if known else _search(density, candidates, prior_sd, rough)
    modes: list[Mode] = []
    for place in np.argsort(-heights, kind="stable"):
        point, height = maxima[place], float(heights[place])
        if not any(abs(height - mode.height) < SAME_HEIGHT and mode.is_near(point) for mode in modes):
            modes.append(Mode(point, height, _root(density, point, prior_sd)))
    least = max(mode.log_mass for mode in modes) + np.log(NEGLIGIBLE)
    return sorted((mode for mode in modes if mode.log_mass > least), key=lambda mode: -mode.log_mass)


def _search(
    density: LogDensity, candidates: np.ndarray, prior_sd: np.ndarray, rough: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Maxima that climbs from some of the candidates reach, and their log densities.

    Candidates are sorted by density, the highest first.
    """
    if rough or density.law.discrepancy is not None:
        starts = candidates[list(RANKS)][:: 2 if rough else 1]
    else:
        count = min(CLIMBED * 2 ** max(density.size - SIMPLE, 0), MOST_CLIMBED)
        starts = _far_apart(candidates[: int(BEST * len(candidates))], prior_sd, count)
    if len(density.table.loss) > 2 * START_RUNS:
        starts, _ = climb(density, starts, START_RUNS)
    return climb(density, starts)


def _far_apart(points: np.ndarray, prior_sd: np.ndarray, count: int) -> np.ndarray:
    """The first point, and then, one by one, the point farthest from all chosen so far."""
    chosen, distance = [0], np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.linalg.norm((points - points[chosen[-1]]) / prior_sd, axis=1))
        chosen.append(int(np.argmax(distance)))
    return points[chosen]


def _root(density: LogDensity, point: np.ndarray, prior_sd: np.ndarray) -> np.ndarray:
    """A root of the inverse curvature at a mode, whose variances are bounded as `WIDER` says."""
    values, vectors = np.linalg.eigh(-np.nan_to_num(density.hessian(point)) * prior_sd * prior_sd[:, None])
    return prior_sd[:, None] * vectors / np.sqrt(np.maximum(np.abs(values), 1.0 / WIDER))


def climb(density: LogDensity, points: np.ndarray, most_runs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Climb to maxima by Newton's method, damped and repelled by saddle points (Dauphin et al. 2014, arXiv:1406.2572).

    Parameters
    ----------
    density : LogDensity
    points : array of shape (point, size), where the climbs start.
    most_runs : int, optional, as in `LogDensity.value`.

    Returns
    -------
    points : array of shape (point, size), where the climbs end.
    values : array of shape (point,), log densities there.
    """
    points, values = points.copy(), density.value(points, most_runs)
    damping, climbing = np.full(len(points), 1e-3), np.arange(len(points))
    for _ in range(STEPS):
        if not len(climbing):
            break
        slopes, hessians = density.derivatives(points[climbing], most_runs)
        curvatures, axes = np.linalg.eigh(-np.nan_to_num(hessians))
        slopes = np.einsum("pji,pj->pi", axes, slopes)  # along the axes of the curvature
        gains, trying = np.full(len(climbing), np.nan), np.arange(len(climbing))
        while len(trying):
            at, damped = climbing[trying], np.abs(curvatures[trying])
            damped = damped + damping[at, None] * damped.max(axis=1, keepdims=True) + 1e-12
            new = points[at] + np.einsum("pij,pj->pi", axes[trying], slopes[trying] / damped)
            new_values = density.value(new, most_runs)
            up = np.isfinite(new_values) & (new_values >= values[at])
            gains[trying[up]] = new_values[up] - values[at[up]]
            points[at[up]], values[at[up]] = new[up], new_values[up]
            damping[at] = np.where(up, np.maximum(damping[at] / 10, 1e-12), damping[at] * 10)
            trying = trying[~up & (damping[at] < MOST_DAMPING)]
        climbing = climbing[gains >= GAIN]
    return points, values
