"""Weigh: probabilities of the laws of `bayescale.frontiers.shapes`, given runs, with their posteriors."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import FLOP_PER_PARAMETER_AND_TOKEN
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.expected import expected
from bayescale.density.log_density import as_posterior
from bayescale.frontiers.shapes import EQUAL, NAMES, SIZES, shapes
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.draws import add_discrepancy
from bayescale.inference.laplace.approximate import approximate
from bayescale.inference.laplace.sites import prepare
from bayescale.inference.sample_prior import draw_prior
from bayescale.modelling.discrepancy import Discrepancy
from bayescale.modelling.law import Law

#: Draws of each law: chains and draws of each.
CHAINS, DRAWS = 4, 500
#: Absolute correlation of log N and log D from which runs count as lying on one line, and the laws are in C alone.
ON_A_LINE = 0.99


@dataclass(frozen=True)
class Weighed:
    """A law with what the runs say about it.

    Attributes
    ----------
    posterior, prior : draws of its parameters, dims (chain, draw).
    reference : the reference run.
    log_evidence : log probability of the losses under the law [1/nats^runs]; `error` is its standard error.
    problem : why the importance weights are not accepted; empty if they are.
    log_likelihood : log density of each loss, dims (chain, draw, run).
    """

    posterior: xr.Dataset
    prior: xr.Dataset
    reference: dict[str, float]
    log_evidence: float
    error: float
    problem: str
    log_likelihood: xr.DataArray


def prior_of(prior: Mapping[str, float] | None) -> dict[str, float]:
    """Prior probabilities of the laws, which sum to one; `EQUAL` if None.

    Raises
    ------
    ValueError
        If a law is unknown, a probability is negative or not finite, or all are zero.
    """
    given = EQUAL if prior is None else {name: float(prior.get(name, 0.0)) for name in NAMES}
    unknown = sorted(set(prior or {}) - set(NAMES))
    total = sum(given.values())
    if unknown or not np.isfinite(total) or total <= 0 or min(given.values()) < 0:
        raise ValueError(
            f"prior is {dict(prior or {})}; wanted probabilities of {list(NAMES)}, none negative and one positive: "
            "prior={'straight': 0.5, 'floor': 0.25, 'slow': 0.25}."
        )
    return {name: value / total for name, value in given.items()}


def inputs_of(runs: pd.DataFrame) -> tuple[tuple[str, ...], str]:
    """Inputs of the laws that suit a table, and a sentence if they cannot be N and D.

    Raises
    ------
    TypeError, ValueError
        If the table is no DataFrame, or has neither N and D nor C.
    """
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    if {"N", "D"} <= set(runs):
        log_N, log_D = np.log(runs["N"].to_numpy(float)), np.log(runs["D"].to_numpy(float))
        same = [name for name, x in (("N", log_N), ("D", log_D)) if np.ptp(x) < 1e-9]
        if same:
            return ("C",), _fixed(runs, same[0])
        if len(runs) < 3 or abs(np.corrcoef(log_N, log_D)[0, 1]) > ON_A_LINE:
            return ("C",), (
                "N and D lie on one line, so the laws are in C alone: the runs show how the loss falls along that "
                "line, which is the frontier only if the runs are compute-optimal."
            )
        return ("N", "D"), ""
    if "C" in runs:
        return ("C",), (
            "The table has only C, so the laws are in C alone; this is the frontier only if the runs are optimal."
        )
    raise ValueError(f"runs has the columns {list(runs)}; wanted N and D, or C, and loss.")


def table_of(runs: pd.DataFrame) -> tuple[tuple[str, ...], pd.DataFrame, str]:
    """Inputs of the laws that suit a table, the table with these columns, and a sentence as of `inputs_of`."""
    inputs, said = inputs_of(runs)
    if inputs == ("C",) and {"N", "D"} <= set(runs):
        runs = runs.assign(C=FLOP_PER_PARAMETER_AND_TOKEN * runs["N"] * runs["D"]).drop(columns=["N", "D"])
    return inputs, runs, said


def _fixed(runs: pd.DataFrame, name: str) -> str:
    """What a family of one N or one D says, with the size of the effect by Besiroglu's law."""
    value = float(runs[name].iloc[0])
    rest = 2085.0 * value**-0.366 if name == "D" else 482.0 * value**-0.348  # Besiroglu et al. 2024, arXiv:2404.10102
    return (
        f"All runs have {name} = {value:.3g}, so this is no frontier: what looks like a floor contains the term of "
        f"{name}, {rest:.2g} nats/token by Besiroglu et al. 2024."
    )


def weigh(
    runs: pd.DataFrame, discrepancy: Discrepancy | None = SIZES, seed: int | None = None
) -> tuple[dict[str, Weighed], list[str]]:
    """Fit the laws to runs.

    Returns
    -------
    dict : law -> Weighed.
    list of str : what limits the conclusion.
    """
    check_seed(seed)
    inputs, table, said = table_of(runs)
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else int(seed)
    found = {name: fit_one(law, table, seed) for name, law in shapes(inputs, discrepancy).items()}
    limits = [said] if said else []
    limits += [f"The fit of the law '{name}': {w.problem}." for name, w in found.items() if w.problem]
    return found, limits


def fit_one(law: Law, runs: pd.DataFrame, seed: int) -> Weighed:
    """Fit one law by importance sampling."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same for each law; what matters is in the limits
        bound = Bound(law, check(law, runs))
    density = prepare(bound)
    found = approximate(density, seed, CHAINS, DRAWS)
    posterior, table = as_posterior(density, found.points), bound.table
    tree = xr.DataTree.from_dict({"posterior": posterior, "constant_data": xr.Dataset(dict(table.reference))})
    add_discrepancy(density, tree, seed)
    given = {name: xr.DataArray(values.to_numpy(), dims="run") for name, values in table.columns.items()}
    mu, scale, shape = expected(law, tree, given, np.random.default_rng(0))
    likelihood = law.noise.logpdf(xr.DataArray(table.loss, dims="run"), mu, scale, shape)
    return Weighed(
        posterior,
        draw_prior(bound, CHAINS * DRAWS, np.random.default_rng(seed)),
        {name: float(value) for name, value in table.reference.items()},
        found.log_evidence,
        float(1 / np.sqrt(found.ess)),
        found.reason,
        likelihood.transpose("chain", "draw", "run"),
    )


def probabilities(found: Mapping[str, Weighed], prior: Mapping[str, float]) -> dict[str, float]:
    """Posterior probabilities of the laws."""
    with np.errstate(divide="ignore"):
        logs = np.array([found[name].log_evidence + np.log(prior[name]) for name in NAMES])
    values = np.exp(logs - logs.max())
    return dict(zip(NAMES, (values / values.sum()).tolist(), strict=True))
