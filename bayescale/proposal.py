"""Proposal: a mixture of multivariate Student-t densities, drawn from, evaluated, and fitted to weighted points."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayescale.modes import Mode

#: Degrees of freedom: tails heavier than a posterior's, or importance weights would have no variance. (Four follow
#: the tails of small tables better than five or seven; see `laplace.GOOD_SHARE`.)
DF = 4.0
#: Steps of expectation maximisation when a mixture is fitted.
STEPS = 12
#: Points that a mixture is fitted to, at most.
FITTED = 8000
#: Share of the draws that come from the first component, which is as wide as all points together.
DEFENSIVE = 0.15

#: Numbers in flight at once when many points are evaluated: more would leave the processor's cache.
BLOCK = 200_000


@dataclass(frozen=True)
class Mixture:
    """A mixture of Student-t densities.

    Attributes
    ----------
    shares : array of shape (component,), which add to one.
    centers : array of shape (component, size).
    roots : array of shape (component, size, size), R with scale matrix R R'.
    """

    shares: np.ndarray
    centers: np.ndarray
    roots: np.ndarray

    @classmethod
    def single(cls, center: np.ndarray, root: np.ndarray) -> "Mixture":
        """One component."""
        return cls(np.ones(1), center[None], root[None])

    @classmethod
    def about(cls, modes: Sequence[Mode]) -> "Mixture":
        """A component about each mode, in proportion to its mass."""
        shares = np.exp([mode.mass - max(one.mass for one in modes) for mode in modes])
        return cls(shares / shares.sum(), np.array([m.point for m in modes]), np.array([m.root for m in modes]))

    @classmethod
    def average(cls, mixtures: Sequence["Mixture"], shares: Sequence[float] | None = None) -> "Mixture":
        """A mixture of mixtures, in equal shares unless told."""
        shares = shares or [1.0 / len(mixtures)] * len(mixtures)
        return cls(
            np.concatenate([part * one.shares for part, one in zip(shares, mixtures, strict=True)]),
            np.concatenate([one.centers for one in mixtures]),
            np.concatenate([one.roots for one in mixtures]),
        )

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Points of shape (count, size), as many of each component as its share asks, in antithetic pairs."""
        ends = np.round(np.cumsum(self.shares) * (count // 2)).astype(int)
        size, parts = self.centers.shape[1], []
        for center, root, pairs in zip(self.centers, self.roots, np.diff(ends, prepend=0), strict=True):
            half = rng.standard_normal((pairs, size)) * np.sqrt(DF / rng.chisquare(DF, pairs))[:, None]
            parts.append(center + np.concatenate([half, -half]) @ root.T)
        return np.concatenate(parts)

    def logpdf(self, points: np.ndarray) -> np.ndarray:
        """Log density at points, up to a constant, of shape (point,)."""
        blocks = np.array_split(points, 1 + len(points) * self.centers.size // BLOCK)
        return np.concatenate([log_sum(self._parts(block, tails=DF)) for block in blocks])

    @classmethod
    def fitted(cls, points: np.ndarray, weights: np.ndarray, rng: np.random.Generator, components: int) -> "Mixture":
        """A mixture fitted to weighted points by expectation maximisation; one component as wide as all of them.

        Normal densities are fitted and drawn with a Student-t's tails, which errs on the wide side.
        """
        center, values, vectors = moments(points, weights)
        whole = vectors * np.sqrt(values)
        if components == 1:
            return Mixture.single(center, whole)
        if len(points) > FITTED:  # as many, drawn by their weights, tell as much
            points, weights = points[rng.choice(len(points), FITTED, p=weights)], np.full(FITTED, 1.0 / FITTED)
        picked = rng.choice(len(points), size=components - 1, replace=False, p=weights)
        found = Mixture(
            np.full(components - 1, 1.0 / (components - 1)),
            points[picked],
            np.broadcast_to(0.5 * whole, (components - 1, *whole.shape)),
        )
        # no component is narrower than a twentieth of all points along any direction, or it would be a spike
        least = 0.0025 * values.min()
        for _ in range(STEPS):
            logs = found._parts(points, tails=None)
            belongs = np.exp(logs - log_sum(logs)) * weights
            shares = belongs.sum(axis=1) + 1e-12
            fits = [moments(points, own / total) for own, total in zip(belongs, shares, strict=True)]
            roots = [v * np.sqrt(np.maximum(e, least)) for _, e, v in fits]
            found = Mixture(shares / shares.sum(), np.array([c for c, *_ in fits]), np.array(roots))
        return Mixture(
            np.concatenate([[DEFENSIVE], (1.0 - DEFENSIVE) * found.shares]),
            np.concatenate([center[None], found.centers]),
            np.concatenate([whole[None], found.roots]),
        )

    @cached_property
    def _squares(self) -> np.ndarray:
        """Coefficients of the squared distances from the centers, of shape (component, term); see `_terms`."""
        inverses = np.linalg.inv(self.roots)
        turned = inverses @ self.roots[0]
        shifts = np.einsum("cij,cj->ci", inverses, self.centers - self.centers[0])
        products = np.einsum("cki,ckj->cij", turned, turned)
        i, j = np.triu_indices(self.centers.shape[1])
        squares = products[:, i, j] * np.where(i == j, 1.0, 2.0)
        crosses = -2.0 * np.einsum("cki,ck->ci", turned, shifts)
        return np.concatenate([squares, crosses, np.sum(shifts**2, axis=1)[:, None]], axis=1)

    def _terms(self, points: np.ndarray) -> np.ndarray:
        """Products of coordinates in which the first component is round, of shape (term, point)."""
        y = np.linalg.solve(self.roots[0], (points - self.centers[0]).T)
        i, j = np.triu_indices(len(y))
        return np.concatenate([y[i] * y[j], y, np.ones((1, len(points)))])

    def _parts(self, points: np.ndarray, tails: float | None) -> np.ndarray:
        """Log share times density of each component, of shape (component, point); `tails` None is normal.

        Squared distances are one product of matrices, several times quicker than distances.
        """
        size = self.centers.shape[1]
        distance = np.maximum(self._squares @ self._terms(points), 0.0)
        shape = -0.5 * distance if tails is None else -0.5 * (tails + size) * np.log1p(distance / tails)
        return shape + (np.log(self.shares) - np.linalg.slogdet(self.roots)[1])[:, None]


def log_sum(logs: np.ndarray) -> np.ndarray:
    """Log of the sum of exponentials along the first axis; quicker than `logaddexp`."""
    highest = logs.max(axis=0)
    return highest + np.log(np.exp(logs - highest).sum(axis=0))


def moments(points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted mean, and eigenvalues and eigenvectors of the weighted covariance."""
    center = weights @ points
    spread = (points - center) * np.sqrt(weights)[:, None]
    values, vectors = np.linalg.eigh(spread.T @ spread)
    return center, np.maximum(values, 1e-12 * values.max() + 1e-300), vectors
