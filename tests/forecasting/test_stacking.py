"""stacking: weights go to the law that is true, and a mixture draws in proportion."""

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.forecasting.log_scores import log_left_out, log_predictive
from bayescale.forecasting.predict import predict
from bayescale.forecasting.stacking import mixture, stacked, weights
from bayescale.laws import chinchilla, henighan2020, kaplan2020
from tests.conftest import simulate

LAWS = {"chinchilla": chinchilla, "line": kaplan2020.L_ND}


@pytest.fixture(scope="module")
def table():
    return simulate(60, seed=2)


def test_weights_maximise_the_log_density():
    rng = np.random.default_rng(0)
    logs = rng.normal(size=(3, 40))
    found = stacked(logs)
    best = np.log(found @ np.exp(logs)).sum()
    assert found.sum() == pytest.approx(1) and (found >= 0).all()
    for _ in range(200):
        other = rng.dirichlet(np.ones(3))
        assert np.log(other @ np.exp(logs)).sum() <= best + 1e-6


@pytest.mark.parametrize("by", ["future", "loo"])
def test_the_true_law_has_the_weight(table, by):
    found = weights(LAWS, table, by=by, seed=1)
    assert found.sum() == pytest.approx(1) and found["chinchilla"] > 0.9


def test_a_mixture_is_of_its_laws(table):
    train, test = table[:50], table[50:].drop(columns="loss")
    draws = mixture(LAWS, "equal")(train, test, 3)
    each = []
    for law in LAWS.values():
        post = bs.fit(law, train, method="laplace", seed=3, progressbar=False)
        each.append(np.sort(predict(law, post, test, seed=3)["loss"].to_numpy().reshape(-1, len(test))[:, 0]))
    half = np.concatenate([one[::2] for one in each])
    # two samples of 4000 from one distribution: the largest gap of their shares is below 0.036 at the 1 % level
    at = np.quantile(half, np.linspace(0.05, 0.95, 19))
    ours, theirs = ((sample[:, None] <= at).mean(axis=0) for sample in (draws[:, 0], half))
    assert np.abs(ours - theirs).max() < 0.036


def test_density_of_new_runs_integrates_to_one(table):
    post = bs.fit(chinchilla, table, method="laplace", seed=1, progressbar=False)
    grid = np.linspace(np.log(2.0), np.log(4.0), 4001)
    run = pd.DataFrame({"N": 1e10, "D": 2e11, "loss": np.exp(grid)})
    assert np.trapezoid(np.exp(log_predictive(chinchilla, post, run)), grid) == pytest.approx(1.0, abs=0.01)


def test_left_out_is_arvizs(table):
    import arviz as az

    post = bs.fit(chinchilla, table, method="laplace", seed=1, progressbar=False)
    ours = log_left_out(chinchilla, post, table) - np.log(table["loss"].to_numpy())  # of the loss, not of its log
    theirs = az.loo(post, pointwise=True, reff=1.0).elpd_i
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_few_runs_are_stacked_in_equal_parts(table):
    laws = {"floor": henighan2020.L_C, "line": kaplan2020.L_C}
    one = mixture(laws, "future")(table[:4], table[4:6], 1)
    assert (one == mixture(laws, "equal")(table[:4], table[4:6], 1)).all()


def test_refusals(table):
    with pytest.raises(ValueError, match="'aic'; wanted one of"):
        weights(LAWS, table, by="aic")
    with pytest.raises(ValueError, match="no laws"):
        weights({}, table)
    with pytest.raises(ValueError, match="leave none to hold out"):
        weights(LAWS, table[:4])
    with pytest.raises(ValueError, match="column 'loss'"):
        log_predictive(chinchilla, bs.sample_prior(chinchilla, table, seed=1), table.drop(columns="loss"))
