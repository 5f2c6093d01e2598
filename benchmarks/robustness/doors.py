"""Bad laws, seeds, methods and options of the sampler; bad priors, noises, variates and formulas."""

from dataclasses import replace

import numpy as np

import bayescale as bs
from bayescale import Discrepancy, Law, Noise, Prior, Variate
from benchmarks.robustness.case import WARNING, Case, cases
from benchmarks.robustness.world import QUICK

#: Bad options of the sampler: what it is, the options, the word of the error.
OPTIONS = (
    ("a seed that is no whole number", {"seed": 1.7}, "whole number"),
    ("a negative seed", {"seed": -1}, "seed"),
    ("text as seed", {"seed": "1"}, "whole number"),
    ("True as seed", {"seed": True}, "whole number"),
    ("no draws", {"draws": 0}, "draws"),
    ("a billion draws", {"draws": 10**9}, "draws"),
    ("half a draw", {"draws": 0.5}, "whole number"),
    ("no tuning", {"tune": 0}, "tune"),
    ("no chains", {"chains": 0}, "chains"),
    ("10,000 chains", {"chains": 10_000}, "chains"),
    ("no cores", {"cores": 0}, "cores"),
    ("NaN as chains", {"chains": np.nan}, "whole number"),
    ("an option that is misspelt", {"chain": 2}, "did you mean"),
    ("an option of the package", {"random_seed": 1}, "seed="),
    ("an unknown method", {"method": "hmc"}, "method"),
    ("a target of acceptance above one", {"target_accept": 1.5}, "target_accept"),
    ("text as start", {"initvals": "a"}, "initvals"),
    ("an unknown sampler", {"nuts_sampler": "stan"}, "nuts_sampler"),
)


def _options() -> list[Case]:
    """Bad options at the door of both methods, and of `fit_many` and `sbc`."""
    found = []
    for name, options, word in OPTIONS:
        nuts = {"seed": 1, "progressbar": False, "method": "nuts", **options}
        quick = {**QUICK, **options}
        found += cases("fit, nuts", ("bad option", name, word, lambda w, o=nuts: bs.fit(w.law, w.runs, **o))) + cases(
            "fit, laplace", ("bad option", name, word, lambda w, o=quick: bs.fit(w.law, w.runs, **o))
        )
        found += cases("fit_many", ("bad option", name, word, lambda w, o=nuts: bs.fit_many(w.law, {"a": w.runs}, **o)))
        found += cases("sbc", ("bad option", name, word, lambda w, o=quick: bs.sbc(w.law, w.runs, fits=2, **o)))
    return found


def branching(N, N0, *, E, alpha_N):
    """A formula with a branch."""
    return E if N > N0 else E + (N / N0) ** -alpha_N


def constant(N, *, E, alpha_N):
    """A formula that does not use its column."""
    return E + alpha_N


def in_place(N, N0, *, E, alpha_N):
    """A formula that changes its column."""
    N /= N0
    return E + N**-alpha_N


def strange(N, N0, *, E, alpha_N):
    """A formula with a function that is not NumPy's."""
    return E + float(N / N0) ** -alpha_N


def unused(N, N0, *, E, alpha_N):
    """A formula that does not use one of its parameters."""
    return E + 0.5 * (N / N0) ** -0.3


def _law(formula) -> Law:
    priors = {"E": Prior("Uniform", lower=0, upper=1, unit="loss_min"), "alpha_N": Prior("HalfNormal", sigma=1)}
    return Law(formula, priors)


def _prior(w, name: str, value) -> Law:
    """Chinchilla's law with another prior."""
    return replace(w.law, priors={**w.law.priors, name: value})


def scale(*, sigma):
    """A scale of the noise."""
    return sigma


