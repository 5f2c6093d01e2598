"""`fit` and `predict`: parameters are recovered, groups are complete, draws repeat, and warnings name problems."""

import json
import warnings
from dataclasses import replace

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr

import bayescale as bs
from bayescale import Prior
from bayescale.laws import chinchilla, kaplan2020
from bayescale.laws.henighan2020 import L_C
from bayescale.modelling import noises
from tests.conftest import QUICK, TRUTH, expected, pooled, simulate

#: GPT-3 models of Brown et al. 2020 up to 13B: compute (Table D.1) and LAMBADA perplexity (Table H.1).
GPT3 = pd.DataFrame(
    {
        "C": [2.25e20, 6.41e20, 1.37e21, 2.38e21, 4.77e21, 1.20e22, 2.31e22],
        "loss": np.log([18.6, 9.09, 6.53, 5.44, 4.60, 4.00, 3.56]),
    }
)


def quiet_fit(law, runs, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bs.fit(law, runs, **{"seed": 1, "progressbar": False, **options})


def test_parameters_are_recovered(post):
    p = post["posterior"]
    for name in ("E", "A", "alpha_N", "B", "alpha_D", "sigma"):
        # For one data set in 16,000 the truth is more than four standard deviations from the posterior mean.
        assert abs(float(p[name].mean()) - TRUTH[name]) < 4 * float(p[name].std()), name


def test_default_fit_converges(post):
    assert post.attrs["converged"] == 1, post.attrs["verdict"]
    assert "0 divergences" in post.attrs["verdict"]


def test_groups_and_provenance(post, runs):
    assert {"posterior", "prior", "sample_stats", "observed_data", "constant_data", "log_likelihood", "fitted"} <= set(
        post.children
    )
    assert set(post["posterior"].data_vars) == {*chinchilla.parameters, "sigma", *chinchilla.derived}
    assert all("run" not in v.dims for v in post["posterior"].data_vars.values())
    assert post.attrs["law"] == "hoffmann2022.chinchilla"
    assert "E + excess_N * (N / N0) ** (-alpha_N)" in post.attrs["law_text"]
    assert json.loads(post.attrs["reference"])["N0"] == pytest.approx(float(post["constant_data"]["N0"]))
    assert len(post.attrs["data_sha256"]) == 64 and post.attrs["seed"] == 1
    assert {"pymc", "nutpie", "bayescale"} <= set(json.loads(post.attrs["versions"]))


def test_log_likelihood_is_that_of_pymc(post, runs):
    few = post.isel(draw=slice(0, 5)).copy()
    own = few["log_likelihood"]["loss"]
    del few["log_likelihood"]
    with bs.model(chinchilla, runs):
        by_pymc = pm.compute_log_likelihood(few, progressbar=False, extend_inferencedata=False)
    np.testing.assert_allclose(own.values, by_pymc["loss"].values, rtol=1e-8, atol=1e-8)


def test_arviz_accepts_a_posterior_and_netcdf_keeps_it(post, tmp_path):
    assert az.loo(post).elpd > 0
    post.to_netcdf(tmp_path / "post.nc")
    again = xr.open_datatree(tmp_path / "post.nc").load()
    assert again.attrs["verdict"] == post.attrs["verdict"]
    xr.testing.assert_identical(chinchilla(again, N=1e9, D=1e11), chinchilla(post, N=1e9, D=1e11))


def test_same_seed_same_draws(post, runs):
    again = quiet_fit(chinchilla, runs)
    np.testing.assert_array_equal(again["posterior"]["E"].values, post["posterior"]["E"].values)


def test_expected_loss_and_new_run(post):
    new = pd.DataFrame({"N": [1e9, 7e10], "D": [2e10, 1.4e12]})
    predicted = bs.predict(chinchilla, post, new, seed=2)
    assert predicted["loss"].dims == ("chain", "draw", "run")
    xr.testing.assert_allclose(
        predicted["mu"].drop_vars(["N", "D", "run"]),
        chinchilla(post, N=new["N"], D=new["D"]).rename("mu"),
    )
    inside = predicted["loss"].quantile([0.05, 0.95], ("chain", "draw"))
    assert float(inside[0, 0]) < expected(1e9, 2e10) < float(inside[1, 0])
    width = lambda name: float(predicted[name].isel(run=0).std())  # noqa: E731
    assert width("loss") > width("mu")


def test_predictions_agree_with_pymc(post, runs):
    few = post.isel(draw=slice(0, None, 4))
    with bs.model(chinchilla, runs):
        by_pymc = pm.sample_posterior_predictive(few, random_seed=1, progressbar=False)["posterior_predictive"]["loss"]
    own = bs.predict(chinchilla, few, runs, seed=1)["loss"]
    quantiles = [loss.quantile([0.1, 0.5, 0.9], ("chain", "draw")).values for loss in (by_pymc, own)]
    # 1000 draws each and noise of 0.5 %: the standard error of a 90 % quantile is about 0.03 %.
    np.testing.assert_allclose(*quantiles, rtol=2e-3)


@pytest.mark.parametrize("sampler", ["pymc", "numpyro"])
def test_other_samplers_agree(sampler, post, runs):
    other = quiet_fit(chinchilla, runs, nuts_sampler=sampler, **{k: v for k, v in QUICK.items() if k != "cores"})
    for name in ("E", "alpha_N", "a"):
        difference = float(other["posterior"][name].mean() - post["posterior"][name].mean())
        # At least 100 effective draws: the mean has a standard error of at most 0.1 sd. Four of these are allowed.
        assert abs(difference) < 0.4 * float(post["posterior"][name].std()), name


def test_unidentified_parameters_are_named():
    """Compute varies by one percent, as the noise does, so the runs say nothing on E or alpha_C."""
    rng = np.random.default_rng(0)
    C = 1e21 * np.exp(rng.uniform(-0.005, 0.005, size=12))
    runs = pd.DataFrame({"C": C, "loss": 2.3 * np.exp(0.01 * rng.standard_normal(12))})
    with pytest.warns(RuntimeWarning, match="do not identify"):
        post = bs.fit(L_C, runs, seed=1, progressbar=False)
    assert "do not identify E, excess_C, alpha_C" in post.attrs["verdict"], post.attrs["verdict"]


def test_outliers_are_named(runs):
    wild = runs.copy()
    wild.loc[5, "loss"] *= 1.3
    with pytest.warns(RuntimeWarning, match=r"far outside the noise.*5 \(\+"):
        bs.fit(chinchilla, wild, seed=1, **QUICK)


def test_gpt3_forecast():
    post = quiet_fit(L_C, GPT3)
    assert post.attrs["converged"], post.attrs["verdict"]
    low, high = bs.predict(L_C, post, pd.DataFrame({"C": [3.14e23]}), seed=1)["loss"].quantile([0.05, 0.95]).values
    assert low < 1.099 < high  # ln perplexity of the 175B model


def test_random_seed_raises(runs):
    with pytest.raises(TypeError, match="seed="):
        bs.fit(chinchilla, runs, random_seed=3)


def test_a_posterior_of_another_law_raises(post):
    with pytest.raises(ValueError, match="does not belong.*kaplan2020.L_ND"):
        kaplan2020.L_ND(post, N=1e9, D=1e10)
    with pytest.raises(ValueError, match="sigma_slope"):
        bs.predict(replace(chinchilla, noise=noises.by_compute), post, pd.DataFrame({"N": [1e9], "D": [1e10]}))


def families(n: int) -> pd.DataFrame:
    tables = [simulate(20, seed=g).assign(family=f"f{g}") for g in range(n)]
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("n", [2, 6])
def test_partial_pooling_without_divergences(n):
    runs = families(n)
    post = quiet_fit(pooled(centered=False), runs)
    assert int(post["sample_stats"]["diverging"].sum()) == 0
    assert float(post["posterior"]["E"].mean()) == pytest.approx(TRUTH["E"], abs=0.15)
    assert post["posterior"]["alpha_N"].dims == ("chain", "draw", "family")
    loss = pooled()(post, N=1e9, D=2e10, family="f1")
    assert loss.dims == ("chain", "draw")
    predicted = bs.predict(pooled(), post, runs.head(3))
    assert predicted["loss"].shape[-1] == 3


def test_long_tables_keep_fewer_draws_of_each_run(runs, monkeypatch):
    from bayescale.inference import fit as module

    monkeypatch.setattr(module, "PER_RUN", 10 * len(runs) * 4)
    post = bs.fit(chinchilla, runs, seed=1, method="laplace")
    assert post["log_likelihood"]["loss"].sizes["draw"] == 10 and post["posterior"].sizes["draw"] == 1000
    assert "influential" not in post.attrs["verdict"]


def test_one_chain_gives_a_warning_with_the_cure(runs):
    with pytest.warns(RuntimeWarning, match="draw two or more chains"):
        bs.fit(chinchilla, runs, seed=1, **{**QUICK, "chains": 1})


def test_noise_of_free_shape_is_sampled_by_pymc(runs):
    """Only PyMC has the derivative of log Gamma."""
    free_nu = replace(noises.student, priors={**noises.student.priors, "nu": Prior("Gamma", alpha=2.0, beta=0.1)})
    law = replace(chinchilla, noise=free_nu)
    with pytest.warns(RuntimeWarning, match="cannot evaluate the derivative of lgamma; drawn by NUTS"):
        post = bs.fit(law, runs, seed=1, method="laplace", **QUICK)
    assert post.attrs["method"] == "nuts" and "nu" in post["posterior"]
