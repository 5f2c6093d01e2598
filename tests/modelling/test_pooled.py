"""Pooled: one statement for each parameter, and the priors that it makes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Prior
from bayescale.inference.sample_prior import sample_prior
from bayescale.laws import chinchilla, generalised
from bayescale.laws.henighan2020 import L_C


def test_each_parameter_is_pooled_as_stated():
    law = bs.pooled(chinchilla, "on", "own", alpha_N="shared", alpha_D="partial", sigma="own")
    assert law.priors["alpha_N"] == chinchilla.priors["alpha_N"]
    assert law.priors["E"].dims == ("on",) and law.priors["E"].unit == "loss_min"
    assert law.priors["alpha_D"].args["mu"] == Prior("Normal", mu=-1.2, sigma=0.8)
    assert law.noise.priors["sigma"].dims == ("on",) and law.noise.priors["nu"] == chinchilla.noise.priors["nu"]
    assert law.groups == ("on",) and chinchilla.groups == ()
    assert bs.pooled(chinchilla, "on").priors == chinchilla.priors


def test_a_prior_replaces_the_prior():
    two = Prior("LogNormal", mu=-1, sigma=1, dims=("family", "on"))
    assert bs.pooled(L_C, "on", alpha_C=two).priors["alpha_C"] is two


def test_numbers_stay_numbers():
    fixed = replace(L_C, priors={**L_C.priors, "E": 1.5})
    assert bs.pooled(fixed, "on", "own").priors["E"] == 1.5
    with pytest.raises(ValueError, match="is the number 1.5; give it a Prior"):
        bs.pooled(fixed, "on", E="own")


@pytest.mark.parametrize("name", ["E", "alpha_C"])
def test_partial_keeps_the_prior_of_a_group_about_as_it_was(name):
    """The centre has the law's prior, and groups scatter about it by about a third of its spread."""
    runs = pd.DataFrame({"C": np.geomspace(1e18, 1e20, 8), "loss": np.linspace(3, 2.5, 8), "on": ["a", "b"] * 4})
    prior = sample_prior(bs.pooled(L_C, "on", **{name: "partial"}), runs, draws=4000, seed=1)["prior"]
    alone = sample_prior(L_C, runs, draws=4000, seed=1)["prior"][name].to_numpy().ravel()
    groups = prior[name].to_numpy().reshape(-1, 2)
    scale = np.log if name == "alpha_C" else lambda x: x
    assert np.median(scale(groups)) == pytest.approx(np.median(scale(alone)), abs=0.1 * scale(alone).std() + 0.02)
    assert 0.7 < np.corrcoef(scale(groups).T)[0, 1] < 0.98


@pytest.mark.parametrize("law", [chinchilla, bs.laws.nonembedding, bs.laws.generalised], ids=lambda law: law.name)
def test_every_parameter_of_a_law_can_be_pooled(law):
    assert set(bs.pooled(law, "on", "partial").groups) == {"on"}


@pytest.mark.parametrize("call, error, words", [
    (lambda: bs.pooled("chinchilla", "on"), TypeError, "wanted a Law"),
    (lambda: bs.pooled(L_C, ""), TypeError, "wanted the name of a column"),
    (lambda: bs.pooled(L_C, "on", "pooled"), ValueError, "Choose one of"),
    (lambda: bs.pooled(L_C, "on", alpha="own"), ValueError, "no parameter 'alpha'.*alpha_C"),
    (lambda: bs.pooled(L_C, "on", alpha_C=1.0), TypeError, "wanted one of"),
    (lambda: bs.pooled(bs.pooled(L_C, "on", "own"), "on", alpha_C="own"), ValueError, "has groups or hyperpriors"),
    (
        lambda: bs.pooled(replace(L_C, priors={**L_C.priors, "E": Prior("HalfNormal", sigma=1)}), "on", E="partial"),
        ValueError,
        "no partially pooled form",
    ),
    (lambda: bs.pooled(generalised, "on", sigma="own"), ValueError, "does not go with a discrepancy"),
])  # fmt: skip
def test_what_cannot_be_pooled_says_so(call, error, words):
    with pytest.raises(error, match=words):
        call()
