"""frontier: a compute-optimal quantity against training compute."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale.plots._data import SAMPLE, checked_draws, checked_prob, checked_runs, interval, percent
from bayescale.plots._fan import fans, group_handles, other_dim, points, said_thin
from bayescale.plots._looks import OKABE_ITO, looks
from bayescale.plots._style import INK, SMALL, canvas, label, legend, style

#: Largest share of draws without an optimum that may be left out.
FEW = 0.2
#: Variables on a linear y axis.
_LINEAR = ("slope", "curvature", "a", "b", "reducible", "slope_reducible")
#: Tables of points besides the runs: argument -> marker, filling, label.
_TABLES = {"held_out": ("s", "white", "held-out runs"), "models": ("^", OKABE_ITO[4], "published models")}


def frontier(
    best: xr.Dataset,
    var: str = "loss",
    runs: pd.DataFrame | None = None,
    ax: Axes | None = None,
    prob: Sequence[float] = (0.5, 0.9),
    *,
    held_out: pd.DataFrame | None = None,
    models: pd.DataFrame | None = None,
    prior: xr.Dataset | None = None,
) -> Axes:
    """Draw one quantity of the compute-optimal frontier, with credible bands.

    Draws whose value is NaN at some budget, because they have no optimum there, are left out if they are at most 20 %.

    Parameters
    ----------
    best : Dataset
        Dims (chain, draw, C) and at most one more for groups; C [FLOP]; variables such as N [parameters],
        D [tokens], loss [nats/token], slope (d ln loss / d ln C) and curvature (d2 ln loss / d (ln C)2). Where its
        attributes name the budgets whose optimum lies within the fitted runs (``inside``, as `bayescale.frontier`
        writes it), a grey background marks the others.
    var : str
        Variable of `best`, or ``"tokens_per_param"`` for D/N.
    runs : DataFrame, optional
        Training runs to show as points: columns C [FLOP] and `var` (for tokens_per_param: N and D).
    ax : Axes, optional
    prob : sequence of float
        Probabilities of the central bands.
    held_out, models : DataFrame, optional
        Further runs, and published models: columns as of `runs`. Their names are written if `models` has a column
        ``model``.
    prior : Dataset, optional
        The frontier of draws from the prior, such as of `bayescale.sample_prior`; its widest band is drawn in grey
        behind.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `best` or `runs` lacks a variable, dimension or column, or has values that cannot be drawn.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> best = bs.frontier(chinchilla, post, C=np.geomspace(1e9, 1e13, 5))
    >>> bs.plots.frontier(best, var="tokens_per_param", runs=runs).get_xlabel()
    'Training compute C [FLOP]'
    """
    wide = checked_prob(prob, "frontier")
    draws = checked_draws(_complete(_variable(best, var)), "frontier", ["C"])
    if runs is not None and var == "tokens_per_param":
        runs = checked_runs(runs, ["N", "D"], "frontier", log=["N", "D"])
        runs = runs.assign(tokens_per_param=runs["D"] / runs["N"])
    if runs is not None:
        checked_runs(runs, ["C", var], "frontier", log=["C"] if var in _LINEAR else ["C", var])
    group = other_dim(draws, "C")
    by = group if group and runs is not None and group in runs else None
    key = looks([*(draws[group].values.tolist() if group else []), *(runs[by] if runs is not None and by else [])])

    ax = canvas(ax)
    before = [] if prior is None else [_behind(ax, _complete(_variable(prior, var)), wide[0])]
    handles = [points(ax, runs, "C", var, by, key)] if runs is not None else []
    handles = [*([] if by else handles), *fans(ax, draws, "C", wide, key)]
    tables = {"held_out": held_out, "models": models}
    handles += [_marked(ax, table, var, *_TABLES[name]) for name, table in tables.items() if table is not None]
    handles += [*before, *_beyond(ax, best)]
    style(ax, label("C", runs, best), label(var, runs, best), log="x" if var in _LINEAR else "xy")
    legend(ax, [*group_handles(key, by is not None), *said_thin(ax, draws, "C", wide, handles)])
    return ax


def _marked(ax: Axes, table: pd.DataFrame, var: str, marker: str, filling: str, words: str) -> Artist:
    """Draw a table of runs with a marker of its own, and their names if known; return a legend entry."""
    if var == "tokens_per_param":
        table = table.assign(tokens_per_param=table["D"] / table["N"])
    checked_runs(table, ["C", var], "frontier", log=["C"] if var in _LINEAR else ["C", var])
    look: dict[str, Any] = {"marker": marker, "markersize": 3.6, "linestyle": "none", "markeredgewidth": 0.7}
    look |= {"color": INK, "markerfacecolor": filling}
    ax.plot(table["C"], table[var], **look, zorder=3.2)
    for _, row in table.iterrows() if "model" in table else ():
        ax.annotate(str(row["model"]), (row["C"], row[var]), (3, 3), textcoords="offset points", fontsize=SMALL - 1)
    return Line2D([], [], **look, label=words)


def _behind(ax: Axes, draws: xr.DataArray, prob: float) -> Artist:
    """The prior's band, in grey behind the rest; return a legend entry."""
    draws = checked_draws(draws, "frontier", ["C"]).sortby("C")
    low, high = interval(draws, prob)
    ax.fill_between(draws["C"].values, low, high, color="0.85", linewidth=0, zorder=0.5)
    return Patch(facecolor="0.85", linewidth=0, label=f"prior, {percent(prob)}")


def _complete(draws: xr.DataArray) -> xr.DataArray:
    """The draws without those that have a NaN, if these are few; stacked into one chain then."""
    lost = draws.isnull().any([dim for dim in draws.dims if dim not in SAMPLE])
    if not bool(lost.any()) or float(lost.mean()) > FEW or set(lost.dims) != set(SAMPLE):
        return draws
    kept = draws.stack(kept=SAMPLE).isel(kept=~lost.stack(kept=SAMPLE).to_numpy())
    return kept.drop_vars(["kept", *SAMPLE]).rename(kept="draw").expand_dims(chain=[0])


def _beyond(ax: Axes, best: xr.Dataset) -> list[Artist]:
    """Shade the budgets whose optimum lies beyond the fitted runs; the handle for the legend, if there are any."""
    inside = json.loads(best.attrs.get("inside", "null"))
    budgets = best["C"].to_numpy()
    if inside is None or (inside and budgets.min() >= inside[0] and budgets.max() <= inside[1]):
        return []
    ends = (budgets.min(), budgets.max())
    spans = [(ends[0], inside[0]), (inside[1], ends[1])] if inside else [ends]
    patch = None
    for low, high in spans:
        if high > low:
            patch = ax.axvspan(low, high, color="0.5", alpha=0.12, linewidth=0, zorder=0)
    return [] if patch is None else [Patch(color="0.5", alpha=0.12, linewidth=0, label="beyond the runs")]


def _variable(best: xr.Dataset, var: str) -> xr.DataArray:
    """A variable of the frontier; D/N is computed if missing."""
    ratio = var == "tokens_per_param" and var not in best
    if missing := [name for name in (("N", "D") if ratio else (var,)) if name not in best]:
        raise ValueError(
            f"plots.frontier: best has variables {list(map(str, best.data_vars))}, wanted {missing}; "
            "choose another var, or add it with best.assign(...)"
        )
    return best["D"] / best["N"] if ratio else best[var]
