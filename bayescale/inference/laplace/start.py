"""Ground: where chains start, and coordinates in which a posterior is about as wide along every direction.

Chains start about the modes, in proportion to their mass, so that none is left on a hill that carries nothing (the idea
of Pathfinder, Zhang et al. 2022, arXiv:2108.03782). The coordinates are linear in the chart's, so the posterior is
untouched, and what a sampler has left to adapt to is little.
"""

from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace.mixture import Mixture
from bayescale.inference.laplace.modes import Mode, find_modes

#: Draws from the prior to start from where there is no ground: the most probable of them.
STARTS = 64
#: A mode is visited by a draw nearer than this times the root of the number of coordinates, in standard deviations:
#: half of its own draws, were it normal, are.
NEAR = 1.0
#: A chain starts at a density no lower than this many e-folds for each coordinate below the mode's.
DEEP = 3.0


@dataclass(frozen=True)
class Ground:
    """Coordinates u of a posterior, chart = center + root u, and where chains start.

    Attributes
    ----------
    density : LogDensity
    modes : tuple of Mode, the one of the greatest mass first; none where offsets make modes meaningless.
    """

    density: LogDensity
    modes: tuple[Mode, ...]

    @classmethod
    def of(cls, density: LogDensity, seed: int) -> "Ground":
        """The ground of a posterior; the chart itself where parameters are not centred."""
        offset = any(v.standardised for v in density.variables)
        return cls(density, () if offset else tuple(find_modes(density, np.random.default_rng(seed))))

    @property
    def center(self) -> np.ndarray:
        """Where u is zero, of shape (size,), in the chart."""
        return self.modes[0].point if self.modes else np.zeros(self.density.size)

    @property
    def root(self) -> np.ndarray:
        """Of shape (size, size)."""
        return self.modes[0].root if self.modes else np.eye(self.density.size)

    def points(self, u: np.ndarray) -> np.ndarray:
        """Points in the chart, of shape (..., size)."""
        return self.center + u @ self.root.T

    def missed(self, points: np.ndarray) -> float:
        """Share of the mass, by Laplace's method, of the modes that no point is near.

        From points in the chart, of shape (..., size).
        """
        if len(self.modes) < 2:
            return 0.0
        flat, far = points.reshape(-1, self.density.size), NEAR * np.sqrt(self.density.size)
        away = [np.linalg.norm(np.linalg.solve(m.root, (flat - m.point).T), axis=0).min() > far for m in self.modes]
        return float(Mixture.about(self.modes).shares[away].sum())

    def start(self, seed: int) -> np.ndarray:
        """Where a chain starts, of shape (size,): drawn about a mode, with a Student-t's tails."""
        rng = np.random.default_rng(seed)
        if not self.modes:
            return self.density.promising(rng, STARTS)[0]
        at = rng.choice(len(self.modes), p=Mixture.about(self.modes).shares)
        mode = self.modes[at]
        step = Mixture.single(np.zeros(self.density.size), mode.root).draw(rng, 2)[0]
        for _ in range(20):
            if self.density.value((mode.point + step)[None])[0] > mode.height - DEEP * self.density.size:
                break
            step = step / 2
        return np.linalg.solve(self.root, mode.point + step - self.center)
