"""valleys: the loss against N at each budget, with the fitted valleys and their minima."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale.plots._data import SAMPLE
from bayescale.plots._fan import thin
from bayescale.plots._looks import scaled_looks
from bayescale.plots._style import INK, SHADE, canvas, colorbar, label, legend, style

#: Groups and variables that a fit of valleys has.
_WANTED = {
    "valleys": ("N", "loss"),
    "posterior": ("N_valley", "L_valley"),
    "constant_data": ("N", "C"),
    "observed_data": ("loss",),
}


def valleys(post: xr.DataTree, ax: Axes | None = None) -> Axes:
    """Draw IsoFLOP valleys: runs, the fitted valley of each budget with its 90 % band, and its minimum.

    Parameters
    ----------
    post : DataTree
        Of `bayescale.isoflop`.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `post` lacks a group or a variable.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> bs.plots.valleys(bs.isoflop(runs, draws=250, seed=1)).get_xlabel()
    'Model size N [parameters]'
    """
    for group, names in _WANTED.items():
        if group not in post.children or (missing := [name for name in names if name not in post[group]]):
            absent = missing if group in post.children else list(names)
            raise ValueError(f"plots.valleys: post lacks {absent} in the group '{group}'; give a fit of isoflop.")
    ax = canvas(ax)
    curves, known = post["valleys"].to_dataset(), post["constant_data"].to_dataset()
    budgets, loss = curves["budget"].to_numpy(), post["observed_data"]["loss"].to_numpy()
    key, scale = scaled_looks(float(value) for value in budgets)
    nearest = abs(np.log(known["C"].to_numpy()[:, None] / budgets)).argmin(axis=1)
    for k, budget in enumerate(budgets):
        one, look, here = curves.isel(budget=k), key[float(budget)], nearest == k
        low, middle, high = one["loss"].transpose("quantile", "point").to_numpy()
        ax.fill_between(one["N"], low, high, color=look.color, alpha=SHADE, linewidth=0, zorder=1)
        ax.plot(one["N"], middle, color=look.color, linewidth=0.8, zorder=2)
        ax.plot(known["N"].to_numpy()[here], loss[here], "o", color=look.color, markersize=2.2, zorder=3)
    _minima(ax, post["posterior"].to_dataset())
    style(ax, label("N"), label("loss", post), log="xy")
    low, _, high = curves["loss"].transpose("quantile", ...).to_numpy()
    words = "valley, 90 %" + (": thinner than its line" if thin(ax, low, high, 0.8) else "")
    if scale is not None:
        colorbar(ax, scale, label("C"))
    marker = {"color": INK, "marker": "D", "markersize": 3, "linestyle": "none"}
    legend(ax, [
        Line2D([], [], color="0.4", marker="o", markersize=2.2, linestyle="none", label="run"),
        Patch(color="0.4", alpha=SHADE, linewidth=0, label=words),
        Line2D([], [], **marker, label="minimum, 90 %"),
    ])  # fmt: skip
    return ax


def _minima(ax: Axes, posterior: xr.Dataset) -> None:
    """Median and 90 % interval of the minimum of each budget, in N and in the loss."""
    (left, N, right), (low, loss, high) = (
        posterior[name].quantile([0.05, 0.5, 0.95], SAMPLE).to_numpy() for name in ("N_valley", "L_valley")
    )
    sides = {"xerr": [N - left, right - N], "yerr": [loss - low, high - loss]}
    ax.errorbar(N, loss, **sides, fmt="D", color=INK, markersize=3, elinewidth=0.7, capsize=0, zorder=4)
