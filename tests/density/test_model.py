"""The model: plain PyMC, whatever one wishes to do with it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pymc as pm
import pytest
from scipy.stats import ks_2samp

import bayescale as bs
from bayescale import Prior
from bayescale.laws import chinchilla


def test_names_and_dims(runs):
    built = bs.model(chinchilla, runs)
    assert {v.name for v in built.free_RVs} == {"E", "excess_N", "alpha_N", "excess_D", "alpha_D", "sigma"}
    assert {v.name for v in built.deterministics} == {"A", "B", "a", "gamma"}
    assert [v.name for v in built.observed_RVs] == ["loss"]
    assert built.named_vars_to_dims["loss"] == ("run",)
    assert built["N0"].get_value() == pytest.approx(np.exp(np.log(runs["N"]).mean()))


def test_reference_can_be_set(runs):
    law = replace(chinchilla, reference={"N0": 1e9})
    built = bs.model(law, runs)
    assert built["N0"].get_value() == 1e9
    assert built["D0"].get_value() == pytest.approx(np.exp(np.log(runs["D"]).mean()))


def test_prior_predictive_of_pymc_is_ours(runs):
    with bs.model(chinchilla, runs):
        theirs = pm.sample_prior_predictive(draws=1000, random_seed=1)
    ours = bs.predict(chinchilla, bs.sample_prior(chinchilla, runs, draws=1000, seed=2), runs, seed=3)
    for run in (0, 7):
        a = theirs["prior_predictive"]["loss"].isel(run=run).values.ravel()
        b = ours["loss"].isel(run=run).values.ravel()
        assert ks_2samp(a, b).pvalue > 1e-3  # two samples of one distribution fail once in a thousand


def test_entropy_is_below_each_groups_own_smallest_loss(runs):
    two = pd.concat([runs.assign(family="web"), runs.assign(family="code", loss=runs["loss"] / 3)], ignore_index=True)
    law = replace(
        chinchilla,
        priors={**chinchilla.priors, "E": Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family")},
    )
    E = bs.sample_prior(law, two, draws=4000, seed=0)["prior"]["E"]
    for family, rows in two.groupby("family"):
        smallest = rows["loss"].min()
        top = float(E.sel(family=family).max())
        assert 0.99 * smallest < top <= smallest


def test_no_runs_needs_a_reference(runs):
    with pytest.raises(ValueError, match="no runs.*reference.*N0"):
        bs.model(chinchilla, runs.iloc[:0])


def test_without_data_the_posterior_is_the_prior(runs):
    law = replace(chinchilla, reference={"N0": 1e9, "D0": 2e10, "loss_min": 2.1})
    empty = runs.iloc[:0]
    with bs.model(law, empty):
        post = pm.sample(500, tune=500, chains=2, random_seed=5, nuts_sampler="nutpie", progressbar=False)
    prior = bs.sample_prior(law, empty, draws=2000, seed=1)
    for name in law.parameters:
        after = post["posterior"][name].values.ravel()[::4]  # thinned, so that the test's independence holds
        assert ks_2samp(after, prior["prior"][name].values.ravel()).pvalue > 1e-3, name


def test_non_unique_index_is_taken(runs):
    assert bs.model(chinchilla, runs.set_index(np.zeros(len(runs), int))).coords["run"] == tuple(range(len(runs)))
