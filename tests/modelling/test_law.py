"""Law: called with numbers, arrays, grids and groups; wrong calls say what is wrong; a law is a value."""

import pickle
from dataclasses import replace

import cloudpickle
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale import Law, Prior
from bayescale.laws import caballero2022, chinchilla, henighan2020, kaplan2020
from bayescale.modelling.noises import by_compute, lognormal

REFERENCE = {"N0": 1e9, "D0": 2e10}
P = {"E": 1.8, "excess_N": 0.4, "alpha_N": 0.34, "excess_D": 0.5, "alpha_D": 0.28}
SET = replace(chinchilla, reference=REFERENCE)
GROUPED = replace(
    SET, priors={**chinchilla.priors, "E": Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family")}
)


def draws(**values):
    """Two chains of three draws; `values` replace numbers of P."""
    shape = np.ones((2, 3))
    numbers = {**P, "sigma": 0.01}
    data = {k: values.get(k, xr.DataArray(shape * v, dims=("chain", "draw"))) for k, v in numbers.items()}
    return xr.Dataset(data)


def expected(N, D, E=1.8):
    return E + 0.4 * (N / 1e9) ** -0.34 + 0.5 * (D / 2e10) ** -0.28


def by_family():
    return draws(
        E=xr.DataArray(
            np.ones((2, 3, 2)) * [1.5, 1.9], dims=("chain", "draw", "family"), coords={"family": ["code", "web"]}
        )
    )


def test_numbers():
    loss = SET(draws(), N=3e9, D=10**11)
    assert loss.dims == ("chain", "draw") and loss.name == "loss" and loss.attrs["units"] == "nats/token"
    np.testing.assert_allclose(loss, expected(3e9, 1e11))


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, lambda x: pd.Series(x, index=[7, 8])])
def test_arrays_are_paired(kind):
    N, D = [10**9, 3 * 10**9], [10**10, 10**12]
    loss = SET(draws(), N=kind(N), D=kind(D))
    assert loss.dims == ("chain", "draw", "run")
    np.testing.assert_allclose(loss[0, 0], expected(np.array(N, float), np.array(D, float)))
    np.testing.assert_allclose(SET(draws(), N=kind(N), D=1e10)[1, 2], expected(np.array(N, float), 1e10))


def test_named_dims_span_a_grid():
    N, D = xr.DataArray([10**9, 10**10, 10**11], dims="size"), xr.DataArray([1e10, 1e12], dims="tokens")
    loss = SET(draws(), N=N, D=D)
    assert dict(loss.sizes) == {"chain": 2, "draw": 3, "size": 3, "tokens": 2}
    assert float(loss[0, 0, 2, 1]) == pytest.approx(expected(1e11, 1e12))


def test_groups():
    every = GROUPED(by_family(), N=1e9, D=2e10)
    np.testing.assert_allclose(every.sel(family="web"), expected(1e9, 2e10, 1.9))
    np.testing.assert_allclose(every.sel(family="code"), expected(1e9, 2e10, 1.5))
    one = GROUPED(by_family(), N=1e9, D=2e10, family="code")
    assert one.dims == ("chain", "draw") and float(one[0, 0]) == pytest.approx(expected(1e9, 2e10, 1.5))
    each = GROUPED(by_family(), N=[1e9, 1e9, 3e9], D=2e10, family=["web", "code", "web"])
    assert each.dims == ("chain", "draw", "run")
    np.testing.assert_allclose(each[0, 0], [expected(n, 2e10, e) for n, e in ((1e9, 1.9), (1e9, 1.5), (3e9, 1.9))])


CALLS = {
    "a missing input": (SET, draws(), {"N": 1e9}, ValueError, r"takes \['N', 'D'\]; missing \['D'\]"),
    "an unknown input": (SET, draws(), {"N": 1e9, "D": 1e9, "C": 1}, ValueError, r"does not take \['C'\]"),
    "a group of another law": (SET, draws(), {"N": 1e9, "D": 1e9, "family": "a"}, ValueError, "does not take"),
    "NaN": (SET, draws(), {"N": [1e9, np.nan], "D": 1e9}, ValueError, "N has NaN, infinite or non-positive"),
    "infinite": (SET, draws(), {"N": 1e9, "D": np.inf}, ValueError, "D has NaN, infinite or non-positive"),
    "zero": (SET, draws(), {"N": 0, "D": 1e9}, ValueError, "N has NaN, infinite or non-positive"),
    "lengths": (SET, draws(), {"N": [1e9] * 2, "D": [1e9] * 3}, ValueError, "lengths differ: {'N': 2, 'D': 3}"),
    "two dimensions": (SET, draws(), {"N": np.ones((2, 2)), "D": 1e9}, ValueError, "2 dimensions.*DataArray"),
    "an unknown level": (GROUPED, by_family(), {"N": 1e9, "D": 1e9, "family": "art"}, ValueError, "on the groups.*web"),
    "another law's draws": (SET, draws()[["E", "sigma"]], {"N": 1e9, "D": 1e9}, ValueError, "it has no .*'excess_N'"),
    "a dict of draws": (SET, P, {"N": 1e9, "D": 1e9}, TypeError, "post is a dict; wanted the DataTree of fit"),
    "an empty tree": (SET, xr.DataTree(), {"N": 1e9, "D": 1e9}, ValueError, "wanted 'posterior', as from fit"),
    "no reference": (chinchilla, draws(), {"N": 1e9, "D": 1e9}, ValueError, "needs 'N0'"),
}


