"""Prior: the same distribution in NumPy and in PyMC, with units, groups and either centring."""

import pickle
from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy.stats import ks_2samp

from bayescale.density.prior_draws import draw_variables
from bayescale.modelling.prior import Prior

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
    return draw_variables(dict(prior.graph("x")), np.random.default_rng(0), draws, units, sizes)


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


def test_each_group_has_its_own_unit():
    """Stated in the smallest loss of each family: a row of units, in NumPy and in PyMC."""
    prior = Prior("Uniform", lower=0.0, upper=1.0, unit="loss_min", dims="family")
    units = {"loss_min_family": np.array([2.0, 5.0])}
    mine = draw_variables({"E": prior}, np.random.default_rng(0), 2000, units, {"family": 2})["E"]
    with pm.Model(coords={"family": ["a", "b"]}):
        pm.Data("loss_min_family", units["loss_min_family"], dims="family")
        theirs = pm.draw(prior.create_variable("E"), 2000, random_seed=3)
    for k, unit in enumerate(units["loss_min_family"]):  # each fails once in a thousand seeds
        assert ks_2samp(mine[:, k], theirs[:, k]).pvalue > 1e-3
        assert mine[:, k].max() == pytest.approx(unit, rel=0.01) and mine[:, k].max() < unit  # 2000 draws: 1 - 1/2000


@pytest.mark.parametrize("name", ["Normal", "LogNormal"])
def test_units_and_centring_together(name):
    prior = Prior(name, mu=1.0, sigma=0.5, unit="N0", centered=False)
    with pm.Model():
        pm.Data("N0", UNIT)
        theirs = pm.draw(prior.create_variable("x"), 2000, random_seed=4)
    mine = ours(prior)["x"]
    plain = ours(Prior(name, mu=1.0, sigma=0.5))["x"]
    assert ks_2samp(mine, theirs).pvalue > 1e-3
    np.testing.assert_allclose(mine, UNIT * plain)  # same seed: the unit only multiplies


def test_hyperparameters_come_first_and_can_have_dims():
    prior = Prior("Normal", mu=Prior("Normal", mu=0, sigma=1, dims="family"), sigma=0.1, dims="family")
    drawn = ours(prior, family=3)
    assert list(drawn) == ["x_mu", "x"] and drawn["x_mu"].shape == drawn["x"].shape == (4000, 3)
    assert np.std(drawn["x"] - drawn["x_mu"]) == pytest.approx(0.1, rel=0.05)  # 12,000 draws: standard error 0.6 %
    assert prior.hyperpriors() == {"mu": Prior("Normal", mu=0, sigma=1, dims="family")}


def test_value_semantics():
    prior = Prior("LogNormal", mu=-1, sigma=1, unit="loss_min")
    assert prior == Prior("LogNormal", args={"mu": -1, "sigma": 1}, unit="loss_min")
    assert str(prior) == "loss_min * LogNormal(mu=-1, sigma=1)"
    assert pickle.loads(pickle.dumps(prior)) == prior and hash(prior) == hash(replace(prior))
    for other in (
        replace(prior, family="Normal"),
        replace(prior, unit=None),
        replace(prior, args={"mu": 0, "sigma": 1}),
    ):
        assert other != prior
    with pytest.raises(TypeError):
        prior.args["mu"] = 3  # a value does not change
    nested = Prior("Normal", mu=Prior("Normal", mu=0, sigma=1), sigma=1, dims=("a", "b"), centered=False)
    assert str(nested) == "Normal(mu=Normal(mu=0, sigma=1), sigma=1, dims=('a', 'b'), centered=False)"
    assert pickle.loads(pickle.dumps(nested)) == nested
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
        (lambda: Prior("HalfNormal", sigma=1, unit="loss_min").create_variable("x"), "does not have"),
    ],
)
def test_errors(make, message):
    with pm.Model(), pytest.raises(ValueError, match=message):
        make()
