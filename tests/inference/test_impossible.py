"""Priors and fixed values that no run can agree with, and priors that the data contradict."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

import bayescale as bs
from bayescale import Prior
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.inference.impossible import refuse_impossible
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from tests.conftest import simulate


def uniform(lower, upper):
    return Prior("Uniform", lower=lower, upper=upper)


def changed(law=chinchilla, **priors):
    return replace(law, priors={**law.priors, **priors})


@pytest.mark.parametrize(
    ("name", "prior", "words"),
    [
        ("E", uniform(1000, 2000), "above the largest loss"),
        ("E", uniform(-5, -1), "below zero"),
        ("E", Prior("LogNormal", mu=7, sigma=0.1), "above the largest loss"),
        ("E", Prior("Normal", mu=-3, sigma=0.1), "below zero"),
        ("E", 1000.0, "E = 1000 is impossible"),
        ("E", 3.0, "E = 3 is impossible"),
        ("E", -1.0, "E = -1 is impossible"),
        ("excess_N", Prior("LogNormal", mu=10, sigma=1), "prior of 'excess_N'"),
        ("excess_D", uniform(1e6, 2e6), "prior of 'excess_D'"),
    ],
)
def test_a_prior_that_no_run_agrees_with_is_named_before_sampling(name, prior, words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=words) as caught:
            bs.fit(changed(**{name: prior}), simulate(30, seed=1), seed=1)
    assert name in str(caught.value)


@pytest.mark.parametrize("bounded", [("excess_N",), ("excess_N", "excess_D")])
@pytest.mark.parametrize(("E", "words"), [(uniform(-5, -1), "below zero"), (uniform(1000, 2000), "above the largest")])
def test_the_floor_beside_excesses_with_bounded_priors(E, words, bounded):
    runs, priors = simulate(30, seed=1), dict.fromkeys(bounded, uniform(0, 9))
    law = changed(E=E, **priors)
    with pytest.raises(ValueError, match=words):
        refuse_impossible(Bound(law, check(law, runs)))
    law = changed(**priors)
    refuse_impossible(Bound(law, check(law, runs)))


def test_a_parameter_beside_terms_of_either_sign_is_no_floor():
    runs = simulate(30, seed=1)
    law = changed(E=uniform(-5, -1), excess_N=uniform(-9, 9), excess_D=uniform(0, 90))
    refuse_impossible(Bound(law, check(law, runs)))


@pytest.mark.parametrize("law", [chinchilla, generalised])
def test_the_floor_of_every_kind_of_law(law):
    with pytest.raises(ValueError, match="above the largest loss"):
        bs.fit(changed(law, E=uniform(1000, 2000)), simulate(30, seed=1), seed=1)


@pytest.mark.parametrize(
    "priors",
    [
        {},
        {"E": uniform(0, 1e6)},
        {"E": 0.0},
        {"E": 1.8},
        {"E": Prior("HalfNormal", sigma=1e4)},
        {"excess_N": uniform(0, 1e9)},
        {"excess_N": Prior("HalfCauchy", beta=1e5)},
    ],
)
def test_wide_priors_are_allowed(priors):
    law, runs = changed(**priors), simulate(30, seed=1)
    refuse_impossible(Bound(law, check(law, runs)))


def test_a_grouped_floor_is_examined():
    law = changed(E=replace_dims(chinchilla.priors["E"]))
    runs = simulate(30, seed=1).assign(family=np.where(np.arange(30) % 2, "a", "b"))
    refuse_impossible(Bound(law, check(law, runs)))
    law = changed(E=Prior("Uniform", lower=1000, upper=2000, dims="family"))
    with pytest.raises(ValueError, match="E ~ Uniform"):
        refuse_impossible(Bound(law, check(law, runs)))


def replace_dims(prior):
    return Prior(prior.family, dims="family", unit=prior.unit, args=dict(prior.args))


def test_prior_and_data_that_disagree_are_a_problem_of_the_verdict():
    runs = simulate(40, seed=2)
    tight = changed(alpha_N=Prior("LogNormal", mu=0.3, sigma=0.15))
    with pytest.warns(RuntimeWarning, match="prior and data disagree on .*alpha_N"):
        post = bs.fit(tight, runs, method="laplace", seed=1, progressbar=False)
    assert "alpha_N" in json.loads(post.attrs["conflicts"])
    assert "prior and data disagree" in post.attrs["verdict"]
    edge = changed(E=uniform(0, 1.7))  # the truth is 1.82
    with pytest.warns(RuntimeWarning, match="prior and data disagree on E"):
        bs.fit(edge, simulate(40, seed=3), method="laplace", seed=1, progressbar=False)
    fair = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
    assert json.loads(fair.attrs["conflicts"]) == []


def test_a_fixed_value_that_gives_some_runs_no_loss_is_named():
    law, runs = changed(alpha_N=1e6), simulate(30, seed=1)
    with pytest.raises(ValueError, match="at some runs no positive finite number, .*'alpha_N' = 1000000.0 is the one"):
        refuse_impossible(Bound(law, check(law, runs)))
