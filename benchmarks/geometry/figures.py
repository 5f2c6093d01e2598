"""Figures of docs/explain/geometry.md."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import bayescale as bs
from bayescale.geometry.neighbours import distances
from benchmarks.geometry import language

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
#: Sizes of samples whose nearest neighbours are shown, and their dimensions.
SIZES, DIMENSIONS = (30, 100, 300, 1000, 3000, 10_000), {1: BLUE, 2: ORANGE, 4: GREEN, 8: PURPLE}
#: Data in the two squares of the figure of distances.
FEW, MANY = 25, 400


def _saved(figure: Figure, path: Path) -> None:
    """Write the figure, in small type and without upper and right lines."""
    for ax in figure.axes:
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
        ax.title.set_size(8)
        if ax.get_xscale() == "log" and ax.get_yscale() == "log":
            ax.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def spacing(path: Path) -> None:
    """Few and many points in a square, and the distance to the nearest of D points in d dimensions."""
    figure = Figure(figsize=(bs.plots.DOUBLE[0], 2.6), layout="constrained")
    few, many, right = figure.subplots(1, 3, width_ratios=(1, 1, 1.5))
    rng = np.random.default_rng(1)
    for ax, D in ((few, FEW), (many, MANY)):
        points = rng.uniform(size=(D, 2))
        ax.plot(*points.T, ".", color=ORANGE, markersize=3)
        s = float(np.median(distances(points, 1)))
        ax.set(title=f"D = {D}, d = 2: s = {s:.3f}", aspect="equal", xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1))
    for d, color in DIMENSIONS.items():
        s = [float(np.median(distances(rng.uniform(size=(D, d)), 1))) for D in SIZES]
        right.plot(SIZES, s, "o", color=color, markersize=3, label=f"d = {d}")
        right.plot(SIZES, s[-1] * (np.array(SIZES) / SIZES[-1]) ** (-1 / d), color=color, linewidth=0.8)
    right.set(xscale="log", yscale="log", xlabel="Data D", ylabel="Distance s to the nearest")
    right.legend(frameon=False, fontsize=7)
    _saved(figure, path)


def implied(path: Path) -> None:
    """Exponents of language models, and what the bound asks for at measured dimensions."""
    found = language.exponents()
    figure = Figure(figsize=(bs.plots.DOUBLE[0], 3.2), layout="constrained")
    ax = figure.subplots()
    for at, (alpha, source) in enumerate(reversed(found.values())):
        low, middle, high = alpha.quantile([0.05, 0.5, 0.95]).values
        color = ORANGE if "no floor" in source else BLUE
        ax.plot([low, high], [at, at], color=color, linewidth=1.6)
        ax.plot(middle, at, "o", color=color, markersize=4)
    ax.set_yticks(range(len(found)), list(found)[::-1])
    for d, said in ((language.WITHIN, "within a passage"), (language.ACROSS, "across passages")):
        ax.axvline(4 / d, color="0.45", linewidth=0.8, linestyle="--")
        ax.annotate(
            f"4/{d:g}: {said}", (4 / d, 0.0), xytext=(3, 0), textcoords="offset points", fontsize=7, rotation=90
        )
    ax.set(xscale="log", xlabel="Exponent (orange: law without a floor; blue: with one)", xlim=(0.03, 0.9))
    ax.set_xticks(ticks := (0.04, 0.1, 0.2, 0.4, 0.8), [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(_none())
    top = ax.secondary_xaxis("top", functions=(_inverse, _inverse))
    top.set_xticks(ticks := (100, 42, 20, 10, 5), [f"{tick:g}" for tick in ticks])
    top.set_xlabel("Implied dimension 4/exponent", fontsize=8)
    top.xaxis.set_minor_locator(_none())
    top.tick_params(labelsize=7)
    _saved(figure, path)


def _inverse(x):
    """4/x, also where an axis asks for 0."""
    return 4 / np.maximum(x, 1e-9)


def _none():
    """No minor ticks."""
    from matplotlib.ticker import NullLocator

    return NullLocator()


def networks(rows: pd.DataFrame, path: Path) -> None:
    """Exponents of students against the dimension, with 4/d.

    Parameters
    ----------
    rows : DataFrame with limited, d, and quantiles alone_05, alone_50, alone_95, pooled_05, ….
    """
    figure = Figure(figsize=bs.plots.SINGLE, layout="constrained")
    ax = figure.subplots()
    for limited, color, shift in (("N", BLUE, 0.985), ("D", ORANGE, 1.015)):
        own = rows[rows["limited"] == limited].sort_values("d")
        ax.fill_between(own["d"], own["pooled_05"], own["pooled_95"], color=color, alpha=0.25, linewidth=0)
        off = own["alone_50"] - own["alone_05"], own["alone_95"] - own["alone_50"]
        ax.errorbar(
            own["d"] * shift, own["alone_50"], yerr=off, fmt="o", color=color, markersize=3, label=f"in {limited}"
        )
    d = np.sort(rows["d"].unique())
    ax.plot(d, 4 / d, color="0.3", linewidth=1, linestyle="--", label="4/d")
    ax.set(xscale="log", yscale="log", xlabel="Dimension d", ylabel="Exponent")
    for axis, ticks in ((ax.xaxis, d), (ax.yaxis, (0.25, 0.5, 1, 2, 4))):
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set_minor_locator(_none())
    ax.legend(frameon=False, fontsize=7)
    _saved(figure, path)
