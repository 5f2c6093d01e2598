"""Mixture: mixtures of Student-t densities, the proposals of importance sampling."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log, pi

import numpy as np

from bayescale.density.parallel import blocks, each
from bayescale.inference.laplace.modes import Mode

#: Degrees of freedom. The tails must be heavier than those of a posterior, or importance weights have no variance. Four
#: follow the tails of small tables better than five or seven (docs/project/decisions/10-importance-proposals.md).
DF = 4.0


@dataclass(frozen=True)
class Mixture:
    """A mixture of multivariate Student-t densities.

    Attributes
    ----------
    shares : array of shape (component,), which sum to one.
    centers : array of shape (component, size).
    roots : array of shape (component, size, size), R with scale matrix R R'.
    """

    shares: np.ndarray
    centers: np.ndarray
    roots: np.ndarray

    @classmethod
    def single(cls, center: np.ndarray, root: np.ndarray) -> "Mixture":
        """A mixture of one component."""
        return cls(np.ones(1), center[None], root[None])

    @classmethod
    def around(cls, modes: Sequence[Mode]) -> "Mixture":
        """One component for each mode, with shares proportional to the masses of the modes."""
        largest = max(mode.log_mass for mode in modes)
        shares = np.exp([mode.log_mass - largest for mode in modes])
        centers, roots = np.array([mode.point for mode in modes]), np.array([mode.root for mode in modes])
        return cls(shares / shares.sum(), centers, roots)

    @classmethod
    def average(cls, mixtures: Sequence["Mixture"], shares: Sequence[float] | None = None) -> "Mixture":
        """The mixture of several mixtures, by default with equal shares."""
        shares = shares or [1.0 / len(mixtures)] * len(mixtures)
        return cls(
            np.concatenate([share * mixture.shares for share, mixture in zip(shares, mixtures, strict=True)]),
            np.concatenate([mixture.centers for mixture in mixtures]),
            np.concatenate([mixture.roots for mixture in mixtures]),
        )

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Points of shape (count, size), in antithetic pairs.

        The number of pairs of each component is fixed by its share.
        """
        ends = np.round(np.cumsum(self.shares) * (count // 2)).astype(int)
        size, parts = self.centers.shape[1], []
        for center, root, pairs in zip(self.centers, self.roots, np.diff(ends, prepend=0), strict=True):
            half = rng.standard_normal((pairs, size)) * np.sqrt(DF / rng.chisquare(DF, pairs))[:, None]
            parts.append(center + np.concatenate([half, -half]) @ root.T)
        return np.concatenate(parts)

    def logpdf(self, points: np.ndarray) -> np.ndarray:
        """Log density at points of shape (point, size), up to a constant, of shape (point,)."""
        center, root = self.centers[0], self.roots[0]
        coefficients = self.distance_coefficients(center, root)

        def log_density(part: slice) -> np.ndarray:
            standardised = np.linalg.solve(root, (points[part] - center).T)
            return log_sum_exp(self.log_components(coefficients @ monomials(standardised), df=DF))

        return np.concatenate([np.empty(0), *each(log_density, blocks(len(points), self.centers.size))])

    @staticmethod
    def log_constant(size: int) -> float:
        """The constant that `logpdf` leaves out, for `size` coordinates."""
        return lgamma(0.5 * (DF + size)) - lgamma(0.5 * DF) - 0.5 * size * log(DF * pi)

    def distance_coefficients(self, center: np.ndarray, root: np.ndarray) -> np.ndarray:
        """Coefficients of the squared distance from each component, of shape (component, term).

        They multiply `monomials` of the standardised coordinates root^-1 (x - center). One matrix product then gives
        all distances, which is several times faster than computing each of them.
        """
        inverses = np.linalg.inv(self.roots)
        linear, shifts = inverses @ root, np.einsum("cij,cj->ci", inverses, self.centers - center)
        i, j = np.triu_indices(len(center))
        squares = np.einsum("cki,ckj->cij", linear, linear)[:, i, j] * np.where(i == j, 1.0, 2.0)
        crosses = -2.0 * np.einsum("cki,ck->ci", linear, shifts)
        return np.concatenate([squares, crosses, np.sum(shifts**2, axis=1)[:, None]], axis=1)

    def log_components(self, squares: np.ndarray, df: float | None) -> np.ndarray:
        """Log of share times density of each component, up to a constant, of shape (component, point).

        From squared distances of that shape. The density is normal if `df` is None, and a Student-t's otherwise.
        """
        distance, size = np.maximum(squares, 0.0), self.centers.shape[1]
        shape = -0.5 * distance if df is None else -0.5 * (df + size) * np.log1p(distance / df)
        return shape + (np.log(self.shares) - np.linalg.slogdet(self.roots)[1])[:, None]


def monomials(y: np.ndarray) -> np.ndarray:
    """Products of two coordinates, the coordinates, and one, of shape (term, point), from shape (size, point)."""
    i, j = np.triu_indices(len(y))
    return np.concatenate([y[i] * y[j], y, np.ones((1, y.shape[1]))])


def log_sum_exp(logs: np.ndarray) -> np.ndarray:
    """Log of the sum of exponentials along the first axis; faster than `numpy.logaddexp`."""
    highest = logs.max(axis=0)
    return highest + np.log(np.exp(logs - highest).sum(axis=0))
