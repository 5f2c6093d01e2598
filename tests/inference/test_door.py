"""Inputs of a wrong kind are refused before anything is sampled."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

import bayescale as bs
from bayescale import Law, Prior
from bayescale.inference import methods
from bayescale.inference.door import arguments as door
from bayescale.laws import chinchilla
from tests.conftest import simulate

PRIORS = {"E": Prior("Uniform", lower=0, upper=1, unit="loss_min"), "a": Prior("LogNormal", mu=-1, sigma=1)}


@pytest.fixture(scope="module")
def runs():
    return simulate(20, seed=1)


@pytest.fixture(autouse=True)
def nothing_is_sampled(monkeypatch):
    def sample(*_):
        raise AssertionError("sampling began")

    monkeypatch.setattr(methods, "sample", sample)


def verbs(law, runs):
    return {
        "fit": lambda **given: bs.fit(law, runs, **given),
        "fit_many": lambda **given: bs.fit_many(law, {"a": runs}, **given),
        "sbc": lambda **given: bs.sbc(law, runs, fits=2, **given),
        "backtest": lambda **given: bs.backtest(law, runs, **given),
        "sample_prior": lambda **given: bs.sample_prior(law, runs, **given),
    }


ALL = ("fit", "fit_many", "sbc", "backtest", "sample_prior")


@pytest.mark.parametrize("verb", ALL)
@pytest.mark.parametrize(
    "seed, kind",
    [(1.7, TypeError), (1.0, TypeError), (True, TypeError), (np.True_, TypeError), ("1", TypeError), ([1], TypeError),
     (np.random.default_rng(1), TypeError), (-1, ValueError), (2**63, ValueError), (np.nan, TypeError)],
    ids=lambda value: getattr(value, "__name__", type(value).__name__ if hasattr(value, "random") else repr(value)),
)  # fmt: skip
def test_seeds(verb, seed, kind, runs):
    with pytest.raises(kind, match="^seed is .*; wanted a whole number"):
        verbs(chinchilla, runs)[verb](seed=seed)


@pytest.mark.parametrize("seed", [None, 0, np.int64(3), np.uint32(4), door.LARGEST_SEED])
def test_good_seeds(seed, runs):
    with pytest.raises(AssertionError, match="sampling began"):
        bs.fit(chinchilla, runs, seed=seed)
    assert bs.sample_prior(chinchilla, runs, draws=np.int32(5), seed=seed)["prior"].sizes["draw"] == 5


@pytest.mark.parametrize("verb", ALL)
def test_laws(verb, runs):
    with pytest.raises(TypeError, match=r"the name 'chinchilla'; wanted a Law: bayescale.laws.find\('chinchilla'\)"):
        verbs("chinchilla", runs)[verb]()
    with pytest.raises(TypeError, match="wanted a Law, such as"):
        verbs(None, runs)[verb]()
    swapped = {"fit_many": lambda: bs.fit_many({"a": runs}, chinchilla)}  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="swap them: law first, then the runs"):
        swapped.get(verb, verbs(runs, chinchilla)[verb])()  # pyright: ignore[reportOptionalCall]


def test_a_formula_is_no_law(runs):
    with pytest.raises(TypeError, match=r"make one: bayescale.Law\(formula, priors\)"):
        bs.fit(chinchilla.formula, runs)  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", ["fit", "fit_many", "sbc"])
@pytest.mark.parametrize(
    "given, kind, says",
    [({"tune": 0}, ValueError, "tune is 0; wanted a whole number from 1"),
     ({"chains": 0}, ValueError, "chains is 0"),
     ({"draws": 0}, ValueError, "draws is 0; wanted a whole number from 4"),
     ({"draws": 3}, ValueError, "draws is 3"),
     ({"draws": 10**9}, ValueError, "draws is 1000000000"),
     ({"draws": 10**6, "chains": 1000}, ValueError, "draws times chains"),
     ({"draws": 100.5}, TypeError, "draws is 100.5, a float"),
     ({"chains": True}, TypeError, "chains is True, a bool"),
     ({"cores": 0}, ValueError, "cores is 0"),
     ({"draw": 10}, TypeError, "no option draw=; did you mean draws="),
     ({"sede": 10}, TypeError, "no option sede=; did you mean seed="),
     ({"zzz": 10}, TypeError, "no option zzz=; it takes draws, tune, chains"),
     ({"random_seed": 1}, TypeError, "give it as seed="),
     ({"return_inferencedata": False}, TypeError, "always returns a DataTree"),
     ({"nuts_sampler": "stan"}, ValueError, "nuts_sampler is 'stan'; wanted one of"),
     ({"nuts": 0.9}, TypeError, "nuts is a float; wanted a mapping"),
     ({"nuts": {"target_accept": 2}}, ValueError, "target_accept is 2; wanted a number between 0 and 1"),
     ({"nuts": {"max_treedepth": 2.5}}, TypeError, "max_treedepth is 2.5, a float"),
     ({"nuts": {"max_treedepth": -1}}, ValueError, "max_treedepth is -1; wanted a whole number from 1"),
     ({"nuts": {"draws": 50, "seed": 1}}, TypeError, r"nuts has \['draws', 'seed'\]; give them as arguments of fit"),
     ({"nuts": {1: 2}}, TypeError, "nuts has the key 1; wanted names"),
     ({"nuts": {"target_accept": 0.9}, "target_accept": 0.8}, TypeError, "given twice"),
     ({"initvals": {"Q": 1.0}}, ValueError, "initvals has 'Q'; law .* has the variables .*alpha_N"),
     ({"initvals": {"E": "x"}}, ValueError, "initvals has E = 'x'; wanted finite numbers"),
     ({"initvals": {"E": np.nan}}, ValueError, "initvals has E = nan"),
     ({"target_accept": "high"}, ValueError, "target_accept is 'high'"),
     ({"method": "vi"}, ValueError, r"'vi' is unknown; choose one of \['nuts', 'laplace'\]"),
     ({"method": None}, ValueError, "None is unknown")],
    ids=str,
)  # fmt: skip
def test_options(verb, given, kind, says, runs):
    with pytest.raises(kind, match=says):
        verbs(chinchilla, runs)[verb](**given)


def test_options_are_passed_on_as_numbers():
    given = door.checked_options({"draws": np.int64(10), "tune": None, "chains": 2, "cores": 10_000, "quiet": True})
    assert given == {"draws": 10, "chains": 2, "cores": 2, "quiet": True} and type(given["draws"]) is int
    assert door.checked_options({"cores": 10_000}) == {"cores": 4}


def test_every_option_of_pymc_is_known():
    import inspect

    import pymc as pm

    known = set(inspect.signature(pm.sample).parameters) - {"kwargs"}
    assert known == {*door.OPTIONS, *door.OURS} - {"nuts", "target_accept", "max_treedepth"}


# Formulas


def branch(N, N0, *, E, a):
    return E + a if N > 1e9 else E + a * (N / N0) ** -0.3


def branch_on_a_parameter(N, N0, *, E, a):
    return E + (a if a > 0.3 else 2 * a) * (N / N0) ** -0.3


def smaller_by_max(N, N0, *, E, a):
    return E + a * (max(N, 1e9) / N0) ** -0.3


def where(N, N0, *, E, a):
    return E + np.where(N > 1e9, a, a * (N / N0) ** -0.3)


def maximum(N, N0, *, E, a):
    return E + np.maximum(a, (N / N0) ** -0.3)


def clipped(N, N0, *, E, a):
    return E + a * np.clip(N / N0, 1, 10)


def of_math(N, N0, *, E, a):
    return E + a * math.exp(-math.log(N / N0))


def in_place(N, N0, *, E, a):
    N /= N0
    return E + a * N**-0.3


def parameter_in_place(N, N0, *, E, a):
    E += a * (N / N0) ** -0.3
    return E


def written_out(N, N0, *, E, a):
    return E + a * np.divide(N, N0, out=N) ** -0.3


def constant(N, N0, *, E, a):
    return E + a


def cancelled(N, D, N0, D0, *, E, a):
    return E + a * (N / N0) ** 0 + 0 * D


def no_columns(*, E, a):
    return E + a


def over_the_mean(N, *, E, a):
    return E + a * (N / np.mean(N)) ** -0.3


def in_order(N, *, E, a):
    return E + a * np.sort(N) ** -0.3


def backwards(N, *, E, a):
    return E + a * N[::-1] ** -0.3


def by_chance(N, *, E, a):
    return E + a * np.random.default_rng().uniform() * N**-0.3


SAID = {
    branch: "branches on a value",
    branch_on_a_parameter: "branches on a value",
    smaller_by_max: "branches on a value",
    where: r"calls np.where",
    maximum: r"calls np.maximum",
    clipped: r"calls np.clip",
    of_math: "turns a value into a single number, as the functions of math do. Use .* np.exp",
    in_place: r"changes its arguments \['N'\] in place; write N = N / N0",
    parameter_in_place: r"changes its arguments \['E'\] in place",
    written_out: r"writes into an argument",
    constant: "the same loss for every N;",
    cancelled: "the same loss for every N, D;",
    no_columns: "takes no column of the runs",
    over_the_mean: "mixes runs: for one run alone it gives",
    in_order: "mixes runs: for one run alone it raises AxisError",
    backwards: "mixes runs: for one run alone it raises",
    by_chance: "mixes runs: for one run alone it gives",
}


@pytest.mark.parametrize("formula", SAID, ids=lambda f: f.__name__)
def test_formulas(formula, runs):
    law = Law(formula, PRIORS)
    for verb, call in verbs(law, runs).items():
        if verb != "backtest":  # a cut that fails is kept with its reason
            with pytest.raises(ValueError, match=SAID[formula]):
                call()


@pytest.mark.parametrize(
    "result, words",
    {None: "None", "x": "text", 1j: "complex numbers", (1.0, 2.0): "an array of shape", True: "truth values"}.items(),
)
def test_formulas_that_return_no_loss(result, words, runs):
    def formula(N, *, E, a):
        return np.tile(result, (len(N), 2)) if isinstance(result, tuple) and np.ndim(N) else result

    for verb in ("fit", "sample_prior"):
        with pytest.raises((TypeError, ValueError), match=f"returns {words}|same loss"):
            verbs(Law(formula, PRIORS), runs)[verb]()


def test_a_reference_value_of_no_column(runs):
    with pytest.raises(ValueError, match=r"has \['n0'\]; wanted \['N0', 'D0', 'loss_min'\]"):
        bs.fit(replace(chinchilla, reference={"n0": 1e9}), runs)


def test_good_formulas_pass_quickly(runs):
    """Also with a prior that only PyMC can draw, and where a column does not vary in the table."""

    def good(N, D, N0, D0, loss_min, *, E, a):
        x = N / N0
        x = x * np.exp(np.log1p(D / D0)) if D0 > 0 else x  # a branch on the reference run
        return E + a * np.sqrt(x**2) ** -0.3 + 0 * np.abs(loss_min)

    odd = {**PRIORS, "a": Prior("Kumaraswamy", a=2.0, b=2.0)}
    for law in (Law(good, PRIORS), Law(good, odd), replace(chinchilla, reference={"N0": 1e9})):
        began = time.perf_counter()
        with pytest.raises(AssertionError, match="sampling began"), pytest.warns(UserWarning):
            bs.fit(law, runs.assign(D=1e10, C=lambda t: 6 * t["N"] * t["D"]), seed=1)
        assert time.perf_counter() - began < 5
