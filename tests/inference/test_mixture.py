"""Mixtures: their density and draws, and their fit to a banana and to two modes."""

import numpy as np
import pytest
from scipy.stats import multivariate_t

from bayescale.inference.laplace import psis
from bayescale.inference.laplace.em import fit_mixture, moments
from bayescale.inference.laplace.mixture import DF, Mixture


def banana(points):
    """Log density, normalised: x ~ N(0, 1), y ~ N(2 x^2, 0.3)."""
    x, y = points.T
    return -0.5 * x**2 - 0.5 * ((y - 2 * x**2) / 0.3) ** 2 - np.log(2 * np.pi * 0.3)


def two_modes(points):
    """Log density, up to a constant: two normal densities, the smaller with a tenth of the mass."""
    left, right = (-0.5 * np.sum((points - mean) ** 2, axis=1) / 0.2**2 for mean in (-2.0, 2.0))
    return np.logaddexp(np.log(0.1) + left, np.log(0.9) + right)


def test_density_agrees_with_scipy_up_to_a_constant():
    mixture = Mixture(
        np.array([0.3, 0.7]), np.array([[0.0, 0.0], [3.0, 1.0]]), np.array([np.eye(2), [[2.0, 0], [0.5, 1]]])
    )
    points = mixture.draw(np.random.default_rng(0), 200)
    parts = [
        share * multivariate_t(center, root @ root.T, df=DF).pdf(points)
        for share, center, root in zip(mixture.shares, mixture.centers, mixture.roots, strict=True)
    ]
    difference = mixture.logpdf(points) - np.log(sum(parts))
    assert difference == pytest.approx(difference[0], abs=1e-10)


def test_draws_have_the_shares_and_means_of_the_components():
    mixture = Mixture(
        np.array([0.25, 0.75]), np.array([[0.0, 0.0], [6.0, 0.0]]), np.array([np.eye(2), 0.5 * np.eye(2)])
    )
    points = mixture.draw(np.random.default_rng(1), 8000)
    assert (points[:, 0] < 3).mean() == pytest.approx(0.25, abs=0.02)  # 4 standard errors, and tails that cross x = 3
    # Antithetic pairs cancel, so means are off only by the rounding of the shares.
    assert points.mean(axis=0) == pytest.approx([4.5, 0.0], abs=0.01)


@pytest.mark.parametrize("target, mean", [(banana, [0.0, 2.0]), (two_modes, [1.6, 1.6])])
def test_a_mixture_fits_where_one_component_does_not(target, mean):
    rng = np.random.default_rng(2)
    proposal, ess = Mixture.single(np.zeros(2), np.diag([3.0, 5.0])), {}
    for components in (1, 8, 8, 8):
        points = proposal.draw(rng, 8000)
        weights, _ = psis.smooth(target(points) - proposal.logpdf(points))
        proposal = fit_mixture(points, weights, rng, components)
        points = proposal.draw(rng, 8000)
        weights, k = psis.smooth(target(points) - proposal.logpdf(points))
        ess[components] = float(1 / np.sum(weights**2))
    assert k < 0.5 and ess[8] > 1.5 * ess[1]
    center, values, _ = moments(points, weights)
    assert center == pytest.approx(mean, abs=5 * np.sqrt(values.max() / ess[8]))


def test_no_component_shrinks_to_a_spike():
    rng = np.random.default_rng(3)
    points = rng.standard_normal((4000, 2))
    points[:400] = 0.1  # a tenth of the points coincide
    mixture = fit_mixture(points, np.full(4000, 1 / 4000), rng, 6)
    assert np.abs(np.linalg.det(mixture.roots)).min() > 1e-3
    assert mixture.shares.sum() == pytest.approx(1.0)
