"""The proposal of importance sampling: a mixture that a banana and two hills fit under."""

import numpy as np
import pytest
from scipy.stats import multivariate_t

from bayescale.inference.laplace import psis
from bayescale.inference.laplace.mixture import DF, Mixture, moments


def banana(points):
    """Log density, normalised: x ~ N(0, 1), y ~ N(2 x^2, 0.3)."""
    x, y = points.T
    return -0.5 * x**2 - 0.5 * ((y - 2 * x**2) / 0.3) ** 2 - np.log(2 * np.pi * 0.3)


def hills(points):
    """Log density, up to a constant: two hills, a tenth of the mass in the smaller."""
    left, right = (-0.5 * np.sum((points - m) ** 2, axis=1) / 0.2**2 for m in (-2.0, 2.0))
    return np.logaddexp(np.log(0.1) + left, np.log(0.9) + right)


def wide(rng):
    return Mixture.single(np.zeros(2), np.diag([3.0, 5.0]))


def test_density_is_the_students_up_to_a_constant():
    one = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 0.0], [3.0, 1.0]]), np.array([np.eye(2), [[2.0, 0], [0.5, 1]]]))
    points = one.draw(np.random.default_rng(0), 200)
    parts = [
        share * multivariate_t(center, root @ root.T, df=DF).pdf(points)
        for share, center, root in zip(one.shares, one.centers, one.roots, strict=True)
    ]
    gap = one.logpdf(points) - np.log(sum(parts))
    assert gap == pytest.approx(gap[0], abs=1e-10)


def test_draws_are_of_the_density():
    one = Mixture(np.array([0.25, 0.75]), np.array([[0.0, 0.0], [6.0, 0.0]]), np.array([np.eye(2), 0.5 * np.eye(2)]))
    points = one.draw(np.random.default_rng(1), 8000)
    assert (points[:, 0] < 3).mean() == pytest.approx(0.25, abs=0.02)  # 4 standard errors, and tails across
    assert points.mean(axis=0) == pytest.approx([4.5, 0.0], abs=0.01)  # antithetic pairs leave the shares' rounding


@pytest.mark.parametrize("target, mean", [(banana, [0.0, 2.0]), (hills, [1.6, 1.6])])
def test_a_mixture_fits_where_one_component_does_not(target, mean):
    rng = np.random.default_rng(2)
    proposal, found = wide(rng), {}
    for components in (1, 8, 8, 8):
        points = proposal.draw(rng, 8000)
        weights, _ = psis.smooth(target(points) - proposal.logpdf(points))
        proposal = Mixture.fitted(points, weights, rng, components)
        points = proposal.draw(rng, 8000)
        weights, k = psis.smooth(target(points) - proposal.logpdf(points))
        found[components] = float(k), float(1 / np.sum(weights**2))
    (_, ess_one), (k, ess) = found[1], found[8]
    assert k < 0.5 and ess > 1.5 * ess_one
    center, values, _ = moments(points, weights)
    assert center == pytest.approx(mean, abs=5 * np.sqrt(values.max() / ess))


def test_a_fit_is_not_drawn_into_a_spike():
    rng = np.random.default_rng(3)
    points = rng.standard_normal((4000, 2))
    points[:400] = 0.1  # many proposals in one place
    found = Mixture.fitted(points, np.full(4000, 1 / 4000), rng, 6)
    assert np.abs(np.linalg.det(found.roots)).min() > 1e-3
    assert found.shares.sum() == pytest.approx(1.0)
