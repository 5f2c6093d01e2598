"""frontier: a compute-optimal quantity against training compute."""

import json
from collections.abc import Sequence

import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from bayescale.plots._data import checked_draws, checked_prob, checked_runs
from bayescale.plots._fan import fans, group_handles, other_dim, points
from bayescale.plots._looks import looks
from bayescale.plots._style import canvas, label, legend, style

#: Variables on a linear y axis.
_LINEAR = ("slope", "curvature")


def frontier(
    best: xr.Dataset,
    var: str = "loss",
    runs: pd.DataFrame | None = None,
    ax: Axes | None = None,
    prob: Sequence[float] = (0.5, 0.9),
) -> Axes:
    """Draw one quantity of the compute-optimal frontier, with credible bands.

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
    draws = checked_draws(_variable(best, var), "frontier", ["C"])
    if runs is not None and var == "tokens_per_param":
        runs = checked_runs(runs, ["N", "D"], "frontier", log=["N", "D"])
        runs = runs.assign(tokens_per_param=runs["D"] / runs["N"])
    if runs is not None:
        checked_runs(runs, ["C", var], "frontier", log=["C"] if var in _LINEAR else ["C", var])
    group = other_dim(draws, "C")
    by = group if group and runs is not None and group in runs else None
    key = looks([*(draws[group].values.tolist() if group else []), *(runs[by] if runs is not None and by else [])])

    ax = canvas(ax)
    handles = [points(ax, runs, "C", var, by, key)] if runs is not None else []
    handles = [*([] if by else handles), *fans(ax, draws, "C", wide, key)]
    handles += _beyond(ax, best)
    style(ax, label("C", runs, best), label(var, runs, best), log="x" if var in _LINEAR else "xy")
    legend(ax, [*group_handles(key, by is not None), *handles])
    return ax


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
