"""forecast: predictive intervals of new runs, trained or not, about the runs that were fitted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.base.columns import training_flop
from bayescale.plots._data import checked_draws, checked_prob, checked_runs, interval, median, percent, side_by_side
from bayescale.plots._fan import fans, points, said_thin
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import INK, SMALL, canvas, label, legend, style
from bayescale.plots._ticks import LogLabels

#: At most this many runs without a loss have their interval written next to it.
FEW = 3


def forecast(
    predicted: xr.Dataset,
    observed: pd.DataFrame,
    x: str = "C",
    ax: Axes | None = None,
    prob: Sequence[float] = (0.5, 0.9),
    *,
    runs: pd.DataFrame | None = None,
    fan: xr.Dataset | None = None,
) -> Axes:
    """Draw the predictive interval of each new run, with its observed loss if it has been trained.

    A filled circle marks an observed loss inside the widest interval, an open diamond one outside. A run that is not
    yet trained has its interval alone; up to three of them have median and widest interval in numbers. Runs with the
    same x are drawn side by side.

    Parameters
    ----------
    predicted : Dataset
        Variable ``loss`` [nats/token] with noise, dims (chain, draw, run), as of `bayescale.predict`.
    observed : DataFrame
        One row for each run, in the order of dimension run: column `x`, and ``loss`` [nats/token] where known. The
        column may be missing, or NaN for runs that are not yet trained. C is 6ND if the table has none.
    x : str
        Column on the x axis, such as N, D or C.
    ax : Axes, optional
    prob : sequence of float
        Probabilities of the central intervals; the largest decides inside or outside.
    runs : DataFrame, optional
        The fitted runs, drawn as points: columns `x` and ``loss``.
    fan : Dataset, optional
        Draws along `x`, drawn as a band with its median: of `bayescale.predict` for a table of runs, of which `x` is a
        column; or with the dimension `x`, as of `bayescale.frontier`.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `predicted`, `observed`, `runs` or `fan` lacks a variable, dimension or column, or their runs differ.

    Examples
    --------
    >>> import pandas as pd
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> new, along = pd.DataFrame({"N": [3e6], "D": [1e8]}), pd.DataFrame({"N": [1e5, 1e6, 3e6], "D": 1e8})
    >>> drawn, fan = (bs.predict(chinchilla, post, table, seed=1) for table in (new, along))
    >>> bs.plots.forecast(drawn, new, x="N", runs=runs, fan=fan).get_xlabel()
    'Model size N [parameters]'
    """
    wide = checked_prob(prob, "forecast")
    draws = checked_draws(_losses(predicted, "predicted"), "forecast", ["run"]).transpose("run", ...)
    observed, band = _with_compute(observed, x), None if fan is None else _along(fan, x)
    checked_runs(observed, [x], "forecast", log=[x])
    seen = observed["loss"].to_numpy(float) if "loss" in observed else np.full(len(observed), np.nan)
    known = np.isfinite(seen)
    checked_runs(observed[known], ["loss"] if known.any() else [], "forecast", log=["loss"] if known.any() else [])
    same_runs(draws, observed, "forecast")
    if runs is not None:
        runs = checked_runs(_with_compute(runs, x), [x, "loss"], "forecast", log=[x, "loss"])

    ax = canvas(ax)
    handles = [] if runs is None else [points(ax, runs, x, "loss", None, {})]
    behind = [] if band is None else fans(ax, band, x, wide, {})
    color = OKABE_ITO[5] if band is None else OKABE_ITO[1]
    at = side_by_side(observed[x].to_numpy(float))
    for i, p in enumerate(wide):
        width = 1.0 + 2.4 * i / max(len(wide) - 1, 1)
        ax.vlines(at, *interval(draws, p), color=color, linewidth=width, label=percent(p), zorder=2.4 + 0.1 * i)
    ax.plot(at, median(draws), linestyle="none", marker="_", markersize=6, color=INK, zorder=2.8)
    low, high = interval(draws, wide[0])
    inside, outside = known & (low <= seen) & (seen <= high), known & ~((low <= seen) & (seen <= high))
    ax.plot(at[inside], seen[inside], "o", color=INK, markersize=3, markeredgewidth=0, zorder=3)
    ax.plot(at[outside], seen[outside], "D", color=OKABE_ITO[1], markerfacecolor="white", markersize=3.6, zorder=3)
    style(ax, label(x, observed), label("loss", observed, runs))
    if 0 < len(seen) <= FEW and not known.any():
        _written(ax, x, observed[x].to_numpy(float), (median(draws).to_numpy(), low, high))
    handles += _seen(int(inside.sum()), int(outside.sum()), wide[0]) if known.any() else []
    handles += _intervals(wide, color, band is not None)
    legend(ax, [*handles, *(said_thin(ax, band, x, wide, behind) if band is not None else [])])
    return ax


def same_runs(draws: xr.DataArray, runs: pd.DataFrame, who: str) -> None:
    """Raise ValueError unless draws and table have the same runs in the same order."""
    if draws.sizes["run"] != len(runs):
        raise ValueError(
            f"plots.{who}: the draws have {draws.sizes['run']} runs, the table {len(runs)} rows; wanted the same runs "
            "in the same order; pass the rows that were given to predict"
        )
    if "run" in draws.coords:
        names, index = draws["run"].values.tolist(), runs.index.tolist()
        if names != index and sorted(map(str, names)) == sorted(map(str, index)):
            raise ValueError(
                f"plots.{who}: the draws have the runs of the table in another order ({names[:3]}..., not "
                f"{index[:3]}...); put them in order with .sel(run=runs.index)"
            )


def _losses(drawn: xr.Dataset, what: str) -> xr.DataArray:
    """The variable ``loss`` of drawn losses."""
    if "loss" not in drawn:
        raise ValueError(
            f"plots.forecast: {what} has variables {list(map(str, drawn))}, wanted 'loss', the predictive "
            "draws with noise; rename with .rename(old='loss')"
        )
    return drawn["loss"]


def _with_compute(table: pd.DataFrame, x: str) -> pd.DataFrame:
    """The table with C = 6ND [FLOP], if x is C and the table has only N and D."""
    lacks = x == "C" and "C" not in table and {"N", "D"} <= set(table)
    return table.assign(C=training_flop(table["N"].astype(float), table["D"].astype(float))) if lacks else table


def _along(fan: xr.Dataset, x: str) -> xr.DataArray:
    """Draws of the fan, dims (chain, draw, x)."""
    draws = _losses(fan, "fan")
    if x not in draws.dims and "run" in draws.dims:
        table = _with_compute(pd.DataFrame({k: fan[k] for k in fan.coords if fan[k].dims == ("run",)}), x)
        if x not in table:
            raise ValueError(
                f"plots.forecast: fan has the columns {list(map(str, table))}, wanted x={x!r}; add it with "
                f"fan.assign_coords({x}=('run', ...))"
            )
        draws = draws.drop_vars([k for k in draws.coords if draws[k].dims == ("run",)])
        draws = draws.rename(run=x).assign_coords({x: table[x].to_numpy(float)})
    return checked_draws(draws, "forecast", [x])


def _written(ax: Axes, x: str, at: np.ndarray, numbers: tuple[np.ndarray, ...]) -> None:
    """Write median and widest interval of each run at the upper right, where a falling loss leaves room."""
    lines = []
    for where, *row in zip(at, *numbers, strict=True):
        digits = int(np.clip(1 - np.floor(np.log10(row[2] - row[1])), 0, 4)) if row[2] > row[1] else 4
        middle, low, high = (f"{value:.{digits}f}" for value in row)
        lines.append(f"{x} = {LogLabels()(float(f'{where:.3g}'))}: {middle} [{low}, {high}]")
    ax.text(0.99, 0.98, "\n".join(lines), transform=ax.transAxes, ha="right", va="top", fontsize=SMALL, color=INK)


def _seen(inside: int, outside: int, prob: float) -> list[Artist]:
    """Legend entries of observed losses."""
    dot = Line2D([], [], color=INK, marker="o", markersize=3, linestyle="none")
    dot.set_label(f"inside {percent(prob)} ({inside})")
    diamond = Line2D([], [], color=OKABE_ITO[1], marker="D", markersize=3.6, linestyle="none")
    diamond.set(markerfacecolor="white", label=f"outside ({outside})")
    return [dot, diamond] if outside else [dot]


def _intervals(prob: Sequence[float], color: str, together: bool) -> list[Artist]:
    """Legend entries of intervals, from narrow to wide; or one entry for all of them."""
    if together:
        words = "new run, " + " and ".join(percent(p).removesuffix(" %") for p in prob[::-1]) + " %"
        return [Line2D([], [], color=color, linewidth=1.5, label=words)]
    widths = np.linspace(1.0, 3.4, len(prob)) if len(prob) > 1 else [1.0]
    return [
        Line2D([], [], color=color, linewidth=width, label=percent(p))
        for p, width in list(zip(prob, widths, strict=True))[::-1]
    ]
