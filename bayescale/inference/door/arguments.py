"""The door: what the user gives to `fit`, `fit_many`, `sbc`, `backtest` and `sample_prior`, checked before sampling."""

import difflib
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bayescale.inference.methods import METHODS
from bayescale.modelling.law import Law

#: Largest seed: the posterior stores it as a signed integer of 64 bits.
LARGEST_SEED = 2**63 - 2
#: Fewest draws of a chain: convergence checks split each chain in two and need two draws in each half.
FEWEST_DRAWS = 4
#: Most draws of all chains together: 0.8 GB for each parameter.
MOST_DRAWS = 10**8
#: Most chains; each is a thread or a process.
MOST_CHAINS = 1000
#: Most tuning steps of a chain, as a guard against a slip.
MOST_TUNE = 10**7
#: Deepest tree of NUTS; each level doubles the steps of a draw.
DEEPEST_TREE = 30
#: Options of `pymc.sample` that `fit` takes; a test compares them with the installed PyMC.
OPTIONS = (
    *("draws", "tune", "chains", "cores", "progressbar", "progressbar_theme", "quiet", "nuts", "nuts_sampler"),
    *("target_accept", "max_treedepth", "step", "initvals", "init", "jitter_max_retries", "n_init", "trace"),
    *("discard_tuned_samples", "compute_convergence_checks", "keep_warning_stat", "idata_kwargs", "callback"),
    *("nuts_sampler_kwargs", "mp_ctx", "blas_cores", "backend", "compile_kwargs"),
)
#: Options of `pymc.sample` that `fit` sets, and what to do instead.
OURS = {
    "random_seed": "give it as seed=, which also seeds our own samplers",
    "model": "the law and the runs make the model",
    "return_inferencedata": "fit always returns a DataTree",
    "var_names": "drop variables from the posterior",
}
SAMPLERS = ("nutpie", "pymc", "numpyro", "blackjax")


def check_law(law: Any, runs: Any) -> None:
    """Refuse anything but a Law, such as a name, and swapped arguments.

    Raises
    ------
    TypeError
    """
    if isinstance(law, Law):
        return
    came = f"law is a {type(law).__name__}"
    if isinstance(runs, Law):
        raise TypeError(f"{came}, and the second argument is a Law; swap them: law first, then the runs.")
    if isinstance(law, str):
        raise TypeError(f"law is the name '{law}'; wanted a Law: bayescale.laws.find('{law}') finds it.")
    cure = "make one: bayescale.Law(formula, priors)" if callable(law) else "such as bayescale.laws.chinchilla"
    raise TypeError(f"{came}; wanted a Law, {cure}.")


def check_seed(seed: Any) -> None:
    """Refuse a seed that is neither None nor a whole number from 0 to 2**63 - 2.

    Raises
    ------
    TypeError, ValueError
    """
    if seed is not None:
        whole("seed", seed, 0, LARGEST_SEED)


def whole(name: str, value: Any, least: int, most: int) -> int:
    """`value` as an int.

    Raises
    ------
    TypeError
        If it is no whole number: a boolean, a float, a string.
    ValueError
        If it is less than `least` or more than `most`.
    """
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} is {value!r}, a {type(value).__name__}; wanted a whole number, such as {name}={max(least, 1)}."
        ) from None
    if not least <= number <= most:
        raise ValueError(f"{name} is {number}; wanted a whole number from {least} to {most}.")
    return number


def check_method(method: Any) -> None:
    """Refuse an unknown method.

    Raises
    ------
    ValueError
    """
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"The method {method!r} is unknown; choose one of {list(METHODS)}.")


def checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the sampler as they are passed on: numbers as int, without those that are None.

    A chain uses one core, so more cores than chains are never used.

    Raises
    ------
    TypeError
        If an option is unknown, set by `fit`, or of a wrong type.
    ValueError
        If a number is out of range.
    """
    for name in options:
        if name in OURS:
            raise TypeError(f"fit got {name}=; {OURS[name]}.")
        if name not in OPTIONS:
            near = difflib.get_close_matches(name, ("seed", "method", *OPTIONS), n=1)
            cure = (
                f"did you mean {near[0]}=?" if near else f"it takes {', '.join(OPTIONS[:9])} and others of pymc.sample."
            )
            raise TypeError(f"fit has no option {name}=; {cure}")
    limits = {"draws": (FEWEST_DRAWS, MOST_DRAWS), "tune": (1, MOST_TUNE), "chains": (1, MOST_CHAINS)}
    limits |= {"cores": (1, 2**31)}
    given = {name: value for name, value in options.items() if not (name in limits and value is None)}
    given |= {name: whole(name, given[name], *limits[name]) for name in limits if name in given}
    total = given.get("draws", 1000) * given.get("chains", 4)
    if total > MOST_DRAWS:
        raise ValueError(f"draws times chains is {total}; wanted {MOST_DRAWS} or less.")
    if "cores" in given:
        given["cores"] = min(given["cores"], given.get("chains", 4))
    _check_nuts(given)
    return given


def _check_nuts(given: Mapping[str, Any]) -> None:
    """Refuse an unknown sampler, and NUTS options of a wrong kind."""
    sampler, nuts = given.get("nuts_sampler", "nutpie"), given.get("nuts")
    if sampler not in SAMPLERS:
        raise ValueError(f"nuts_sampler is {sampler!r}; wanted one of {list(SAMPLERS[:3])}.")
    if nuts is not None and not isinstance(nuts, Mapping):
        raise TypeError(f"nuts is a {type(nuts).__name__}; wanted a mapping: nuts={{'target_accept': 0.99}}.")
    starts = given.get("initvals")
    if starts is not None and not isinstance(starts, Mapping if sampler == "nutpie" else Mapping | list | tuple):
        raise TypeError(f"initvals is a {type(starts).__name__}; wanted a mapping from variable to value.")
    nuts = nuts or {}
    if misplaced := sorted(str(name) for name in nuts if name in ("draws", "tune", "chains", "cores", "seed")):
        raise TypeError(f"nuts has {misplaced}; give them as arguments of fit: fit(law, runs, {misplaced[0]}=…).")
    if odd := [name for name in nuts if not isinstance(name, str)]:
        raise TypeError(f"nuts has the key {odd[0]!r}; wanted names of options: nuts={{'target_accept': 0.99}}.")
    if "target_accept" in given and "target_accept" in nuts:
        raise TypeError("target_accept is given twice; leave it to nuts={'target_accept': …}.")
    if nuts.get("max_treedepth") is not None:
        whole("max_treedepth", nuts["max_treedepth"], 1, DEEPEST_TREE)
    target = {**given, **nuts}.get("target_accept", 0.9)
    if isinstance(target, bool) or not isinstance(target, int | float | np.number) or not 0 < float(target) < 1:
        raise ValueError(f"target_accept is {target!r}; wanted a number between 0 and 1, such as 0.99.")


def check_starts(law: Law, starts: Any) -> None:
    """Refuse starting values of unknown variables, and values that are no finite numbers.

    Raises
    ------
    ValueError
    """
    for chain in starts if isinstance(starts, list | tuple) else [starts]:
        for name, value in chain.items() if isinstance(chain, Mapping) else ():
            if name not in law.variables:
                raise ValueError(f"initvals has {name!r}; law '{law.name}' has the variables {list(law.variables)}.")
            array = np.asarray(value)
            if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
                raise ValueError(f"initvals has {name} = {value!r}; wanted finite numbers.")


def check_tables(tables: Any) -> None:
    """Refuse anything but a mapping from distinct names to tables.

    Raises
    ------
    TypeError, ValueError
    """
    if not isinstance(tables, Mapping):
        raise TypeError(f"tables is a {type(tables).__name__}; wanted a mapping from a name to a table of runs.")
    if not tables:
        raise ValueError("There are no tables to fit; wanted a mapping from a name to a table of runs.")
    for name, runs in tables.items():
        if not isinstance(runs, pd.DataFrame):
            raise TypeError(f"The table '{name}' is a {type(runs).__name__}; wanted a pandas.DataFrame.")
    seen: dict[str, Any] = {}
    for name in tables:
        child = str(name).replace("/", "_")
        if child in seen:
            raise ValueError(
                f"The names {seen[child]!r} and {name!r} of tables both print as '{child}', the name "
                "of the fit; rename one."
            )
        seen[child] = name
