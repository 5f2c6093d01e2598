"""Pareto smoothing: as in ArviZ, and many sets of weights at once."""

import numpy as np
import pytest
from arviz_stats.base.array import array_stats

from bayescale.inference.laplace import psis


@pytest.mark.parametrize("heaviness", [0.3, 1.0, 2.5])
def test_agrees_with_arviz(heaviness):
    log_weights = heaviness * np.random.default_rng(0).standard_normal((5, 2000)) ** 2
    weights, k = psis.smooth(log_weights)
    for row, w, own_k in zip(log_weights, weights, k, strict=True):
        arviz_logs, arviz_k = array_stats.psislw(-row, r_eff=1.0)  # takes log-likelihoods and negates them
        assert own_k == pytest.approx(float(arviz_k), abs=1e-6)
        assert np.log(w) - np.log(w).max() == pytest.approx(arviz_logs - arviz_logs.max(), abs=1e-6)


def test_k_without_smoothing_is_the_same():
    log_weights = np.random.default_rng(4).standard_normal((6, 1000)) ** 2
    assert psis.pareto_k(log_weights) == pytest.approx(psis.smooth(log_weights)[1], rel=1e-12)


def test_shapes_and_sum():
    weights, k = psis.smooth(np.random.default_rng(1).standard_normal(500))
    assert weights.shape == (500,) and k.shape == () and weights.sum() == pytest.approx(1.0)


def test_known_tail():
    """Weights whose tail is Pareto of shape 1/2 by construction."""
    weights = np.random.default_rng(2).pareto(2.0, size=(20, 20000)) + 1
    _, k = psis.smooth(np.log(weights))
    # An estimate from 424 tail draws has a standard error of (1 + k)/sqrt(424) = 0.07; the mean of 20 has 0.016.
    assert k.mean() == pytest.approx(0.5, abs=0.06)


def test_equal_weights_and_minus_infinity():
    weights, _ = psis.smooth(np.zeros(400))
    assert weights == pytest.approx(np.full(400, 1 / 400))
    weights, _ = psis.smooth(np.concatenate([np.full(50, -np.inf), np.random.default_rng(3).standard_normal(400)]))
    assert (weights[:50] == 0).all() and weights.sum() == pytest.approx(1.0)
