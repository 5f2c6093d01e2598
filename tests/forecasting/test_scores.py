"""Scores against closed forms and brute force."""

import numpy as np
import pytest
from scipy.stats import norm

from bayescale.forecasting import scores

SD = 0.02


def normal(runs=3, draws=40_000):
    """Draws of a log-normal loss of median 2."""
    return 2.0 * np.exp(SD * np.random.default_rng(0).standard_normal((draws, runs)))


def test_crps_is_that_of_a_normal():
    """Gneiting & Raftery 2007, Eq 21."""
    observed = 2.0 * np.exp(SD * np.array([0.0, 1.0, -2.5]))
    z = np.log(observed / 2.0) / SD
    exact = 100 * SD * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert scores.crps(normal(), observed) == pytest.approx(exact, rel=0.03)  # 40,000 draws: 0.5 % of a deviation


def test_crps_is_fair_and_by_brute_force():
    draws, observed = normal(2, 7), np.array([1.9, 2.1])
    x, y = np.log(draws), np.log(observed)
    pairs = np.abs(x[:, None] - x[None]).sum(axis=(0, 1)) / (7 * 6)
    assert scores.crps(draws, observed) == pytest.approx(100 * (np.abs(x - y).mean(axis=0) - pairs / 2), rel=1e-12)


def test_intervals_of_a_normal():
    draws, observed = normal(), 2.0 * np.exp(SD * np.array([0.0, 1.5, 2.5]))
    assert scores.covered(draws, observed).tolist() == [[True, False, False], [True, False, False],
                                                        [True, True, False], [True, True, False]]  # fmt: skip
    assert scores.widths(draws)[2] == pytest.approx(200 * SD * norm.ppf(0.95), rel=0.03)
    miss = np.maximum(np.array([0, 1.5, 2.5]) - norm.ppf(0.95), 0)
    exact = 100 * SD * (2 * norm.ppf(0.95) + 20 * miss)
    assert scores.interval_score(draws, observed) == pytest.approx(exact, rel=0.05)
    assert scores.errors(draws, observed) == pytest.approx(-100 * SD * np.array([0, 1.5, 2.5]), abs=0.04)
    assert scores.pit(draws, observed) == pytest.approx(norm.cdf([0, 1.5, 2.5]), abs=0.01)


def test_ties_count_half():
    assert scores.pit(np.full((10, 1), 2.0), np.array([2.0])) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "draws, observed, message",
    [
        (np.ones(3), np.ones(3), "two draws or more"),
        (np.ones((5, 3)), np.ones(2), "wanted one loss a run"),
        (np.ones((5, 1)), np.array([np.nan]), "observed losses are NaN"),
        (-np.ones((5, 1)), np.ones(1), "forecast losses are NaN"),
    ],
)
def test_bad_input_is_refused(draws, observed, message):
    with pytest.raises(ValueError, match=message):
        scores.crps(draws, observed)


@pytest.mark.parametrize("name", ["baselines", "scores", "stacking"])
def test_public_modules_list_their_functions(name):
    import bayescale as bs

    module = getattr(bs, name)
    assert list(module.__all__) == sorted(module.__all__)
    for function in module.__all__:
        assert callable(getattr(module, function)) and getattr(module, function).__doc__
