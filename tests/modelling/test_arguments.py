"""Arguments: what a prior cannot be is refused when it is written, as PyMC would refuse it much later."""

import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pymc as pm
import pytest

from bayescale import Discrepancy, Law, Prior, noises
from bayescale.density.prior_draws import draw_variables
from bayescale.laws import chinchilla
from bayescale.modelling.distributions import FAMILIES
from bayescale.modelling.pymc_families import (
    ARGUMENTS,
    FROM_LOWER,
    POSITIVE,
    SHARES,
    SPELLINGS,
    WHOLE_LINE,
    ask_pymc,
    hint,
)

#: A value for each argument of a univariate family that goes with all others.
VALUES = {"lower": 0.1, "upper": 0.9, "mu": 0.5, "sigma": 0.3, "c": 0.5, "q": 0.4}
#: Families of one real number, whose spellings the table knows in full.
UNIVARIATE = sorted((WHOLE_LINE | FROM_LOWER | set(SPELLINGS) | set(FAMILIES) | {"Weibull", "Kumaraswamy"}) - {"Flat"})


def test_the_table_is_that_of_the_installed_pymc():
    assert {name: text for name in dir(pm) if (text := ask_pymc(name)) is not None} == ARGUMENTS


def test_tables_speak_of_families_and_arguments_that_exist():
    tables = [POSITIVE, SHARES, {name: tuple(sum(ways, ())) for name, ways in SPELLINGS.items()}]
    for table in tables:
        for family, arguments in table.items():
            assert set(arguments) <= {part.partition("=")[0] for part in ARGUMENTS[family].split(", ")}
    assert set(FAMILIES) | WHOLE_LINE | FROM_LOWER <= set(ARGUMENTS)
    assert all(
        set(family.arguments) <= set(ARGUMENTS[name].replace("=", ", ").split(", "))
        for name, family in FAMILIES.items()
    )


def taken(make, **args) -> bool:
    try:
        make(**args)
    except (ValueError, TypeError, AttributeError, NotImplementedError):
        return False
    return True


@pytest.mark.parametrize("family", UNIVARIATE)
def test_spellings_are_those_of_pymc(family):
    """Every set of arguments: PyMC takes what we take. We refuse more only where PyMC ignores an argument."""
    names = [part.partition("=")[0] for part in ARGUMENTS[family].split(", ")]
    for subset in (set(some) for n in range(len(names) + 1) for some in combinations(names, n)):
        args = {name: VALUES.get(name, 1.5) for name in subset}
        if taken(Prior, family=family, args=args):
            assert taken(getattr(pm, family).dist, **args), args
        elif taken(getattr(pm, family).dist, **args):
            assert any(set(way) < subset for way in SPELLINGS[family] if way), args


def has_density(family, args) -> bool:
    try:
        return bool(np.isfinite(pm.logp(getattr(pm, family).dist(**args), 0.5).eval(mode="FAST_COMPILE")))
    except ValueError:  # PyMC's ParameterValueError is one
        return False


