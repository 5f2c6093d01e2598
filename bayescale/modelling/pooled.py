"""Pooled: a law whose parameters are shared by groups of runs, pooled partially, or each group's own."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior
from bayescale.modelling.pymc_families import hint

#: Ways to pool a parameter over groups.
HOW = ("shared", "partial", "own")
#: Median of the spread between groups, as a share of the prior's own spread, and the sigma of its logarithm: the
#: central 90 % is 0.1 to 0.9 of the prior's spread.
SPREAD, LOG_SIGMA = 0.3, 0.7


def pooled(law: Law, by: str, how: str = "shared", /, **parameters: str | Prior) -> Law:
    """Say for each parameter of a law whether groups of runs share it.

    - ``"shared"``: one value for all groups (complete pooling).
    - ``"partial"``: each group has a value, and the values scatter about a common one. Location and spread are
      estimated (a hierarchical prior). A group with few runs borrows from the others.
    - ``"own"``: each group has a value of its own, with the law's prior (no pooling).

    Parameters
    ----------
    law : Law
    by : str, the column of `runs` that names the group of a run: a family, a corpus, an evaluation set.
    how : {"shared", "partial", "own"}, for the parameters of the formula that are not named.
    **parameters
        How to pool a parameter of the formula or of the noise, by its name; or a `Prior` that replaces its prior, with
        dims of your choice.

    Returns
    -------
    Law : of the same formula. Priors stated in ``loss_min`` then mean the smallest loss of each group. A partially
        pooled parameter ``alpha`` has the hyperparameters ``alpha_mu``, with the prior that the law gives alpha, and
        ``alpha_sigma``, LogNormal with the median 0.3 times the spread of that prior.

    Raises
    ------
    TypeError
        If `law` is no Law, `by` no name, or a parameter is given neither a word nor a Prior.
    ValueError
        If a word or a parameter is unknown, a named parameter is a fixed number, or its prior has groups already; if
        its family has no partially pooled form (those that have: Normal, LogNormal, TruncatedNormal, Uniform and Beta);
        if a noise with groups meets a discrepancy.

    Examples
    --------
    Two families share the exponent and the floor; each has its own excess:

    >>> import bayescale as bs
    >>> from bayescale.laws.henighan2020 import L_C
    >>> law = bs.pooled(L_C, "family", excess_C="own")
    >>> law.priors["excess_C"]
    loss_min * LogNormal(mu=-1.0, sigma=1.0, dims=('family',))

    All parameters are each family's own, but exponents are pooled partially:

    >>> bs.pooled(L_C, "family", "own", alpha_C="partial").variables["alpha_C_mu"]
    Normal(mu=-1.2, sigma=0.8)
    """
    if not isinstance(law, Law):
        raise TypeError(f"law is a {type(law).__name__}; wanted a Law. bayescale.laws.find finds one by its name.")
    if not isinstance(by, str) or not by:
        raise TypeError(f"by is {by!r}; wanted the name of a column that has the group of each run: 'family'.")
    _check_word("how", how)
    ours = {**law.priors, **law.noise.priors}
    for name, word in parameters.items():
        _check_named(law, name, word, ours)
    formula = {name: _pooled(name, prior, by, parameters.get(name, how)) for name, prior in law.priors.items()}
    noise = {n: _pooled(n, prior, by, parameters.get(n, "shared")) for n, prior in law.noise.priors.items()}
    return replace(law, priors=formula, noise=replace(law.noise, priors=noise), name=f"{law.name} by {by}")


def _check_word(name: str, word: Any) -> None:
    if not isinstance(word, str):
        raise TypeError(f"{name} is {word!r}; wanted one of {list(HOW)}.")
    if word not in HOW:
        raise ValueError(f"{name} is {word!r}{hint(word, HOW)} Choose one of {list(HOW)}.")


def _check_named(law: Law, name: str, word: Any, ours: Mapping[str, Any]) -> None:
    """Refuse a statement about a parameter that the law does not have, or that is a number."""
    if name not in ours:
        raise ValueError(f"Law '{law.name}' has no parameter '{name}'{hint(name, ours)} It has {', '.join(ours)}.")
    if isinstance(word, Prior):
        return
    _check_word(name, word)
    prior = ours[name]
    if word != "shared" and not isinstance(prior, Prior):
        raise ValueError(
            f"{name} of law '{law.name}' is the number {prior}; give it a Prior to pool it: {name}=Prior(…)."
        )


def _pooled(name: str, prior: Prior | float, by: str, how: str | Prior) -> Prior | float:
    """The prior of a parameter under one way to pool it."""
    if isinstance(how, Prior):
        return how
    if how == "shared" or not isinstance(prior, Prior):
        return prior
    if prior.dims or prior.hyperpriors():
        raise ValueError(
            f"The prior of {name}, {prior}, has groups or hyperpriors already; name it with a Prior of your own: "
            f"{name}=Prior(…, dims=('{by}', …))."
        )
    if how == "own":
        return Prior(prior.family, dims=by, centered=prior.centered, unit=prior.unit, args=prior.args)
    if prior.family not in _PARTIAL:
        raise ValueError(
            f"The prior of {name}, {prior}, has no partially pooled form here; the families that have: "
            f"{', '.join(_PARTIAL)}. Use '{name}=\"own\"', or a Prior whose arguments are priors."
        )
    return _PARTIAL[prior.family](prior, by)


def _spread(width: float) -> Prior:
    """Prior of the spread between groups of a parameter whose own prior has this spread."""
    return Prior("LogNormal", mu=round(math.log(SPREAD * width), 4), sigma=LOG_SIGMA)


def _of_location(prior: Prior, by: str) -> Prior:
    """Normal and LogNormal: the groups scatter about mu."""
    mu = Prior("Normal", mu=prior.args["mu"], sigma=prior.args["sigma"])
    return Prior(prior.family, dims=by, unit=prior.unit, args={"mu": mu, "sigma": _spread(prior.args["sigma"])})


def _between(prior: Prior, by: str, centre: Prior, width: float, lower: Any, upper: Any) -> Prior:
    """Bounded families: the groups are normal about a common centre, within the bounds."""
    args = {"mu": centre, "sigma": _spread(width), "lower": lower, "upper": upper}
    return Prior("TruncatedNormal", dims=by, unit=prior.unit, args={k: v for k, v in args.items() if v is not None})


def _of_uniform(prior: Prior, by: str) -> Prior:
    lower, upper = prior.args["lower"], prior.args["upper"]
    return _between(prior, by, Prior("Uniform", args=prior.args), (upper - lower) / 12**0.5, lower, upper)


def _of_truncated(prior: Prior, by: str) -> Prior:
    centre = Prior("TruncatedNormal", args=prior.args)
    return _between(prior, by, centre, prior.args["sigma"], prior.args.get("lower"), prior.args.get("upper"))


def _of_beta(prior: Prior, by: str) -> Prior:
    a, b = prior.args["alpha"], prior.args["beta"]
    width = (a * b / ((a + b) ** 2 * (a + b + 1))) ** 0.5
    return _between(prior, by, Prior("Beta", args=prior.args), width, 0.0, 1.0)


#: Family -> its partially pooled form.
_PARTIAL: dict[str, Callable[[Prior, str], Prior]] = {
    "Normal": _of_location,
    "LogNormal": _of_location,
    "TruncatedNormal": _of_truncated,
    "Uniform": _of_uniform,
    "Beta": _of_beta,
}
