"""Prior: the same distribution in NumPy and in PyMC, with units, groups and either centring."""

import pickle
from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy.stats import ks_2samp

from bayescale.prior import Prior

FAMILIES = {
    "Normal": Prior("Normal", mu=1.0, sigma=0.3),
    "LogNormal": Prior("LogNormal", mu=-1.0, sigma=0.5),
    "HalfNormal": Prior("HalfNormal", sigma=0.3),
    "HalfCauchy": Prior("HalfCauchy", beta=0.3),
    "StudentT": Prior("StudentT", nu=4, mu=1.0, sigma=0.3),
    "TruncatedNormal": Prior("TruncatedNormal", mu=2.0, sigma=2.0, lower=1.0),
    "Uniform": Prior("Uniform", lower=0.5, upper=2.0),
    "Exponential": Prior("Exponential", scale=0.4),
    "Gamma": Prior("Gamma", alpha=2.0, beta=0.1),
    "Beta": Prior("Beta", alpha=2.0, beta=3.0),
    "in units": Prior("LogNormal", mu=-1.0, sigma=0.5, unit="loss_min"),
    "scaled": Prior("Uniform", lower=0.0, upper=1.0, unit="loss_min"),
}
UNIT = 2.5


def ours(prior, draws=4000, **sizes):
    units = {prior.unit_name: UNIT} if prior.unit_name else {}
    return prior.draw("x", np.random.default_rng(0), draws, units, sizes)


@pytest.mark.parametrize("prior", FAMILIES.values(), ids=FAMILIES)
def test_numpy_and_pymc_agree(prior):
    with pm.Model():
        if prior.unit_name:
            pm.Data(prior.unit_name, UNIT)
        theirs = pm.draw(prior.create_variable("x"), 2000, random_seed=1)
    assert ks_2samp(ours(prior)["x"], theirs).pvalue > 1e-3  # two samples of one distribution fail once in a thousand


def test_centring_does_not_change_the_prior():
    def pooled(centered):
        return Prior(
            "LogNormal",
            mu=Prior("Normal", mu=-1, sigma=0.5),
            sigma=Prior("HalfNormal", sigma=0.3),
            dims="family",
            centered=centered,
        )

    drawn = {}
    for centered in (True, False):
        with pm.Model(coords={"family": ["a", "b"]}) as model:
            x = pooled(centered).create_variable("x")
            drawn[centered] = pm.draw(x, 2000, random_seed=2)
        assert {"x", "x_mu", "x_sigma"} <= set(model.named_vars)
        assert ("x_offset" in model.named_vars) is not centered
    assert ks_2samp(drawn[True][:, 0], drawn[False][:, 0]).pvalue > 1e-3
    mine = ours(pooled(True), family=2)
    assert mine["x"].shape == (4000, 2) and mine["x_mu"].shape == (4000,)
    assert ks_2samp(mine["x"][:, 1], drawn[False][:, 1]).pvalue > 1e-3


def test_value_semantics():
    prior = Prior("LogNormal", mu=-1, sigma=1, unit="loss_min")
    assert prior == Prior("LogNormal", args={"mu": -1, "sigma": 1}, unit="loss_min")
    assert str(prior) == "loss_min * LogNormal(mu=-1, sigma=1)"
    assert pickle.loads(pickle.dumps(prior)) == prior
    assert replace(prior, dims="family").dims == ("family",)
    assert replace(prior, dims="family").unit_name == "loss_min_family"


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Prior("Beta", alpha=1, beta=1, centered=False), "no non-centred form"),
        (lambda: Prior("Beta", alpha=1, beta=1, unit="loss_min"), "cannot be stated in units"),
        (lambda: Prior("Normal", args={"mu": 0, "sigma": 1}, mu=2), "twice"),
        (lambda: Prior("NoSuch", mu=0).create_variable("x"), "not a distribution of pymc"),
        (lambda: ours(Prior("Gumbel", mu=0, beta=1)), "drawn by PyMC only"),
        (lambda: Prior("HalfNormal", sigma=1, unit="loss_min").create_variable("x"), "does not hold"),
    ],
)
def test_errors(make, message):
    with pm.Model(), pytest.raises(ValueError, match=message):
        make()
