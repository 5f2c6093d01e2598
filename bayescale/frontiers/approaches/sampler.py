"""Sampler: draws from a density of a dozen parameters that is computed for many points at once.

Laplace's approximation starts adaptive multiple importance sampling; Pareto's k and the effective sample size of the
last weights say whether to trust it.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bayescale.inference.laplace import psis
from bayescale.inference.laplace.amis import AdaptiveSampler
from bayescale.inference.laplace.mixture import Mixture

#: Points of each step of the first round of adaptation, which double from round to round, and of the last sample.
ADAPT, LAST = 800, 4000
#: Step of finite differences, in units of the prior's standard deviations.
STEP = 1e-3
#: Largest number of rounds of adaptation.
ROUNDS = 4


class Density(Protocol):
    """A log density of points of shape (point, size); `scale` is the typical width of each coordinate."""

    size: int
    scale: np.ndarray

    def value(self, points: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Drawn:
    """Draws of equal weight, and how far to trust them.

    Attributes
    ----------
    points : array of shape (draw, size).
    k : float, Pareto k of the importance weights.
    ess : float, effective sample size of the weights.
    """

    points: np.ndarray
    k: float
    ess: float

    @property
    def accepted(self) -> bool:
        """Whether k and the effective sample size are good enough."""
        return self.k <= psis.MAX_K and self.ess >= psis.MIN_ESS


def sample(density: Density, start: np.ndarray, seed: int | None, draws: int) -> Drawn:
    """Draw from a density, from a start near its mode."""
    rng = np.random.default_rng(seed)
    mode = climb(density, start)
    sampler = AdaptiveSampler(_as_any(density), rng)
    sampler.sample(Mixture.single(mode, _root(density, mode)), ADAPT)
    last = None
    for turn in range(ROUNDS):
        sampler.adapt(ADAPT * 2**turn)
        last = sampler.sample_latest(LAST)
        if last.k <= psis.MAX_K and last.ess >= psis.MIN_ESS:
            break
    if last is None:
        raise RuntimeError("No round of adaptation was made.")
    at = np.searchsorted(np.cumsum(last.weights), (rng.random() + np.arange(draws)) / draws)
    return Drawn(last.points[rng.permutation(np.minimum(at, LAST - 1))], last.k, last.ess)


def climb(density: Density, start: np.ndarray) -> np.ndarray:
    """The mode near a start, by L-BFGS with central differences."""
    from scipy.optimize import minimize

    steps = STEP * np.diag(density.scale)

    def both(point):
        values = density.value(np.concatenate([point[None], point + steps, point - steps]))
        slope = (values[1 : 1 + density.size] - values[1 + density.size :]) / (2 * STEP * density.scale)
        return -values[0], -slope

    scale = density.scale
    found = minimize(
        lambda z: (lambda f: (f[0], f[1] * scale))(both(z * scale)), start / scale, jac=True, method="L-BFGS-B"
    )
    return found.x * scale


def _root(density: Density, mode: np.ndarray) -> np.ndarray:
    """A root of the covariance at the mode, from second differences; prior widths where the density is not peaked."""
    h, p = 0.02 * density.scale, density.size
    pairs = [(i, j) for i in range(p) for j in range(i + 1)]
    corners = [mode + s * h * np.eye(p)[i] + t * h * np.eye(p)[j] for i, j in pairs for s in (1, -1) for t in (1, -1)]
    f = density.value(np.array(corners)).reshape(len(pairs), 4) @ np.array([1, -1, -1, 1]) / 4
    hessian = np.zeros((p, p))
    for (i, j), value in zip(pairs, f, strict=True):
        hessian[i, j] = hessian[j, i] = -value / (0.02**2)  # in units of the prior's widths
    values, vectors = np.linalg.eigh(np.nan_to_num(hessian))
    return density.scale[:, None] * (vectors / np.sqrt(np.maximum(values, 0.5)))


def _as_any(density: Density) -> Any:
    """`AdaptiveSampler` needs only ``size`` and ``value`` of a density."""
    return density
