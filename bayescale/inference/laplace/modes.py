"""Modes: where a posterior is highest, and how wide it is there; the ground that both samplers start from."""

from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import START_RUNS, LogDensity

#: Draws from the prior to look for modes among (fewer in a rough search),
CANDIDATES, CANDIDATES_ROUGH = 512, 256
#: and the best share of them, of which so many are climbed from, as far apart as can be: the very best lie side by
#: side, and miss modes.
BEST, CLIMBED = 0.1, 8
#: Twice as many for each coordinate beyond these, up to so many.
SIMPLE, MOST_CLIMBED = 6, 32
#: A discrepancy explains what else would take a mode of its own, and far off its integral loses all digits: there
#: climbs begin at these, in order of density, and in a rough search at every second of them.
CLIMBED_BESIDE = (0, 1, 2, 3, 6, 12, 24, 48)
#: Log densities that differ less are one mode's.
SAME_HEIGHT = 1e-3
#: Steps of a climb, at most; one that gains less ends it: the proposal needs the mode, not its last digits.
STEPS, GAIN = 100, 1e-6
#: A step that must be damped more is none.
MOST_DAMPING = 1e12
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


def find_modes(density: LogDensity, rng: np.random.Generator, rough: bool = False) -> list[Mode]:
    """The modes, the one of the greatest mass first.

    They are reached from where they are known to be near (`LogDensity.near`), or else from good draws from the prior: the
    very best where the search may be `rough`, as for something to begin from.
    """
    points = density.promising(rng, CANDIDATES_ROUGH if rough else CANDIDATES)
    spread = points.std(axis=0) + 1e-12
    known = len(density.near) > 0
    tops, heights = climb(density, density.near) if known else _search(density, points, spread, rough)
    kept: list[Mode] = []
    for point, height in sorted(zip(tops, heights.tolist(), strict=True), key=lambda one: -one[1]):
        if not any(abs(height - mode.height) < SAME_HEIGHT and mode.holds(point) for mode in kept):
            kept.append(Mode(point, height, _root(density, point, spread)))
    most = max(mode.mass for mode in kept)
    return sorted((m for m in kept if m.mass > most + np.log(NEGLIGIBLE)), key=lambda mode: -mode.mass)


def _search(density: LogDensity, points: np.ndarray, spread: np.ndarray, rough: bool) -> tuple[np.ndarray, np.ndarray]:
    """Where climbs from points, the most probable first, end, and how high."""
    if rough or density.law.discrepancy is not None:
        starts = points[list(CLIMBED_BESIDE)][:: 2 if rough else 1]
    else:
        count = min(CLIMBED * 2 ** max(density.size - SIMPLE, 0), MOST_CLIMBED)
        starts = _apart(points[: int(BEST * len(points))], spread, count)
    if len(density.table.loss) > 2 * START_RUNS:
        starts, _ = climb(density, starts, START_RUNS)
    return climb(density, starts)


def _apart(points: np.ndarray, spread: np.ndarray, count: int) -> np.ndarray:
    """The first point, and one after the other those that are farthest from all before."""
    picked, distance = [0], np.full(len(points), np.inf)
    while len(picked) < count:
        distance = np.minimum(distance, np.linalg.norm((points - points[picked[-1]]) / spread, axis=1))
        picked.append(int(np.argmax(distance)))
    return points[picked]


def _root(density: LogDensity, point: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """A root of the inverse curvature at a mode, in units of the prior's spread nowhere wider than it by far."""
    values, vectors = np.linalg.eigh(-np.nan_to_num(density.hessian(point)) * spread * spread[:, None])
    return spread[:, None] * vectors / np.sqrt(np.maximum(np.abs(values), 1.0 / WIDER))


def climb(density: LogDensity, points: np.ndarray, most_runs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method to maxima, damped, away from saddles (Dauphin et al. 2014); `most_runs` as in `LogDensity.value`.

    From points of shape (point, size) to such points and their log densities.
    """
    points, values = points.copy(), density.value(points, most_runs)
    damping, climbing = np.full(len(points), 1e-3), np.arange(len(points))
    for _ in range(STEPS):
        if not len(climbing):
            break
        slopes, hessians = density.derivatives(points[climbing], most_runs)
        curvatures, axes = np.linalg.eigh(-np.nan_to_num(hessians))
        along = np.einsum("pji,pj->pi", axes, slopes)
        gains, trying = np.full(len(climbing), np.nan), np.arange(len(climbing))
        while len(trying):
            at, bends = climbing[trying], np.abs(curvatures[trying])
            bends = bends + damping[at, None] * bends.max(axis=1, keepdims=True) + 1e-12
            new = points[at] + np.einsum("pij,pj->pi", axes[trying], along[trying] / bends)
            new_values = density.value(new, most_runs)
            up = np.isfinite(new_values) & (new_values >= values[at])
            gains[trying[up]] = new_values[up] - values[at[up]]
            points[at[up]], values[at[up]] = new[up], new_values[up]
            damping[at] = np.where(up, np.maximum(damping[at] / 10, 1e-12), damping[at] * 10)
            trying = trying[~up & (damping[at] < MOST_DAMPING)]
        climbing = climbing[gains >= GAIN]
    return points, values
