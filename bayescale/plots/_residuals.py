"""residuals: log residuals of the runs against one input."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._data import (
    SAMPLE,
    checked_draws,
    checked_prob,
    checked_runs,
    interval,
    median,
    percent,
    side_by_side,
)
from bayescale.plots._forecast import same_runs
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import GREY, canvas, label, legend, style


def residuals(
    residual: xr.DataArray | np.ndarray,
    runs: pd.DataFrame,
    x: str = "N",
    ax: Axes | None = None,
    prob: float = 0.9,
) -> Axes:
    """Draw log residuals against one input: median and interval of each run, and a line at zero.

    Runs with the same x are drawn side by side.

    Parameters
    ----------
    residual : DataArray or array
        ln(observed/median), dims (chain, draw, run), or one value for each run.
    runs : DataFrame
        One row for each run, in the order of dimension run, with column `x`.
    x : str
        Column on the x axis, which is logarithmic.
    ax : Axes, optional
    prob : float
        Probability of the central interval.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `residual` or `runs` lacks a dimension or column, or their runs differ.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> residual = np.log(post["observed_data"]["loss"] / post["fitted"]["mu"])
    >>> bs.plots.residuals(residual, runs, x="N").get_ylabel()
    '100 × ln(observed/median) [%]'
    """
    (wide,) = checked_prob([prob], "residuals")
    array = residual if isinstance(residual, xr.DataArray) else xr.DataArray(np.asarray(residual))
    if array.ndim == 1:
        array = array.rename({array.dims[0]: "run"}).expand_dims(SAMPLE)
    draws = 100 * checked_draws(array, "residuals", ["run"])
    checked_runs(runs, [x], "residuals", log=[x])
    same_runs(draws, runs, "residuals")

    ax, at = canvas(ax), side_by_side(runs[x].to_numpy(float))
    ax.axhline(0, color=GREY, linewidth=0.8, zorder=1)
    handles = [Line2D([], [], color=OKABE_ITO[0], marker="o", markersize=2.5, linestyle="none", label="run")]
    if draws.sizes["chain"] * draws.sizes["draw"] > 1:
        ax.vlines(at, *interval(draws, wide), color=OKABE_ITO[5], linewidth=0.7, zorder=2)
        handles += [Line2D([], [], color=OKABE_ITO[5], linewidth=0.7, label=percent(wide))]
    ax.plot(at, median(draws), "o", color=OKABE_ITO[0], markersize=2.5, markeredgewidth=0, zorder=3)
    style(ax, label(x, runs), "100 × ln(observed/median) [%]", log="x")
    legend(ax, handles)
    return ax
