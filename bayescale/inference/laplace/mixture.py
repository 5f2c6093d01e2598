"""Proposal: a mixture of multivariate Student-t densities, drawn from, evaluated, and fitted to weighted points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayescale.density.parallel import blocks, each
from bayescale.inference.laplace.modes import Mode

#: Degrees of freedom: tails heavier than a posterior's, or importance weights would have no variance. (Four follow
#: the tails of small tables better than five or seven; see `laplace.GOOD_SHARE`.)
DF = 4.0
#: Steps of expectation maximisation when a mixture is fitted.
STEPS = 12
#: Points that a mixture is fitted to, at most.
FITTED = 8000
#: Share of the draws that come from the first component, which is as wide as all points together.
DEFENSIVE = 0.15


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
        center, root = self.centers[0], self.roots[0]
        squares = self._squares(center, root)

        def logs(part: slice) -> np.ndarray:
            turned = np.linalg.solve(root, (points[part] - center).T)
            return log_sum(self._parts(squares @ _products(turned), tails=DF))

        return np.concatenate([np.empty(0), *each(logs, blocks(len(points), self.centers.size))])

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
        # where all points together are round, one product of matrices gives all distances, and one all moments
        products = _products(np.linalg.solve(whole, (points - center).T))
        picked = rng.choice(len(points), size=components - 1, replace=False, p=weights)
        shares = np.full(components - 1, 1.0 / (components - 1))
        centers, roots = points[picked], np.broadcast_to(0.5 * whole, (components - 1, *whole.shape))
        # no component is narrower than a twentieth of all points along any direction, or it would be a spike
        least = 0.0025 * values.min()
        for _ in range(STEPS):
            found = Mixture(shares, centers, roots)
            logs = found._parts(found._squares(center, whole) @ products, tails=None)
            near = np.exp(logs - logs.max(axis=0))
            sums = (near * (weights / near.sum(axis=0))) @ products.T
            shares = sums[:, -1] + 1e-12
            mean, square = _unpacked(sums / shares[:, None], len(center))
            centers = center + mean @ whole.T
            values, vectors = np.linalg.eigh(whole @ (square - mean[:, :, None] * mean[:, None, :]) @ whole.T)
            shares, roots = shares / shares.sum(), vectors * np.sqrt(np.maximum(values, least))[:, None, :]
        return Mixture(
            np.concatenate([[DEFENSIVE], (1.0 - DEFENSIVE) * shares]),
            np.concatenate([center[None], centers]),
            np.concatenate([whole[None], roots]),
        )

    def _squares(self, center: np.ndarray, root: np.ndarray) -> np.ndarray:
        """Coefficients of the squared distances from each component, of shape (component, term).

        They are those of `_products` of coordinates about a center, in units of a root: a product of matrices is
        several times quicker than distances.
        """
        inverses = np.linalg.inv(self.roots)
        turned, shifts = inverses @ root, np.einsum("cij,cj->ci", inverses, self.centers - center)
        i, j = np.triu_indices(len(center))
        squares = np.einsum("cki,ckj->cij", turned, turned)[:, i, j] * np.where(i == j, 1.0, 2.0)
        crosses = -2.0 * np.einsum("cki,ck->ci", turned, shifts)
        return np.concatenate([squares, crosses, np.sum(shifts**2, axis=1)[:, None]], axis=1)

    def _parts(self, squares: np.ndarray, tails: float | None) -> np.ndarray:
        """Log share times density of each component, from squared distances, of shape (component, point).

        `tails` None is normal.
        """
        distance, size = np.maximum(squares, 0.0), self.centers.shape[1]
        shape = -0.5 * distance if tails is None else -0.5 * (tails + size) * np.log1p(distance / tails)
        return shape + (np.log(self.shares) - np.linalg.slogdet(self.roots)[1])[:, None]


def _products(y: np.ndarray) -> np.ndarray:
    """Products of two coordinates, coordinates, and one, of shape (term, point), from shape (size, point)."""
    i, j = np.triu_indices(len(y))
    return np.concatenate([y[i] * y[j], y, np.ones((1, y.shape[1]))])


def _unpacked(means: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of coordinates and of their products, from those of `_products`, of shape (component, term)."""
    i, j = np.triu_indices(size)
    square = np.empty((len(means), size, size))
    square[:, i, j] = square[:, j, i] = means[:, : len(i)]
    return means[:, len(i) : -1], square


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
