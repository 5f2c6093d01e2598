"""backtest: how forecasts of runs that were held out came out."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._looks import looks
from bayescale.plots._style import GREY, canvas, legend, style

KINDS = ("coverage", "error")
#: Forecasters stand side by side, by this factor.
DODGE = 1.06


def backtest(found: xr.Dataset, kind: str = "coverage", ax: Axes | None = None) -> Axes:
    """Draw a back-test.

    Parameters
    ----------
    found : Dataset of `bayescale.backtest`, of one forecaster or of several.
    kind : {"coverage", "error"}
        "coverage": share of the held-out runs inside the central intervals, against the probability of these; honest
        intervals lie on the diagonal. "error": signed error of the median forecast of every run [%], against how far
        the run lies beyond the fitted ones; 90 % intervals are drawn for a single forecaster.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the kind is unknown, or `found` is no back-test, or no cut has a forecast.
    """
    if kind not in KINDS:
        raise ValueError(f"plots.backtest: kind is {kind!r}, wanted one of {list(KINDS)}.")
    missing = {"covered", "error", "width", "ratio"} - set(found.data_vars)
    if missing:
        raise ValueError(f"plots.backtest: the Dataset has no {sorted(missing)}; pass what bayescale.backtest returns.")
    if not found["error"].notnull().any():
        raise ValueError("plots.backtest: no cut has a forecast; found['reason'] says why.")
    if "forecaster" not in found.dims:
        found = found.expand_dims(forecaster=[str(found.attrs.get("forecaster", "forecast"))])
    names = [str(name) for name in found["forecaster"].values]
    ax, look = canvas(ax), looks(names)
    handles = []
    for name, one in zip(names, (found.isel(forecaster=k) for k in range(len(names))), strict=True):
        own = look[name]
        dash = own.dash if kind == "coverage" else "none"
        handles.append(
            Line2D([], [], color=own.color, marker=own.marker, linestyle=dash, markersize=3, linewidth=1, label=name)
        )
        if kind == "coverage":
            share = one["covered"].mean("run").mean("cut")
            ax.plot(
                share["level"], share, color=own.color, marker=own.marker, linestyle=own.dash, markersize=3, linewidth=1
            )
            continue
        held = one["error"].notnull() & one["ratio"].notnull()
        ratio, error = (one[key].where(held).to_numpy().ravel() for key in ("ratio", "error"))
        kept = np.isfinite(ratio)
        ratio = ratio * DODGE ** (names.index(name) - (len(names) - 1) / 2)
        if len(names) == 1:
            half = one["width"].sel(level=0.9).where(held).to_numpy().ravel()[kept] / 2
            ax.vlines(ratio[kept], error[kept] - half, error[kept] + half, color=GREY, linewidth=0.4, zorder=1)
        ax.plot(
            ratio[kept], error[kept], own.marker, color=own.color, markersize=2.5, markeredgewidth=0, linestyle="none"
        )
    if kind == "coverage":
        ax.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, zorder=1)
        ax.set(xlim=(0.4, 1), ylim=(0, 1))
        style(ax, "Probability of the interval", "Held-out runs inside", log="")
    else:
        ax.axhline(0, color=GREY, linewidth=0.8, zorder=1)
        by = str(found.attrs.get("by", "size"))
        style(ax, f"{by} over the largest fitted", "100 × ln(forecast/observed) [%]", log="x")
    legend(ax, handles)
    return ax
