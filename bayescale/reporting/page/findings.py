"""Findings: everything that a report computes from a posterior, before anything is written."""

import warnings
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import budget_tokens, training_flop
from bayescale.forecasting.forecast import largest, sizes_of
from bayescale.forecasting.predict import predict
from bayescale.forecasting.shares import shares
from bayescale.forecasting.signs import signs
from bayescale.forecasting.trust.evidence import Evidence, evidence
from bayescale.forecasting.trust.sensitivity import sensitivity
from bayescale.frontiers.frontier import frontier
from bayescale.inference.laplace import psis
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law
from bayescale.reporting.summary import Row, rows

#: Draws that frontiers use: a thousand give intervals to about a twentieth of their width, in a few seconds.
FRONTIER_DRAWS = 1000
#: Budgets of the frontier: from the smallest run to this many times the largest.
BUDGETS, BEYOND = 25, 100.0
#: Compute of the runs that are forecast by default, in units of the largest fitted run.
FARTHER = (10.0, 100.0)
#: Most cells of groups for which runs are forecast by default.
MOST_CELLS = 3
#: Most runs that the table of influence lists.
MOST_RUNS = 5


@dataclass
class Findings:
    """What a report is written from.

    Attributes
    ----------
    post, law : the posterior and its law.
    rows : summary of each parameter.
    targets : the runs that are forecast, one row each.
    predicted, parts : `predict` of them, and the shares of their uncertainty.
    best : `frontier`; None if the law has none. `cell` has the levels that it is for.
    moves : `sensitivity` of the forecasts to priors; None if no prior can be changed.
    influence : a row for each run: Pareto k, and how far the first forecast moves without the run [%].
    told, tests : the back-test in numbers and as a Dataset, if there is one.
    signs : signs of a bad forecast.
    notes : what could not be computed, and why.
    """

    post: xr.DataTree
    law: Law
    rows: list[Row]
    targets: pd.DataFrame
    predicted: xr.Dataset
    parts: xr.DataArray
    best: xr.Dataset | None = None
    cell: dict[str, Any] = field(default_factory=dict)
    moves: pd.DataFrame | None = None
    influence: pd.DataFrame = field(default_factory=pd.DataFrame)
    told: Evidence | None = None
    tests: xr.Dataset | None = None
    signs: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def find(law: Law, post: xr.DataTree, targets: pd.DataFrame | None, backtest: Any, seed: int) -> Findings:
    """Compute what a report shows.

    Parameters
    ----------
    law, post : the law and its posterior.
    targets : runs to forecast; by default compute-optimal ones of 10 and 100 times the compute of the largest run.
    backtest : Dataset of `bayescale.backtest` for one forecaster, its Evidence, None, or a function of the runs to
        forecast that returns one of these.
    seed : int, of forecasts.
    """
    with warnings.catch_warnings():  # what they say is in the page
        warnings.simplefilter("ignore", UserWarning)
        cells, notes = _cells(law, post), []
        best = _frontier(law, post, cells[0], seed, notes)
        table = default_targets(law, post, cells, best) if targets is None else targets.reset_index(drop=True)
        predicted = predict(law, post, table, seed=seed)
        backtest = backtest(table) if callable(backtest) else backtest
        told = evidence(backtest) if isinstance(backtest, xr.Dataset) else backtest
        found = Findings(post, law, rows(post), table, predicted, shares(law, post, predicted), best, cells[0])
        try:
            found.moves = sensitivity(law, post, table.iloc[:1], seed=seed)
        except ValueError as error:
            notes.append(f"Sensitivity to priors was not computed: {error}")
        found.influence = influence(post, predicted)
        found.told, found.tests = told, backtest if isinstance(backtest, xr.Dataset) else None
        found.signs, found.notes = signs(law, post, told), notes
    return found


def runs_of(post: xr.DataTree) -> pd.DataFrame:
    """The fitted runs, as the posterior has them: columns, groups, C = 6ND where it is missing, loss."""
    constants = post["constant_data"].to_dataset()
    columns = {str(name): each.to_numpy() for name, each in constants.items() if each.dims == ("run",)}
    table = {name.removesuffix("_of_run"): values for name, values in columns.items()}
    sizes = sizes_of(post)
    if "C" in sizes:
        table.setdefault("C", sizes["C"].to_numpy())
    return pd.DataFrame({**table, "loss": post["observed_data"]["loss"].to_numpy()})


