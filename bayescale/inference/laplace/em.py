"""EM: a mixture fitted to weighted points by expectation maximisation."""

import numpy as np

from bayescale.inference.laplace.mixture import Mixture, monomials

#: Steps of expectation maximisation.
STEPS = 12
#: A mixture is fitted to at most this many points. If there are more, this many are drawn by their weights.
MOST_POINTS = 8000
#: Share of the first component of a fitted mixture. It is as wide as all points together (defensive sampling).
DEFENSIVE = 0.15
#: Lower bound on the variance of a component along any direction, in units of the smallest variance of all points.
#: Without it, components could shrink to spikes.
LEAST_VARIANCE = 0.0025


def fit_mixture(points: np.ndarray, weights: np.ndarray, rng: np.random.Generator, components: int) -> Mixture:
    """Fit a mixture to weighted points.

    Normal densities are fitted and then given a Student-t's tails, so the proposal is too wide rather than too narrow.
    The first component is as wide as all points together.

    Parameters
    ----------
    points : array of shape (point, size).
    weights : array of shape (point,), which sum to one.
    rng : Generator
    components : int, number of components, the first included.
    """
    center, variances, axes = moments(points, weights)
    root = axes * np.sqrt(variances)
    first = Mixture.single(center, root)
    if components == 1:
        return first
    if len(points) > MOST_POINTS:
        points = points[rng.choice(len(points), MOST_POINTS, p=weights)]
        weights = np.full(MOST_POINTS, 1.0 / MOST_POINTS)
    chosen = rng.choice(len(points), size=components - 1, replace=False, p=weights)
    shares = np.full(components - 1, 1.0 / (components - 1))
    start = Mixture(shares, points[chosen], np.broadcast_to(0.5 * root, (components - 1, *root.shape)))
    fitted = _maximise(start, points, weights, first, LEAST_VARIANCE * variances.min())
    return Mixture.average([first, fitted], [DEFENSIVE, 1.0 - DEFENSIVE])


def _maximise(
    mixture: Mixture, points: np.ndarray, weights: np.ndarray, whole: Mixture, least_variance: float
) -> Mixture:
    """Expectation maximisation from a mixture of normal densities; `whole` is one component as wide as all points."""
    (center,), (root,) = whole.centers, whole.roots
    # In standardised coordinates one matrix product gives all distances, and another one all moments.
    terms = monomials(np.linalg.solve(root, (points - center).T))
    for _ in range(STEPS):
        logs = mixture.log_components(mixture.distance_coefficients(center, root) @ terms, df=None)
        likelihoods = np.exp(logs - logs.max(axis=0))
        sums = (likelihoods * (weights / likelihoods.sum(axis=0))) @ terms.T
        shares = sums[:, -1] + 1e-12
        mean, second = _first_two_moments(sums / shares[:, None], len(center))
        variances, axes = np.linalg.eigh(root @ (second - mean[:, :, None] * mean[:, None, :]) @ root.T)
        roots = axes * np.sqrt(np.maximum(variances, least_variance))[:, None, :]
        mixture = Mixture(shares / shares.sum(), center + mean @ root.T, roots)
    return mixture


def _first_two_moments(means: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of the coordinates and of their products, from means of `monomials` of shape (component, term)."""
    i, j = np.triu_indices(size)
    second = np.empty((len(means), size, size))
    second[:, i, j] = second[:, j, i] = means[:, : len(i)]
    return means[:, len(i) : -1], second


def moments(points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted mean, and eigenvalues and eigenvectors of the weighted covariance."""
    center = weights @ points
    deviations = (points - center) * np.sqrt(weights)[:, None]
    values, vectors = np.linalg.eigh(deviations.T @ deviations)
    return center, np.maximum(values, 1e-12 * values.max() + 1e-300), vectors
