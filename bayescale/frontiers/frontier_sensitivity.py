"""Sensitivity of the frontier: how far it moves with priors, noise, runs, the count of N and the range of compute."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import training_flop
from bayescale.forecasting.trust.sensitivity import changed, chosen, ratios, values_of, with_prior
from bayescale.frontiers.frontier import frontier
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.door.posterior import check_posterior
from bayescale.inference.fit import fit
from bayescale.inference.laplace import psis
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law
from bayescale.modelling.noises import NOISES

#: What moves: name in the table -> variable of `frontier`, or parameter of the law.
TARGETS = ("loss", "N", "E", "curvature")
#: Share of the runs, by compute, that is left out at either end.
END = 0.2
#: Most levels of a group column that are left out one by one.
MOST_LEVELS = 20
#: Most single runs in the table, those that move the loss most.
MOST_RUNS = 3
#: Changes of the noise: only families that a law with discrepancy allows, without columns of their own.
FAMILIES = ("student", "lognormal")


def frontier_sensitivity(
    law: Law,
    post: xr.DataTree,
    runs: pd.DataFrame,
    C: float,
    *,
    groups: Sequence[str] = (),
    cost: Callable = training_flop,
    seed: int | None = None,
) -> pd.DataFrame:
    """How far the compute-optimal loss, N, floor and curvature at one budget move with what was assumed or fitted.

    Parameters
    ----------
    law, post : as in `frontier`.
    runs : DataFrame, the runs that `post` was fitted to.
    C : float, the budget [FLOP].
    groups : sequence of str, columns of `runs` whose levels are left out one by one (at most 20 levels each).
    cost : as in `frontier`.
    seed : int, optional, of the fits and of the discrepancy.

    Returns
    -------
    DataFrame : a row for each change, those that move the loss most first.

        - ``kind``: "prior" (a parameter's prior halved, doubled or widened), "noise" (another family), "run" (one run
          left out; the three that move the loss most, or whose weights are unreliable), "group" (one level left out),
          "range" (the fifth of the runs with the least or most compute left out), "count of N" (N without embeddings,
          if the table has it);
        - ``change``: what was changed;
        - ``loss``, ``N``, ``E``, ``curvature``: change of the posterior mean [posterior standard deviations], of the
          log for loss and N. NaN where the law has no such quantity or no optimum;
        - ``runs``: number of runs that were fitted;
        - ``k``: Pareto k of importance weights; NaN where the law was fitted again.

    Raises
    ------
    TypeError, ValueError
        As `frontier` and `fit`; if C is not one number, or a column of `groups` is missing.

    See Also
    --------
    sensitivity : the same for forecasts of single runs and priors alone.

    Notes
    -----
    Priors and single runs change the weights of the draws (Pareto-smoothed importance sampling; a run is left out with
    weights 1 / p(loss)). Where k is above 0.7, and for all other changes, the law is fitted again (method "laplace").

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'").drop(columns="run")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
    >>> moves = bs.frontier_sensitivity(chinchilla, post, runs, 1e13, seed=1)
    >>> sorted(moves["kind"].unique())
    ['noise', 'prior', 'range', 'run']
    """
    check_posterior(law, post, "posterior", "log_likelihood")
    check_seed(seed)
    if np.ndim(C) or not isinstance(C, int | float | np.number):
        raise ValueError(f"C is {C!r}; wanted one budget [FLOP], such as 1e23.")
    missing = [name for name in groups if name not in runs]
    if missing:
        raise ValueError(f"groups has {missing}, which are no columns of the runs; wanted some of {list(runs)}.")

    def measured(law: Law, post: xr.DataTree) -> dict[str, np.ndarray]:
        return _targets(law, post, float(C), cost, seed)

    base = measured(law, post)
    weighed = [*_of_priors(law, post, base), *_of_runs(law, post, base)]
    kept = [row for row in weighed if row["k"] <= psis.MAX_K or row["again"] is None]
    again = [
        (row["kind"], row["change"], *row["again"](runs)) for row in weighed if row["k"] > psis.MAX_K and row["again"]
    ]
    again += list(_refits(law, runs, groups))
    rows = [{**{key: row[key] for key in ("kind", "change", *TARGETS, "k")}, "runs": len(runs)} for row in kept]
    for kind, change, other, part in again:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the original fit, which has said it
            fitted = fit(other, part, method="laplace", seed=seed, progressbar=False)
        after = measured(other, fitted)
        moves = {name: _moved(base[name], after[name]) for name in TARGETS}
        rows.append({"kind": kind, "change": change, **moves, "runs": len(part), "k": np.nan})
    table = pd.DataFrame(rows)[["kind", "change", *TARGETS, "runs", "k"]]
    order = table["loss"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _targets(law: Law, post: xr.DataTree, C: float, cost: Callable, seed: int | None) -> dict[str, np.ndarray]:
    """Draws of what moves, of shape (draw,)."""
    best = frontier(law, post, C, cost=cost, seed=seed).isel(C=0)
    draws = post["posterior"].to_dataset()
    found = {name: best[name] for name in ("loss", "N", "curvature") if name in best}
    flat = {name: value.transpose(*SAMPLE_DIMS).to_numpy().ravel() for name, value in found.items()}
    flat = {name: np.log(value) if name in ("loss", "N") else value for name, value in flat.items()}
    if "E" in draws and draws["E"].ndim == len(SAMPLE_DIMS):
        flat["E"] = draws["E"].transpose(*SAMPLE_DIMS).to_numpy().ravel()
    return {name: flat.get(name, np.full(flat["loss"].shape, np.nan)) for name in TARGETS}


def _moved(before: np.ndarray, after: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Change of the mean, in standard deviations of `before`; draws without an optimum do not count."""
    known, spread = np.isfinite(after), np.nanstd(before)
    if not known.any() or not spread > 0:
        return float("nan")
    used = np.ones(after.shape) if weights is None else weights
    return float((np.average(after[known], weights=used[known]) - np.nanmean(before)) / spread)


