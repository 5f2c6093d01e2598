"""backtest: an expanding window, for laws and for functions."""

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.laws import chinchilla
from tests.conftest import simulate


def last(train, test, seed):
    """The loss of the largest run, give or take."""
    rng = np.random.default_rng(seed)
    largest = train["loss"].to_numpy()[np.argmax(train["C"])]
    return largest * np.exp(0.01 * rng.standard_normal((500, len(test))))


def test_no_run_is_fitted_and_forecast():
    runs = simulate(30, seed=1)
    seen = []

    def spy(train, test, seed):
        assert "loss" in train and "loss" not in test
        seen.append((train["C"].max(), test["C"].min(), len(train), len(test)))
        return last(train, test, seed)

    found = bs.backtest(spy, runs, seed=0)
    assert len(seen) == found.sizes["cut"] == 6
    for (most, least, train, test), cut in zip(seen, found["cut"].to_numpy(), strict=True):
        assert most <= cut < least and train + test == 30
    assert found["trained"].to_numpy().tolist() == [12, 15, 18, 21, 24, 27]
    held = found["ratio"].notnull()
    assert (found["error"].notnull() == held).all() and (found["covered"].notnull() == held).all()
    assert float(found["ratio"].min()) > 1


def test_a_true_law_is_calibrated():
    """Its own data, sixty runs a table: 90 % intervals hold nine tenths of the runs beyond the cut."""
    inside = []
    for seed in range(6):
        with pytest.warns(UserWarning, match=r"\[inf\] of 'C' are left out"):
            found = bs.backtest(chinchilla, simulate(60, seed=seed), cuts=[np.inf, 1e21], seed=seed)
        assert found.sizes["cut"] == 1 and float(found["converged"][0]) == 1 and not found["reason"].item()
        inside.append(float(found["covered"].sel(level=0.9).mean()))
    # Runs of one table err together; six tables leave a standard error of about 0.05.
    assert 0.75 < np.mean(inside) <= 1.0


def test_other_orders_and_given_cuts():
    runs = simulate(20, seed=0)
    found = bs.backtest(last, runs.assign(C=6 * runs.N * runs.D), by="N", cuts=[float(runs["N"].median())], seed=0)
    assert found.sizes["cut"] == 1 and found.attrs["by"] == "N" and found.attrs["forecaster"] == "last"


def test_a_failure_is_kept_with_its_reason():
    def fails(train, test, seed):
        raise ValueError("no such thing")

    found = bs.backtest(fails, simulate(20, seed=0), seed=0)
    assert all("no such thing" in reason for reason in found["reason"].to_numpy())
    assert found["crps"].isnull().all()


def test_nothing_to_forecast_is_refused():
    runs = simulate(4, seed=0)
    with pytest.raises(ValueError, match="no cut"):
        bs.backtest(last, runs)
    with pytest.raises(ValueError, match="no numbers 'year'"):
        bs.backtest(last, simulate(20, seed=0), by="year")
    with pytest.raises(ValueError, match="no numbers 'C'"):
        bs.backtest(last, pd.DataFrame({"N": [1e9, 2e9], "loss": [3.0, 2.0]}))
