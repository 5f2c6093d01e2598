"""Back-tests towards a forecast: in its direction, with its jump, and with no reassurance that the runs cannot give."""

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.forecasting.trust.cuts import direction, distinct
from bayescale.laws import chinchilla
from tests.conftest import simulate


def grid(sizes, tokens, scatter=0.01, seed=0):
    """A run for each N and D, with a power law of C and scatter."""
    N, D = (column.ravel() for column in np.meshgrid(sizes, tokens))
    noise = np.exp(scatter * np.random.default_rng(seed).standard_normal(len(N)))
    return pd.DataFrame({"N": N, "D": D, "loss": 3 * (N * D / 1e18) ** -0.05 * noise})


def power(train, test, seed):
    """The true power law, with the scatter of the runs."""
    C = (test["N"] * test["D"]).to_numpy()
    return 3 * (C / 1e18) ** -0.05 * np.exp(0.01 * np.random.default_rng(seed).standard_normal((400, len(test))))


LADDER = grid(np.geomspace(1e8, 1.28e10, 8), np.geomspace(1e10, 1e12, 5))  # N doubles


@pytest.mark.parametrize(
    ("target", "by", "times"),
    [
        ({"N": 3.2e10, "D": 1e10}, "N", 2.5),  # a larger model at less compute
        ({"N": 1e9, "D": 5e12}, "D", 5.0),
        ({"N": 2.56e10, "D": 3e12}, "C", 6.0),  # larger in both
        ({"N": 1e9, "D": 1e11}, "D", 0.1),  # within the runs
    ],
)
def test_the_direction_is_that_in_which_the_target_exceeds_the_runs_most(target, by, times):
    found = direction(LADDER, pd.DataFrame([target]))
    assert found[0] == by and found[1] == pytest.approx(times)
    tests = bs.backtest(power, LADDER, towards=pd.DataFrame([target]), seed=1, progressbar=False)
    assert tests.attrs["by"] == by and tests.attrs["times"] == pytest.approx(times)


def test_only_runs_of_a_comparable_jump_are_scored():
    tests = bs.backtest(power, LADDER, towards=pd.DataFrame([{"N": 4 * 1.28e10}]), seed=1, progressbar=False)
    jumps = tests["ratio"].where(tests["error"].notnull()).to_numpy().ravel()
    assert set(np.round(jumps[np.isfinite(jumps)])) == {2.0, 4.0, 8.0}
    told = bs.evidence(tests)
    assert told.by == "N" and told.jump == pytest.approx(4) and told.times == pytest.approx(4)
    assert told.sizes == 6 and told.reassures and "not reassure" not in str(told)
    assert f"{told.sizes}; median 4 times the largest fitted" in str(told)
    assert told.runs == int(tests["error"].notnull().sum())


def test_few_sizes_do_not_reassure():
    """Twenty runs of four sizes: two can be held out, however well they are forecast."""
    runs = grid(np.geomspace(1e8, 8e8, 4), np.geomspace(1e10, 1e12, 5))
    tests = bs.backtest(power, runs, towards=pd.DataFrame([{"N": 1.6e9}]), seed=1, progressbar=False)
    told = bs.evidence(tests)
    assert told.covered[0.9] > 0.7 and told.sizes == 2 and not told.reassures
    assert "It does not reassure: it rests on 2 distinct sizes of N, and runs of one size err together" in str(told)


def test_a_jump_that_the_runs_do_not_have_does_not_reassure():
    tests = bs.backtest(power, LADDER, towards=pd.DataFrame([{"N": 1e15}]), seed=1, progressbar=False)
    told = bs.evidence(tests)
    assert tests.sizes["cut"] >= 1 and float(tests["ratio"].max()) == pytest.approx(64)  # from two sizes on
    assert told.jump >= 32 and not told.reassures
    assert "times the largest fitted, the forecast's 7.8e+04 times" in str(told)


def test_cuts_by_compute_count_the_sizes_of_models():
    """Many budgets of three models are three sizes."""
    runs = grid([1e8, 2e8, 4e8], np.geomspace(1e10, 1e13, 12))
    told = bs.evidence(bs.backtest(power, runs, by="C", seed=1, progressbar=False))
    assert told.sizes == 3 and not told.reassures


def test_a_poor_back_test_is_a_sign(post):
    def too_low(train, test, seed):
        return 0.9 * power(train, test, seed)

    tests = bs.backtest(too_low, LADDER, towards=pd.DataFrame([{"N": 5e10}]), seed=1, progressbar=False)
    told = bs.evidence(tests)
    assert told.poor and not told.reassures
    assert "back-test by N the 90 % intervals held 0%" in bs.signs(chinchilla, post, tests)["backtest"]
    assert "backtest" not in bs.signs(chinchilla, post, bs.backtest(power, LADDER, seed=1, progressbar=False))


def test_a_back_test_without_a_forecast_says_so():
    def fails(train, test, seed):
        raise ValueError("no")

    told = bs.evidence(bs.backtest(fails, LADDER, seed=1, progressbar=False))
    assert not told.runs and not told.reassures and "says nothing" in str(told)


def test_laws_take_targets_and_several_forecasters_share_them():
    runs, target = simulate(30, seed=1), pd.DataFrame([{"N": 1e13, "D": 1e10}])
    tests = bs.backtest({"law": chinchilla, "power": power}, runs, towards=target, seed=1, progressbar=False)
    assert tests.attrs["by"] == "N" and tests.attrs["times"] > 1 and "forecaster" not in tests.attrs
    with pytest.raises(ValueError, match="select one"):
        bs.evidence(tests)
    assert bs.evidence(tests.sel(forecaster="law")).cuts == tests.sizes["cut"]


@pytest.mark.parametrize(
    ("towards", "error", "says"),
    [
        ([7e9], TypeError, "wanted a DataFrame"),
        (pd.DataFrame({"U": [1e9]}), ValueError, "wanted at least one target"),
        (pd.DataFrame({"N": []}), ValueError, "wanted at least one target"),
        (pd.DataFrame({"N": [-1.0]}), ValueError, "positive finite"),
    ],
)
def test_bad_targets_are_refused(towards, error, says):
    with pytest.raises(error, match=says):
        bs.backtest(power, LADDER, towards=towards)


def test_what_is_no_back_test_is_refused(post):
    with pytest.raises(TypeError, match="Dataset of bayescale.backtest"):
        bs.evidence(post)


def test_sizes_that_differ_little_are_one():
    assert distinct(np.array([1.0, 1.02, 1.04, 2.0, 2.01, 4.0])) == 3
