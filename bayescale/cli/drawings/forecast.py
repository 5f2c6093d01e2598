"""The figure of ``bayescale forecast``: the fitted runs, the runs to come, and the band between them."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import budget_tokens, column, training_flop
from bayescale.cli import options
from bayescale.cli.drawings.canvas import canvas, write
from bayescale.forecasting.forecast import sizes_of
from bayescale.forecasting.predict import predict
from bayescale.frontiers.frontier import frontier
from bayescale.modelling.law import Law

#: Runs along the band.
POINTS = 40
#: Budgets at which the optimum is found; in between it is interpolated in logs.
BUDGETS = 12
#: The band ends this far beyond the outermost run, as a factor.
MARGIN = 1.3


def draw(stem: Path, fit: tuple[Law, xr.DataTree], table: pd.DataFrame, optimal: bool, seed: int, quiet: bool) -> None:
    """Draw the forecast of the runs in `table`, and say where unless `quiet`.

    Parameters
    ----------
    stem : Path without ending.
    fit : law and posterior.
    table : DataFrame, the runs that are forecast.
    optimal : bool, whether they are compute-optimal; the band then has compute-optimal runs. Otherwise its runs have
        the D/N of the largest run in `table`, or, for a law without N or D, its other columns.
    seed : int, of the forecast.
    """
    from bayescale.plots import forecast

    law, post = fit
    x = "C" if {"N", "D"} <= set(law.inputs) else law.inputs[0]
    runs = fitted(law, post, table.iloc[int(table[x].argmax())])
    along, what = _along(law, table, runs, x)
    if optimal:
        along, what = _optimal(law, post, along, seed), "band: compute-optimal runs"
    unit = options.loss_unit(post)
    new = table.copy()
    new.attrs["units"] = runs.attrs["units"] = {"loss": unit}
    drawn, fan = (predict(law, post, each, seed=seed) for each in (new, along))
    if x not in fan.coords:
        fan = fan.assign_coords({x: ("run", along[x].to_numpy())})
    figure, (ax,) = canvas(1)
    forecast(drawn, new.drop(columns="loss", errors="ignore"), x=x, runs=runs, fan=fan, ax=ax)
    ax.set_xlabel(f"{ax.get_xlabel()}\n{what}", linespacing=1.4)
    write(figure, stem, quiet)


def fitted(law: Law, post: xr.DataTree, like: pd.Series) -> pd.DataFrame:
    """The fitted runs of the groups of `like`: N, D and C as far as known, other columns of the law, and loss."""
    known, constants = sizes_of(post), post["constant_data"].to_dataset()
    for name in law.inputs:
        if name not in known and name in constants:
            known[name] = constants[name].to_numpy()
    known["loss"] = post["observed_data"]["loss"].to_numpy()
    kept = np.ones(len(known), dtype=bool)
    for group in law.groups:
        if f"{group}_of_run" in constants and group in like:
            kept &= constants[f"{group}_of_run"].to_numpy().astype(str) == str(like[group])
    return known.take(np.flatnonzero(kept)).reset_index(drop=True)


def _along(law: Law, table: pd.DataFrame, runs: pd.DataFrame, x: str) -> tuple[pd.DataFrame, str]:
    """The runs of the band, and what they are: like the largest new run but in x, at its D/N if x is C."""
    last = table.iloc[int(table[x].argmax())]
    ends = np.log([min(runs[x].min(), table[x].min()), max(runs[x].max(), table[x].max())])
    values = np.exp(np.linspace(ends[0] - np.log(MARGIN), ends[1] + np.log(MARGIN), POINTS))
    along = pd.DataFrame([last] * POINTS).reset_index(drop=True).drop(columns=[x, "run"], errors="ignore")
    along[x] = values
    if not {"N", "D"} <= set(law.inputs):
        held = [f"{key} = {last[key]:.3g}" for key in law.inputs if key != x]
        return along, "band: a new run" + "".join(f", {each}" for each in held)
    ratio = last["D"] / last["N"]
    N = np.sqrt(values / training_flop(1.0, ratio))
    return along.assign(N=N, D=ratio * N), f"band: runs with {ratio:.3g} {column('D').unit} per parameter"


def _optimal(law: Law, post: xr.DataTree, along: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same with the median optimal N at each C."""
    values = along["C"].to_numpy()
    held = {key: along[key].iloc[0] for key in (*law.inputs, *law.groups) if key not in ("N", "D")}
    budgets = np.geomspace(values[0], values[-1], BUDGETS)
    best = frontier(law, post, budgets, seed=seed, **held)["N"]
    optima = best.median([dim for dim in best.dims if dim != "C"]).to_numpy()
    N = np.exp(np.interp(np.log(values), np.log(budgets), np.log(optima)))
    return along.assign(N=N, D=budget_tokens(values, N))
