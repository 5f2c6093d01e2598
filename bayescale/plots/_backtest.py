"""backtest: coverage and errors of forecasts of held-out runs."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._looks import Look, looks
from bayescale.plots._style import GREY, canvas, legend, style

KINDS = ("coverage", "error")
#: Points of different forecasters are drawn side by side: x times this factor.
DODGE = 1.06


def backtest(results: xr.Dataset, kind: str = "coverage", ax: Axes | None = None) -> Axes:
    """Draw the result of a back-test.

    Parameters
    ----------
    results : Dataset of `bayescale.backtest`, for one forecaster or several.
    kind : {"coverage", "error"}
        "coverage": share of held-out runs inside the central intervals, against the probability of the intervals;
        calibrated forecasts lie on the diagonal. "error": signed error of the median forecast of each run [%], against
        the size of the run relative to the largest fitted one; with 90 % intervals if there is one forecaster.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `kind` is unknown, `results` lacks variables of `bayescale.backtest`, or no cut has a forecast.
    TypeError
        If `results` is not a Dataset.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> tests = bs.backtest(bs.baselines.power_law, runs, cuts=[1.1e11], seed=1, progressbar=False)
    >>> bs.plots.backtest(tests, kind="error").get_xlabel()
    'C / largest fitted C'
    """
    if kind not in KINDS:
        raise ValueError(f"plots.backtest: kind is {kind!r}, wanted one of {list(KINDS)}.")
    if not isinstance(results, xr.Dataset):
        raise TypeError(f"plots.backtest: got {type(results).__name__}, wanted the Dataset of bayescale.backtest.")
    missing = {"covered", "error", "width", "ratio"} - set(results.data_vars)
    if missing:
        raise ValueError(f"plots.backtest: the Dataset has no {sorted(missing)}; pass what bayescale.backtest returns.")
    if not results["error"].notnull().any():
        raise ValueError("plots.backtest: no cut has a forecast; results['reason'] says why.")
    if "forecaster" not in results.dims:
        results = results.expand_dims(forecaster=[str(results.attrs.get("forecaster", "forecast"))])
    names = [str(name) for name in results["forecaster"].values]
    ax, look = canvas(ax), looks(names)
    for k, name in enumerate(names):
        scores = results.isel(forecaster=k)
        if kind == "coverage":
            _coverage(ax, scores, look[name])
        else:
            _errors(ax, scores, look[name], DODGE ** (k - (len(names) - 1) / 2), intervals=len(names) == 1)
    if kind == "coverage":
        ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, zorder=1)
        ax.set(xlim=(0.4, 1), ylim=(0, 1))
        style(ax, "Probability of the interval", "Held-out runs inside", log="")
    else:
        ax.axhline(0, color=GREY, linewidth=0.8, zorder=1)
        by = str(results.attrs.get("by", "size"))
        style(ax, f"{by} / largest fitted {by}", "100 × ln(forecast/observed) [%]", log="x")
    legend(ax, [_handle(name, look[name], line=kind == "coverage") for name in names])
    return ax


def _coverage(ax: Axes, scores: xr.Dataset, look: Look) -> None:
    """Share of held-out runs inside the intervals, averaged over runs, then over cuts."""
    share = scores["covered"].mean("run").mean("cut")
    ax.plot(share["level"], share, color=look.color, marker=look.marker, linestyle=look.dash, markersize=3, linewidth=1)


def _errors(ax: Axes, scores: xr.Dataset, look: Look, dodge: float, intervals: bool) -> None:
    """Error of each held-out run at each cut, at `dodge` times its size ratio, with 90 % intervals if asked."""
    held = scores["error"].notnull() & scores["ratio"].notnull()
    ratio, error, width = (
        values.where(held).to_numpy().ravel()
        for values in (scores["ratio"], scores["error"], scores["width"].sel(level=0.9))
    )
    kept = np.isfinite(ratio)
    ratio, error, half = ratio[kept] * dodge, error[kept], width[kept] / 2
    if intervals:
        ax.vlines(ratio, error - half, error + half, color=GREY, linewidth=0.4, zorder=1)
    ax.plot(ratio, error, look.marker, color=look.color, markersize=2.5, markeredgewidth=0, linestyle="none")


def _handle(name: str, look: Look, line: bool) -> Line2D:
    """Legend entry of a forecaster, with or without a line."""
    dash = look.dash if line else "none"
    return Line2D([], [], color=look.color, marker=look.marker, linestyle=dash, markersize=3, linewidth=1, label=name)