CASES = [
    *_options(),
    *cases(
        "fit",
        ("law", "a law by name", "find", lambda w: bs.fit("chinchilla", w.runs)),
        ("law", "law and runs swapped", "swap", lambda w: bs.fit(w.runs, w.law)),
        ("law", "a formula for a law", "Law\\(formula", lambda w: bs.fit(branching, w.runs)),
        ("law", "None for a law", "wanted a Law", lambda w: bs.fit(None, w.runs)),
        ("formula", "a branch", "branch|if|where", lambda w: w.fit(law=_law(branching))),
        ("formula", "no column used", "column|constant|depend", lambda w: w.fit(law=_law(constant))),
        ("formula", "in place", "in place|/=", lambda w: w.fit(law=_law(in_place))),
        ("formula", "float()", "formula", lambda w: w.fit(law=_law(strange))),
        (
            "impossible prior",
            "E from 1000 to 2000",
            "E",
            lambda w: w.fit(law=_prior(w, "E", Prior("Uniform", lower=1000, upper=2000))),
        ),
        (
            "impossible prior",
            "E from -5 to -1",
            "E",
            lambda w: w.fit(law=_prior(w, "E", Prior("Uniform", lower=-5, upper=-1))),
        ),
        ("impossible prior", "E fixed at 100", "E", lambda w: w.fit(law=_prior(w, "E", 100.0))),
        ("impossible prior", "E fixed below zero", "E", lambda w: w.fit(law=_prior(w, "E", -3.0))),
        (
            "impossible prior",
            "a group that no column has",
            "family",
            lambda w: w.fit(law=_prior(w, "E", Prior("Uniform", lower=0, upper=1, dims="family"))),
        ),
    ),
    *cases(
        "fit",
        (
            "impossible prior",
            "an exponent far from the data's",
            "disagree",
            lambda w: w.fit(law=_prior(w, "alpha_N", Prior("Normal", mu=2.0, sigma=0.05))),
        ),
        ("formula", "a parameter that is not used", "alpha_N", lambda w: w.fit(law=_law(unused))),
        right=WARNING,
    ),
    *cases(
        "fit_many",
        ("law", "a law by name", "find", lambda w: bs.fit_many("chinchilla", {"a": w.runs})),
        ("law", "swapped arguments", "swap", lambda w: bs.fit_many({"a": w.runs}, w.law)),
        ("wrong type", "a list of tables", "mapping", lambda w: bs.fit_many(w.law, [w.runs])),
        ("wrong type", "a path for a table", "DataFrame", lambda w: bs.fit_many(w.law, {"a": "runs.csv"})),
        ("rows", "no tables", "no tables", lambda w: bs.fit_many(w.law, {})),
        ("names", "1 and '1'", "print", lambda w: bs.fit_many(w.law, {1: w.runs, "1": w.runs})),
        ("formula", "a branch", "branch|if|where", lambda w: bs.fit_many(_law(branching), {"a": w.runs}, **QUICK)),
    ),
    *cases(
        "sample_prior",
        ("law", "a law by name", "find", lambda w: bs.sample_prior("chinchilla", w.runs)),
        ("law", "swapped arguments", "swap", lambda w: bs.sample_prior(w.runs, w.law)),
        ("wrong type", "a list for a table", "DataFrame", lambda w: bs.sample_prior(w.law, [1])),
        ("bad option", "no draws", "draws", lambda w: bs.sample_prior(w.law, w.runs, draws=0)),
        ("bad option", "text as draws", "whole number", lambda w: bs.sample_prior(w.law, w.runs, draws="10")),
        ("bad option", "a negative seed", "seed", lambda w: bs.sample_prior(w.law, w.runs, seed=-1)),
        ("columns", "no N", "'N'", lambda w: bs.sample_prior(w.law, w.runs[["D", "loss"]])),
        ("rows", "no rows and no reference", "reference", lambda w: bs.sample_prior(w.law, w.runs[:0])),
    ),
    *cases(
        "Prior",
        ("wrong type", "a number for a family", "name", lambda w: Prior(3)),
        ("wrong type", "text for a number", "sigma", lambda w: Prior("HalfNormal", sigma="big")),
        ("wrong type", "True for a number", "sigma", lambda w: Prior("HalfNormal", sigma=True)),
        ("wrong type", "a number as dims", "dims", lambda w: Prior("HalfNormal", sigma=1, dims=3)),
        ("name", "a family that is misspelt", "LogNormal", lambda w: Prior("Lognormal", mu=0, sigma=1)),
        ("name", "an argument that is misspelt", "sigma", lambda w: Prior("HalfNormal", sd=1)),
        ("name", "an unknown unit", "unit", lambda w: Prior("HalfNormal", sigma=1, unit=3)),
        ("NaN, infinite, negative, zero", "sigma is NaN", "sigma", lambda w: Prior("HalfNormal", sigma=np.nan)),
        ("NaN, infinite, negative, zero", "mu is infinite", "mu", lambda w: Prior("Normal", mu=np.inf, sigma=1)),
        ("NaN, infinite, negative, zero", "sigma below zero", "sigma", lambda w: Prior("Normal", mu=0, sigma=-1)),
        (
            "NaN, infinite, negative, zero",
            "bounds exchanged",
            "lower|upper",
            lambda w: Prior("Uniform", lower=2, upper=1),
        ),
        (
            "impossible prior",
            "a hyperprior below zero",
            "below zero",
            lambda w: Prior("Normal", mu=0, sigma=Prior("Normal", mu=0, sigma=1)),
        ),
        (
            "impossible prior",
            "uniform, not centred",
            "centred",
            lambda w: Prior("Uniform", lower=0, upper=1, centered=False),
        ),
    ),
    *cases(
        "Law",
        ("wrong type", "text for a formula", "formula|function|callable", lambda w: Law("E + N", {})),
        ("wrong type", "a list of priors", "priors", lambda w: Law(branching, [1])),
        ("wrong type", "text for a prior", "E", lambda w: Law(branching, {"E": "big", "alpha_N": 1.0})),
        ("name", "a parameter without prior", "alpha_N", lambda w: Law(branching, {"E": 1.0})),
        (
            "name",
            "a prior without parameter",
            "beta",
            lambda w: Law(branching, {"E": 1.0, "alpha_N": 1.0, "beta": 1.0}),
        ),
        (
            "NaN, infinite, negative, zero",
            "a fixed value is NaN",
            "E",
            lambda w: Law(branching, {"E": np.nan, "alpha_N": 1.0}),
        ),
        ("wrong type", "a name for a noise", "noise", lambda w: replace(w.law, noise="student")),
        ("wrong type", "a list for a formula", "formula", lambda w: Law([1], {})),
        ("wrong type", "None for priors", "priors", lambda w: Law(branching, None)),
        ("wrong type", "a name for a discrepancy", "discrepancy", lambda w: replace(w.law, discrepancy="smooth")),
        ("wrong type", "a name for coordinates", "coordinates", lambda w: replace(w.law, coordinates="E")),
        ("wrong type", "None for a reference run", "reference", lambda w: replace(w.law, reference=None)),
        ("NaN, infinite, negative, zero", "N0 is zero", "N0", lambda w: replace(w.law, reference={"N0": 0.0})),
        ("wrong type", "True for a prior", "E", lambda w: Law(branching, {"E": True, "alpha_N": 1.0})),
    ),
    *cases(
        "Noise, Variate, Discrepancy",
        ("name", "an unknown variate", "variate", lambda w: Noise("cauchy", scale, {"sigma": 0.1})),
        ("wrong type", "a number for a variate", "variate", lambda w: Noise(3, scale, {"sigma": 0.1})),
        ("name", "no prior of nu", "nu", lambda w: Noise("student", scale, {"sigma": 0.1})),
        (
            "NaN, infinite, negative, zero",
            "nu below zero",
            "nu",
            lambda w: Noise("student", scale, {"sigma": 0.1, "nu": -1.0}),
        ),
        ("NaN, infinite, negative, zero", "sigma is NaN", "sigma", lambda w: Noise("normal", scale, {"sigma": np.nan})),
        ("wrong type", "text for a function", "logp", lambda w: Variate("a", "z", np.sqrt)),
        ("wrong type", "a function of other arguments", "logp", lambda w: Variate("a", scale, np.sqrt)),
        ("name", "an unknown distribution", "pymc", lambda w: Variate("a", np.sqrt, np.sqrt, pymc="Nothing")),
        (
            "NaN, infinite, negative, zero",
            "degrees of freedom below zero",
            "degrees of freedom",
            lambda w: Variate("a", np.sqrt, np.sqrt, degrees_of_freedom=-1.0),
        ),
        ("wrong type", "a list of amplitudes", "mapping", lambda w: Discrepancy([1])),
        ("name", "an unknown amplitude", "tau", lambda w: Discrepancy({"theta": 1.0})),
        ("NaN, infinite, negative, zero", "an amplitude below zero", "tau", lambda w: Discrepancy({"tau": -1.0})),
    ),
]
