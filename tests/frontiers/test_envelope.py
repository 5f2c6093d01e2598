"""Envelope: the smallest loss of noisy curves, without the winner's curse."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.frontiers.approaches.envelope import Minima, _at_budgets

ALPHA, BETA, N_MIDDLE, MIDDLE = 0.34, 0.28, 4e8, 3e19
A = BETA / (ALPHA + BETA)


def truth(C):
    """N* and L* at a budget C."""
    return N_MIDDLE * (C / MIDDLE) ** A, 1.8 + 0.7 * (C / MIDDLE) ** (-ALPHA * BETA / (ALPHA + BETA))


def curves(noise=0.01, seed=1, sizes=20):
    """Training curves of 20 sizes, with independent errors of checkpoints."""
    rng, parts = np.random.default_rng(seed), []
    for i, N in enumerate(np.geomspace(3e7, 5e9, sizes)):
        C = np.geomspace(1e18, 1e21, 40)
        best, smallest = truth(C)
        u = np.log(N / best)
        loss = 1.8 + (smallest - 1.8) * (A * np.exp(-ALPHA * u) + (1 - A) * np.exp(BETA * u))
        loss = loss * np.exp(noise * rng.normal(size=len(C)))
        parts.append(pd.DataFrame({"run": f"run {i}", "N": N, "D": C / 6 / N, "loss": loss}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def post():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bs.envelope(curves(), draws=250, seed=1)


def test_the_lowest_of_noisy_curves_is_too_low_and_the_envelope_is_not(post):
    lowest = post["constant_data"].to_dataset()
    _, smallest = truth(lowest["C"])
    naive = float(np.log(lowest["loss"] / smallest).mean())
    assert naive < -0.005  # half a standard deviation of the noise
    C = 1e20
    low, middle, high = np.log(bs.optimal(post, C)["loss"] / truth(C)[1]).quantile([0.005, 0.5, 0.995]).to_numpy()
    assert low < 0 < high and abs(middle) < abs(naive) / 2
    assert float(lowest["excess"].mean()) == pytest.approx(naive, abs=0.006)


def test_the_optimal_size_covers_the_truth(post):
    low, high = np.log(bs.optimal(post, 1e20)["N"] / truth(1e20)[0]).quantile([0.005, 0.995]).to_numpy()
    assert low < 0 < high
    low, high = post["posterior"]["a"].quantile([0.005, 0.995]).to_numpy()
    assert low < A < high
    assert 0 < post.attrs["share"] <= 1 and isinstance(json.loads(post.attrs["warnings"]), list)


def test_the_density_of_a_minimum_is_that_of_simulated_minima():
    """The probability that a run wins and the mean of the lowest value, against a simulation."""
    y, N, C = _at_budgets(curves(), 6.0)
    density = Minima(y[5:6], N, C[5:6])
    p = density.coordinates.natural(density.coordinates.start({"log_sigma": -4.0, "log_curve": -2.5})[None])
    mean, sigma = density.mean(p)[0][0, 0], float(p["sigma"][0])
    rng = np.random.default_rng(1)
    simulated = mean + sigma * rng.normal(size=(20_000, len(mean)))
    grid = np.linspace(mean.min() - 6 * sigma, mean.min() + 4 * sigma, 400)
    from scipy import stats

    every = stats.norm.sf((grid[:, None] - mean) / sigma)
    parts = stats.norm.pdf((grid[:, None] - mean) / sigma) / sigma
    joint = np.stack([parts[:, i] * np.delete(every, i, axis=1).prod(axis=1) for i in range(len(mean))], 1)
    wins = joint.sum(0) * (grid[1] - grid[0])
    assert np.allclose(wins, np.bincount(simulated.argmin(1), minlength=len(mean)) / 20_000, atol=0.015)
    # The class's likelihood at an observed winner and value is this density.
    density.winner, density.least = np.array([3]), grid[200:201]
    one = density._value(density.coordinates.start({"log_sigma": -4.0, "log_curve": -2.5})[None])
    density.winner, density.least = np.array([7]), grid[210:211]
    two = density._value(density.coordinates.start({"log_sigma": -4.0, "log_curve": -2.5})[None])
    assert float(one[0] - two[0]) == pytest.approx(np.log(joint[200, 3] / joint[210, 7]), rel=1e-6)


def test_curves_that_do_not_suffice_are_refused():
    with pytest.raises(ValueError, match="lacks the columns"):
        bs.envelope(curves().drop(columns="run"))
    with pytest.raises(ValueError, match="wanted 3 runs"):
        bs.envelope(curves().query("run in ('run 1', 'run 2')"))
    few = curves(noise=0.0).query("N < 7e7")
    with pytest.raises(ValueError, match="one N has the lowest loss"):
        bs.envelope(few)
