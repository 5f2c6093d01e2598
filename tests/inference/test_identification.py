"""Identification: what a sweep determines is known, and the rest is not, though its posterior is not its prior."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Prior
from bayescale.inference.diagnostics.verdict import PosteriorWarning, Verdict
from bayescale.laws import chinchilla


def sweep(runs, decades, noise, floor, seed):
    """Runs of an additive law whose floor is this share of the loss at the reference run."""
    rng = np.random.default_rng(seed)
    N, D = (10 ** (at + decades / 2 * rng.uniform(-0.5, 0.5, runs)) for at in (8.5, 9.8))
    mu = 3 * (floor + (1 - floor) / 2 * ((N / 10**8.5) ** -0.35 + (D / 10**9.8) ** -0.3))
    return pd.DataFrame({"N": N, "D": D, "loss": mu * np.exp(noise * rng.standard_t(4, runs))})


def verdict(law, runs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PosteriorWarning)
        post = bs.fit(law, runs, method="laplace", seed=1)
    return post, Verdict.of(post)


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_precise_sweep_identifies_everything(seed):
    _, found = verdict(chinchilla, sweep(50, 8, 0.002, 0.8, seed))
    assert found.unidentified == [] and "do not identify" not in str(found)
    assert "E" not in (found.weak or [])


@pytest.mark.parametrize("seed", range(3))
def test_a_narrow_noisy_sweep_does_not_identify_e(seed):
    post, found = verdict(chinchilla, sweep(14, 1.5, 0.01, 0.4, seed))
    low, high = post["posterior"]["E"].quantile([0.05, 0.95]).to_numpy()
    assert high - low > 0.3 * float(post["observed_data"]["loss"].min())
    assert "E" in (found.unidentified or []) and "do not identify E" in str(found)


def test_a_sharp_prior_is_not_knowledge_from_the_data():
    """alpha_N is narrow because its prior is."""
    sharp = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": Prior("LogNormal", mu=-1.05, sigma=0.02)})
    post, found = verdict(sharp, sweep(14, 1.5, 0.01, 0.4, 0))
    low, high = post["posterior"]["alpha_N"].quantile([0.05, 0.95]).to_numpy()
    assert high / low < 1.2 and "alpha_N" in (found.unidentified or [])


def test_weakly_identified_parameters_are_said_but_not_warned_of():
    found = Verdict(1.0, 1000.0, 0, unidentified=[], weak=["kappa"], influential={}, outliers={})
    assert str(found).endswith("; the data identify kappa weakly") and found.problems() == []
    both = Verdict(1.0, 1000.0, 0, unidentified=["E"], weak=["kappa"], influential={}, outliers={})
    assert str(both).endswith("not identify E (intervals too wide, or as the prior's); they identify kappa weakly")
