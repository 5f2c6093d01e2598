"""contours: lines of equal loss over N and D, with the compute-optimal path."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon

from bayescale.base.columns import training_flop
from bayescale.plots._data import SAMPLE, checked_draws, checked_prob, checked_runs, median, percent
from bayescale.plots._fan import LINE, points
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import GREY, SHADE, SMALL, canvas, label, legend, style, unit
from bayescale.plots._ticks import LogLabels

#: About this many contours are drawn unless their losses are given.
CONTOURS = 8
#: Most lines of equal compute.
BUDGETS = 6
#: A line of equal compute that starts beyond this share of the width has no room for its name.
MARGIN = 0.85


def contours(
    loss: xr.DataArray,
    best: xr.Dataset | None = None,
    runs: pd.DataFrame | None = None,
    ax: Axes | None = None,
    prob: float = 0.9,
    *,
    levels: Sequence[float] | None = None,
    cost: Callable = training_flop,
) -> Axes:
    """Draw lines of equal loss over N and D, lines of equal compute, the runs, and the compute-optimal path.

    Lines of equal loss are those of the posterior median. The path is the median optimum at each budget; its band has
    the central `prob` of the optima at that budget, along the line of equal compute.

    Parameters
    ----------
    loss : DataArray
        Draws of the loss [nats/token] on a grid: dims (chain, draw, N, D), as of ``law(post, N=..., D=...)``; or dims
        (chain, draw, run) with coordinates N and D, as ``mu`` of `bayescale.predict` for a table with every pair.
    best : Dataset, optional
        Of `bayescale.frontier`: N [parameters] and D [tokens], dims (chain, draw, C). Give the same `cost` to both.
    runs : DataFrame, optional
        Fitted runs: columns N and D.
    ax : Axes, optional
    prob : float
        Probability of the band about the path.
    levels : sequence of float, optional
        Losses of the contours; by default about eight round ones.
    cost : callable ``cost(N, D)`` [FLOP]
        Of the lines of equal compute; see `bayescale.costs`.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `loss` is no grid, or `best` or `runs` lacks a variable, dimension or column.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> N, D = np.geomspace(3e3, 1e6, 30), np.geomspace(1e5, 1e8, 30)
    >>> loss = chinchilla(post, N=xr.DataArray(N, coords={"N": N}), D=xr.DataArray(D, coords={"D": D}))
    >>> best = bs.frontier(chinchilla, post, np.geomspace(1e10, 1e13, 7))
    >>> bs.plots.contours(loss, best, runs).get_ylabel()
    'Training data D [symbols]'
    """
    (wide,) = checked_prob([prob], "contours")
    middle = median(checked_draws(_grid(loss), "contours", ["N", "D"])).transpose("D", "N").sortby(["N", "D"])
    if middle.ndim != 2 or min(middle.shape) < 2:
        raise ValueError(f"plots.contours: loss has the sizes {dict(loss.sizes)}, wanted two or more of N and of D")
    runs = None if runs is None else checked_runs(runs, ["N", "D"], "contours", log=["N", "D"])

    ax = canvas(ax)
    N, D = middle["N"].to_numpy(), middle["D"].to_numpy()
    ax.set(xscale="log", yscale="log", xlim=(N.min(), N.max()), ylim=(D.min(), D.max()))
    handles = [_budgets(ax, N, D, cost), _losses(ax, middle, levels, unit("loss", runs, loss))]
    handles += [] if best is None else _path(ax, best, wide)
    handles += [] if runs is None else [points(ax, runs, "N", "D", None, {})]
    style(ax, label("N", runs), label("D", runs))
    legend(ax, handles)
    return ax


def _grid(loss: xr.DataArray) -> xr.DataArray:
    """Draws with the dimensions N and D; runs at every pair of N and D become a grid."""
    if not isinstance(loss, xr.DataArray) or "run" not in loss.dims or not {"N", "D"} <= set(loss.coords):
        return loss
    bare = loss.drop_vars([name for name in loss.coords if name not in (*SAMPLE, "N", "D")])
    grid = bare.set_index(run=["N", "D"])
    sizes = len(np.unique(loss["N"])), len(np.unique(loss["D"]))
    if not grid.indexes["run"].is_unique or sizes[0] * sizes[1] != loss.sizes["run"]:
        raise ValueError(
            f"plots.contours: loss has {loss.sizes['run']} runs of {sizes[0]} sizes N and {sizes[1]} sizes D, wanted "
            "one run for each pair, such as pandas.MultiIndex.from_product([N, D], names=['N', 'D']).to_frame()"
        )
    return grid.unstack("run")


def _budgets(ax: Axes, N: np.ndarray, D: np.ndarray, cost: Callable) -> Artist:
    """Lines of equal compute, at powers of ten, named at their upper ends."""
    C = np.asarray(cost(N[None, :], D[:, None]), float)
    powers = np.arange(np.ceil(np.log10(C.min())), np.floor(np.log10(C.max())) + 1)
    levels = 10.0 ** powers[:: int(np.ceil(len(powers) / BUDGETS)) or 1]
    if len(levels):
        lines = ax.contour(N, D, C, levels=levels, colors=GREY, linewidths=0.5, linestyles=":")
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            points = np.asarray(path.vertices, float)
            x, y = points[np.argmax(points[:, 1])] if len(points) else (N.max(), D.max())
            if np.log(x / N.min()) < MARGIN * np.log(N.max() / N.min()):
                left = x < N.min() * (1 + 1e-6)
                about = {"va": "bottom" if left else "top", "fontsize": SMALL - 1, "color": GREY}
                ax.annotate(LogLabels()(level), (x, y), (4, 0), textcoords="offset points", **about)
    return Line2D([], [], color=GREY, linewidth=0.5, linestyle=":", label="compute [FLOP]")


def _losses(ax: Axes, middle: xr.DataArray, levels: Sequence[float] | None, units: str) -> Artist:
    """Lines of equal loss, with their losses."""
    low, high = float(middle.min()), float(middle.max())
    at = np.sort(np.asarray(levels, float)) if levels is not None else _round(low, high)
    lines = ax.contour(middle["N"], middle["D"], middle, levels=at, colors=OKABE_ITO[0], linewidths=0.8)
    digits = next((n for n in range(6) if np.allclose(np.round(at, n), at, rtol=0, atol=1e-9)), 6)
    ax.clabel(lines, fmt=f"%.{digits}f", fontsize=SMALL - 1, inline_spacing=2)
    return Line2D([], [], color=OKABE_ITO[0], linewidth=0.8, label=f"loss [{units}]")


def _round(low: float, high: float) -> np.ndarray:
    """About CONTOURS round losses between two, denser towards the smaller ones, where contours lie farther apart."""
    wanted = low + (high - low) * np.linspace(0, 1, CONTOURS + 2) ** 2
    gap = np.diff(wanted)[:-1]
    steps = np.array([1, 2, 5])
    power = 10 ** np.floor(np.log10(gap))
    step = power * steps[np.searchsorted(steps, gap / power, side="right") - 1]
    return np.unique(np.round(np.round(wanted[1:-1] / step) * step, 12))


def _path(ax: Axes, best: xr.Dataset, prob: float) -> list[Artist]:
    """The median optimum at each budget, and its band along the lines of equal compute."""
    if absent := [name for name in ("N", "D") if name not in best]:
        raise ValueError(f"plots.contours: best has variables {list(map(str, best.data_vars))}, wanted {absent}")
    ends = [(1 - prob) / 2, 0.5, (1 + prob) / 2]
    N, D = (
        checked_draws(best[name], "contours", ["C"]).sortby("C").quantile(ends, SAMPLE).transpose("quantile", "C")
        for name in ("N", "D")
    )
    low, high = np.c_[N[0], D[2]], np.c_[N[2], D[0]]  # at equal compute more parameters mean fewer tokens
    band = Polygon(np.r_[low, high[::-1]], closed=True, facecolor=OKABE_ITO[1], alpha=SHADE, linewidth=0, zorder=2)
    ax.add_patch(band)
    ax.plot(N[1], D[1], color=OKABE_ITO[1], linewidth=LINE, zorder=2.5)
    path = Line2D([], [], color=OKABE_ITO[1], linewidth=LINE, label="optimum")
    page = [ax.transData.transform(end) for end in (low, high)]
    figure = ax.get_figure(root=True)
    width = np.hypot(*(page[1] - page[0]).T) * 72 / (figure.dpi if figure else 72)
    words = percent(prob) + (": thinner than the line" if np.quantile(width, 0.9) < LINE else "")
    return [path, Patch(facecolor=OKABE_ITO[1], alpha=SHADE, linewidth=0, label=words)]
