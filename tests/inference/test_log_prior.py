"""Log density of the priors at draws, and what ArviZ makes of it."""

from dataclasses import replace

import arviz as az
import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy import stats

import bayescale as bs
from bayescale import Prior
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.inference.log_prior import log_prior
from bayescale.inference.sample_prior import draw_prior
from bayescale.laws import chinchilla
from tests.conftest import pooled, simulate


def test_it_is_the_density_of_each_prior(post):
    lowest, draws, found = float(post["constant_data"]["loss_min"]), post["posterior"], post["log_prior"]
    assert set(found.data_vars) == {*chinchilla.parameters, "sigma"} and found["E"].dims == ("chain", "draw")
    np.testing.assert_allclose(found["E"], stats.uniform(0, lowest).logpdf(draws["E"]))
    prior = chinchilla.priors["excess_N"]
    assert isinstance(prior, Prior) and prior.unit == "loss_min"
    by_hand = stats.lognorm(prior.args["sigma"], scale=lowest * np.exp(prior.args["mu"])).logpdf(draws["excess_N"])
    np.testing.assert_allclose(found["excess_N"], by_hand)


def test_groups_and_hyperparameters_are_those_of_pymc():
    runs = simulate(12, seed=1).assign(family=list("ab") * 6)
    law = pooled()
    bound = Bound(law, check(law, runs))
    drawn = draw_prior(bound, 20, np.random.default_rng(0))
    free = drawn[list(law.variables)]
    ours = log_prior(bound, drawn)
    with bs.model(law, runs):
        theirs = pm.stats.compute_log_prior(xr.DataTree.from_dict({"posterior": free}), progressbar=False)["log_prior"]
    assert set(theirs.data_vars) == set(ours.data_vars) >= {"alpha_N_mu", "alpha_N_sigma"}
    for name in ours.data_vars:
        np.testing.assert_allclose(ours[name], theirs[name].transpose(*ours[name].dims), rtol=1e-6)


def test_a_prior_that_only_pymc_has_leaves_the_group_out(runs):
    law = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": Prior("Kumaraswamy", a=2, b=3)})
    bound = Bound(law, check(law, runs))
    with pytest.raises(ValueError, match="by PyMC only"):
        log_prior(bound, xr.Dataset({name: (("chain", "draw"), np.ones((1, 2))) for name in law.variables}))


def test_a_dominant_prior_is_seen_by_arviz(runs):
    narrow = Prior("LogNormal", mu=np.log(0.5), sigma=0.01)
    law = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": narrow})
    told = az.psense_summary(bs.fit(law, runs, method="laplace", seed=1), var_names=["alpha_N"], round_to=3)
    assert float(told.loc["alpha_N", "prior"]) > 0.05  # the limit of ArviZ
