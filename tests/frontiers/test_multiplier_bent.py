"""The multiplier with a discrepancy, and of recipes of a single run."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Prior
from bayescale.laws import chinchilla, generalised
from tests.conftest import simulate

C = np.geomspace(1e21, 1e24, 4)


@pytest.fixture(scope="module")
def fits():
    """Two posteriors of a law with discrepancy, from one table."""
    runs = simulate(30, seed=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [bs.fit(generalised, runs, method="laplace", draws=100, seed=k, progressbar=False) for k in (1, 2)]


def spread(needs):
    low, high = np.log(needs["multiplier"]).quantile([0.25, 0.75], ("chain", "draw"), method="higher").values
    return (high - low)[-1]


def test_with_itself_it_is_one_with_a_discrepancy(fits):
    one = (generalised, fits[0])
    for other in (one, (generalised, fits[0].copy(deep=True))):
        needs = bs.multiplier(one, other, C, seed=1)
        assert (needs["multiplier"] == 1).all() and needs.attrs["discrepancy"] == 1
    assert (bs.multiplier(one, one, C, tokens_per_param=20, seed=1)["multiplier"] == 1).all()


def test_the_losses_are_near_those_of_the_frontier(fits):
    """Without local parts, which the frontier's median loss has; and bent by paths of their own."""
    needs = bs.multiplier((generalised, fits[0]), (generalised, fits[1]), C, seed=1)
    best = bs.frontier(generalised, fits[0], C, seed=1)
    for q in (0.1, 0.5, 0.9):
        ours, theirs = (x.quantile(q, ("chain", "draw")) for x in (needs["loss_A"], best["loss"]))
        np.testing.assert_allclose(ours, theirs, rtol=0.02)


def test_independent_errors_are_wider_than_shared_ones(fits):
    pair = (generalised, fits[0]), (generalised, fits[1])
    free = spread(bs.multiplier(*pair, C, seed=1))
    shared = spread(bs.multiplier(*pair, C, shared_errors=True, seed=1))
    assert shared < free  # without discrepancy it may be wider still: the runs know the law's sum with it better
    again = bs.multiplier(*pair, C, seed=1)
    assert again.identical(bs.multiplier(*pair, C, seed=1)) and not again.identical(bs.multiplier(*pair, C, seed=2))


def test_good_sizes_and_waste_with_a_discrepancy(fits):
    near = bs.near_optimal(generalised, fits[0], 1e22, within=0.01, seed=1)
    assert (near["N_low"] < near["N"]).all() and (near["N"] < near["N_high"]).all()
    plain = bs.near_optimal(generalised, fits[0], 1e22, within=0.01, discrepancy=False)
    assert 0.2 < float(near["N"].median() / plain["N"].median()) < 5
    found = bs.waste(generalised, fits[0], simulate(3, seed=6).drop(columns="loss"), seed=1)
    assert (found["waste"] >= 1).all() and (found["loss"] >= found["loss_best"]).all()


def test_from_one_run_each_it_is_wide_and_says_why():
    """One run of each recipe, at one size: B ends 2 % lower. The slope is the prior's."""
    runs = pd.DataFrame({"N": 1e9, "D": 2e10, "loss": [2.5, 2.45], "recipe": ["old", "new"]})
    own = Prior("LogNormal", mu=-1, sigma=1, unit="loss_min", dims="recipe")
    law = replace(chinchilla, name="by_recipe", priors={**chinchilla.priors, "excess_N": own})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(law, runs, method="laplace", draws=250, seed=1, progressbar=False)
        needs = bs.multiplier((law, post, {"recipe": "old"}), (law, post, {"recipe": "new"}), N=1e9, D=2e10)
    said = json.loads(needs.attrs["warnings"])
    assert sum("has 1 fitted run," in text for text in said) == 2
    assert float(needs["better"].squeeze()) < 0.5 and float(needs["multiplier"].median()) < 1
    low, high = needs["multiplier"].quantile([0.05, 0.95], ("chain", "draw"), method="higher").values.ravel()
    assert high / low > 1.5
