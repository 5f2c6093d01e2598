"""Baselines: known truths, the published minimum, and what each refuses."""

import numpy as np
import pandas as pd
import pytest

from bayescale.data.literature.catalogue import load
from bayescale.forecasting import baselines
from tests.conftest import TRUTH, expected, simulate


def test_the_minimum_of_the_papers(shared_data):
    """Objectives at least as small as those of the reference, and its parameters (240 points)."""
    known = pd.read_csv(shared_data / "reference_huber_fits.csv").iloc[0]
    runs = load("besiroglu2024")
    runs = runs[~runs["excluded"]]
    x, z = np.log(runs[["N", "D"]].to_numpy().T), np.log(runs["loss"].to_numpy())
    found = baselines.huber_fit(x, z)
    assert baselines.huber(found, x, z)[0] <= known["objective"] * (1 + 1e-7)
    assert np.exp(found[0]) == pytest.approx(known["E"], rel=1e-4)
    np.testing.assert_allclose(found[3:], known[["alpha", "beta"]].to_numpy(float), rtol=1e-3)


def test_exact_losses_give_the_truth_back():
    runs = simulate(40, seed=1)
    x = np.log(runs[["N", "D"]].to_numpy().T)
    found = baselines.huber_fit(x, np.log(expected(runs["N"], runs["D"]).to_numpy()))
    np.testing.assert_allclose(np.exp(found[:3]), [TRUTH["E"], TRUTH["A"], TRUTH["B"]], rtol=0.02)


def test_gradient():
    rng = np.random.default_rng(0)
    x, z, p = rng.normal(0, 1, (2, 30)), rng.normal(1, 0.3, 30), np.array([0.2, -0.5, -0.4, 0.3, 0.5])
    for delta in (1e-3, 10.0):
        ends = [[baselines.huber(p + s * e, x, z, delta)[0] for s in (1e-6, -1e-6)] for e in np.eye(5)]
        steps = [(high - low) / 2e-6 for high, low in ends]
        np.testing.assert_allclose(baselines.huber(p, x, z, delta)[1], steps, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, ("N", "D")),
        ({"D": 3e11}, ("N",)),
        ({"N": 1e9}, ("D",)),
        ({"line": True}, ("C",)),
    ],
)
def test_the_law_has_the_terms_that_the_design_tells_apart(change, wanted):
    runs = simulate(20, seed=2)
    if change.pop("line", False):
        runs = runs.assign(D=20 * runs["N"])
    assert baselines.terms(runs.assign(**change)) == wanted


@pytest.mark.parametrize("few", [5, 60])
def test_huber_forecasts(few):
    """Near its runs, the median is within five deviations of the noise of the truth, and the spread of its order."""
    runs, new = simulate(few, seed=3), pd.DataFrame({"N": [2e9], "D": [4e10], "C": [4.8e20]})
    draws = baselines.huber_bootstrap(runs, new, seed=1)
    assert draws.shape == (baselines.DRAWS, 1)
    assert abs(np.log(np.median(draws) / expected(2e9, 4e10))) < (5 * TRUTH["sigma"] if few == 60 else 0.3)
    assert np.log(draws).std() < (0.05 if few == 60 else 1.0)
    np.testing.assert_array_equal(draws, baselines.huber_bootstrap(runs, new, seed=1))


def test_a_power_law_and_its_spread():
    """Coverage of the 90 % interval on simulated lines: 0.9 within three deviations of 400 trials."""
    rng = np.random.default_rng(4)
    hits = 0
    for k in range(400):
        C = np.geomspace(1e18, 1e20, 8)
        losses = 3 * (C / 1e19) ** -0.05 * np.exp(0.01 * rng.standard_normal(8))
        new = 3 * (1e22 / 1e19) ** -0.05 * np.exp(0.01 * rng.standard_normal())
        draws = baselines.power_law(pd.DataFrame({"C": C, "loss": losses}), pd.DataFrame({"C": [1e22]}), seed=k)
        low, high = np.quantile(draws, [0.05, 0.95])
        hits += low <= new <= high
    assert abs(hits / 400 - 0.9) < 3 * np.sqrt(0.09 / 400)


def test_last_value():
    train = pd.DataFrame({"N": [3e8, 1e8, 2e8], "loss": [2.0, 3.0, 2.4]})
    draws = baselines.last_value(train, pd.DataFrame({"N": [1e9]}), seed=0)
    assert np.exp(np.log(draws).mean()) == pytest.approx(2.0, rel=0.05)


def test_refused():
    with pytest.raises(ValueError, match="four runs"):
        baselines.power_law(pd.DataFrame({"C": [1.0, 2.0], "loss": [2.0, 1.0]}), pd.DataFrame({"C": [3.0]}), 0)
    with pytest.raises(ValueError, match="needs N, D or C"):
        baselines.last_value(pd.DataFrame({"loss": [2.0, 1.0]}), pd.DataFrame({"x": [3.0]}), 0)
