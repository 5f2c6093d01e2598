"""Names of PyMC's distributions and of their arguments, so that a prior can be checked without importing PyMC."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

#: Distributions of PyMC 6.4 -> the arguments of their ``dist``, with defaults. Aliases such as ``Lognormal`` are left
#: out. To renew the table, print ``{name: text for name in dir(pymc) if (text := ask_pymc(name)) is not None}``.
ARGUMENTS: dict[str, str] = {
    "AR": "rho, sigma=None, tau=None, init_dist=None, steps=None, constant=False, ar_order=None",
    "AsymmetricLaplace": "kappa=None, mu=None, b=None, q=None",
    "Bernoulli": "p=None, logit_p=None",
    "Beta": "alpha=None, beta=None, mu=None, sigma=None, nu=None",
    "BetaBinomial": "alpha, beta, n",
    "Binomial": "n, p=None, logit_p=None",
    "CAR": "mu, W, alpha, tau",
    "Categorical": "p=None, logit_p=None",
    "Cauchy": "alpha, beta",
    "Censored": "dist, lower=-inf, upper=inf",
    "DiracDelta": "c",
    "Dirichlet": "a",
    "DirichletMultinomial": "n, a",
    "DiscreteUniform": "lower, upper",
    "DiscreteWeibull": "q, beta",
    "EulerMaruyama": "dt, sde_fn, sde_pars, init_dist=None, steps=None",
    "ExGaussian": "mu=0.0, sigma=1.0, nu",
    "Exponential": "lam=None, scale=None",
    "Flat": "",
    "GARCH11": "omega, alpha_1, beta_1, initial_vol, steps=None",
    "Gamma": "alpha=None, beta=None, mu=None, sigma=None",
    "Geometric": "p",
    "Gumbel": "mu, beta",
    "HalfCauchy": "beta",
    "HalfFlat": "",
    "HalfNormal": "sigma=None, tau=None",
    "HalfStudentT": "nu, sigma=None, lam=None",
    "HyperGeometric": "N, k, n",
    "ICAR": "W, sigma=1, zero_sum_stdev=0.001",
    "Interpolated": "x_points, pdf_points",
    "InverseGamma": "alpha=None, beta=None, mu=None, sigma=None",
    "KroneckerNormal": "mu, covs=None, chols=None, evds=None, sigma=0.0",
    "Kumaraswamy": "a, b",
    "LKJCorr": "n, eta",
    "Laplace": "mu, b",
    "LogNormal": "mu=0, sigma=None, tau=None",
    "Logistic": "mu=0.0, s=1.0",
    "MatrixNormal": "mu, rowcov=None, rowchol=None, colcov=None, colchol=None",
    "Mixture": "w, comp_dists",
    "Moyal": "mu=0, sigma=1.0",
    "Multinomial": "n, p",
    "MvNormal": "mu=0, cov=None, tau=None, chol=None, lower=True",
    "MvStudentT": "nu, Sigma=None, mu=0, scale=None, tau=None, chol=None, lower=True",
    "NegativeBinomial": "mu=None, alpha=None, p=None, n=None",
    "Normal": "mu=0, sigma=None, tau=None",
    "Pareto": "alpha, m",
    "Poisson": "mu",
    "PolyaGamma": "h=1.0, z=0.0",
    "RandomWalk": "init_dist, innovation_dist, steps=None",
    "Rice": "nu=None, sigma=None, b=None",
    "SkewNormal": "alpha=1, mu=0.0, sigma=None, tau=None",
    "SkewStudentT": "a, b, mu=0, sigma=None, lam=None",
    "StickBreakingWeights": "alpha, K",
    "StudentT": "nu, mu=0, sigma=None, lam=None",
    "Triangular": "lower=0, upper=1, c=0.5",
    "Truncated": "dist, lower=None, upper=None, max_n_steps=10000",
    "TruncatedNormal": "mu=0, sigma=None, tau=None, lower=None, upper=None",
    "Uniform": "lower=0, upper=1",
    "VonMises": "mu=0.0, kappa=1.0",
    "Wald": "mu=None, lam=None, phi=None, alpha=0.0",
    "Weibull": "alpha, beta",
    "Wishart": "nu, V=None, scale_chol=None",
    "ZeroSumNormal": "sigma=1.0, n_zerosum_axes=None, support_shape=None",
}

#: Arguments that must be positive.
POSITIVE: dict[str, tuple[str, ...]] = {
    "AsymmetricLaplace": ("kappa", "b"),
    "Beta": ("alpha", "beta", "mu", "sigma", "nu"),
    "BetaBinomial": ("alpha", "beta"),
    "Cauchy": ("beta",),
    "Dirichlet": ("a",),
    "DiscreteWeibull": ("beta",),
    "ExGaussian": ("sigma", "nu"),
    "Exponential": ("lam", "scale"),
    "Gamma": ("alpha", "beta", "mu", "sigma"),
    "Gumbel": ("beta",),
    "HalfCauchy": ("beta",),
    "HalfNormal": ("sigma", "tau"),
    "HalfStudentT": ("nu", "sigma", "lam"),
    "InverseGamma": ("alpha", "beta", "mu", "sigma"),
    "Kumaraswamy": ("a", "b"),
    "Laplace": ("b",),
    "LogNormal": ("sigma", "tau"),
    "Logistic": ("s",),
    "Moyal": ("sigma",),
    "NegativeBinomial": ("mu", "alpha"),
    "Normal": ("sigma", "tau"),
    "Pareto": ("alpha", "m"),
    "Rice": ("sigma",),
    "SkewNormal": ("sigma", "tau"),
    "SkewStudentT": ("a", "b", "sigma", "lam"),
    "StudentT": ("nu", "sigma", "lam"),
    "TruncatedNormal": ("sigma", "tau"),
    "VonMises": ("kappa",),
    "Wald": ("mu", "lam", "phi"),
    "Weibull": ("alpha", "beta"),
    "ZeroSumNormal": ("sigma",),
}
#: Arguments that must lie between zero and one.
SHARES: dict[str, tuple[str, ...]] = {"AsymmetricLaplace": ("q",), "Beta": ("mu",)}

_BY_TAU = (("sigma",), ("tau",), ())
_BY_LAM = (("sigma",), ("lam",), ())
#: Where a family can be spelled in several ways: the arguments of each spelling, () if it needs none of them. Arguments
#: in no spelling (the mu of a Normal) go with all.
SPELLINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "AsymmetricLaplace": (("kappa", "mu", "b"), ("q", "mu", "b")),
    "Beta": (("alpha", "beta"), ("mu", "sigma"), ("mu", "nu")),
    "Exponential": (("lam",), ("scale",), ()),
    "Gamma": (("alpha", "beta"), ("mu", "sigma")),
    "HalfNormal": _BY_TAU,
    "HalfStudentT": _BY_LAM,
    "InverseGamma": (("alpha", "beta"), ("alpha",), ("mu", "sigma")),
    "LogNormal": _BY_TAU,
    "Normal": _BY_TAU,
    "Rice": (("nu",), ("b",)),
    "SkewNormal": _BY_TAU,
    "SkewStudentT": _BY_LAM,
    "StudentT": _BY_LAM,
    "TruncatedNormal": _BY_TAU,
    "Wald": (("mu",), ("mu", "lam"), ("mu", "phi"), ("lam", "phi")),
}

#: Families that reach from minus to plus infinity, and those whose smallest value is their argument `lower`.
WHOLE_LINE = frozenset({
    "AsymmetricLaplace", "Cauchy", "ExGaussian", "Flat", "Gumbel", "Laplace", "Logistic", "Moyal", "Normal",
    "SkewNormal", "SkewStudentT", "StudentT",
})  # fmt: skip
FROM_LOWER = frozenset({"Triangular", "TruncatedNormal", "Uniform"})

#: What other libraries call families and arguments, without case -> PyMC's names, the likeliest first.
OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "gaussian": ("Normal",),
    "norm": ("Normal",),
    "halfgaussian": ("HalfNormal",),
    "student": ("StudentT",),
    "t": ("StudentT",),
    "sd": ("sigma", "b", "beta", "s"),
    "std": ("sigma", "b", "beta", "s"),
    "stdev": ("sigma", "b", "beta", "s"),
    "scale": ("sigma", "b", "beta", "s"),
    "precision": ("tau", "lam"),
    "mean": ("mu",),
    "loc": ("mu", "alpha"),
    "location": ("mu", "alpha"),
    "df": ("nu",),
    "dof": ("nu",),
    "rate": ("lam", "beta"),
    "concentration": ("alpha", "kappa", "a"),
    "low": ("lower",),
    "min": ("lower",),
    "high": ("upper",),
    "max": ("upper",),
    "a": ("alpha", "lower"),
    "b": ("beta", "upper"),
}


#: Members of pymc that derive from `pymc.Distribution`, but are no family of priors.
NOT_FAMILIES = ("Continuous", "Discrete", "Distribution", "Simulator")


def arguments_of(family: str) -> dict[str, str | None]:
    """Arguments of a family of PyMC.

    Returns
    -------
    dict : name of an argument -> its default as text, or None if it must be given.

    Raises
    ------
    ValueError
        If PyMC has no distribution of this name.
    """
    text = ARGUMENTS.get(family)
    if text is None and not any(_bare(name) == _bare(family) for name in ARGUMENTS):
        text = ask_pymc(family)  # the installed PyMC may be newer than the table
    if text is None:
        raise ValueError(
            f"'{family}' is not a distribution of pymc under this name{hint(family, ARGUMENTS)} "
            "Wanted a name from pymc's list of distributions, such as Normal, LogNormal, HalfNormal or Uniform."
        )
    pairs = [part.partition("=") for part in text.split(", ") if part]
    return {name: default if equals else None for name, equals, default in pairs}


def ask_pymc(family: str) -> str | None:
    """Arguments of a distribution of the installed PyMC, as in `ARGUMENTS`; None if it has no such distribution."""
    from inspect import signature

    import pymc as pm

    found = getattr(pm, family, None)
    if not (isinstance(found, type) and issubclass(found, pm.Distribution)):
        return None
    if found.__name__ != family or family in NOT_FAMILIES:
        return None
    arguments = [
        p for p in signature(found.dist).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    return ", ".join(p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in arguments)


def hint(word: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown word: ``; did you mean sigma?``, or a full stop."""
    by_bare = {_bare(name): name for name in known}
    same = [by_bare[_bare(word)]] if _bare(word) in by_bare else []
    usual = [name for name in OTHER_NAMES.get(_bare(word), ()) if name in by_bare.values()]
    close = [by_bare[name] for name in get_close_matches(_bare(word), by_bare, n=1)]
    best = [*same, *usual, *close]
    return f"; did you mean {best[0]}?" if best else "."


def _bare(name: str) -> str:
    """A name without case, hyphens and underscores."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
