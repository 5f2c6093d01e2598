"""Whitening: linear coordinates from the curvature at the largest mode, and initial points for chains.

In these coordinates the posterior is about equally wide along every direction, so a sampler has little left to adapt.
They are linear in the sampling coordinates, so the posterior is the same. Chains start around the modes in proportion
to mass, so that no chain starts in a mode of negligible mass (as in Pathfinder, Zhang et al. 2022, arXiv:2108.03782).
"""

from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace.mixture import Mixture
from bayescale.inference.laplace.modes import Mode, find_modes

#: Without modes, a chain starts at the best of this many draws from the prior.
PRIOR_DRAWS = 64
#: A mode counts as visited if a draw is nearer than this, in standard deviations, times the root of the number of
#: coordinates. In a normal posterior half of the draws are nearer.
NEAR = 1.0
#: A chain starts where the log density is at most this much, times the number of coordinates, below that of the mode.
MOST_BELOW = 3.0
#: The distance of an initial point from its mode is halved at most this often.
HALVINGS = 20


@dataclass(frozen=True)
class Whitening:
    """Coordinates u, with sampling coordinates x = center + root u, and initial points of chains.

    Attributes
    ----------
    density : LogDensity, a function of x.
    modes : tuple of Mode, the one of the largest mass first. It is empty if parameters are not centred, since joint
        modes then say little about the posterior; u is then x.
    """

    density: LogDensity
    modes: tuple[Mode, ...]

    @classmethod
    def of(cls, density: LogDensity, seed: int) -> "Whitening":
        """The whitening of a posterior; a mode search unless parameters are not centred."""
        offset = any(v.standardised for v in density.variables)
        return cls(density, () if offset else tuple(find_modes(density, np.random.default_rng(seed))))

    @property
    def center(self) -> np.ndarray:
        """x at u = 0, of shape (size,)."""
        return self.modes[0].point if self.modes else np.zeros(self.density.size)

    @property
    def root(self) -> np.ndarray:
        """Derivative of x with respect to u, of shape (size, size)."""
        return self.modes[0].root if self.modes else np.eye(self.density.size)

    def points(self, u: np.ndarray) -> np.ndarray:
        """x at u; both of shape (..., size)."""
        return self.center + u @ self.root.T

    def missed_mass(self, points: np.ndarray) -> float:
        """Share of the mass, by Laplace's method, of modes that no point is near; points x of shape (..., size)."""
        if len(self.modes) < 2:
            return 0.0
        flat, far = points.reshape(-1, self.density.size), NEAR * np.sqrt(self.density.size)
        distances = [np.linalg.norm(np.linalg.solve(m.root, (flat - m.point).T), axis=0).min() for m in self.modes]
        return float(Mixture.around(self.modes).shares[np.array(distances) > far].sum())

    def initial_point(self, seed: int) -> np.ndarray:
        """Initial u of a chain, of shape (size,): a draw from a Student-t around a mode."""
        rng = np.random.default_rng(seed)
        if not self.modes:
            return self.density.promising(rng, PRIOR_DRAWS)[0]
        mode = self.modes[rng.choice(len(self.modes), p=Mixture.around(self.modes).shares)]
        step = Mixture.single(np.zeros(self.density.size), mode.root).draw(rng, 2)[0]
        for _ in range(HALVINGS):
            if self.density.value((mode.point + step)[None])[0] > mode.height - MOST_BELOW * self.density.size:
                break
            step = step / 2
        return np.linalg.solve(self.root, mode.point + step - self.center)