@pytest.mark.parametrize("family, name", [(f, name) for f, names in POSITIVE.items() for name in names])
def test_pymc_has_no_density_where_an_argument_must_be_positive(family, name):
    if family in ("Dirichlet", "ZeroSumNormal", "BetaBinomial", "NegativeBinomial", "DiscreteWeibull"):
        pytest.skip("no density of one real number")
    spelling = next((way for way in SPELLINGS.get(family, ()) if name in way), ("nu",) if family == "Rice" else ())
    required = [part for part in ARGUMENTS[family].split(", ") if "=" not in part]
    args = {key: VALUES.get(key, 1.5) for key in (*required, *spelling)} | {name: -0.5}
    assert not has_density(family, args)
    with pytest.raises(ValueError, match=f"^{name} of {family} is -0.5; wanted a positive number"):
        Prior(family, args=args)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Prior("Lognormal", mu=0, sigma=1), "'Lognormal' is not a distribution.*did you mean LogNormal"),
        (lambda: Prior("Nrmal", mu=0, sigma=1), "did you mean Normal"),
        (lambda: Prior("gaussian", mu=0, sigma=1), "did you mean Normal"),
        (lambda: Prior("Distribution"), "not a distribution of pymc"),
        (lambda: Prior("LogNormal", mu=-3, sd=0.001), "does not take 'sd'; did you mean sigma.*mu, sigma, tau"),
        (lambda: Prior("Uniform", min=0, max=1), "did you mean lower"),
        (lambda: Prior("Weibull", alpha=1, scale=2), "did you mean beta"),
        (lambda: Prior("Normal", mu=0, sigma=1, shape=3), "does not take 'shape'"),
        (lambda: Prior("StudentT", mu=0, sigma=1), "needs nu"),
        (lambda: Prior("HalfCauchy"), "needs beta; got nothing"),
        (lambda: Prior("Gamma", alpha=1), "takes alpha and beta, or mu and sigma; got alpha"),
        (lambda: Prior("Normal", mu=0, sigma=1, tau=1), "takes sigma, or tau, or neither"),
        (lambda: Prior("Normal", mu=float("nan"), sigma=1), "mu of Normal is nan"),
        (lambda: Prior("Gumbel", mu=float("nan"), beta=1), "mu of Gumbel is nan"),
        (lambda: Prior("TruncatedNormal", mu=0, sigma=1, lower=-np.inf), "Leave out a bound"),
        (lambda: Prior("Normal", mu=0, sigma=[1.0, 0.0]), r"sigma of Normal is \[1.0, 0.0\]; wanted a positive"),
        (lambda: Prior("Normal", mu=np.array([0.0, np.nan]), sigma=1), "wanted a finite"),
        (lambda: Prior("Uniform", lower=1, upper=1), "wanted lower < upper"),
        (lambda: Prior("Uniform", lower=2), "from lower=2 to upper=1.0"),
        (lambda: Prior("TruncatedNormal", mu=0, sigma=1, lower=3, upper=2), "wanted lower < upper"),
        (lambda: Prior("Triangular", lower=0, upper=-1, c=0), "wanted lower < upper"),
        (lambda: Prior("Beta", mu=1.2, nu=3), "between 0 and 1"),
        (lambda: Prior("Beta", mu=0.5, sigma=0.6), "less than sqrt"),
        (lambda: Prior("Normal", mu=0, sigma=Prior("Normal")), "its prior Normal.* reaches below zero"),
        (lambda: Prior("Normal", mu=0, sigma=Prior("Uniform", lower=-1, upper=1)), "reaches below zero"),
        (lambda: Prior("Gamma", alpha=2, beta=Prior("TruncatedNormal", sigma=1)), "reaches below zero"),
        (lambda: Prior("Normal", mu=0, sigma=1, unit="los_min"), "no unit 'los_min'; did you mean loss_min"),
        (lambda: Prior("Normal", mu=0, sigma=1, unit="N"), "did you mean N0"),
        (lambda: Prior("Normal", mu=0, sigma=1, unit="nats"), "no unit 'nats'"),
        (lambda: Prior("Normal", mu=0, sigma=1, dims=("a", "a")), "each column once"),
        (lambda: Prior("Normal", mu=0, sigma=1, dims=""), "no empty name"),
    ],
)
def test_what_cannot_be_is_a_value_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Prior(3), "family of a Prior is 3"),
        (lambda: Prior("Normal", mu="0", sigma=1), "mu of Normal is '0', a str"),
        (lambda: Prior("Normal", mu=0, sigma=True), "sigma of Normal is True, a bool"),
        (lambda: Prior("Gumbel", mu=0, beta=True), "beta of Gumbel is True"),
        (lambda: Prior("Normal", mu=None, sigma=1), "mu of Normal is None"),
        (lambda: Prior("Normal", mu=object(), sigma=1), "wanted a finite number"),
        (lambda: Prior("Normal", mu=1j, sigma=1), "a complex"),
        (lambda: Prior("Normal", args=["mu", "sigma"]), "wanted a mapping"),
        (lambda: Prior("Normal", mu=0, sigma=1, centered="no"), "wanted True or False"),
        (lambda: Prior("Normal", mu=0, sigma=1, dims=3), "dims is 3"),
        (lambda: Prior("Normal", mu=0, sigma=1, dims={"a"}), "dims is {'a'}"),
        (lambda: Prior("Normal", mu=0, sigma=1, unit=1.5), "unit is 1.5"),
        (lambda: Discrepancy({"tau": "0.01"}), "tau of discrepancy 'discrepancy' is '0.01'"),
    ],
)
def test_what_is_of_a_wrong_type_is_a_type_error(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_what_can_be_is_taken():
    hyper = Prior("Normal", mu=0, sigma=Prior("HalfNormal", sigma=1))
    assert hyper.hyperpriors() and Prior("Gamma", alpha=2, beta=Prior("Uniform", lower=0, upper=Prior("HalfFlat")))
    one_sided = Prior("TruncatedNormal", mu=0, sigma=1, lower=None, upper=2, unit="loss_min")
    assert one_sided == Prior("TruncatedNormal", mu=0, sigma=1, upper=2, unit="loss_min")  # None: not given
    assert draw_variables({"x": one_sided}, np.random.default_rng(0), 100, {"loss_min": 3.0}, {})["x"].max() < 6
    for args in ({"upper": 2}, {"lower": 0.0}, {}, {"mu": np.float64(1), "sigma": np.int64(2)}):
        assert Prior("TruncatedNormal", args=args).args == args
    assert Prior("MvNormal", mu=np.zeros(2), cov=[[1.0, -0.5], [-0.5, 1.0]], lower=True, dims="family")
    assert Prior("Truncated", dist=pm.Normal.dist(0, 1), lower=0)  # what only PyMC understands is left to it
    assert Prior("Normal", mu=0, sigma=1, dims=["a", "b"], centered=np.False_).dims == ("a", "b")
    assert Prior("Normal", mu=0, sigma=1, unit="width0").unit == "width0"


def test_a_family_of_a_newer_pymc_is_asked_of_pymc(monkeypatch):
    from bayescale.modelling import pymc_families

    monkeypatch.delitem(pymc_families.ARGUMENTS, "Weibull")
    assert Prior("Weibull", alpha=1, beta=2).args["beta"] == 2
    with pytest.raises(ValueError, match="does not take 'gamma'"):
        Prior("Weibull", alpha=1, gamma=2)


def test_units_are_reference_values_of_the_law():
    def formula(N, N0, *, E, excess_N):
        return E + excess_N * N0 / N

    priors = {"E": 1.0, "excess_N": Prior("LogNormal", mu=0, sigma=1, unit="N0")}
    assert Law(formula, priors).variables["excess_N"].unit == "N0"
    wrong = {**priors, "excess_N": Prior("LogNormal", mu=0, sigma=1, unit="D0")}
    with pytest.raises(ValueError, match="no reference value 'D0'.*Its units are loss_min, N0"):
        Law(formula, wrong)
    assert Law(formula, wrong, reference={"D0": 2e10}) and Law(formula, priors, noise=noises.by_compute)
    hyper = Prior("Normal", mu=Prior("Normal", mu=0, sigma=1, unit="C0"), sigma=1, dims="family")
    with pytest.raises(ValueError, match="no reference value 'C0'"):
        Law(formula, {**priors, "E": hyper})
    assert Law(formula, {**priors, "E": hyper}, noise=noises.by_compute)  # C is a column of the noise
    with pytest.raises(ValueError, match="'N_top'"):
        replace(chinchilla, priors={**chinchilla.priors, "E": Prior("HalfNormal", sigma=1, unit="N_top")})


def test_no_prior_of_the_table_imports_pymc():
    code = (
        "import sys; from bayescale import Prior; Prior('Normal', mu=0, tau=1); Prior('Weibull', alpha=1, beta=2)\n"
        "try: Prior('Lognormal', mu=0, sigma=1)\n"
        "except ValueError: print('pymc' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_hints():
    assert hint("Half-Normal", ARGUMENTS) == "; did you mean HalfNormal?" and hint("xyz", ["mu", "sigma"]) == "."
