"""Posterior predictive checks, in one tree with all that ArviZ needs."""

import warnings

import arviz as az
import numpy as np
import pytest
import xarray as xr

import bayescale as bs
from bayescale.laws import chinchilla


@pytest.fixture(scope="module")
def tree(post, runs):
    return bs.ppc(chinchilla, post, runs, seed=1)


def test_the_fitted_runs_come_with_all_groups_of_the_fit(tree, post, runs):
    assert set(tree.children) == {*post.children, "posterior_predictive"} and tree.attrs == post.attrs
    assert "posterior_predictive" not in post.children
    assert (tree["posterior_predictive"]["run"].values == post["log_likelihood"]["run"].values).all()
    xr.testing.assert_identical(tree["log_likelihood"].to_dataset(), post["log_likelihood"].to_dataset())


@pytest.mark.parametrize("change", [lambda t: t.iloc[:-1], lambda t: t.iloc[::-1], lambda t: t.assign(N=3e9, loss=2.2)])
def test_other_runs_come_alone(post, runs, change):
    assert set(bs.ppc(chinchilla, post, change(runs), seed=1).children) == {"posterior_predictive", "observed_data"}


@pytest.mark.parametrize("name", ["plot_ppc_dist", "plot_loo_pit", "plot_loo_interval", "plot_ppc_pit"])
def test_arviz_draws_it(tree, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert getattr(az, name)(tree) is not None


def test_arviz_sees_priors_that_hardly_matter(tree):
    told = az.psense_summary(tree, var_names=["E", "alpha_N"], round_to=3)
    assert told.index.tolist() == ["E", "alpha_N"] and (told["prior"].astype(float) < 0.5).all()
    az.plot_psense_dist(tree, var_names=["alpha_N"])


def test_leave_one_out_of_the_true_law_is_calibrated(tree):
    pit = az.loo_pit(tree)["loss"].to_numpy()
    assert 0.35 < pit.mean() < 0.65 and np.std(pit) == pytest.approx(12**-0.5, abs=0.1)