@pytest.mark.parametrize("law, post, inputs, exception, message", CALLS.values(), ids=CALLS)
def test_wrong_calls(law, post, inputs, exception, message):
    with pytest.raises(exception, match=message):
        law(post, **inputs)


def test_a_posterior_knows_its_law(runs):
    prior = bs.sample_prior(henighan2020.L_C, runs, draws=5, seed=0)
    with pytest.raises(ValueError, match="does not belong to the law 'hoffmann2022.chinchilla'.*it has no"):
        chinchilla(prior, N=1e9, D=1e9)
    with pytest.raises(ValueError, match="it was fitted with 'henighan2020.L_C'"):
        replace(henighan2020.L_C, name="mine")(prior, C=1e20)


def test_the_stored_reference_goes_first(runs):
    """Draws mean what they mean at the reference they were drawn with."""
    prior = bs.sample_prior(chinchilla, runs, draws=5, seed=0)
    moved = replace(chinchilla, reference={"N0": 1.0, "D0": 1.0})
    np.testing.assert_array_equal(moved(prior, N=1e9, D=1e10), chinchilla(prior, N=1e9, D=1e10))


def one(N, N0, *, E):
    return E * N / N0


def with_default(N, *, E=1):
    return E


def with_kwargs(N, **p):
    return p


DEFINITIONS = {
    "no prior": (lambda: Law(one, {}), ValueError, r"parameters \['E'\] but priors for \[\]"),
    "a stray prior": (lambda: Law(one, {"E": 1.0, "F": 2.0}), ValueError, r"priors for \['E', 'F'\]"),
    "a parameter of the noise": (
        lambda: Law(one, {"E": 1.0}, noise=replace(lognormal, scale=lambda *, E: E, priors={"E": 0.1})),
        ValueError,
        r"both have \['E'\]",
    ),
    "a default": (lambda: Law(with_default, {"E": 1.0}), TypeError, "with_default has the argument 'E=1'"),
    "any keywords": (lambda: Law(with_kwargs, {}), TypeError, r"argument '\*\*p'"),
}


@pytest.mark.parametrize("make, exception, message", DEFINITIONS.values(), ids=DEFINITIONS)
def test_wrong_definitions(make, exception, message):
    with pytest.raises(exception, match=message):
        make()


def test_rename():
    law = kaplan2020.L_ND.rename("mine", N="S")
    assert law.name == "mine" and law.inputs == ("S", "D") and set(law.derived) == {"S_c", "D_c"}
    assert law.parameters == tuple(law.priors) == ("loss_ND", "share_S", "alpha_S", "alpha_D")
    p = {"loss_ND": 2.6, "share_S": 0.7, "alpha_S": 0.076, "alpha_D": 0.103}
    old = {"loss_ND": 2.6, "share_N": 0.7, "alpha_N": 0.076, "alpha_D": 0.103}
    assert law.formula(3.0, 5.0, 2.0, 4.0, **p) == kaplan2020.L_ND.formula(3.0, 5.0, 2.0, 4.0, **old)
    C = henighan2020.L_C
    assert (C.inputs, C.parameters, list(C.derived)) == (("C",), ("E", "excess_C", "alpha_C"), ["x0_C"])
    assert C.formula(4e20, 1e20, E=1.5, excess_C=0.8, alpha_C=0.5) == pytest.approx(1.9)
    assert "loss = E + excess_C * (C / C0) ** (-alpha_C)" in str(C)
    there_and_back = C.rename("back", C="N")
    assert str(there_and_back).partition("\n")[2] == str(henighan2020.L_N).partition("\n")[2]


def test_text():
    assert "loss = E + excess_N * (N / N0) ** (-alpha_N)" in str(chinchilla)
    assert "E ~ loss_min * Uniform(lower=0.0, upper=1.0)" in str(chinchilla) and "nu = 4.0" in str(chinchilla)


def test_customising_by_replace():
    other = replace(chinchilla, noise=by_compute)
    assert other.noise.columns == ("C",) and {"sigma_slope", "nu"} <= set(other.all_priors)
    assert other.inputs == chinchilla.inputs and chinchilla.noise.name == "student"
    fixed = replace(chinchilla, priors={**chinchilla.priors, "E": 1.7})
    np.testing.assert_allclose(
        replace(fixed, reference=REFERENCE)(draws().drop_vars("E"), N=1e9, D=2e10), expected(1e9, 2e10, 1.7)
    )
    assert GROUPED.groups == ("family",) and chinchilla.groups == ()
    pooled = Prior("Normal", mu=Prior("Normal", mu=0, sigma=1, dims="corpus"), sigma=1.0)
    assert replace(chinchilla, priors={**chinchilla.priors, "alpha_N": pooled}).groups == ("corpus",)


@pytest.mark.parametrize("law", [chinchilla, SET, GROUPED, kaplan2020.L_ND], ids=lambda law: law.name)
def test_pickle(law):
    again = pickle.loads(pickle.dumps(law))
    assert again == law and str(again) == str(law) and hash(again) == hash(law)


@pytest.mark.parametrize("law", [henighan2020.L_C, caballero2022.L_N], ids=lambda law: law.name)
def test_renamed_and_made_laws_go_by_cloudpickle(law):
    """Their formulas are closures; PyMC, dask and joblib send closures by cloudpickle."""
    again = cloudpickle.loads(cloudpickle.dumps(law))
    assert str(again) == str(law)
    p = dict.fromkeys(law.parameters, 0.5)
    assert again.formula(3.0, 2.0, **p) == law.formula(3.0, 2.0, **p)
