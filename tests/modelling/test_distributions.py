"""Families: densities and supports are those of PyMC."""

import numpy as np
import pymc as pm
import pytest

from bayescale.modelling.distributions import FAMILIES, backward, family_of, forward

ARGUMENTS = {
    "Normal": {"mu": 0.3, "sigma": 1.4},
    "LogNormal": {"mu": -1.2, "sigma": 0.8},
    "HalfNormal": {"sigma": 0.3},
    "HalfCauchy": {"beta": 0.7},
    "StudentT": {"nu": 5.0, "mu": 0.2, "sigma": 0.6},
    "TruncatedNormal": {"mu": 0.5, "sigma": 1.0, "lower": 0.1, "upper": 2.0},
    "Uniform": {"lower": -1.0, "upper": 2.5},
    "Exponential": {"scale": 0.4},
    "Gamma": {"alpha": 2.5, "beta": 3.0},
    "Beta": {"alpha": 2.0, "beta": 3.5},
}


def test_every_family_is_tested():
    assert set(ARGUMENTS) == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_density_and_support_are_those_of_pymc(name):
    args, family = ARGUMENTS[name], FAMILIES[name]
    with pm.Model() as model:
        getattr(pm, name)("x", **args)
    (value,) = model.value_vars
    density = model.compile_logp()
    for z in (-2.0, -0.3, 0.0, 1.1, 3.0):
        x, slope = backward(z, *family.bounds(**args))
        # PyMC keeps some of its constants in single precision where numbers are Python floats: 1e-7 of them.
        assert family.logp(x, **args) + slope == pytest.approx(float(density({value.name: z})), rel=1e-6, abs=1e-6)
        assert forward(x, *family.bounds(**args)) == pytest.approx(z, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("lower", "upper"), [(None, None), (0.5, None), (None, 0.5), (-1.0, 2.0), (0.0, 1e300)])
def test_far_out_nothing_overflows(lower, upper):
    for z in (-600.0, 600.0):
        x, slope = backward(z, lower, upper)
        assert np.isfinite(x) and np.isfinite(slope)


def test_truncated_on_one_side():
    for args in ({"lower": 1.0}, {"upper": 1.0}, {}):
        ours = FAMILIES["TruncatedNormal"].logp(1.0, mu=0.5, sigma=2.0, **args)
        theirs = pm.logp(pm.TruncatedNormal.dist(0.5, 2.0, **args), 1.0).eval()
        assert ours == pytest.approx(float(theirs), rel=1e-6)


def test_other_spellings_are_left_to_pymc():
    assert family_of("Gamma", {"mu": 1, "sigma": 2}) is None and family_of("Weibull", {"alpha": 1, "beta": 2}) is None
    assert family_of("Normal", {"mu": 0}) is None and family_of("TruncatedNormal", {"mu": 0, "sigma": 1}) is not None
