"""Sensitivity of the frontier: weights agree with fits, and every kind of change is there."""

import numpy as np
import pytest

import bayescale as bs
from bayescale.forecasting.trust.sensitivity import changed, with_prior
from bayescale.laws import chinchilla


@pytest.fixture(scope="module")
def fitted(runs):
    runs = runs.assign(recipe=np.where(np.arange(len(runs)) % 2, "a", "b"))
    return runs, bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)


@pytest.fixture(scope="module")
def table(fitted):
    runs, post = fitted
    return bs.frontier_sensitivity(chinchilla, post, runs, 1e23, groups=["recipe"], seed=1)


def _mean_log_loss(law, runs):
    post = bs.fit(law, runs, method="laplace", seed=2, progressbar=False)
    return float(np.log(bs.frontier(law, post, 1e23)["loss"]).mean())


def test_every_kind_of_change_is_in_the_table(table):
    assert set(table["kind"]) == {"prior", "noise", "run", "range", "group"}
    assert table["loss"].abs().is_monotonic_decreasing
    assert set(table.loc[table["kind"] == "group", "change"]) == {"without recipe a", "without recipe b"}


def test_weights_agree_with_a_new_fit(fitted, table):
    runs, post = fitted
    log_loss = np.log(bs.frontier(chinchilla, post, 1e23)["loss"])
    base, spread = float(log_loss.mean()), float(log_loss.std())
    rows = table.set_index("change")
    other = with_prior(chinchilla, "alpha_D", changed(chinchilla.priors["alpha_D"], "doubled"))
    run = next(change for change in rows.index if change.startswith("without run "))
    left = runs.drop(index=runs.index[[str(i) == run.removeprefix("without run ") for i in runs.index]])
    assert len(left) == len(runs) - 1
    for change, law, part in (("alpha_D doubled", other, runs), (run, chinchilla, left)):
        assert rows["k"][change] < 0.7
        expected = (_mean_log_loss(law, part) - base) / spread
        # Two means of some thousand draws each: three standard errors are about .1 standard deviations.
        assert rows["loss"][change] == pytest.approx(expected, abs=0.1)


def test_wrong_input_is_refused(fitted):
    runs, post = fitted
    with pytest.raises(ValueError, match="wanted one budget"):
        bs.frontier_sensitivity(chinchilla, post, runs, [1e22, 1e23])
    with pytest.raises(ValueError, match="no columns of the runs"):
        bs.frontier_sensitivity(chinchilla, post, runs, 1e23, groups=["colour"])