def _row(
    kind: str, change: str, base: dict[str, np.ndarray], log_ratio: np.ndarray, again: Callable | None
) -> dict[str, Any]:
    """A row by weights; `again` gives the law and the runs of a fit instead, if the weights are unreliable."""
    weights, k = psis.smooth(log_ratio)
    usable = k <= psis.MAX_K
    moves = {name: _moved(value, value, weights) if usable else float("nan") for name, value in base.items()}
    return {"kind": kind, "change": change, **moves, "k": float(k), "again": again}


def _of_priors(law: Law, post: xr.DataTree, base: dict[str, np.ndarray]) -> Iterator[dict]:
    """A row for each changed prior."""
    for name in chosen(law, post, None):
        prior, (x, units) = law.all_priors[name], values_of(law, post, name)
        for change, ratio in ratios(prior, units).items():
            can = prior.family == "LogNormal"  # the changed prior is of the same family
            other = with_prior(law, name, changed(prior, change)) if can else None
            yield _row("prior", f"{name} {change}", base, ratio(x), other and _with_law(other))


def _of_runs(law: Law, post: xr.DataTree, base: dict[str, np.ndarray]) -> list[dict]:
    """Rows of the single runs whose absence moves the loss most."""
    likelihood = post["log_likelihood"]["loss"]
    labels = likelihood["run"].to_numpy() if "run" in likelihood.coords else np.arange(likelihood.sizes["run"])
    rows = []
    for i, label in enumerate(labels):
        log_ratio = -likelihood.isel(run=i).transpose(*SAMPLE_DIMS).to_numpy().ravel()
        without = _without_row(law, i)
        rows.append(_row("run", f"without run {label}", base, log_ratio, without))
    return sorted(rows, key=lambda row: (row["k"] <= psis.MAX_K, -abs(row["loss"])))[:MOST_RUNS]


def _with_law(law: Law) -> Callable:
    return lambda runs: (law, runs)


def _without_row(law: Law, i: int) -> Callable:
    return lambda runs: (law, runs.drop(index=runs.index[i]))


def _refits(law: Law, runs: pd.DataFrame, groups: Sequence[str]) -> Iterator[tuple[str, str, Law, pd.DataFrame]]:
    """Kind, change, law and runs of each fit to be made."""
    for name in FAMILIES:
        if name != law.noise.name:
            priors = {**NOISES[name].priors, **{k: p for k, p in law.noise.priors.items() if k in NOISES[name].priors}}
            yield "noise", name, replace(law, noise=replace(NOISES[name], priors=priors)), runs
    if {"N", "D"} <= set(runs):
        compute = training_flop(runs["N"], runs["D"])
    else:
        compute = runs["C"]
    low, high = compute.quantile(END), compute.quantile(1 - END)
    yield "range", f"without the {END:.0%} of least compute", law, runs.loc[compute > low]
    yield "range", f"without the {END:.0%} of most compute", law, runs.loc[compute < high]
    for name in groups:
        for level in list(dict.fromkeys(runs[name]))[:MOST_LEVELS]:
            yield "group", f"without {name} {level}", law, runs.loc[runs[name] != level]
    if "N_no_embed" in runs and "N" in law.inputs and not runs["N_no_embed"].isna().any():
        fixed = {"embedding": 0.0} if "embedding" in law.priors else {}
        counted = runs.assign(N=runs["N_no_embed"]).drop(columns="N_no_embed")
        yield "count of N", "without embeddings", replace(law, priors={**law.priors, **fixed}), counted
