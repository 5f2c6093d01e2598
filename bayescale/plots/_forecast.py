"""forecast: predictive intervals of held-out runs, with their observed losses."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._data import checked_draws, checked_prob, checked_runs, interval, median, percent, side_by_side
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import INK, canvas, label, legend, style


def forecast(
    predicted: xr.Dataset,
    observed: pd.DataFrame,
    x: str = "C",
    ax: Axes | None = None,
    prob: Sequence[float] = (0.5, 0.9),
) -> Axes:
    """Draw the predictive intervals of each held-out run, and its observed loss.

    A filled circle marks an observed loss inside the widest interval, an open diamond one outside. Runs with the same x
    are drawn side by side.

    Parameters
    ----------
    predicted : Dataset
        Variable ``loss`` [nats/token] with noise, dims (chain, draw, run).
    observed : DataFrame
        One row for each run, in the order of dimension run: columns `x` and ``loss`` [nats/token].
    x : str
        Column on the x axis.
    ax : Axes, optional
    prob : sequence of float
        Probabilities of the central intervals; the largest decides inside or outside.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `predicted` or `observed` lacks a variable, dimension or column, or their runs differ.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1)
    >>> heldout = runs.query("split == 'heldout'")
    >>> drawn = bs.predict(chinchilla, post, heldout, seed=1)
    >>> bs.plots.forecast(drawn, heldout).get_xlabel()
    'Training compute C [FLOP]'
    """
    wide = checked_prob(prob, "forecast")
    if "loss" not in predicted:
        raise ValueError(
            f"plots.forecast: predicted has variables {list(map(str, predicted))}, wanted 'loss', the predictive "
            "draws with noise; rename with .rename(old='loss')"
        )
    draws = checked_draws(predicted["loss"], "forecast", ["run"]).transpose("run", ...)
    checked_runs(observed, [x, "loss"], "forecast", log=[x, "loss"])
    same_runs(draws, observed, "forecast")

    ax = canvas(ax)
    at, seen = side_by_side(observed[x].to_numpy(float)), observed["loss"].to_numpy()
    for i, p in enumerate(wide):
        width = 1.0 + 2.4 * i / max(len(wide) - 1, 1)
        ax.vlines(at, *interval(draws, p), color=OKABE_ITO[5], linewidth=width, label=percent(p), zorder=2 + 0.1 * i)
    ax.plot(at, median(draws), linestyle="none", marker="_", markersize=6, color=OKABE_ITO[0], zorder=2.5)
    low, high = interval(draws, wide[0])
    inside = (low <= seen) & (seen <= high)
    ax.plot(at[inside], seen[inside], "o", color=INK, markersize=3, markeredgewidth=0, zorder=3)
    ax.plot(at[~inside], seen[~inside], "D", color=OKABE_ITO[1], markerfacecolor="white", markersize=3.6, zorder=3)
    style(ax, label(x, observed), label("loss", observed))
    legend(ax, _handles(wide, int(inside.sum()), len(seen)))
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


def _handles(prob: Sequence[float], inside: int, total: int) -> list[Artist]:
    """Legend entries: observed losses, then intervals from narrow to wide."""
    within, outside = f"inside {percent(prob[0])} ({inside})", f"outside ({total - inside})"
    dot = Line2D([], [], color=INK, marker="o", markersize=3, linestyle="none", label=within)
    diamond = Line2D([], [], color=OKABE_ITO[1], marker="D", markersize=3.6, linestyle="none", label=outside)
    diamond.set_markerfacecolor("white")
    widths = np.linspace(1.0, 3.4, len(prob)) if len(prob) > 1 else [1.0]
    lines = [
        Line2D([], [], color=OKABE_ITO[5], linewidth=width, label=percent(p))
        for p, width in list(zip(prob, widths, strict=True))[::-1]
    ]
    return [dot, diamond, *lines]