def _cells(law: Law, post: xr.DataTree) -> list[dict[str, Any]]:
    """Values of the law's groups and of its inputs other than N, D and C: the first cells, at the reference run."""
    constants = post["constant_data"].to_dataset()
    held = {name: float(constants[f"{name}0"]) for name in law.inputs if name not in "NDC" and f"{name}0" in constants}
    held |= {n: float(constants[n].median()) for n in (*law.inputs, *law.noise.columns) if n not in {*held, *"NDC"}}
    levels = [post["posterior"][group].values.tolist() for group in law.groups]
    return [{**held, **dict(zip(law.groups, chosen, strict=True))} for chosen in product(*levels)][:MOST_CELLS]


def thinned(post: xr.DataTree, draws: int) -> xr.DataTree:
    """A posterior with about so many draws in total, and only the groups that statements on new runs need."""
    sizes = post["posterior"].sizes
    step = max(1, sizes["chain"] * sizes["draw"] // draws)
    kept = {}
    for name in ("posterior", "constant_data", "observed_data", "discrepancy"):
        if name in post.children:
            group = post[name].to_dataset().drop_vars(SAMPLE_DIMS, errors="ignore")  # labels cost a third of the time
            kept[name] = group.isel(draw=slice(None, None, step)) if "draw" in group.dims else group
    tree = xr.DataTree.from_dict(kept)
    tree.attrs = dict(post.attrs)
    return tree


def has_frontier(law: Law) -> bool:
    """Whether a law has a compute-optimal frontier."""
    return {"N", "D"} <= set(law.inputs) or set(law.inputs) == {"C"}


def _frontier(law: Law, post: xr.DataTree, cell: dict[str, Any], seed: int, notes: list[str]) -> xr.Dataset | None:
    """The frontier from the smallest run to `BEYOND` times the largest; None, with a note, if the law has none."""
    if not has_frontier(law):
        notes.append(f"A law in {', '.join(law.inputs)} has no compute-optimal frontier.")
        return None
    sizes = sizes_of(post)["C"]
    budgets = np.geomspace(sizes.min(), BEYOND * sizes.max(), BUDGETS)
    budgets = np.unique(np.append(budgets, [times * sizes.max() for times in FARTHER if times < BEYOND]))
    inputs = {key: value for key, value in cell.items() if key in (*law.inputs, *law.groups)}
    try:
        return frontier(law, thinned(post, FRONTIER_DRAWS), budgets, seed=seed, **inputs)
    except ValueError as error:
        notes.append(f"The frontier was not computed: {error}")
        return None


def default_targets(law: Law, post: xr.DataTree, cells: list[dict[str, Any]], best: xr.Dataset | None) -> pd.DataFrame:
    """Runs of 10 and 100 times the compute (or the size) of the largest run; for a law in N and D on its frontier.

    The frontier `best` is that of the first cell. Without one, N and D grow by equal factors. For a law in none of N, D
    and C it is the reference run.
    """
    lines, most = [], largest(post)
    for times, cell in product(FARTHER, cells):
        line = dict(cell)
        if {"N", "D"} <= set(law.inputs):
            line["C"] = times * most["C"]
            line["N"] = most["N"] * np.sqrt(line["C"] / training_flop(most["N"], most["D"]))
            if best is not None:
                line["N"] = float(best["N"].sel(C=line["C"], method="nearest").median())
            line["D"] = float(budget_tokens(line["C"], line["N"]))
        else:
            line |= {name: times * most[name] for name in law.inputs if name in most}
        lines.append(line)
    return pd.DataFrame(lines).drop_duplicates(ignore_index=True)  # a law without sizes has one run


def influence(post: xr.DataTree, predicted: xr.Dataset) -> pd.DataFrame:
    """For each run, Pareto k of the weights that leave it out, and how far the first forecast moves without it.

    Returns
    -------
    DataFrame : index run; ``k``; ``moved`` [% of the loss], change of the median forecast of the first target, NaN
        where k is above 0.7; runs with such a k first, then in the order of the absolute change.
    """
    if "log_likelihood" not in post.children:
        return pd.DataFrame(columns=["k", "moved"])
    density = post["log_likelihood"]["loss"].transpose("run", *SAMPLE_DIMS)
    logs = np.log(predicted["mu"].isel(run=0).sel(draw=density["draw"]).transpose(*SAMPLE_DIMS).to_numpy().ravel())
    order, middle = np.argsort(logs), float(np.median(logs))
    lines = []
    for own in density.to_numpy().reshape(density.sizes["run"], -1):
        weights, k = psis.smooth(-own)
        mass = np.cumsum(weights[order]) - weights[order] / 2
        moved = 100 * (float(np.interp(0.5, mass / weights.sum(), logs[order])) - middle)
        lines.append({"k": float(k), "moved": moved if k <= psis.MAX_K else np.nan})
    table = pd.DataFrame(lines, index=[str(run) for run in density["run"].values])
    return table.loc[table["moved"].abs().fillna(np.inf).sort_values(ascending=False, kind="stable").index]
