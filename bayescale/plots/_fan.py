"""Points of runs, and curves with credible bands, for one group or several."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale.plots._data import SAMPLE, interval, median, percent
from bayescale.plots._looks import Look
from bayescale.plots._style import GREY, SHADE

#: Width of a median [points]. Bands that are thinner on the page are said to be so.
LINE = 1.2


def fan(ax: Axes, draws: xr.DataArray, x: str, prob: Sequence[float], look: Look) -> None:
    """Draw median and bands of one curve, dims (chain, draw, x); `prob` from largest to smallest."""
    draws = draws.sortby(x)
    at = draws[x].values
    for p in prob:
        ax.fill_between(at, *interval(draws, p), color=look.color, alpha=SHADE, linewidth=0, label=percent(p))
    ax.plot(at, median(draws), look.dash, color=look.color, linewidth=LINE, label="median")


def fans(ax: Axes, draws: xr.DataArray, x: str, prob: Sequence[float], key: dict[Any, Look]) -> list[Artist]:
    """Draw a fan for each value of the dimension besides x, if there is one; return legend entries."""
    group = other_dim(draws, x)
    if group is None:
        fan(ax, draws, x, prob, Look())
        return [Line2D([], [], color=Look().color, linewidth=LINE, label="median"), *band_handles(prob, Look().color)]
    for value in draws[group].values:
        fan(ax, draws.sel({group: value}), x, prob, key[value])
    return band_handles(prob, GREY)


def band_handles(prob: Sequence[float], color: str) -> list[Artist]:
    """Legend entries for nested bands, with the opacity that they have where they overlap."""
    shades = [1 - (1 - SHADE) ** (i + 1) for i in range(len(prob))]
    pairs = list(zip(prob, shades, strict=True))[::-1]
    return [Patch(facecolor=color, alpha=shade, linewidth=0, label=percent(p)) for p, shade in pairs]


def said_thin(ax: Axes, draws: xr.DataArray, x: str, prob: Sequence[float], handles: list[Artist]) -> list[Artist]:
    """Say in the legend which bands are thinner than the median's line at all but a tenth of x.

    Call it when the scales are set; the height of the axes on the page is that before their layout, about a fifth off.
    """
    draws, words = draws.sortby(x), {percent(p): p for p in prob}
    for handle in handles:
        p = words.get(str(handle.get_label()))
        if p is None:
            continue
        if thin(ax, *interval(draws.transpose(..., x), p)):
            handle.set_label(f"{percent(p)}: thinner than the line")
    return handles


def thin(ax: Axes, low: np.ndarray, high: np.ndarray, line: float = LINE) -> bool:
    """Whether bands from `low` to `high` are thinner than `line` [points] at all but a tenth of their points."""
    pages = [ax.transData.transform(np.c_[np.ones(end.size), np.ravel(end)])[:, 1] for end in (low, high)]
    figure = ax.get_figure(root=True)
    return bool(np.quantile(np.abs(pages[1] - pages[0]), 0.9) * 72 < line * (figure.dpi if figure else 72))


def points(ax: Axes, runs: pd.DataFrame, x: str, y: str, by: str | None, key: dict[Any, Look]) -> Artist:
    """Draw runs as points, one collection for each marker; return a legend entry."""
    chosen = [key[value] if by else Look("0.3") for value in (runs[by] if by else runs.index)]
    for marker in dict.fromkeys(look.marker for look in chosen):
        here = [look.marker == marker for look in chosen]
        colours = [look.color for look in chosen if look.marker == marker]
        ax.scatter(
            runs.loc[here, x],
            runs.loc[here, y],
            s=8,
            c=colours,
            marker=marker,
            linewidths=0.3,
            edgecolors="white",
            zorder=3,
        )
    return Line2D([], [], color="0.3", marker="o", markersize=3, linestyle="none", label="runs")


def group_handles(key: dict[Any, Look], marked: bool = True) -> list[Artist]:
    """Legend entries for groups, with or without the markers of their points."""
    handles: list[Artist] = []
    for value, look in key.items():
        line = Line2D([], [], color=look.color, linestyle=look.dash, label=str(value))
        line.set(marker=look.marker if marked else "", markersize=3, linewidth=LINE)
        handles.append(line)
    return handles


def other_dim(draws: xr.DataArray, x: Hashable) -> str | None:
    """The dimension besides chain, draw and x, or None.

    Raises
    ------
    ValueError
        If there is more than one.
    """
    others = [str(dim) for dim in draws.dims if dim not in (*SAMPLE, x)]
    if len(others) > 1:
        raise ValueError(
            f"plots: the draws have dims {draws.dims}, wanted (chain, draw, {x}) and at most one more, for groups; "
            f"select one value of the rest, such as draws.sel({others[1]}=...)"
        )
    return others[0] if others else None
