"""curves: runs and their median loss against one input."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from bayescale.plots._data import SAMPLE, checked_draws, checked_prob, checked_runs
from bayescale.plots._fan import fans, group_handles, other_dim, points, said_thin
from bayescale.plots._looks import scaled_looks
from bayescale.plots._style import canvas, colorbar, label, legend, style


def curves(
    runs: pd.DataFrame,
    loss: xr.DataArray,
    x: str | None = None,
    ax: Axes | None = None,
    prob: Sequence[float] = (0.5, 0.9),
    color_by: str | None = None,
) -> Axes:
    """Draw runs and the law's median loss with credible bands, on logarithmic axes.

    Parameters
    ----------
    runs : DataFrame
        One row for each training run: columns `x`, ``loss`` [nats/token] and, if used, `color_by`.
    loss : DataArray
        Median loss [nats/token], dims (chain, draw, x) and at most one more, named like a column of `runs`: it gives
        one curve for each of its values.
    x : str, optional
        Input on the x axis; by default the one dimension of `loss` that is a numeric column of `runs`.
    ax : Axes, optional
    prob : sequence of float
        Probabilities of the central bands.
    color_by : str, optional
        Column that gives the points their colour: numbers on a logarithmic scale with a colour bar, other values with a
        legend. By default the further dimension of `loss`.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `loss` or `runs` lacks a dimension or column, or has values that cannot be drawn; the message says which.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> from bayescale.laws import henighan2020
    >>> runs = bs.load("pythia")
    >>> post = bs.fit(henighan2020.L_N, runs, method="laplace", seed=1)
    >>> N = np.geomspace(1e7, 1e11, 20)
    >>> loss = henighan2020.L_N(post, N=N).rename(run="N").assign_coords(N=N)
    >>> bs.plots.curves(runs, loss).get_ylabel()
    'Loss [nats/token]'
    """
    wide = checked_prob(prob, "curves")
    draws = checked_draws(loss, "curves")
    x = x or _input(draws, runs, color_by)
    draws = checked_draws(loss, "curves", [x])
    group = other_dim(draws, x)
    by = color_by or group
    if group not in (None, by):
        raise ValueError(
            f"plots.curves: color_by={by!r}, but loss has a curve for each {group!r}; use color_by={group!r}"
        )
    checked_runs(runs, [x, "loss", *([by] if by else [])], "curves", log=[x, "loss"])
    key, scale = scaled_looks([*draws[group].values.tolist(), *runs[by]] if group else runs[by] if by else [])

    ax = canvas(ax)
    handles = [points(ax, runs, x, "loss", by, key), *fans(ax, draws, x, wide, key)]
    style(ax, label(x, runs), label("loss", runs))
    said_thin(ax, draws, x, wide, handles)
    if by and scale is not None:
        colorbar(ax, scale, label(by, runs))
    legend(ax, handles if scale is not None or not by else [*group_handles(key), *handles[1:]])
    return ax


def _input(draws: xr.DataArray, runs: pd.DataFrame, color_by: str | None) -> str:
    """The one dimension of `draws` that is a numeric column of `runs`."""
    found = [
        str(dim)
        for dim in draws.dims
        if dim not in (*SAMPLE, color_by) and dim in runs and np.issubdtype(draws[dim].dtype, np.number)
    ]
    if len(found) != 1:
        raise ValueError(
            f"plots.curves: loss has dims {draws.dims}, runs have columns {list(map(str, runs.columns))}; wanted one "
            f"numeric dimension that is a column, found {found}. Name it with x=... (and color_by=... for the other)"
        )
    return found[0]
