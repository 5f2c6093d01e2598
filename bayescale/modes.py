"""Modes: where a posterior is highest, and how wide it is there; the ground that both samplers start from."""

from dataclasses import dataclass

import numpy as np

from bayescale.density import START_RUNS, Density

#: Draws from the prior to look for modes among; more where a discrepancy makes lesser modes.
CANDIDATES, CANDIDATES_DISCREPANCY = 256, 512
#: Which of them, in order of density, are climbed from, until two climbs of so many or more end at one height.
CLIMBED, FEWEST = (0, 1, 2, 3, 6, 12, 24, 48), 3
#: Log densities that differ less are one mode's.
SAME_HEIGHT = 1e-3
#: A step that gains less ends a climb: the proposal needs the mode, not its last digits.
GAIN = 1e-6
#: A mode is taken to be no wider than the prior, along any direction, by more than this factor (of the variance).
WIDER = 2.0
#: Modes with less than this share of the greatest mass are nowhere to start from.
NEGLIGIBLE = 1e-3


@dataclass(frozen=True)
class Mode:
    """A mode and the normal density that touches the posterior there.

    Attributes
    ----------
    point : array of shape (size,), in the chart.
    height : float, the log density.
    root : array of shape (size, size), R with covariance R R'.
    """

    point: np.ndarray
    height: float
    root: np.ndarray

    def holds(self, point: np.ndarray) -> bool:
        """Whether a point lies within a standard deviation."""
        return bool(np.linalg.norm(np.linalg.solve(self.root, point - self.point)) < 1.0)

    @property
    def mass(self) -> float:
        """Log of the mass about the mode, by Laplace's method, up to a constant."""
        return self.height + float(np.linalg.slogdet(self.root)[1])


def find_modes(density: Density, rng: np.random.Generator) -> list[Mode]:
    """The modes that are reached from the best of many draws from the prior, the one of the greatest mass first."""
    points = density.promising(rng, CANDIDATES if density.law.discrepancy is None else CANDIDATES_DISCREPANCY)
    spread = points.std(axis=0) + 1e-12
    few = START_RUNS if len(density.table.loss) > 2 * START_RUNS else None
    found: list[tuple[np.ndarray, float]] = []
    for count, at in enumerate(CLIMBED, start=1):
        point = climb(density, points[at], most_runs=few)[0] if few else points[at]
        found.append(climb(density, point))
        heights = np.sort([height for _, height in found])
        if count >= FEWEST and heights[-1] - heights[-2] < SAME_HEIGHT:  # two ways up lead to one top
            break
    kept: list[Mode] = []
    for point, height in sorted(found, key=lambda one: -one[1]):
        if not any(abs(height - mode.height) < SAME_HEIGHT and mode.holds(point) for mode in kept):
            kept.append(Mode(point, height, _root(density, point, spread)))
    most = max(mode.mass for mode in kept)
    return sorted((m for m in kept if m.mass > most + np.log(NEGLIGIBLE)), key=lambda mode: -mode.mass)


def _root(density: Density, point: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """A root of the inverse curvature at a mode, in units of the prior's spread nowhere wider than it by far."""
    values, vectors = np.linalg.eigh(-np.nan_to_num(density.hessian(point)) * spread * spread[:, None])
    return spread[:, None] * vectors / np.sqrt(np.maximum(np.abs(values), 1.0 / WIDER))


def climb(
    density: Density, point: np.ndarray, steps: int = 100, most_runs: int | None = None
) -> tuple[np.ndarray, float]:
    """Newton's method to a maximum, damped, away from saddles (Dauphin et al. 2014); the point and its log density."""
    damping = 1e-3
    value = density.value(point[None], most_runs)[0]
    for _ in range(steps):
        slope, hessian = density.derivatives(point, most_runs)
        if not np.isfinite(slope).all():  # complex numbers overflow sooner
            slope = density.gradient(point, most_runs)[1]
        curvature, axes = np.linalg.eigh(-np.nan_to_num(hessian))
        along = axes.T @ slope
        while damping < 1e12:
            step = axes @ (along / (np.abs(curvature) + damping * np.abs(curvature).max() + 1e-12))
            if (new := density.value((point + step)[None], most_runs)[0]) >= value:
                break
            damping *= 10
        else:
            break
        gain, value, point = new - value, new, point + step
        damping = max(damping / 10, 1e-12)
        if not gain >= GAIN:  # nor is a climb one that starts and stays where there is no density
            break
    return point, float(value)
